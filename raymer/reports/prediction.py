"""Predicted clips on the plane of valence and arousal, with their intervals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from raymer.reports.plot import Panel, Plot
from raymer.reports.style import Series, make_series

AXES = ("valence", "arousal")
NAMED = 12
"""Clips up to which each has its name and its interval where it lies: more would cover each other."""

LISTED = 30
"""Clips up to which each has a number where it lies, and its name in a list at the right."""

_KINDS = {False: "like the corpus", True: "unlike the corpus"}


def make_plane(frame: pd.DataFrame, scales: Mapping[str, tuple[float | None, float | None]], model: str) -> Plot:
    """Return the plot of predictions.

    Parameters
    ----------
    frame : DataFrame
        A row a clip: `clip`, `valence`, `arousal`, `unlike`; with `valence_low`, `valence_high`, ... for intervals.
    scales : mapping of "valence" and "arousal" to (low, high)
        Of the labels: the limits of the axes and the middle, drawn as lines, where they are known.
    model : str
        Its name, for the title.
    """
    looks = make_series(list(_KINDS.values()), lines=False)
    has_intervals = f"{AXES[0]}_low" in frame
    if not has_intervals:
        said = "; the model has no intervals."
    elif len(frame) <= NAMED:
        said = ", with the interval of each."
    else:
        said = f"; intervals are drawn of {NAMED} clips or fewer."
    return Plot(
        name="plane",
        title=f"{len(frame)} clips as {model} predicts them",
        caption=f"Predicted valence and arousal{said}",
        panels=(Panel(lambda ax: _draw(ax, frame, scales, looks)),),
        series=tuple(looks[_KINDS[kind]] for kind in _KINDS if (frame["unlike"] == kind).any()),
        size=(5.0, 4.6),
        columns=1,
    )


def _draw(
    ax: Axes,
    frame: pd.DataFrame,
    scales: Mapping[str, tuple[float | None, float | None]],
    looks: Mapping[str, Series],
) -> None:
    x, y = (frame[name].to_numpy(dtype=np.float64) for name in AXES)
    is_named = len(frame) <= NAMED
    if f"{AXES[0]}_low" in frame and is_named:
        reach = [(frame[f"{name}_high"] - frame[f"{name}_low"]).to_numpy() / 2 for name in AXES]
        ax.errorbar(x, y, yerr=reach[1], xerr=reach[0], fmt="none", ecolor="0.8", elinewidth=0.8, zorder=1)
    unlike = frame["unlike"].to_numpy(dtype=bool)
    for kind, label in _KINDS.items():
        own, look = unlike == kind, looks[label]
        if own.any():
            ax.scatter(x[own], y[own], s=20, c=look.color, marker=look.marker, zorder=2, clip_on=False)
    names = [Path(clip).name for clip in frame["clip"]]
    if is_named:
        _write(ax, names, x, y)
    elif len(frame) <= LISTED:
        _write(ax, [str(number) for number in range(1, len(frame) + 1)], x, y)
        _list(ax, names)
    _frame_axis(ax, scales)


def _write(ax: Axes, texts: Sequence[str], x: np.ndarray, y: np.ndarray) -> None:
    for text, left, height in zip(texts, x, y, strict=True):
        ax.annotate(text, (left, height), (4, 4), textcoords="offset points", fontsize=6.5, zorder=3)


def _list(ax: Axes, names: Sequence[str]) -> None:
    """Write the names by number, from the top down, right of the plane."""
    for row, name in enumerate(names):
        place = (1.08, 1 - row / LISTED)
        ax.annotate(f"{row + 1}  {name}", place, xycoords="axes fraction", va="top", fontsize=6.5)


def _frame_axis(ax: Axes, scales: Mapping[str, tuple[float | None, float | None]]) -> None:
    limits: dict[str, Any] = {"valence": (ax.set_xlim, ax.axvline), "arousal": (ax.set_ylim, ax.axhline)}
    for name, (set_limits, line) in limits.items():
        low, high = scales[name]
        if low is not None and high is not None:
            set_limits(low, high)
            line((low + high) / 2, color="0.85", linewidth=0.8, zorder=0)
    ax.set_xlabel(AXES[0])
    ax.set_ylabel(AXES[1])
