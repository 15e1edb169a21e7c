"""How a text file writes its table: compression, encoding, separator, decimal mark, header."""

import csv
import gzip
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from raymer.errors import RaymerError, UsageError

SAMPLE_BYTES = 1 << 20
SAMPLE_LINES = 200
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
NAMED_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "\\t": "\t", "space": " "}
_FRAME = "write the frame with to_parquet"
_NOT_TEXT = {
    b"PK\x03\x04": "an Excel file or another zip: save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the sheet as CSV",
    **dict.fromkeys((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), f"a pickle, which is never read: {_FRAME}"),
    b"ARROW1": f"an Arrow or Feather file: {_FRAME}",
    b"\x93NUMPY": "an array: import the labels as a table, then `raymer add C FILE --name NAME`",
    b"MATLAB 5.0": "a MATLAB file: write the table as CSV or Parquet",
    b"$FL2": "an SPSS file: write the table as CSV or Parquet",
    b"%PDF": "a PDF: copy its table into a CSV",
    b"\x89HDF": "an HDF5 file: write the table as CSV or Parquet",
    b"SQLite": "an SQLite file: write the table as CSV or Parquet",
}
_NO_TABLE = (
    (
        r'\{\s*("|$)|\[\s*([{\["\d-]|$)',
        "JSON, no table: write CSV or Parquet (pandas.read_json reads it, lines=True by line)",
    ),
    (r"@relation\b", "an ARFF file: write CSV (openSMILE's option is -csvoutput FILE)"),
    (r"<(!doctype|html|\?xml)", "HTML or XML, perhaps a page in the place of a download: write the table as CSV"),
)
"""How text begins that is no table, with what to do."""


