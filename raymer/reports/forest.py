"""Forest plot: differences with their corrected intervals beside the region of practical equivalence."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from raymer.reports.plot import Panel, Plot, draw_whole, write_plot
from raymer.reports.style import BAND, RULE
from raymer.stats.comparison import Comparison
from raymer.stats.verdict import EQUAL, IDENTICAL, NO_CLAIM

INK = "0.0"

MARKERS = {"claimed": ("o", INK), EQUAL: ("s", "0.6"), NO_CLAIM: ("o", "1.0")}
"""Shape and filling by verdict: told apart without colour."""


def forest(comparisons: Sequence[Comparison], path: Path, *, title: str = "") -> None:
    """Draw a row a comparison, in grey, and write it as SVG, PNG or PDF by the ending of `path`.

    A row has the difference A less B in units of the metric, its interval by the corrected test, and both in figures
    at the right. The band is the region of practical equivalence. A filled circle is a difference that may be
    claimed, a grey square practical equality, an open circle neither. The same comparisons give the same bytes of SVG.

    Parameters
    ----------
    comparisons : sequence of Comparison
        At least one, all by one metric.
    path : Path
        Ends in .svg, .png or .pdf; its folder is made.
    title : str

    Raises
    ------
    UsageError
        For another ending, or a file that cannot be written.
    """
    write_plot(forest_plot(comparisons, title), path)


def draw_forest(comparisons: Sequence[Comparison], title: str = "") -> Figure:
    """Return the figure of `forest`, 7 inches wide and as high as its rows need."""
    return draw_whole(forest_plot(comparisons, title))


def forest_plot(
    comparisons: Sequence[Comparison],
    title: str = "",
    name: str = "forest",
    *,
    published: Sequence[float | None] = (),
    words: Sequence[str] = (),
) -> Plot:
    """Return the plot of `forest`: one panel, its reading in the caption.

    Parameters
    ----------
    comparisons, title
        As `forest` takes them.
    name : str
    published : sequence of float or None, optional
        The published difference of each row, in units of the metric: a cross.
    words : sequence of str, optional
        What stands after each row's figures.
    """
    height = 0.9 + 0.27 * len(comparisons)
    panel = Panel(partial(_draw, comparisons=comparisons, title=title, published=published, words=words))
    said = caption(comparisons) + (" Cross: the published difference of means." if any(published) else "")
    return Plot(name, title, said, (panel,), size=(7, height), columns=1)


def caption(comparisons: Sequence[Comparison]) -> str:
    """Say how the rows are read."""
    levels = sorted({round(100 * one.nadeau_bengio.confidence, 2) for one in comparisons})
    level = f"{levels[0]:g}" if len(levels) == 1 else f"{levels[0]:g} to {levels[-1]:g}"
    return (
        f"Difference with its {level} % interval (corrected for splits that share songs); the band is within "
        f"{comparisons[0].correlated_bayes.rope:g}. Filled circle: a difference may be claimed; grey square: "
        "practically equal; open circle: neither."
    )


def _draw(
    axes: Axes,
    comparisons: Sequence[Comparison],
    title: str,
    published: Sequence[float | None],
    words: Sequence[str],
) -> None:
    rope = comparisons[0].correlated_bayes.rope
    axes.axvspan(-rope, rope, color=BAND, zorder=0)
    axes.axvline(0, color=RULE, linewidth=0.8, linestyle="--", zorder=1)
    for row, one in enumerate(comparisons):
        _draw_row(axes, row, one, words[row] if words else "")
    for row, difference in enumerate(published):
        if difference is not None:
            axes.plot([difference], [row], "x", color="0.35", markersize=6, markeredgewidth=1.5, zorder=4)
    axes.set_yticks(range(len(comparisons)), [_name(one, comparisons) for one in comparisons])
    axes.set_ylim(len(comparisons) - 0.4, -0.6)
    low = "" if comparisons[0].higher_is_better else " (lower is better)"
    axes.set_xlabel(f"difference in {comparisons[0].metric}{low}")
    axes.set_title(title)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_row(axes: Axes, row: int, one: Comparison, words: str) -> None:
    low, high = one.nadeau_bengio.interval
    marker, filling = MARKERS[_kind(one.verdict)]
    axes.plot([low, high], [row, row], color=INK, linewidth=1.3, solid_capstyle="butt", zorder=2)
    axes.plot([low, high], [row, row], "|", color=INK, markersize=6, zorder=2)
    axes.plot([one.difference], [row], marker, color=INK, markerfacecolor=filling, markersize=6.5, zorder=3)
    figures = f"{one.difference:+.3f} ({low:+.3f}, {high:+.3f})" + (f"  {words}" if words else "")
    axes.annotate(
        figures, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=8, annotation_clip=False
    )


def _kind(verdict: str) -> str:
    if verdict in (EQUAL, IDENTICAL):
        return EQUAL
    return NO_CLAIM if verdict == NO_CLAIM else "claimed"


def _name(one: Comparison, comparisons: Sequence[Comparison]) -> str:
    pair = f"{one.a} \N{MINUS SIGN} {one.b}"
    return pair if len({other.target for other in comparisons}) == 1 else f"{one.target}:  {pair}"
