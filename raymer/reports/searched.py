"""What a search found, in words: the flat best, the nested estimate, and the optimism between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raymer.reports.table import axis_words
from raymer.reports.text_table import Column, TextTable
from raymer.studies.search.words import params_text
from raymer.studies.search.worth import Worth


@dataclass(frozen=True)
class Searched:
    """The search of an experiment as far as it went.

    Attributes
    ----------
    system : str
        Name of the row that was searched.
    objectives : tuple of str
    metric : str
    trials, stopped : int
        In all, and of those the ones stopped early.
    best_value : float or None
        Mean over the folds that chose it; None where no trial was scored.
    best_params : mapping
    worth : Worth, optional
        Where a nested search has ended.
    """

    system: str
    objectives: tuple[str, ...]
    metric: str
    trials: int
    stopped: int
    best_value: float | None
    best_params: Mapping[str, Any]
    worth: Worth | None = None


def search_sentences(found: Searched) -> list[str]:
    """Say what was searched, what it found, and what that is worth on clips that no search has seen."""
    about = f"{found.system}, {' and '.join(found.objectives)}, {axis_words(found.metric)}"
    lines = [f"{about}: {found.trials} trials, {found.stopped} stopped early."]
    worth = found.worth
    if found.best_value is not None and (worth is None or worth.trials != found.trials):
        lines.append(f"Flat best {found.best_value:.3f}, on the folds that chose it: {params_text(found.best_params)}.")
    if worth is None:
        lines.append("What that is worth on other clips nothing here says: raymer tune --outer 10 does.")
        return lines
    low, high = worth.interval
    lines.append(
        f"After {worth.trials} trials: flat best {worth.flat_best:.3f}, on the folds that chose it; nested estimate "
        f"{worth.estimate:.3f} (95 % {low:.3f} to {high:.3f}), on clips that no search had seen; optimism "
        f"{worth.optimism:+.3f}."
    )
    return lines


def search_table(worth: Worth) -> TextTable:
    """Return a row an outer fold: what its search chose, what that promised, and what it gave."""
    columns = (Column("fold"), Column("inner value"), Column("outer value"), Column("parameters", is_number=False))
    rows = tuple(
        (str(one.fold), f"{one.inner_value:.3f}", f"{one.value:.3f}", params_text(one.best_params))
        for one in worth.outer
    )
    return TextTable("What the search of each outer fold chose, promised and gave", columns, rows)
