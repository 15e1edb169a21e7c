"""Score by width: how many features a reducer needs (paper A asks whether two or three will do)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from raymer.reports.interval import interval_of
from raymer.reports.marks import mark
from raymer.reports.plot import Panel, Plot
from raymer.reports.style import RULE, Series, make_series
from raymer.reports.table import PlannedSystem, axis_words
from raymer.results.frame import Metrics, n_undefined

NAMED = 2
"""Predictors on all features up to which each is named beside its line: more names would cover each other."""


@dataclass(frozen=True)
class WidthPoint:
    """One reducer before one predictor at one width, on one target by the metric that decides.

    `width` is None for the predictor alone on all features. `mean` is over folds (repeats, where predictions are
    pooled), and None while one is missing or undefined; `interval` is its 95 % interval, corrected for folds that share
    songs, and None where predictions are pooled. `row` is the system's place in the experiment.
    """

    reducer: str
    predictor: str
    width: int | None
    n_features: int
    target: str
    metric: str
    mean: float | None
    interval: tuple[float, float] | None
    folds: int
    protocol: str
    input: str
    row: int

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


def make_width_points(
    systems: Sequence[PlannedSystem], scores: pd.DataFrame, metrics: Metrics, aggregate: str = "fold"
) -> list[WidthPoint]:
    """Return a point a system and target, by reducer and width; `scores` is Study.scores, `metrics` Study.metrics.

    Systems that are trained by epochs have none.
    """
    chosen = scores[scores["epoch"] == 0]
    points = []
    for number, system in enumerate(systems):
        if system.system.network is not None:
            continue
        for target, (metric, *_) in metrics.items():
            mine = chosen[(chosen["row"] == number) & (chosen["target"] == target) & (chosen["metric"] == metric)]
            points.append(_point(number, system, mine, target, metric, aggregate))
    return sorted(points, key=lambda point: point.width or 0)


def has_widths(points: Sequence[WidthPoint]) -> bool:
    """Say whether some reducer has three widths or more: fewer make no curve."""
    curves: dict[tuple[str, ...], set[int]] = {}
    for point in points:
        if point.width is not None:
            curves.setdefault((point.reducer, point.predictor, point.protocol, point.input), set()).add(point.width)
    return any(len(widths) >= 3 for widths in curves.values())


def widths_plot(points: Sequence[WidthPoint], *, title: str = "") -> Plot:
    """Return score by width with its corrected interval, a line a reducer, a panel a target."""
    labels = list(dict.fromkeys(_label(point, points) for point in points if point.width is not None))
    looks = make_series(labels)
    caption = (
        "Mean over folds at each number of units, with its 95 % interval (corrected for folds that share songs). "
        "The grey line is the predictor on all features, its band the interval."
    )
    if sum(point.width is None and point.target == points[0].target for point in points) > NAMED:
        caption += " Of several such lines the page says which is which on hovering."
    if not any(point.interval for point in points):
        caption = "The score of the pooled predictions at each number of units. The grey line is that on all features."
    if any(point.mean is None for point in points):
        caption += " Partial: widths that lack a fold, or where the metric is undefined in one, are not drawn."
    panels = tuple(
        Panel(partial(_draw, target=target, points=points, looks=list(looks.values())))
        for target in dict.fromkeys(point.target for point in points)
    )
    return Plot("widths", title or "Score by width", caption, panels, tuple(looks.values()), size=(3.9, 3.0), columns=2)


def _point(
    number: int, system: PlannedSystem, scores: pd.DataFrame, target: str, metric: str, aggregate: str
) -> WidthPoint:
    is_whole = len(scores) == system.n_scores and not n_undefined(scores)
    return WidthPoint(
        reducer=system.system.reducer_name,
        predictor=system.system.predictor.use,
        width=system.system.width,
        n_features=system.n_features,
        target=target,
        metric=metric,
        mean=float(scores["value"].mean()) if is_whole else None,
        interval=interval_of(scores) if is_whole and aggregate == "fold" else None,
        folds=len(scores),
        protocol=system.protocol,
        input=system.input,
        row=number,
    )


def _label(point: WidthPoint, points: Sequence[WidthPoint]) -> str:
    """Name what shares a line: the reducer, with predictor, input and protocol where there are several."""
    parts = [point.reducer.upper()]
    if point.width is None:
        parts = [f"{point.predictor.upper()} on all {point.n_features}"]
    elif len({other.predictor for other in points}) > 1:
        parts.append(f"before {point.predictor.upper()}")
    if len({other.input for other in points}) > 1:
        parts.append(f"of {point.input}")
    if len({other.protocol for other in points}) > 1:
        parts.append(f"({point.protocol})")
    return " ".join(parts)


@dataclass(frozen=True)
class _Drawn:
    """A point that has a mean: where it lies, and the ends of its interval (its mean where there is none)."""

    label: str
    width: int | None
    mean: float
    low: float
    high: float
    row: int

    @property
    def said(self) -> str:
        """Its numbers."""
        width = "" if self.width is None else f" at {self.width}"
        return f"{self.label}{width}: {self.mean:.3f} ({self.low:.3f}, {self.high:.3f})"


def _draw(axes: Axes, *, target: str, points: Sequence[WidthPoint], looks: Sequence[Series]) -> None:
    mine = [
        _Drawn(_label(one, points), one.width, one.mean, *(one.interval or (one.mean, one.mean)), one.row)
        for one in points
        if one.target == target and one.mean is not None
    ]
    whole = [one for one in mine if one.width is None]
    for k, one in enumerate(whole):
        _draw_all_features(axes, one, k, is_named=len(whole) <= NAMED)
    widths = sorted({one.width for one in mine if one.width is not None})
    for k, look in enumerate(looks):
        own = [one for one in mine if one.label == look.label]
        aside = 1 + 0.025 * (k - (len(looks) - 1) / 2)  # side by side, so that no bar hides another
        drawn = axes.errorbar(
            [aside * one.width for one in own if one.width is not None],
            [one.mean for one in own],
            yerr=[[one.mean - one.low for one in own], [one.high - one.mean for one in own]],
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            elinewidth=0.9,
            capsize=1.8,
        )
        for part in drawn.get_children():
            mark(part, "\n".join(one.said for one in own), [one.row for one in own])
    if widths:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(widths))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticklabels([str(width) for width in widths])
    axes.set_title(target)
    axes.set_xlabel("units after the reducer")
    metric = next(one.metric for one in points if one.target == target)
    axes.set_ylabel(axis_words(metric))


def _draw_all_features(axes: Axes, one: _Drawn, number: int, *, is_named: bool) -> None:
    """Draw a line across; two are labelled, left and right, so that none covers another's, and have their bands."""
    mark(axes.axhline(one.mean, color=RULE, linewidth=1.0, zorder=1), one.said, [one.row])
    if not is_named:
        return
    axes.axhspan(one.low, one.high, color="0.93", zorder=0)
    place, side = ((0.02, one.mean), "left") if number % 2 == 0 else ((0.98, one.mean), "right")
    axes.annotate(one.label, place, xycoords=("axes fraction", "data"), ha=side, va="bottom", fontsize=7.5, color=RULE)
