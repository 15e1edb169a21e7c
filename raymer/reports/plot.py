"""A plot: panels that stand in one figure on paper and one by one on the page, where they flow to its width."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.style import context

from raymer.errors import RaymerError, UsageError
from raymer.reports.style import STYLE, Series
from raymer.reports.svg import PlaceOf, svg_element
from raymer.whole import why, written

FORMATS = (".svg", ".png", ".pdf")
POINTS = "points"
"""The gid of what a panel's hover records belong to, one drawn point a record, in order."""


@dataclass(frozen=True, eq=False)
class Panel:
    """What draws one panel on given axes, and a record (JSON-ready) for every point drawn under the gid `POINTS`."""

    draw: Callable[[Axes], None]
    hover: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, eq=False)
class Plot:
    """A figure: its panels, what they mean, and the legend they share.

    `size` is that of one panel in inches, `columns` how many stand side by side in the whole figure.
    """

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    series: tuple[Series, ...] = ()
    size: tuple[float, float] = (3.3, 2.6)
    columns: int = 3


def draw_whole(plot: Plot) -> Figure:
    """Return all panels in one figure, the legend below them."""
    columns = min(plot.columns, len(plot.panels))
    rows = ceil(len(plot.panels) / columns)
    with context(STYLE):
        legend = _legend_height(plot, columns * plot.size[0])
        figure = Figure(figsize=(columns * plot.size[0], rows * plot.size[1] + legend), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, panel in zip(axes, plot.panels, strict=False):
            panel.draw(ax)
        for ax in axes[len(plot.panels) :]:
            ax.remove()
        if plot.series:
            figure.legend(handles=[one.handle() for one in plot.series], loc="outside lower center", ncols=_ncols(plot))
    return figure


def write_plot(plot: Plot, path: Path) -> None:
    """Write the whole figure as SVG, PNG or PDF, by the ending of `path`; its folder is made.

    The same data give the same bytes of SVG.

    Raises
    ------
    UsageError, RaymerError
        For another ending, and for a file that cannot be written.
    """
    check_format(path)
    undated = {"Date": None} if path.suffix.lower() == ".svg" else None
    figure = draw_whole(plot)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path) as new, context([STYLE, {"svg.hashsalt": "raymer"}]):
            figure.savefig(new, dpi=200, bbox_inches="tight", metadata=undated)
    except OSError as error:
        raise RaymerError(f"plot {path} cannot be written: {why(error)}") from error


def check_format(path: Path) -> None:
    """Raise UsageError when the name of a plot ends in no format that can be drawn."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path}: a plot is {', '.join(FORMATS)}")


def panel_svgs(plot: Plot, place_of: PlaceOf = lambda system: None) -> list[str]:
    """Return each panel as an SVG element for a page; ids begin with the plot's name and the panel's number."""
    return [
        svg_element(_alone(plot, panel), f"{plot.name}-{number}", place_of)
        for number, panel in enumerate(plot.panels, 1)
    ]


def legend_keys(plot: Plot) -> list[tuple[str, str]]:
    """Return an SVG element and a label for each entry of the legend, to be set as text is."""
    keys = []
    for number, one in enumerate(plot.series, 1):
        with context(STYLE):
            figure = Figure(figsize=(0.42, 0.16))
            figure.add_artist(one.key())
        keys.append((svg_element(figure, f"{plot.name}-key-{number}"), one.label))
    return keys


def _alone(plot: Plot, panel: Panel) -> Figure:
    with context(STYLE):
        figure = Figure(figsize=plot.size, layout="constrained")
        panel.draw(figure.subplots())
    return figure


def _ncols(plot: Plot) -> int:
    return min(len(plot.series), 2 * min(plot.columns, len(plot.panels)) or 1)


def _legend_height(plot: Plot, width: float) -> float:
    if not plot.series:
        return 0.0
    per_row = max(1, min(_ncols(plot), int(width / 1.4)))
    return 0.15 + 0.22 * ceil(len(plot.series) / per_row)
