"""Columns that grow batch by batch: numbers into one array, so that a table is in memory once."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from raymer.corpora.door.table_data import Mixed
from raymer.errors import RaymerError, UsageError

EXACT = 2.0**53
"""Below it a float holds every whole number."""
LARGEST = 1e100
"""Squares of larger numbers, as every spread needs them, are soon no numbers any more."""
MISSING = ("", "na", "n/a", "nan", "-nan", "null", "none", "#n/a", "#na", "?")
"""What stands for a missing number, in any case."""
NO_TEXT = ("", "nan", "NaN")
"""What stands for a missing text: `None` may be a band."""


class Columns:
    """Collects the batches of a table.

    A column is numbers where every cell of the first batch is one or is missing; `as_text` names columns that stay
    text whatever they hold (ids keep their zeros). What turns out to be text later is in `broken`, to be read again.
    """

    def __init__(self, names: Sequence[str], as_text: Sequence[str], decimal: str = ".") -> None:
        self.names = list(names)
        self.as_text = set(as_text)
        self.decimal = decimal
        self.numeric: list[str] | None = None
        self.broken: list[str] = []
        self.texts: dict[str, list[pa.Array]] = {}
        self.lists: dict[str, list[pa.Array]] = {}
        self.n_rows = 0
        self._values = np.empty((0, 0))

    def add(self, columns: Sequence[pa.Array], share: float | None = None) -> None:
        """Add the next rows; `share` is the part of the file that has been read, from which the size is guessed."""
        rows = len(columns[0])
        if rows == 0:
            return
        found: dict[str, np.ndarray] = {}
        for name, column in zip(self.names, columns, strict=True):
            self._add(name, column, found)
        if self.numeric is None:
            self.numeric = [name for name in self.names if name in found]
            self._values = np.empty((0, len(self.numeric)))
        self._grow(rows, share)
        block = self._values[self.n_rows : self.n_rows + rows]
        for k, name in enumerate(self.numeric):
            block[:, k] = found.get(name, np.nan)
        self.n_rows += rows

    def _add(self, name: str, column: pa.Array, found: dict[str, np.ndarray]) -> None:
        if is_list(column.type):
            self.lists.setdefault(name, []).append(column)
            return
        is_known = self.numeric is not None
        if name in self.as_text or name in self.texts or (is_known and name not in (self.numeric or ())):
            self.texts.setdefault(name, []).append(as_strings(column, name))
            return
        if name in self.broken:
            return
        numbers = as_numbers(column, self.decimal, codes=not is_known)
        if numbers is not None:
            found[name] = numbers
        elif is_known:
            self.broken.append(name)
        else:
            self.texts[name] = [as_strings(column, name)]

    def _grow(self, rows: int, share: float | None) -> None:
        needed = self.n_rows + rows
        if needed <= len(self._values):
            return
        guess = int(needed / share * 1.02) + 1 if share else needed * 3 // 2
        capacity = max(needed, guess)
        check_memory(capacity, self._values.shape[1])
        self._values.resize((capacity, self._values.shape[1]), refcheck=False)

    def values(self) -> np.ndarray:
        """Return the numbers (n_rows, n_numeric), without those of the broken columns."""
        values, numeric = self._values, self.numeric or []
        values.resize((self.n_rows, len(numeric)), refcheck=False)
        keep = [k for k, name in enumerate(numeric) if name not in self.broken]
        self.numeric = [numeric[k] for k in keep]
        return take_columns(values, keep)


def take_columns(values: np.ndarray, keep: Sequence[int]) -> np.ndarray:
    """Return some columns of `values`, in the memory that it has where it owns that: it is used up."""
    if list(keep) == list(range(values.shape[1])):
        return values
    if not values.flags.owndata or not values.flags.c_contiguous:
        return np.ascontiguousarray(values[:, list(keep)])
    rows, width = len(values), len(keep)
    flat = values.reshape(-1)
    for start in range(0, rows, 4096):
        part = values[start : start + 4096, list(keep)]
        flat[start * width : start * width + part.size] = part.reshape(-1)
    del flat
    values.resize((rows, width), refcheck=False)
    return values


def check_memory(rows: int, width: int) -> None:
    """Raise RaymerError where an array would not fit into this machine's memory, with its size."""
    size = rows * width * 8
    free = _free_memory()
    if free is not None and size > 0.8 * free:
        raise RaymerError(
            f"the table has about {rows:,} rows x {width:,} columns of numbers, {size / 1e9:.1f} GB; "
            f"{free / 1e9:.1f} GB of memory are free here: leave columns out of the file, or use a larger machine"
        )


