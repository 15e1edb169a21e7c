"""Search plots from a tidy frame of trials."""

import pytest

from raymer.reports.plot import draw_whole
from raymer.reports.search_plots import importances, parameters, search_plots, write_search_plots


def test_the_parameter_that_matters_comes_first_and_the_same_each_time(trials):
    shares = importances(trials(), log=["predictor.C"])
    assert next(iter(shares)) == "reducer.d_p"
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {"reducer.d_p", "reducer.width", "predictor.C", "reducer.mining"}, "kernel was not varied"
    assert importances(trials(), log=["predictor.C"]) == shares


def test_slices_show_whole_stopped_and_best(trials):
    plots = {plot.name: plot for plot in search_plots(trials(), metric="r2", log=["predictor.C"])}
    assert list(plots) == ["importances", "slices", "contour"]
    drawn = draw_whole(plots["slices"])
    said = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert said == ["scored on all folds", "stopped early", "the best of all folds"]
    axes = drawn.axes
    assert len(axes) == 4
    stopped, whole, best = (len(collection.get_offsets()) for collection in axes[0].collections)
    assert (stopped, whole, best) == (19, 20, 1), "the failed trial has no value to draw"
    scales = {one.get_xlabel(): one.get_xscale() for one in axes}
    assert scales["predictor.C"] == "log"
    assert scales["reducer.d_p"] == "linear"
    contour, bar = draw_whole(plots["contour"]).axes
    shares = list(importances(trials(), ["predictor.C"]))
    assert [contour.get_xlabel(), contour.get_ylabel()] == [name for name in shares if "mining" not in name][:2]
    assert bar.get_ylabel() == "r2"


def test_too_little_to_draw(trials):
    assert search_plots(trials().iloc[:1], metric="r2") == []
    level = trials().assign(value=0.5)
    assert importances(level) == {}
    assert parameters(trials().iloc[:0]) == []
    few = search_plots(trials().iloc[[0, 1]], metric="r2")
    assert [plot.name for plot in few] == ["importances", "slices"]


def test_trials_on_a_line_have_no_triangles(trials, tmp_path):
    frame = trials(12)[["number", "state", "value", "folds", "seconds", "reducer.d_p"]]
    frame = frame.assign(**{"reducer.d_n": 2 * frame["reducer.d_p"]})
    paths = write_search_plots(frame, tmp_path / "plots", metric="r2")
    assert {path.name for path in paths} == {
        f"{name}.{end}" for name in ("importances", "slices", "contour") for end in ("png", "pdf")
    }
    assert all(path.stat().st_size > 1000 for path in paths)
