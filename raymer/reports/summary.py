"""The answer in a few sentences: the best row of a target, and what may be claimed of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from raymer.reports.comparison import about as rounded
from raymer.reports.standing import Standing, Standings
from raymer.stats.comparison import Comparison
from raymer.stats.shortfall import shortfall
from raymer.stats.verdict import EQUAL, IDENTICAL, NO_CLAIM

NAMED = 3
"""Rows that a sentence names; of more it says how many."""

RULE = "Corrected resampled t-test, p after Holm over all pairs of rows, since the best was found by these scores."


@dataclass(frozen=True)
class Verdict:
    """What the summary says of one protocol and target.

    Attributes
    ----------
    about : str
        The target, with the protocol where there are several.
    place : int
        Of the best row among Study.systems.
    best : str
        Its name.
    score : str
        Its mean with the interval.
    claim : str
        What may be claimed against the other rows.
    more : tuple of str
        Against the baseline, and what it would take to see the smallest difference that was not claimed.
    """

    about: str
    place: int
    best: str
    score: str
    claim: str
    more: tuple[str, ...]


def make_verdict(made: Standings) -> Verdict:
    """Return the sentences on one protocol and target."""
    best, *others = made.rows
    more = (*_against_baseline(best), *_lacking(made))
    return Verdict(made.about, best.place, best.label, _score(made.metric, best), _claim(others), more)


def _score(metric: str, best: Standing) -> str:
    if best.interval is None:
        return f"{metric} {best.mean:.3f}"
    return f"{metric} {best.mean:.3f} (95 % {best.interval[0]:.3f} to {best.interval[1]:.3f})"


def _claim(others: Sequence[Standing]) -> str:
    """Say against which of the other rows the best may be called better."""
    tested = {row.label: row.to_best.verdict for row in others if row.to_best is not None}
    if not tested:
        return "One split allows no test here, so nothing is claimed."
    equal = [name for name, said in tested.items() if said in (EQUAL, IDENTICAL)]
    unclaimed = [name for name, said in tested.items() if said == NO_CLAIM]
    better = len(tested) - len(equal) - len(unclaimed)
    if len(unclaimed) == len(tested):
        return "No difference from any other row can be claimed."
    parts = [f"It is better than {_of(better, len(tested))}"] if better else []
    parts += [f"it is practically equal to {_names(equal)}"] if equal else []
    parts += [f"no difference from {_names(unclaimed)} can be claimed"] if unclaimed else []
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}."


def _of(count: int, total: int) -> str:
    if count == total:
        return "all other rows" if total > 1 else "the other row"
    return f"{count} of the {total} other rows"


def _names(names: Sequence[str]) -> str:
    shown, more = names[:NAMED], len(names) - NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _against_baseline(best: Standing) -> list[str]:
    one = best.to_baseline
    if one is None:
        return []
    low, high = one.nadeau_bengio.interval
    said = f"{one.difference:+.3f} (95 % {low:+.3f} to {high:+.3f}), {one.verdict}"
    return [f"Held against {one.b} alone, p after Holm over the rows: {said}."]


def _lacking(made: Standings) -> list[str]:
    """Say what it would take to show the difference from the next row, where none can be claimed."""
    one: Comparison | None = made.rows[1].to_best
    short = shortfall(one) if one is not None else None
    if short is None:
        return []
    return [
        f"To show a difference of {short.difference:.3f} from {made.rows[1].label} it would take about "
        f"{rounded(short.clips):,} clips; more splits of the same clips do not help."
    ]
