"""Where representations stand: each row's score with its interval, against the best row and against a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from raymer.reports.interval import corrected_interval
from raymer.reports.on_target import OnTarget, on_targets
from raymer.reports.table import PlannedSystem
from raymer.reports.text_table import Column, TextTable
from raymer.results.frame import Metrics
from raymer.stats import Comparison, Scored, compare_some

LEVEL = 0.05
NOTES = (
    "score: mean over folds with its 95 % interval, corrected for folds that share clips. Differences are the row's "
    "score less the other's.",
    "p: Nadeau and Bengio's corrected test; against the best Holm's over all pairs of rows, since the best was found "
    "by these scores; against the baseline Holm's over the rows.",
)


@dataclass(frozen=True)
class Standing:
    """One row with what can be said of it; None where it is the other one itself, or where nothing was tested.

    `place` is that of the row among Study.systems.
    """

    label: str
    place: int
    system: PlannedSystem
    mean: float
    interval: tuple[float, float] | None
    to_best: Comparison | None
    to_baseline: Comparison | None


@dataclass(frozen=True)
class Standings:
    """The rows that have all their scores under one protocol on one target, best first; `about` names the two."""

    about: str
    metric: str
    baseline: str | None
    rows: tuple[Standing, ...]


def has_inputs(systems: Sequence[PlannedSystem]) -> bool:
    """Say whether the rows read several inputs, so that representations are compared."""
    return len({system.input for system in systems}) > 1


def standings(
    systems: Sequence[PlannedSystem],
    labels: Sequence[str],
    scores: pd.DataFrame,
    metrics: Metrics,
    baseline: str | None = None,
) -> list[Standings]:
    """Return where the rows stand, for each protocol and target on which more than one row has all its scores.

    With more than two targets that are scored alike, the mean over them stands for all.

    Parameters
    ----------
    systems : sequence
        Study.systems.
    labels : sequence of str
        A name a system, unique within a protocol: taken where the rows' own names are not.
    scores : DataFrame
        Study.scores, a score a fold.
    metrics : mapping of target to names of metrics
    baseline : str, optional
        Name of the row that all are held against; by default one that looks at no feature, where there is one.
    """
    places = {
        protocol: _named([k for k, system in enumerate(systems) if system.protocol == protocol], systems, labels)
        for protocol in dict.fromkeys(system.protocol for system in systems)
    }
    names = {k: name for own in places.values() for name, k in own.items()}
    made = []
    for one in on_targets(systems, names, scores, metrics):
        own = places[one.protocol]
        held = baseline or next((name for name, k in own.items() if systems[k].system.is_blind), None)
        found = _standings(systems, own, one, held)
        if len(found) > 1:
            made.append(Standings(one.about, one.metric, held, tuple(found)))
    return made


def standing_tables(made: Sequence[Standings], inputs: Mapping[str, str] | None = None) -> list[TextTable]:
    """Return a table each, with a column of inputs where rows read several.

    Parameters
    ----------
    made : sequence of Standings
    inputs : mapping of input to str, optional
        What to say of each: its width, what made it, how many clips have it.
    """
    return [_table(one, inputs or {}) for one in made]


def _named(places: Sequence[int], systems: Sequence[PlannedSystem], labels: Sequence[str]) -> dict[str, int]:
    """Return the rows' places by their names, or by their labels where names are not unique."""
    names = [systems[k].name for k in places]
    names = names if len(set(names)) == len(names) else [labels[k] for k in places]
    return dict(zip(names, places, strict=True))


def _standings(
    systems: Sequence[PlannedSystem], places: Mapping[str, int], one: OnTarget, baseline: str | None
) -> list[Standing]:
    """Return the rows that have all their scores on the same splits, best first."""
    splits = {name: frozenset(fit.split for fit in systems[k].fits) for name, k in places.items()}
    own = one.complete(splits)
    if not own:
        return []
    common = splits[next(iter(own))]
    own = {name: scores for name, scores in own.items() if splits[name] == common}
    means = {name: float(scores.values.mean()) for name, scores in own.items()}
    order = sorted(own, key=lambda name: -means[name] if one.higher_is_better else means[name])
    to_best, to_baseline = _compared([own[name] for name in order], baseline, one.higher_is_better)
    return [
        Standing(
            name,
            places[name],
            systems[places[name]],
            means[name],
            corrected_interval(own[name].values, own[name].n_train, own[name].n_test),
            to_best.get(name),
            to_baseline.get(name),
        )
        for name in order
    ]


def _compared(
    rows: Sequence[Scored], baseline: str | None, better: bool
) -> tuple[dict[str, Comparison], dict[str, Comparison]]:
    """Compare the first row with each other one, and each with the baseline; nothing where there is one split."""
    best, *others = rows
    if len(best.splits) < 2:
        return {}, {}
    to_best = compare_some([(best, row) for row in others], combinations(others, 2), higher_is_better=better)
    held = [row for row in rows if row.method == baseline]
    pairs = [(row, one) for one in held for row in rows if row is not one]
    to_baseline = compare_some(pairs, higher_is_better=better)
    return {one.b: one for one in to_best}, {one.a: one for one in to_baseline}


def _table(made: Standings, inputs: Mapping[str, str]) -> TextTable:
    found, metric = made.rows, made.metric
    has_inputs = len({one.system.input for one in found}) > 1
    columns = [Column("system", is_number=False, names=True)]
    columns += [Column("input", is_number=False, names=True)] if has_inputs else []
    columns.append(Column("width", names=True))
    columns += [Column(f"{metric} [95 %]"), Column("to the best"), Column("p")]
    based = any(one.to_baseline is not None for one in found)
    if based:
        columns += [Column(f"to {made.baseline}"), Column("p")]
    lines = []
    for one in found:
        cells = [one.label, *([one.system.input] if has_inputs else []), str(one.system.n_features)]
        cells.append(_score(one.mean, one.interval))
        cells += _against(one.to_best, sign=-1)
        if based:
            cells += _against(one.to_baseline, sign=1)
        lines.append(tuple(cells))
    named = dict.fromkeys(one.system.input for one in found)
    said = [f"{name}: {inputs[name]}" for name in named if has_inputs and name in inputs]
    title = f"{made.about}: where each row stands ({metric})"
    places = tuple(one.place for one in found)
    return TextTable(title, tuple(columns), tuple(lines), (*NOTES, *said), places)


def _score(mean: float, interval: tuple[float, float] | None) -> str:
    return f"{mean:.3f}" if interval is None else f"{mean:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _against(made: Comparison | None, *, sign: int) -> tuple[str, str]:
    """Return the difference and its p; a star where Holm's p is below .05."""
    if made is None:
        return "", ""
    p = made.p_holm if made.p_holm is not None else made.nadeau_bengio.p
    mark = "*" if p < LEVEL else ""
    return f"{sign * made.difference:+.3f}{mark}", f"{p:.3f}" if p >= 0.001 else "< .001"
