"""Where representations stand: each row's score with its interval, against the best row and against a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from raymer.protocols.scoring import find_metric
from raymer.reports.interval import corrected_interval
from raymer.reports.table import PlannedSystem, one_metric
from raymer.reports.text_table import Column, TextTable
from raymer.results.frame import AVERAGE, Metrics, at_epoch, average_over_targets, last_epoch
from raymer.stats import Comparison, adjust, compare_pairs, pair

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
    """The rows that have all their scores under one protocol on one target, best first; `about` names the two.

    `has_inputs` is whether the rows of the experiment, complete or not, read several inputs.
    """

    about: str
    metric: str
    baseline: str | None
    rows: tuple[Standing, ...]
    has_inputs: bool


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
    as_average = len(metrics) > 2 and one_metric(metrics)
    has_inputs = len({system.input for system in systems}) > 1
    protocols = list(dict.fromkeys(system.protocol for system in systems))
    made = []
    for protocol in protocols:
        places = _named([k for k, system in enumerate(systems) if system.protocol == protocol], systems, labels)
        held = baseline or next((name for name, k in places.items() if systems[k].system.is_blind), None)
        for target in [AVERAGE] if as_average else metrics:
            metric = next(iter(metrics.values()))[0] if as_average else metrics[target][0]
            mine = scores[scores["row"].isin(places.values()) & (scores["metric"] == metric)]
            mine = mine.assign(method=mine["row"].map({k: name for name, k in places.items()}))
            mine = at_epoch(mine, last_epoch(mine, metric))
            if as_average:
                mine = average_over_targets(mine, len(metrics))
            found = _standings(systems, places, mine[mine["target"] == target], metric, held)
            if len(found) > 1:
                about = f"{target}, {protocol}" if len(protocols) > 1 else target
                made.append(Standings(about, metric, held, tuple(found), has_inputs))
    return made


def standing_tables(made: Sequence[Standings], inputs: Mapping[str, str] | None = None) -> list[TextTable]:
    """Return a table each; none where all rows of the experiment read one input.

    Parameters
    ----------
    made : sequence of Standings
    inputs : mapping of input to str, optional
        What to say of each: its width, what made it, how many clips have it.
    """
    return [_table(one, inputs or {}) for one in made if one.has_inputs]


def _named(places: Sequence[int], systems: Sequence[PlannedSystem], labels: Sequence[str]) -> dict[str, int]:
    """Return the rows' places by their names, or by their labels where names are not unique."""
    names = [systems[k].name for k in places]
    names = names if len(set(names)) == len(names) else [labels[k] for k in places]
    return dict(zip(names, places, strict=True))


def _standings(
    systems: Sequence[PlannedSystem],
    places: Mapping[str, int],
    scores: pd.DataFrame,
    metric: str,
    baseline: str | None,
) -> list[Standing]:
    """Return the rows that have all their scores on the same splits, best first."""
    done = scores.groupby("method")["value"].count()  # what is undefined is not counted
    splits = {label: {fit.split for fit in systems[k].fits} for label, k in places.items()}
    whole = [label for label in places if done.get(label, 0) == len(splits[label])]
    if not whole:
        return []
    whole = [label for label in whole if splits[label] == splits[whole[0]]]
    own = {label: scores[scores["method"] == label] for label in whole}
    better = find_metric(metric).higher_is_better
    means = {label: float(own[label]["value"].mean()) for label in whole}
    order = sorted(whole, key=lambda label: -means[label] if better else means[label])
    tested = len(splits[whole[0]]) > 1
    pairs = _compared(scores, list(combinations(order, 2)), metric, better) if tested else {}
    against = [(label, baseline) for label in order if label != baseline]
    based = _compared(scores, against, metric, better) if tested and baseline in whole else {}
    return [
        Standing(
            label,
            places[label],
            systems[places[label]],
            means[label],
            corrected_interval(own[label]) if tested else None,
            pairs.get((order[0], label)),
            based.get((label, baseline)),
        )
        for label in order
    ]


def _compared(
    scores: pd.DataFrame, pairs: Sequence[tuple[str, str | None]], metric: str, better: bool
) -> dict[tuple[str, str | None], Comparison]:
    one = scores.iloc[0]
    asked = {"target": one["target"], "metric": metric, "epoch": int(one["epoch"])}
    made = [compare_pairs(pair(scores, a, str(b), **asked), higher_is_better=better) for a, b in pairs]
    return dict(zip(pairs, adjust(made, higher_is_better=better), strict=True)) if made else {}


def _table(made: Standings, inputs: Mapping[str, str]) -> TextTable:
    found, metric = made.rows, made.metric
    columns = [Column("system", is_number=False, names=True), Column("input", is_number=False, names=True)]
    columns.append(Column("width", names=True))
    columns += [Column(f"{metric} [95 %]"), Column("to the best"), Column("p")]
    based = any(one.to_baseline is not None for one in found)
    if based:
        columns += [Column(f"to {made.baseline}"), Column("p")]
    lines = []
    for one in found:
        cells = [one.label, one.system.input, str(one.system.n_features), _score(one.mean, one.interval)]
        cells += _against(one.to_best, sign=-1)
        if based:
            cells += _against(one.to_baseline, sign=1)
        lines.append(tuple(cells))
    named = dict.fromkeys(one.system.input for one in found)
    said = [f"{name}: {inputs[name]}" for name in named if name in inputs]
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
