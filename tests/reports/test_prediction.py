"""The picture of predictions: every clip drawn, named where few, intervals where known."""

import pandas as pd
import pytest

from raymer.reports.plot import draw_whole, write_plot
from raymer.reports.prediction import LISTED, NAMED, make_plane

SCALES = {"valence": (1.0, 9.0), "arousal": (1.0, 9.0)}


def frame(n: int, *, intervals: bool) -> pd.DataFrame:
    rows = pd.DataFrame({"clip": [f"in/song{k}.wav" for k in range(n)]})
    for name, step in (("valence", 0.1), ("arousal", 0.07)):
        rows[name] = 3.0 + step * rows.index
        if intervals:
            rows[f"{name}_low"], rows[f"{name}_high"] = rows[name] - 1, rows[name] + 1
    rows["unlike"] = rows.index % 5 == 4
    return rows


@pytest.mark.parametrize("intervals", [True, False])
def test_few_clips_are_named_and_lie_where_they_are_predicted(intervals):
    rows = frame(10, intervals=intervals)
    (axes,) = draw_whole(make_plane(rows, SCALES, "SVR")).axes
    drawn = [tuple(point) for cloud in axes.collections for point in cloud.get_offsets() if len(cloud.get_offsets())]
    assert set(drawn) >= set(zip(rows["valence"], rows["arousal"], strict=True))
    assert {text.get_text() for text in axes.texts} == {f"song{k}.wav" for k in range(10)}
    assert axes.get_xlim() == axes.get_ylim() == (1.0, 9.0)
    assert bool(axes.containers) is intervals


def test_many_clips_have_no_names_and_no_cross_of_intervals(tmp_path):
    plot = make_plane(frame(LISTED + 1, intervals=True), SCALES, "SVR")
    (axes,) = draw_whole(plot).axes
    assert not axes.texts
    assert not axes.containers
    assert [look.label for look in plot.series] == ["like the corpus", "unlike the corpus"]
    write_plot(plot, tmp_path / "plane.png")
    assert (tmp_path / "plane.png").stat().st_size > 1000


def test_clips_between_have_numbers_and_a_list_of_names():
    (axes,) = draw_whole(make_plane(frame(LISTED, intervals=True), SCALES, "SVR")).axes
    texts = [text.get_text() for text in axes.texts]
    assert texts[:LISTED] == [str(number) for number in range(1, LISTED + 1)]
    assert texts[LISTED:] == [f"{k + 1}  song{k}.wav" for k in range(LISTED)]
    assert not axes.containers
    few = make_plane(frame(NAMED, intervals=True), SCALES, "SVR")
    assert draw_whole(few).axes[0].containers


def test_labels_without_a_set_scale_leave_the_axes_free():
    free = {"valence": (None, None), "arousal": (None, None)}
    (axes,) = draw_whole(make_plane(frame(3, intervals=False), free, "SVR")).axes
    assert axes.get_xlim()[0] > 2
