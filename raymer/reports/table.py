"""The table of an experiment: our means beside the published ones, with the difference and its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from raymer.protocols.scoring import find_metric
from raymer.reports.interval import interval_of
from raymer.results.frame import AVERAGE, Metrics, n_undefined


class _Number(Protocol):
    @property
    def mean(self) -> float: ...
    @property
    def sd(self) -> float | None: ...


class PlannedSystem(Protocol):
    """What a row needs to know of a system: that of studies/, which this room does not import."""

    @property
    def name(self) -> str:
        """Name of the row."""

    @property
    def protocol(self) -> str:
        """Name of the protocol."""

    @property
    def input(self) -> str:
        """Name of what it reads."""

    @property
    def system(self) -> Any:
        """The learners' System."""

    @property
    def n_features(self) -> int:
        """Features that reach the predictor."""

    @property
    def published(self) -> Mapping[str, _Number]:
        """What was published, by target."""

    @property
    def fits(self) -> Sequence[Any]:
        """The planned fits."""

    @property
    def n_scores(self) -> int:
        """How many scores a target has when all fits are done."""


@dataclass(frozen=True)
class Row:
    """One system, target and epoch: the record of a score, whatever the run.

    `row` is the system's place in the experiment; `epoch` is 0 where it is not trained by epochs. The target "average"
    is the mean over all targets, fold by fold. `mean` and `sd` (divided by the number of folds, as the field reports
    it) are over folds, and None while a fold is missing: a mean of the folds that happened to finish would not be the
    protocol's. They are None too where the metric is undefined in a fold: `undefined` counts these. With `aggregate`
    "pooled" a score is that of a repeat, and `folds`, `missing` and `undefined` count repeats. `best` marks, among the
    rows of one protocol, target, metric and epoch, the mean that is best: the lowest where lower is better.
    `difference` is ours minus the published, which belongs to the published number of epochs and stands
    beside every epoch; its 95 % interval takes our folds' overlap into account (Nadeau and Bengio's correction) and
    the published mean as exact. `seconds` is what a fit of this system costs by itself, its representation included.
    """

    row: int
    system: str
    method: str
    input: str
    reducer: str
    predictor: str
    n_features: int
    target: str
    metric: str
    epoch: int
    mean: float | None
    sd: float | None
    folds: int
    published_mean: float | None
    published_sd: float | None
    difference: float | None
    difference_interval: tuple[float, float] | None
    seconds: float | None
    protocol: str
    missing: int
    undefined: int = 0
    aggregate: str = "fold"
    higher_is_better: bool = True
    best: bool = False

    def to_record(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        return asdict(self)


def make_rows(
    systems: Sequence[PlannedSystem], scores: pd.DataFrame, metrics: Metrics, aggregate: str = "fold"
) -> list[Row]:
    """Return a row a system, target, metric and scored epoch, in that order.

    Where some system is trained by epochs and several targets are scored by the same metric, the average over them is
    a target too.

    Parameters
    ----------
    systems : sequence
        Study.systems.
    scores : DataFrame
        Study.scores.
    metrics : mapping of target to names of metrics
        Study.metrics; what was published is of the first.
    aggregate : {"fold", "pooled"}
    """
    groups = dict(list(scores.groupby("row")))
    shown = _shown(systems, metrics)
    rows = []
    for number, system in enumerate(systems):
        mine = groups.get(number, scores.iloc[:0])
        epochs = sorted(mine["epoch"].unique().tolist()) or [system.system.epochs]
        for target, metric in shown:
            for epoch in epochs:
                at = mine[(mine["epoch"] == epoch) & (mine["metric"] == metric)]
                own = _averaged(at, len(metrics)) if target == AVERAGE else at[at["target"] == target]
                first = next(iter(metrics.values()))[0] if target == AVERAGE else metrics[target][0]
                published = _published(system, target, list(metrics)) if metric == first else (None, None)
                rows.append(_row(number, system, target, int(epoch), metric, own, published, aggregate))
    return _with_best(rows)


def _shown(systems: Sequence[PlannedSystem], metrics: Metrics) -> list[tuple[str, str]]:
    """Return target and metric of each column, the average last."""
    shown = [(target, metric) for target, own in metrics.items() for metric in own]
    if len(metrics) > 1 and one_metric(metrics) and any(system.system.epochs for system in systems):
        shown += [(AVERAGE, metric) for metric in next(iter(metrics.values()))]
    return shown


def one_metric(metrics: Metrics) -> bool:
    """Say whether all targets are scored alike: only then a mean over them means anything."""
    return len({tuple(own) for own in metrics.values()}) == 1


def axis_words(metric: str) -> str:
    """Return a metric as an axis or a sentence names it: that lower is better is said."""
    return metric if find_metric(metric).higher_is_better else f"{metric} (lower is better)"


def _with_best(rows: Sequence[Row]) -> list[Row]:
    """Mark the best mean of each column among the rows that have one."""
    best: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = (row.protocol, row.target, row.metric, str(row.epoch))
        if row.mean is not None and (key not in best or is_better(row, best[key])):
            best[key] = row
    marked = {id(row) for row in best.values()}
    return [replace(row, best=True) if id(row) in marked else row for row in rows]


def is_better(one: Row, other: Row) -> bool:
    """Say whether the mean of `one` is better than that of `other`, in the direction of their metric."""
    assert one.mean is not None
    assert other.mean is not None
    return one.mean > other.mean if one.higher_is_better else one.mean < other.mean


def at_last_epoch(rows: Sequence[Row]) -> list[Row]:
    """Return the rows at each system's last scored epoch."""
    last: dict[int, int] = {}
    for one in rows:
        last[one.row] = max(one.epoch, last.get(one.row, 0))
    return [one for one in rows if one.epoch == last[one.row]]


def _averaged(scores: pd.DataFrame, n_targets: int) -> pd.DataFrame:
    """Return a row a split whose value is the mean over its targets; splits that lack one are left out."""
    made = scores.groupby(["repeat", "fold"], as_index=False).agg(
        value=("value", "mean"),
        n=("value", "size"),
        defined=("value", "count"),
        n_train=("n_train", "first"),
        n_test=("n_test", "first"),
        reducer_seconds=("reducer_seconds", "sum"),
        predictor_seconds=("predictor_seconds", "sum"),
    )
    made["value"] = made["value"].where(made["defined"] == made["n"])
    return made[made["n"] == n_targets]


def _row(
    number: int,
    system: PlannedSystem,
    target: str,
    epoch: int,
    metric: str,
    scores: pd.DataFrame,
    published: tuple[float | None, float | None],
    aggregate: str,
) -> Row:
    undefined = n_undefined(scores)
    has_mean = len(scores) == system.n_scores and not undefined
    values = scores["value"].to_numpy()
    published_mean, published_sd = published
    mean = float(values.mean()) if has_mean else None
    known = mean is not None and published_mean is not None
    is_tested = known and aggregate == "fold"  # repeats share all their clips: no interval is known
    return Row(
        row=number,
        system=system.name,
        method=system.system.name,
        input=system.input,
        reducer=system.system.reducer_name,
        predictor=system.system.predictor.use,
        n_features=system.n_features,
        target=target,
        metric=metric,
        epoch=epoch,
        mean=mean,
        sd=float(values.std()) if has_mean and len(values) > 1 else None,  # of one score there is none
        folds=len(scores),
        published_mean=published_mean,
        published_sd=published_sd,
        difference=mean - published_mean if known else None,  # type: ignore[operator]
        difference_interval=interval_of(scores, published_mean) if is_tested else None,  # type: ignore[arg-type]
        seconds=float((scores["reducer_seconds"] + scores["predictor_seconds"]).mean()) if len(scores) else None,
        protocol=system.protocol,
        missing=system.n_scores - len(scores),
        undefined=undefined,
        aggregate=aggregate,
        higher_is_better=find_metric(metric).higher_is_better,
    )


def _published(system: PlannedSystem, target: str, targets: Sequence[str]) -> tuple[float | None, float | None]:
    """Return the published mean and sd of a target; of the average where a mean is known of every target."""
    known = system.published
    if target == AVERAGE and target not in known:
        whole = all(name in known for name in targets)
        return (float(np.mean([known[name].mean for name in targets])) if whole else None), None
    return (known[target].mean, known[target].sd) if target in known else (None, None)
