"""The table of an experiment: our means beside the published ones, with the difference and its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from raymer.reports.interval import corrected_interval
from raymer.results.frame import AVERAGE


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


@dataclass(frozen=True)
class Row:
    """One system, target and epoch: the record of a score, whatever the run.

    `row` is the system's place in the experiment; `epoch` is 0 where it is not trained by epochs. The target "average"
    is the mean over all targets, fold by fold. `mean` and `sd` (divided by the number of folds, as the field reports
    it) are over folds, and None while a fold is missing: a mean of the folds that happened to finish would not be the
    protocol's. `difference` is ours minus the published, which belongs to the published number of epochs and stands
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

    def to_record(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        return asdict(self)


def make_rows(systems: Sequence[PlannedSystem], scores: pd.DataFrame, targets: Sequence[str], metric: str) -> list[Row]:
    """Return a row a system, target and scored epoch, in that order; `scores` is Study.scores.

    Where some system is trained by epochs and there are several targets, the average over them is a target too.
    """
    chosen = scores[scores["metric"] == metric]
    with_average = len(targets) > 1 and any(system.system.epochs for system in systems)
    groups = dict(list(chosen.groupby("row")))
    rows = []
    for number, system in enumerate(systems):
        mine = groups.get(number, chosen.iloc[:0])
        epochs = sorted(mine["epoch"].unique().tolist()) or [system.system.epochs]
        for target in (*targets, *([AVERAGE] if with_average else [])):
            for epoch in epochs:
                at = mine[mine["epoch"] == epoch]
                own = _averaged(at, len(targets)) if target == AVERAGE else at[at["target"] == target]
                rows.append(_row(number, system, target, int(epoch), metric, own, targets))
    return rows


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
        n_train=("n_train", "first"),
        n_test=("n_test", "first"),
        reducer_seconds=("reducer_seconds", "sum"),
        predictor_seconds=("predictor_seconds", "sum"),
    )
    return made[made["n"] == n_targets]


def _row(
    number: int,
    system: PlannedSystem,
    target: str,
    epoch: int,
    metric: str,
    scores: pd.DataFrame,
    targets: Sequence[str],
) -> Row:
    planned = len({fit.split for fit in system.fits})
    complete = len(scores) == planned
    values = scores["value"].to_numpy()
    published_mean, published_sd = _published(system, target, targets)
    mean = float(values.mean()) if complete else None
    known = mean is not None and published_mean is not None
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
        sd=float(values.std()) if complete else None,
        folds=len(scores),
        published_mean=published_mean,
        published_sd=published_sd,
        difference=mean - published_mean if known else None,  # type: ignore[operator]
        difference_interval=corrected_interval(scores, published_mean) if known else None,  # type: ignore[arg-type]
        seconds=float((scores["reducer_seconds"] + scores["predictor_seconds"]).mean()) if len(scores) else None,
        protocol=system.protocol,
        missing=planned - len(scores),
    )


def _published(system: PlannedSystem, target: str, targets: Sequence[str]) -> tuple[float | None, float | None]:
    """Return the published mean and sd of a target; of the average where a mean is known of every target."""
    known = system.published
    if target == AVERAGE and target not in known:
        whole = all(name in known for name in targets)
        return (float(np.mean([known[name].mean for name in targets])) if whole else None), None
    return (known[target].mean, known[target].sd) if target in known else (None, None)
