"""The curves of paper B's figures: score by epoch, a line a method with a band over folds, a panel a target."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from raymer.reports.marks import mark
from raymer.reports.plot import Panel, Plot
from raymer.reports.style import RULE, Series, make_series
from raymer.reports.table import Row, axis_words
from raymer.results.frame import AVERAGE


def by_target(points: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the points of each panel by its title: the average first, then each target, by the metric that decides."""
    first: dict[str, str] = {}
    for point in points:
        first.setdefault(point.target, point.metric)
    ordered = sorted(first, key=lambda name: name != AVERAGE)  # stable: targets keep their order
    return {name: [p for p in points if (p.target, p.metric) == (name, first[name])] for name in ordered}


def curves_plot(panels: Mapping[str, Sequence[Row]], *, published_epoch: int | None, title: str = "") -> Plot:
    """Return score by epoch, a panel for each entry of `panels`: targets of a corpus (`by_target`), or corpora.

    Parameters
    ----------
    panels : mapping of title to points
        An epoch at which a method lacks a fold has no mean and is not drawn.
    published_epoch : int, optional
        The number of epochs that the published numbers belong to; without it they are not drawn.
    """
    points = [point for own in panels.values() for point in own]
    looks = make_series(list(dict.fromkeys(_label(point, points) for point in points)))
    caption = "Mean over folds; the band is one standard deviation over folds on either side."
    if published_epoch is not None and any(point.published_mean is not None for point in points):
        caption += f" Hollow marks at the right: published, after {published_epoch} epochs."
    if any(point.mean is None for point in points):
        caption += " Partial: where a method lacks a fold it has no mean and is not drawn."
    drawn = tuple(
        Panel(partial(_draw, name=name, points=own, everything=points, looks=looks, published_epoch=published_epoch))
        for name, own in panels.items()
    )
    return Plot("curves", title or "Score by epoch", caption, drawn, tuple(looks.values()), size=(3.2, 2.5))


def _label(point: Row, points: Sequence[Row]) -> str:
    several = len({other.protocol for other in points}) > 1
    return f"{point.system}, {point.protocol}" if several else point.system


def _draw(
    axes: Axes,
    *,
    name: str,
    points: Sequence[Row],
    everything: Sequence[Row],
    looks: Mapping[str, Series],
    published_epoch: int | None,
) -> None:
    for label, look in looks.items():
        own = [point for point in points if _label(point, everything) == label]
        _draw_line(axes, [point for point in own if point.mean is not None], look)
        published = next((point.published_mean for point in own if point.published_mean is not None), None)
        if published is not None and published_epoch is not None:
            axes.plot([published_epoch], [published], look.marker, color=look.color, markerfacecolor="none")
    if all(point.mean is None for point in points):
        axes.text(0.5, 0.5, "no method has all its folds yet", transform=axes.transAxes, ha="center", color=RULE)
    axes.set_title(name.replace("_", " "))
    axes.set_xlabel("epoch")
    axes.set_ylabel(axis_words(points[0].metric) if points else "")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.margins(x=0.04)


def _draw_line(axes: Axes, points: Sequence[Row], look: Series) -> None:
    epochs = [point.epoch for point in points]
    mean = np.array([point.mean for point in points], dtype=np.float64)
    sd = np.array([point.sd for point in points], dtype=np.float64)
    axes.fill_between(epochs, mean - sd, mean + sd, color=look.color, alpha=0.09, linewidth=0)
    (line,) = axes.plot(
        epochs, mean, color=look.color, linestyle=look.line, marker=look.marker, markevery=max(1, len(epochs) // 8)
    )
    said = [f"epoch {point.epoch}: {point.mean:.3f} ± {point.sd or 0:.3f}" for point in points]
    mark(line, "\n".join([look.label, *said]), {point.row for point in points})
