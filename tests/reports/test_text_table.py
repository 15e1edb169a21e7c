"""Cells that the terminal, LaTeX and the page share."""

from dataclasses import replace

from raymer.reports.latex import latex
from raymer.reports.table import Row
from raymer.reports.text_table import Column, TextTable, epochs_table, points_table, result_tables, rows_table


def row(
    target, mean, protocol="folds", published=0.3, *, number=0, epoch=0, system="SVR[18]", read="features", missing=2
):
    known = None not in (mean, published)
    difference = mean - published if known else None
    return Row(
        number, system, "svr", read, "none", "svr", 260, target, "r2", epoch, mean, 0.05, 10, published, None,
        difference, None, 0.5, protocol, 0 if mean is not None else 2,
    )  # fmt: skip


def test_columns_appear_only_where_they_say_something():
    both = rows_table("t", [row("valence", 0.4), row("arousal", None)])
    assert [column.name for column in both.columns] == [
        "system", "features", "valence", "published", "difference", "arousal", "published", "difference", "s a fit",
    ]  # fmt: skip
    assert both.rows == (
        ("SVR[18]", "260", "0.400 ± 0.050", "0.300", "+0.100", "2 folds missing", "0.300", "", "0.50"),
    )
    plain = rows_table("t", [row("valence", 0.4, published=None), row("valence", 0.4, "by-artist", None, number=1)])
    assert [column.name for column in plain.columns] == ["system", "features", "protocol", "valence", "s a fit"]
    assert [line[2] for line in plain.rows] == ["folds", "by-artist"]


def test_points_and_epochs():
    points = [
        replace(row(target, mean, epoch=epoch, system="NN", published=0.5), sd=0.02)
        for target, epoch, mean in (("joy", 10, 0.3), ("joy", 20, 0.4), ("average", 10, 0.35), ("average", 20, None))
    ]
    assert points_table("t", points).rows == (
        ("joy", "0.400 ± 0.020", "0.50 (-0.100)"),
        ("average", "incomplete", "0.50"),
    )
    plain = points_table("t", [replace(point, published_mean=None, difference=None) for point in points])
    assert [column.name for column in plain.columns] == ["target", "NN"]
    assert plain.rows == (("joy", "0.400 ± 0.020"), ("average", "incomplete"))
    assert epochs_table("t", points).rows == (("10", "0.350 ± 0.020"), ("20", "incomplete"))
    assert [table.columns for table in result_tables("t", "t", points)] == [
        points_table("t", points).columns,
        epochs_table("t", points).columns,
    ]


def test_tables_and_sequences_stand_in_one_table_at_their_last_epoch():
    rows = [
        row("joy", 0.2, published=None),
        *(
            row("joy", mean, published=None, number=1, epoch=epoch, system="GRU", read="logmel")
            for epoch, mean in ((10, 0.3), (20, 0.4))
        ),
    ]
    first, by_epoch = result_tables("t", "t", rows)
    assert [column.name for column in first.columns] == ["system", "features", "input", "epoch", "joy", "s a fit"]
    assert [(line[0], line[2], line[3], line[4]) for line in first.rows] == [
        ("SVR[18]", "features", "", "0.200 ± 0.050"),
        ("GRU", "logmel", "20", "0.400 ± 0.050"),
    ]
    assert [column.name for column in by_epoch.columns] == ["epoch", "GRU"]


def test_latex_escapes_and_has_booktabs():
    table = TextTable(
        "50 % of A_b", (Column("name & more", is_number=False), Column("value")), (("x_1", "-0.100 ± 0.2"),)
    )
    text = latex(table)
    assert r"\caption{50 \% of A\_b}" in text
    assert r"\begin{tabular}{lr}" in text
    assert r"name \& more & value \\" in text
    assert r"x\_1 & $-$0.100 $\pm$ 0.2 \\" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
