"""Tables on a narrow terminal: every column is there, whole, beside what names its rows."""

from hypothesis import given
from hypothesis import strategies as st

from raymer.cli.parts import FRAME, parts
from raymer.reports.text_table import Column, TextTable

NAMES = (Column("system", is_number=False, names=True), Column("features", names=True))
TARGET = (Column("valence"), Column("published", is_published=True, follows=True), Column("difference", follows=True))
LINE = ("TNN-SVR", "260", *("0.414 ± 0.056", "0.324 ± 0.133", "+0.090") * 2, "0.06")
TABLE = TextTable("t", (*NAMES, *TARGET, *TARGET, Column("s a fit")), (LINE,))


def width(numbers):
    return 1 + sum(FRAME + max(len(TABLE.columns[k].name), len(LINE[k])) for k in numbers)


def test_a_wide_terminal_shows_it_in_one_part():
    assert parts(TABLE, 150) == [list(range(9))]


def test_at_80_columns_a_target_is_a_part():
    assert parts(TABLE, 80) == [[0, 1, 2, 3, 4], [0, 1, 5, 6, 7, 8]]
    assert all(width(numbers) <= 80 for numbers in parts(TABLE, 80))


@given(st.integers(1, 200))
def test_every_column_is_shown_once_and_those_that_belong_together_are_side_by_side(cells):
    shown = parts(TABLE, cells)
    assert [k for numbers in shown for k in numbers if k > 1] == list(range(2, 9))
    assert all(numbers[:2] == [0, 1] for numbers in shown)
    assert all({2, 3, 4} <= set(numbers) or not {2, 3, 4} & set(numbers) for numbers in shown)
