"""Forest plot: differences with their corrected intervals beside the region of practical equivalence."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from raymer.reports.marks import mark
from raymer.reports.plot import Panel, Plot, draw_whole, write_plot
from raymer.reports.style import BAND, RULE
from raymer.stats.comparison import Comparison
from raymer.stats.verdict import EQUAL, IDENTICAL, NO_CLAIM

INK = "0.0"

LINE = 54
"""Characters of a row's names and figures that stand in one line; where some row has more, figures have their own."""

MARKERS = {"claimed": ("o", INK), EQUAL: ("s", "0.6"), NO_CLAIM: ("o", "1.0")}
"""Shape and filling by verdict: told apart without colour."""


def forest(comparisons: Sequence[Comparison], path: Path, *, title: str = "") -> None:
    """Draw a row a comparison, in grey, and write it as SVG, PNG or PDF by the ending of `path`.

    A row has its names and figures above the difference A less B, in units of the metric, with its interval by the
    corrected test: so it can be read on a telephone and in one column of a paper. The band is the region of practical
    equivalence. A filled circle is a difference that may be claimed, a grey square practical equality, an open circle
    neither. The same comparisons give the same bytes of SVG.

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
    """Return the figure of `forest`, 4 inches wide and as high as its rows need."""
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
    figures = [_figures(one, words[row] if words else "") for row, one in enumerate(comparisons)]
    lines = 1 if max(len(_name(one, comparisons)) + len(figures[k]) for k, one in enumerate(comparisons)) < LINE else 2
    height = 0.9 + (0.24 + 0.15 * lines) * len(comparisons)
    panel = Panel(
        partial(_draw, comparisons=comparisons, title=title, published=published, figures=figures, lines=lines)
    )
    said = caption(comparisons) + (" Cross: the published difference of means." if any(published) else "")
    return Plot(name, title, said, (panel,), size=(4.0, height), columns=1)


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
    figures: Sequence[str],
    lines: int,
) -> None:
    rope = comparisons[0].correlated_bayes.rope
    axes.axvspan(-rope, rope, color=BAND, zorder=0)
    axes.axvline(0, color=RULE, linewidth=0.8, linestyle="--", zorder=1)
    above = 0.4 if lines == 1 else 0.58  # of a row, to the middle of its name
    for row, one in enumerate(comparisons):
        said = f"{_name(one, comparisons)}\n{figures[row]}\n{one.verdict}"
        _draw_row(axes, row, one, said)
        x, y, side = (1.0, row - above, "right") if lines == 1 else (0.0, row - 0.3, "left")
        text = axes.text(
            x, y, figures[row], transform=axes.get_yaxis_transform(), ha=side, va="center_baseline", fontsize=8
        )
        mark(text, said, (one.a, one.b))
    for row, difference in enumerate(published):
        if difference is not None:
            axes.plot([difference], [row], "x", color="0.35", markersize=6, markeredgewidth=1.5, zorder=4)
    names = [_name(one, comparisons) for one in comparisons]
    axes.set_yticks([row - above for row in range(len(comparisons))], names, ha="left", va="center_baseline")
    axes.set_ylim(len(comparisons) - 0.7, -above - 0.25)
    axes.margins(x=0.08)
    low = "" if comparisons[0].higher_is_better else " (lower is better)"
    axes.set_xlabel(f"difference in {comparisons[0].metric}{low}")
    axes.set_title(title)
    axes.tick_params(axis="y", length=0, pad=0)
    axes.spines["left"].set_visible(False)


def _draw_row(axes: Axes, row: int, one: Comparison, said: str) -> None:
    low, high = one.nadeau_bengio.interval
    marker, filling = MARKERS[_kind(one.verdict)]
    drawn = axes.plot([low, high], [row, row], color=INK, linewidth=1.3, solid_capstyle="butt", zorder=2)
    drawn += axes.plot([low, high], [row, row], "|", color=INK, markersize=6, zorder=2)
    drawn += axes.plot([one.difference], [row], marker, color=INK, markerfacecolor=filling, markersize=6.5, zorder=3)
    for part in drawn:
        mark(part, said, (one.a, one.b))


def _figures(one: Comparison, words: str) -> str:
    low, high = one.nadeau_bengio.interval
    return f"{one.difference:+.3f} ({low:+.3f}, {high:+.3f})" + (f"  {words}" if words else "")


def _kind(verdict: str) -> str:
    if verdict in (EQUAL, IDENTICAL):
        return EQUAL
    return NO_CLAIM if verdict == NO_CLAIM else "claimed"


def _name(one: Comparison, comparisons: Sequence[Comparison]) -> str:
    pair = f"{one.a} \N{MINUS SIGN} {one.b}"
    return pair if len({other.target for other in comparisons}) == 1 else f"{one.target}:  {pair}"
