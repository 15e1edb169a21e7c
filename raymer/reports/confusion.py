"""Confusion matrices: which class was taken for which, of the best system on each target."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from raymer.reports.marks import mark
from raymer.reports.plot import Panel, Plot
from raymer.reports.scatter import Predictions
from raymer.reports.style import OKABE_ITO, RULE

MOST_FIGURES = 16
"""Classes up to which the cells hold figures: among more they would run into each other."""

MOST_CLASSES = 40

DEEPEST = 0.6
"""Opacity of a cell that has all clips of its class: figures are read on it in ink, on light paper and on dark."""


def confusion_plot(found: Sequence[Predictions]) -> Plot:
    """Return a panel a target of classes: a row a true class, shares of it by predicted class.

    Parameters
    ----------
    found : sequence of Predictions
        Of classes.
    """
    panels = tuple(Panel(partial(_draw, one=one)) for one in found)
    most = max(len(classes_of(one)) for one in found)
    side = float(np.clip(1.6 + 0.42 * most, 3.0, 8.0))
    caption = (
        "Each row is a true class: the share of its clips that was predicted as each class, by fits that had not seen "
        "them, of the system with the best mean on that target (chosen for this picture by the scores it shows). In "
        "brackets the clips of a class, counted once a split that tested them."
    )
    return Plot("confusion", "Which class was taken for which", caption, panels, size=(side, side), columns=2)


def classes_of(one: Predictions) -> list[str]:
    """Return the classes that are among labels or predictions, sorted."""
    return sorted({*one.clips["true"], *one.clips["predicted"]})


def confusion(one: Predictions) -> np.ndarray:
    """Return counts (n_classes, n_classes), int64: true classes in rows, predicted ones in columns, sorted."""
    classes = classes_of(one)
    row, column = (np.searchsorted(classes, one.clips[name].to_numpy(dtype=str)) for name in ("true", "predicted"))
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (row, column), 1)
    return counts


def _draw(axes: Axes, one: Predictions) -> None:
    classes, counts = classes_of(one), confusion(one)
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    for row, column in zip(*np.nonzero(counts), strict=True):
        share = shares[row, column]
        cell = Rectangle((column - 0.5, row - 0.5), 1, 1, color=OKABE_ITO[0], alpha=DEEPEST * share, linewidth=0)
        axes.add_patch(cell)
        mark(cell, f"{classes[row]} taken for {classes[column]}: {counts[row, column]} of {totals[row]}")
        if len(classes) <= MOST_FIGURES:
            axes.annotate(_figure(share), (column, row), ha="center", va="center", fontsize=7)
    ends = (-0.5, len(classes) - 0.5)
    axes.set(xlim=ends, ylim=ends[::-1], aspect="equal")
    if len(classes) <= MOST_CLASSES:
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(classes)), [f"{name} ({n})" for name, n in zip(classes, totals, strict=True)])
    else:
        axes.set(xticks=[], yticks=[])
    axes.set(xlabel="predicted", ylabel="true")
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set(visible=True, color=RULE)
    title = axes.set_title(f"{one.target.replace('_', ' ')}: {one.system}, {one.metric} {one.score:.3f}")
    mark(title, "", [one.system])


def _figure(share: float) -> str:
    return "1" if share == 1 else f"{share:.2f}".lstrip("0")
