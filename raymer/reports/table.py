"""The table of an experiment: our means beside the published ones, with the difference and its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import pandas as pd

from raymer.reports.interval import corrected_interval


class _Number(Protocol):
    @property
    def mean(self) -> float: ...
    @property
    def sd(self) -> float | None: ...


class PlannedSystem(Protocol):
    """What a row needs to know of a system: the engine's System, which this room does not import."""

    @property
    def name(self) -> str:
        """Name of the row."""

    @property
    def protocol(self) -> str:
        """Name of the protocol."""

    @property
    def method(self) -> Any:
        """The learners' Method."""

    @property
    def n_features(self) -> int:
        """Features that reach the regressor."""

    @property
    def published(self) -> Mapping[str, _Number]:
        """What was published, by target."""

    @property
    def fits(self) -> Sequence[Any]:
        """The planned fits."""


@dataclass(frozen=True)
class Row:
    """One system and target.

    `mean` and `sd` (divided by the number of folds, as the field reports it) are over folds, and None while a fold is
    missing: a mean of the folds that happened to finish would not be the protocol's. `difference` is ours minus the
    published; its 95 % interval takes our folds' overlap into account (Nadeau and Bengio's correction) and the
    published mean as exact. `seconds` is what a fit of this system costs by itself, reducer included.
    """

    system: str
    reducer: str
    regressor: str
    n_features: int
    target: str
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
    """Return a row a system and target, in that order; `scores` is Study.scores."""
    chosen = scores[scores["metric"] == metric]
    groups = dict(list(chosen.groupby(["row", "target"])))
    empty = chosen.iloc[:0]
    return [
        _row(system, target, groups.get((number, target), empty))
        for number, system in enumerate(systems)
        for target in targets
    ]


def _row(system: PlannedSystem, target: str, scores: pd.DataFrame) -> Row:
    planned = sum(target in fit.targets for fit in system.fits)
    complete = len(scores) == planned
    values = scores["value"].to_numpy()
    published = system.published.get(target)
    mean = float(values.mean()) if complete else None
    known = mean is not None and published is not None
    return Row(
        system=system.name,
        reducer=system.method.reducer.kind if system.method.reducer else "none",
        regressor=system.method.regressor.kind,
        n_features=system.n_features,
        target=target,
        mean=mean,
        sd=float(values.std()) if complete else None,
        folds=len(scores),
        published_mean=published.mean if published else None,
        published_sd=published.sd if published else None,
        difference=mean - published.mean if known else None,  # type: ignore[operator, union-attr]
        difference_interval=corrected_interval(scores, published.mean) if known else None,  # type: ignore[union-attr]
        seconds=float((scores["reducer_seconds"] + scores["regressor_seconds"]).mean()) if len(scores) else None,
        protocol=system.protocol,
        missing=planned - len(scores),
    )