@dataclass(frozen=True)
class Dialect:
    """What was found, and in `words` what of it a person should be told."""

    encoding: str
    separator: str
    decimal: str
    header: tuple[str, ...]
    first_line: int
    is_gzip: bool
    comments: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """What is not the usual: "separated by semicolons", "decimal commas", "UTF-16", "gzip"."""
        found = []
        if self.separator != ",":
            found.append(f"separated by {SEPARATORS.get(self.separator, repr(self.separator))}")
        if self.decimal == ",":
            found.append("decimal commas")
        if self.encoding not in ("utf-8", "utf-8-sig"):
            found.append(self.encoding)
        if self.comments:
            found.append(f"without {self.comments} line{'s' if self.comments > 1 else ''} of comment (#) at its head")
        return (*found, *(["gzip"] if self.is_gzip else []))


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, unpacked where it is gzip by its content, whatever it is called."""
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if is_gzip else path.open("rb")  # type: ignore[return-value]


def find_dialect(
    path: Path, *, encoding: str | None = None, separator: str | None = None, decimal: str | None = None
) -> Dialect:
    """Look at the beginning of `path`; what is given is not looked for.

    Raises
    ------
    UsageError
        Where two readings would do, or the encoding must be named.
    RaymerError
        When the file is empty or no text.
    """
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    try:
        with open_bytes(path) as file:
            raw = file.read(SAMPLE_BYTES)
            whole = not file.read(1)
    except (OSError, EOFError) as error:
        raise RaymerError(f"{path} cannot be read: {error}") from error
    for magic, what in _NOT_TEXT.items():
        if raw.startswith(magic):
            raise RaymerError(f"{path} is {what}")
    encoding = encoding or _encoding(raw, path)
    lines = _lines(_decode(raw, encoding, path), whole=whole)
    first = 0
    marked = re.fullmatch(r'"?sep=(.)"?', lines[0]) if lines else None
    if marked:
        first, separator = 1, separator or marked[1]
    first += _blank(lines[first:])
    comments = _comments(lines[first:])
    first += comments
    first += _blank(lines[first:])
    lines = lines[first:]
    if not lines:
        raise RaymerError(f"{path} is empty: a line of column names and a row a clip are needed")
    for begins, what in _NO_TABLE:
        if re.match(begins, lines[0].strip(), re.IGNORECASE):
            raise RaymerError(f"{path} is {what}")
    mark = NAMED_SEPARATORS.get(separator, separator) if separator else _separator(lines, path)
    if len(mark) != 1:
        raise UsageError(f"separator={separator!r} is no single character: {', '.join(NAMED_SEPARATORS)}, or the mark")
    rows = _rows(lines, mark)
    if lines[0].count('"') % 2:
        raise RaymerError(f"{path}: a column's name holds a line break: put the header on one line")
    header = list(rows[0])
    body = [row for row in rows[1:] if row]
    if body and all(len(row) == len(header) + 1 for row in body):  # R's row names, or a separator at every line's end
        header = [*header, ""] if all(not row[-1].strip() for row in body) else ["", *header]
    return Dialect(encoding, mark, decimal or _decimal(body, path), tuple(header), first + 1, is_gzip, comments)


def not_utf8(path: Path) -> UsageError | None:
    """Return the error for a file that is no UTF-8: its first bad byte, the line, what would read it; else None."""
    line = 1
    with open_bytes(path) as file:
        for raw in file:
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError as error:
                return _bad_byte(path, raw, error.start, line)
            line += 1
    return None


def _bad_byte(path: Path, raw: bytes, at: int, line: int) -> UsageError:
    guess = "cp1252" if any(0x80 <= byte < 0xA0 for byte in raw) else "latin-1"
    return UsageError(
        f"{path} is not UTF-8 (byte 0x{raw[at]:02X} in line {line}); it looks like {guess}: "
        f"encoding='{guess}', or save it as UTF-8"
    )


def _encoding(raw: bytes, path: Path) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if raw.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    head = raw[:4000]
    if head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    if 0 in head:
        raise RaymerError(f"{path} is no text: CSV, gzip'd CSV and Parquet are read")
    return "utf-8"


def _decode(raw: bytes, encoding: str, path: Path) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if error.end >= len(raw) - 3:  # the sample ends within a character
            return raw[: error.start].decode(encoding)
        if encoding == "utf-8":
            line = raw.count(b"\n", 0, error.start) + 1
            raise _bad_byte(path, raw, error.start, line) from error
        raise UsageError(f"{path} is not {encoding}: {error.reason} at byte {error.start}") from error
    except LookupError as error:
        raise UsageError(f"encoding={encoding!r} is unknown: utf-8, utf-16, latin-1, cp1252, ...") from error


def _lines(text: str, *, whole: bool) -> list[str]:
    lines = re.split(r"\r\n|\n|\r", text)
    if not whole and len(lines) > 1:
        lines.pop()  # the sample may end within it
    return lines[:SAMPLE_LINES]


def _blank(lines: Sequence[str]) -> int:
    """Return how many of the first lines are blank."""
    return next((k for k, line in enumerate(lines) if line.strip()), len(lines))


def _comments(lines: Sequence[str]) -> int:
    """Return how many of the first lines are comments: they begin with #, and what follows is divided otherwise.

    The last of them may be the header: `#song,valence` over rows of two cells.
    """
    count = next((k for k, line in enumerate(lines) if not line.startswith("#")), 0)
    if count == 0:
        return 0
    is_header = any(0 < lines[count].count(mark) == lines[count - 1].count(mark) for mark in SEPARATORS)
    return count - is_header


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))


def _separator(lines: Sequence[str], path: Path) -> str:
    """Return the mark that divides the header and most lines alike."""
    fits = {}
    for mark in SEPARATORS:
        rows = [row for row in _rows(lines, mark) if row]
        width = len(rows[0])
        alike = sum(len(row) in (width, width + 1) for row in rows[1:])
        if width > 1 and (len(rows) == 1 or 2 * alike > len(rows) - 1):
            fits[mark] = width
    if len(fits) > 1:
        found = " and ".join(f"{SEPARATORS[mark]} ({width} columns)" for mark, width in fits.items())
        raise UsageError(f"{path} can be read with {found}: say which with separator='{next(iter(fits))}'")
    return next(iter(fits), ",")


def _decimal(rows: Sequence[Sequence[str]], path: Path) -> str:
    if not any("," in cell for row in rows for cell in row):
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = [cell for cell in cells if re.fullmatch(r"[-+]?\d*,\d+([eE][-+]?\d+)?", cell)]
    points = [cell for cell in cells if re.fullmatch(r"[-+]?\d*\.\d+([eE][-+]?\d+)?", cell)]
    both = [cell for cell in cells if re.fullmatch(r"[-+]?\d{1,3}([.,]\d{3})+[.,]\d+", cell) and {",", "."} <= {*cell}]
    if both:
        raise RaymerError(f"{path}: {both[0]!r} has marks of thousands: write numbers without them")
    if not commas:
        return "."
    if points:
        raise UsageError(f"{path} has {points[0]!r} and {commas[0]!r}: say which mark is the decimal one, decimal='.'")
    if all(re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", cell) for cell in commas):
        raise UsageError(f"{path}: {commas[0]!r} may be a thousand or a decimal number: say decimal=',' or decimal='.'")
    return ","
