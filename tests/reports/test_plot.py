"""Plots: panels on paper and on the page, ids that do not collide, looks that survive grey and colour-blind eyes."""

import re

import pytest

from raymer.errors import RaymerError, UsageError
from raymer.reports.plot import Panel, Plot, draw_whole, legend_keys, panel_svgs, write_plot
from raymer.reports.style import make_series


def line(axes):
    axes.plot([0, 1, 2], [1, 3, 2], marker="o")
    axes.fill_between([0, 1, 2], [0, 2, 1], [2, 4, 3], alpha=0.1)


LOOKS = make_series(["a", "b"])
PLOT = Plot("p", "P", "", (Panel(line), Panel(line), Panel(line)), tuple(LOOKS.values()), columns=2)


def grey(color):
    red, green, blue = (int(color[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_series_differ_in_colour_line_and_marker_and_are_seen_on_white():
    looks = list(make_series([f"m{k}" for k in range(7)]).values())
    for trait in ("color", "line", "marker"):
        assert len({getattr(look, trait) for look in looks}) == 7
    assert all(grey(look.color) < 0.7 for look in looks)
    assert (
        len({(look.color, look.line, look.marker) for look in make_series([str(k) for k in range(28)]).values()}) == 28
    )


def test_whole_figure_has_all_panels_and_one_legend():
    figure = draw_whole(PLOT)
    assert len(figure.axes) == 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_ids_of_panels_never_collide_and_references_hold():
    svgs = [*panel_svgs(PLOT), *(svg for svg, _ in legend_keys(PLOT))]
    ids = [name for svg in svgs for name in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))
    for svg in svgs:
        used = re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', svg)
        assert used
        assert all(f'id="{name}"' in svg for name in used)
        assert "<style" not in svg
        assert re.match(r"<svg [^>]*viewBox", svg)
        assert not re.match(r'<svg [^>]*\bwidth="', svg), "the page decides how wide it is"


def test_the_same_plot_gives_the_same_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        write_plot(PLOT, tmp_path / "new" / name)
    assert (tmp_path / "new" / "a.svg").read_bytes() == (tmp_path / "new" / "b.svg").read_bytes()
    assert panel_svgs(PLOT) == panel_svgs(PLOT)


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"a plot is \.svg"):
        write_plot(PLOT, tmp_path / "x.gif")
    (tmp_path / "file").write_text("")
    with pytest.raises(RaymerError, match="cannot be written"):
        write_plot(PLOT, tmp_path / "file" / "x.svg")
