"""Forest plot: differences with their corrected intervals beside the region of practical equivalence."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from raymer.errors import UsageError
from raymer.stats.comparison import Comparison
from raymer.stats.verdict import EQUAL, IDENTICAL, NO_CLAIM

FORMATS = (".svg", ".png", ".pdf")
BAND, RULE, INK = "0.87", "0.45", "0.0"

MARKERS = {"claimed": ("o", INK), EQUAL: ("s", "0.6"), NO_CLAIM: ("o", "1.0")}
"""Shape and filling by verdict: told apart without colour."""


def check_format(path: Path) -> None:
    """Raise UsageError when the name of a plot ends in no format that can be drawn."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path}: a plot is {', '.join(FORMATS)}")


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
    check_format(path)
    figure = draw_forest(comparisons, title)
    undated = {"Date": None} if path.suffix.lower() == ".svg" else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context({"svg.hashsalt": "raymer", "svg.fonttype": "none"}):
            figure.savefig(path, dpi=150, bbox_inches="tight", metadata=undated)
    except OSError as error:
        raise UsageError(f"plot {path} cannot be written: {error.strerror or error}") from error


def draw_forest(comparisons: Sequence[Comparison], title: str = "") -> Figure:
    """Return the figure of `forest`, 7 inches wide and as high as its rows need."""
    figure = Figure(figsize=(7, 1.3 + 0.38 * len(comparisons)))
    axes = figure.subplots()
    rope = comparisons[0].correlated_bayes.rope
    axes.axvspan(-rope, rope, color=BAND, zorder=0)
    axes.axvline(0, color=RULE, linewidth=0.8, linestyle="--", zorder=1)
    for row, one in enumerate(comparisons):
        _draw_row(axes, row, one)
    axes.set_yticks(range(len(comparisons)), [_name(one, comparisons) for one in comparisons])
    axes.set_ylim(len(comparisons) - 0.4, -0.6)
    axes.set_xlabel(_caption(comparisons, rope), fontsize=9)
    axes.set_title(title, loc="left", fontsize=10)
    axes.tick_params(axis="y", length=0)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    return figure


def _draw_row(axes: Axes, row: int, one: Comparison) -> None:
    low, high = one.nadeau_bengio.interval
    marker, filling = MARKERS[_kind(one.verdict)]
    axes.plot([low, high], [row, row], color=INK, linewidth=1.4, solid_capstyle="butt", zorder=2)
    axes.plot([low, high], [row, row], "|", color=INK, markersize=7, zorder=2)
    axes.plot([one.difference], [row], marker, color=INK, markerfacecolor=filling, markersize=7, zorder=3)
    figures = f"{one.difference:+.3f} ({low:+.3f}, {high:+.3f})"
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


def _caption(comparisons: Sequence[Comparison], rope: float) -> str:
    levels = sorted({round(100 * one.nadeau_bengio.confidence, 2) for one in comparisons})
    level = f"{levels[0]:g}" if len(levels) == 1 else f"{levels[0]:g} to {levels[-1]:g}"
    return (
        f"difference in {comparisons[0].metric}, {level} % interval (corrected); band: within {rope:g}\n"
        "filled circle: a difference may be claimed; grey square: practically equal; open circle: neither"
    )
