"""The curves' figure says what the points say: means, bands, published marks, and nothing where a fold is missing."""

import numpy as np
import pytest

from raymer.reports.curves_plot import by_target, curves_plot
from raymer.reports.plot import draw_whole
from raymer.reports.table import Row
from raymer.results.frame import AVERAGE


def point(method, target, epoch, mean, published=0.5):
    sd = None if mean is None else 0.02
    return Row(
        0, method, method.lower(), "logmel", "gru", "svm", 50, target, "pearson", epoch, mean, sd, 10, published, None,
        None, None, 1.0, "folds", 0,
    )  # fmt: skip


POINTS = [
    point(method, target, epoch, base + 0.01 * epoch)
    for method, base in (("NN", 0.3), ("RBF-SL", 0.4))
    for target in ("joy", AVERAGE)
    for epoch in (10, 20)
]


def test_panels_lines_bands_and_published_marks():
    figure = draw_whole(curves_plot(by_target(POINTS), published_epoch=40))
    assert [axes.get_title("left") for axes in figure.axes] == [AVERAGE, "joy"]
    axes = figure.axes[1]
    lines = [one for one in axes.lines if len(one.get_xdata()) == 2]
    assert [one.get_ydata().tolist() for one in lines] == [pytest.approx([0.4, 0.5]), pytest.approx([0.5, 0.6])]
    marks = [one for one in axes.lines if len(one.get_xdata()) == 1]
    assert [(one.get_xdata()[0], one.get_ydata()[0]) for one in marks] == [(40, 0.5)] * 2
    band = np.array(axes.collections[0].get_paths()[0].vertices)
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((0.38, 0.52))


def test_a_missing_fold_is_not_drawn_and_is_said():
    partial = [point("NN", "joy", 10, 0.3), point("NN", "joy", 20, None), point("FL", "joy", 10, None, None)]
    plot = curves_plot(by_target(partial), published_epoch=None)
    assert "Partial" in plot.caption
    assert "published" not in plot.caption
    lines = draw_whole(plot).axes[0].lines
    assert [one.get_xdata().tolist() for one in lines if len(one.get_xdata())] == [[10]]
    nothing = draw_whole(curves_plot({"joy": [point("NN", "joy", 10, None)]}, published_epoch=None))
    assert "no method has all its folds yet" in [text.get_text() for text in nothing.axes[0].texts]
