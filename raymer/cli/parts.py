"""A table that is wider than the terminal, in parts that fit, each with the columns that name its rows."""

from collections.abc import Sequence

from rich.cells import cell_len

from raymer.reports.text_table import Column, TextTable

FRAME = 3
"""What a column takes beside its widest cell: a blank on either side, and a line."""


def parts(table: TextTable, width: int) -> list[list[int]]:
    """Return which columns are shown together, by number, so that each part is at most `width` cells wide.

    Columns that belong together are not torn apart, even where they are wider than that.
    """
    sizes = [_size(table, k) for k in range(len(table.columns))]
    naming = [k for k, column in enumerate(table.columns) if column.names]
    found: list[list[int]] = []
    for group in _groups(table.columns):
        if found and 1 + sum(sizes[k] for k in (*found[-1], *group)) <= width:
            found[-1] += group
        else:
            found.append([*naming, *group])
    return found


def _groups(columns: Sequence[Column]) -> list[list[int]]:
    groups: list[list[int]] = []
    for k, column in enumerate(columns):
        if column.follows and groups:
            groups[-1].append(k)
        elif not column.names:
            groups.append([k])
    return groups


def _size(table: TextTable, k: int) -> int:
    return FRAME + max(cell_len(text) for text in (table.columns[k].name, *(row[k] for row in table.rows)))
