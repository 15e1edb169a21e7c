"""The width curve: points, their corrected intervals, and what is drawn of them."""

import numpy as np
import pytest
from scipy import stats

from raymer.experiments.loading import load_experiment, parse_experiment
from raymer.reports.plot import draw_whole
from raymer.reports.widths import has_widths, make_width_points, widths_plot
from raymer.studies.study import make_study

TEXT = """
name: w
title: w
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 3}}
systems:
  - {system: SVR, method: svr}
  - {system: PCA, method: pca-svr, reducer: {width: 8}}
  - {system: PCA, method: pca-svr, reducer: {width: 2}}
  - {system: PCA, method: pca-svr, reducer: {width: 4}}
  - {system: TNN, method: tnn-svr, reducer: {width: 2}}
"""


@pytest.fixture
def study(corpus):
    return make_study(parse_experiment(TEXT, "w"), corpus)


def test_points_and_intervals(study, scores_of):
    scores = scores_of(study)
    points = make_width_points(study.systems, scores, study.metrics)
    assert [(p.reducer, p.width) for p in points if p.target == "valence"] == [
        ("none", None), ("pca", 2), ("tnn", 2), ("pca", 4), ("pca", 8),
    ]  # fmt: skip
    assert has_widths(points)
    assert not has_widths([p for p in points if p.width != 8])
    one = next(p for p in points if (p.reducer, p.width, p.target) == ("pca", 4, "arousal"))
    values = scores[(scores["row"] == 3) & (scores["target"] == "arousal")]["value"]
    half = stats.t.ppf(0.975, 2) * np.sqrt(values.var(ddof=1) * (1 / 3 + 20 / 40))
    assert one.interval == pytest.approx((values.mean() - half, values.mean() + half))


def test_a_point_that_lacks_a_fold_is_left_out(study, scores_of):
    scores = scores_of(study)
    scores = scores[~((scores["row"] == 3) & (scores["fold"] == 1))]
    points = make_width_points(study.systems, scores, study.metrics)
    assert [p.mean is None for p in points if (p.reducer, p.width) == ("pca", 4)] == [True, True]
    plot = widths_plot(points)
    assert "Partial" in plot.caption
    axes = draw_whole(plot).axes
    assert [one.get_title("left") for one in axes] == ["valence", "arousal"]
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["2", "8"]
    assert {text.get_text() for text in axes[0].texts} == {"SVR on all 12"}


def test_the_experiment_on_deam_shares_fits_with_table_iv():
    widths, table = load_experiment("width-deam"), load_experiment("cheuk2020-deam")
    assert widths.protocols == table.protocols
    at = {row.build() for row in widths.systems}
    svr = [row for row in table.systems if row.method.endswith("svr") and "AE" not in row.system]
    assert all(row.build() in at for row in svr)
    for reducer in ("tnn", "pca", "rp", "ae"):
        assert min(row.build().width for row in widths.systems if row.method == f"{reducer}-svr") == 2
