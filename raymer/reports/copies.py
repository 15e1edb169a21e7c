"""What the page's buttons copy: the rows of a table that are shown, as CSV and as LaTeX, a line each."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from raymer.plain import csv_text
from raymer.reports.latex import latex_parts
from raymer.reports.text_table import TextTable


@dataclass(frozen=True)
class Copies:
    """A table in one format: what stands above its rows, the rows, and what stands below."""

    head: str
    lines: tuple[str, ...]
    foot: str = ""


def make_copies(table: TextTable) -> dict[str, Copies]:
    """Return a table by format: csv and latex."""
    head, lines, foot = latex_parts(table)
    names = [column.name for column in table.columns]
    return {
        "csv": Copies(_csv_line(names), tuple(map(_csv_line, table.rows))),
        "latex": Copies(head, tuple(lines), foot),
    }


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([csv_text(cell) if not _is_number(cell) else cell for cell in cells])
    return line.getvalue()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