def _free_memory() -> int | None:
    try:
        with open("/proc/meminfo") as file:  # noqa: PTH123
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def is_list(kind: pa.DataType) -> bool:
    """Return whether cells are lists of numbers."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def as_strings(column: pa.Array, name: str) -> pa.Array:
    """Return a column as text; times as ISO writes them, empty cells as null."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_struct(kind) or pa.types.is_map(kind) or pa.types.is_union(kind):
        raise UsageError(f"column {name!r} holds {kind}, which is neither numbers nor text: leave it out of the file")
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), EXACT))
        if pc.all(whole, min_count=0).as_py():
            column = column.cast(pa.int64(), safe=False)
    text = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
    return pc.if_else(pc.is_in(text, pa.array(NO_TEXT, pa.large_string())), pa.scalar(None, pa.large_string()), text)


def as_numbers(column: pa.Array, decimal: str = ".", *, codes: bool = False) -> np.ndarray | None:
    """Return a column as float64 with NaN where a cell is missing, or None where a cell is no number.

    With `codes`, text such as "007" is none either: its zeros would be lost.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return _typed_numbers(column)
    if decimal != ".":
        column = pc.replace_substring(column, decimal, ".")
    if codes and pc.any(pc.match_substring_regex(column, r"^\s*[-+]?0\d+\s*$"), min_count=0).as_py():
        return None
    try:
        numbers = column.cast(pa.float64())
    except pa.ArrowInvalid:
        text = pc.utf8_trim_whitespace(column)
        missing = pc.is_in(pc.utf8_lower(text), pa.array(MISSING, text.type))
        try:
            numbers = pc.if_else(missing, pa.scalar(None, text.type), text).cast(pa.float64())
        except pa.ArrowInvalid:
            return None
    values = _to_numpy(numbers)
    return None if (np.abs(values) > LARGEST).any() else values


_NUMERIC = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)


def _typed_numbers(column: pa.Array) -> np.ndarray | None:
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    elif not any(is_kind(kind) for is_kind in _NUMERIC):
        return None
    values = _to_numpy(column.cast(pa.float64(), safe=False))
    return None if (np.abs(values) > LARGEST).any() else values


def _to_numpy(column: pa.Array) -> np.ndarray:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def join_texts(chunks: Sequence[pa.Array]) -> np.ndarray:
    """Return str or None (n_rows,) of a column's batches."""
    whole = pa.chunked_array(list(chunks), type=pa.large_string())
    return np.asarray(whole.to_numpy(), dtype=object)


def join_lists(chunks: Sequence[pa.Array], name: str, source: str, row_name: "Sequence[str | None]") -> np.ndarray:
    """Return a column of lists as float64 (n_rows, width), a row of NaN where a cell is missing.

    Raises
    ------
    RaymerError
        Where lists differ in length or hold what is no number; the first two rows that differ are named.
    """
    whole = pa.chunked_array(list(chunks))
    lengths = np.asarray(pc.list_value_length(whole).to_numpy(), dtype=np.float64)
    present = np.flatnonzero(np.isfinite(lengths))
    if len(present) == 0:
        raise RaymerError(f"{source}: {name!r} is a column of lists, and all are empty: leave it out")
    first = present[0]
    other = present[lengths[present] != lengths[first]]
    if len(other):
        where = [row_name[row] or f"row {row + 1}" for row in (first, other[0])]
        raise RaymerError(
            f"{source}: {name} has {lengths[first]:.0f} numbers in {where[0]} and {lengths[other[0]]:.0f} in "
            f"{where[1]}: a table has as many in every row; sequences are an input of frames"
        )
    flat = pc.list_flatten(whole)
    try:
        flat = pa.concat_arrays(flat.chunks) if isinstance(flat, pa.ChunkedArray) else flat
        cells = np.asarray(flat.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise RaymerError(f"{source}: {name!r} has lists of {whole.type.value_type}, which are no numbers") from error
    values = np.full((len(lengths), int(lengths[first])), np.nan)
    values[present] = cells.reshape(len(present), -1)
    return values


def find_mixed(column: np.ndarray, decimal: str) -> Mixed | None:
    """Return what is wrong with a column of text in which half of the cells or more are numbers, or None."""
    present = np.flatnonzero([cell is not None for cell in column])
    if len(present) == 0:
        return None
    sample = present if len(present) <= 20000 else present[:20000]
    bad = [row for row in sample if not is_number(column[row], decimal)]
    if not bad or (2 * len(bad) > len(sample) and not _is_too_large(column[bad[0]])):
        return None
    return Mixed(len(bad), str(column[bad[0]]), int(bad[0]))


def is_number(cell: str, decimal: str = ".") -> bool:
    """Return whether a cell is a number that can be reckoned with, or stands for a missing one."""
    if cell.strip().lower() in MISSING:
        return True
    try:
        return abs(float(cell.replace(decimal, "."))) <= LARGEST
    except ValueError:
        return False


def fault_of(cell: str) -> str:
    """Say why a cell is no number that can be reckoned with."""
    return f"is above {LARGEST:g}, too large to reckon with" if _is_too_large(cell) else "is not a finite number"


def _is_too_large(cell: str) -> bool:
    try:
        return LARGEST < abs(float(cell.replace(",", "."))) < np.inf
    except ValueError:
        return False
