"""The one reader of tables: CSV in any dialect, packed or not, and Parquet, batch by batch."""

import codecs
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from raymer.corpora.door.columns import Columns, as_strings, find_mixed, is_list, join_lists, join_texts
from raymer.corpora.door.dialect import Dialect, find_dialect, not_utf8, open_bytes
from raymer.corpora.door.table_data import TableData, name_columns
from raymer.corpora.sources import note_source
from raymer.errors import RaymerError, UsageError

BLOCK_BYTES = 4 << 20
CHECKED_BYTES = 1 << 16
PARQUET_CELLS = 1 << 19


@dataclass(frozen=True)
class Reading:
    """How a text file is to be read where that is not to be found out; nothing of it concerns Parquet."""

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None


PLAIN = Reading()

NO_ROW = "has no row: only column names stand in it"


def read_data(
    path: Path, reading: Reading = PLAIN, as_text: Callable[[Sequence[str]], Sequence[str]] = lambda names: ()
) -> TableData:
    """Read a table.

    Parameters
    ----------
    path : Path
    reading : Reading
    as_text : callable
        Given all names, returns those of the columns that stay text whatever they hold: ids, groups.

    Raises
    ------
    UsageError
        When the file is missing, two columns have one name, or two readings would do.
    RaymerError
        When it is no table, naming the line at fault.
    """
    if not path.is_file():
        raise UsageError(f"{path} is {'a folder, not a table' if path.is_dir() else 'missing'}")
    note_source(path)
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if path.suffix == ".parquet" and not is_parquet:
        raise RaymerError(f"{path} cannot be read as a table: it is no Parquet file")
    made_by = {"file": path.name, "sha256": file_hash(path)}
    if is_parquet:
        return _read_parquet(path, as_text, made_by)
    dialect = find_dialect(path, encoding=reading.encoding, separator=reading.separator, decimal=reading.decimal)
    return _read_csv(path, dialect, as_text, made_by)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_csv(
    path: Path, dialect: Dialect, as_text: Callable[[Sequence[str]], Sequence[str]], made_by: dict[str, str]
) -> TableData:
    names, nameless = name_columns(dialect.header, str(path))
    found = Columns(names, as_text(names), dialect.decimal)
    size, begun = path.stat().st_size, 0
    for batch in _csv_batches(path, dialect, range(len(names))):
        begun += batch.nbytes
        share = None if dialect.is_gzip else min(1.0, begun / max(size, 1))
        found.add(batch.columns, share if share and share > 0.002 else None)
    if found.broken:  # numbers at first, text later: these columns alone are read again
        places = [names.index(name) for name in found.broken]
        for batch in _csv_batches(path, dialect, places):
            for name, column in zip(found.broken, batch.columns, strict=True):
                found.texts.setdefault(name, []).append(as_strings(column, ""))
    return _finish(found, str(path), nameless, dialect.words, made_by, dialect.decimal)


class _Checked(io.RawIOBase):
    """A file whose bytes are seen to be UTF-8 as they are read; raises UnicodeDecodeError where they are not."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        found = self._file.read(size)
        for start in range(0, len(found) or 1, CHECKED_BYTES):  # in small parts: the text itself is not needed
            self._decoder.decode(found[start : start + CHECKED_BYTES], final=not found)
        return found


def _csv_batches(path: Path, dialect: Dialect, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Yield the rows as batches of text, the columns at `places` only."""
    columns = [str(place) for place in range(len(dialect.header))]
    ragged: list[Any] = []

    def refuse(row: Any) -> str:
        ragged.append(row)
        return "error"

    try:
        with open_bytes(path) as file:
            reader = pacsv.open_csv(
                _Checked(file) if dialect.encoding.startswith("utf-8") else file,
                read_options=pacsv.ReadOptions(
                    column_names=columns,
                    skip_rows=dialect.first_line,
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    encoding="utf8" if dialect.encoding in ("utf-8", "utf-8-sig") else dialect.encoding,
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=dialect.separator, newlines_in_values=True, invalid_row_handler=refuse
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()),
                    strings_can_be_null=False,
                    include_columns=[str(place) for place in places],
                ),
            )
            yield from reader
    except pa.ArrowInvalid as error:
        if ragged:
            row = ragged[0]
            raise RaymerError(
                f"{path} cannot be read as a table: line {row.number} has "
                f"{row.actual_columns} cells, the header {row.expected_columns}"
            ) from error
        if "straddling" in str(error):
            raise RaymerError(
                f"{path}: a row is longer than {BLOCK_BYTES >> 20} MB, or a quote is never closed"
            ) from error
        if "Could not skip" in str(error):  # a header that no line break ends
            raise RaymerError(f"{path} {NO_ROW}") from error
        raise RaymerError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from error
    except UnicodeError as error:
        if dialect.encoding.startswith("utf-8") and (bad := not_utf8(path)) is not None:
            raise bad from error
        raise UsageError(f"{path} is not {dialect.encoding}: {str(error).splitlines()[0]}") from error
    except (OSError, EOFError) as error:
        raise RaymerError(f"{path} is damaged: {error}") from error


def _read_parquet(path: Path, as_text: Callable[[Sequence[str]], Sequence[str]], made_by: dict[str, str]) -> TableData:
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            schema = file.schema_arrow
            names, nameless = name_columns(schema.names, str(path))
            index = _index(schema, names)
            found = Columns(names, [*as_text(names), *index])
            rows = file.metadata.num_rows
            size = max(1, PARQUET_CELLS // max(1, len(names)))
            for batch in file.iter_batches(batch_size=size):
                found.add(batch.columns, min(1.0, (found.n_rows + batch.num_rows) / max(rows, 1)))
            if found.broken:  # text that held numbers at first
                again = [schema.names[names.index(name)] for name in found.broken]
                for batch in file.iter_batches(batch_size=size, columns=again):
                    for name, original in zip(found.broken, again, strict=True):
                        found.texts.setdefault(name, []).append(as_strings(batch.column(original), ""))
            for name, kind in zip(names, schema.types, strict=True):
                if is_list(kind) and name not in found.lists:
                    found.lists[name] = []
    except (pa.ArrowException, OSError) as error:
        raise RaymerError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from error
    return replace(_finish(found, str(path), nameless, (), made_by, "."), index=index)


def _index(schema: pa.Schema, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that pandas says were the frame's index, where they have a name."""
    recorded = (schema.pandas_metadata or {}).get("index_columns", [])
    return tuple(name for name in recorded if isinstance(name, str) and name in names)


def _finish(
    found: Columns, source: str, nameless: set[str], words: Sequence[str], made_by: dict[str, str], decimal: str
) -> TableData:
    if found.n_rows == 0:
        raise RaymerError(f"{source} {NO_ROW}")
    values = found.values()
    texts = {name: join_texts(chunks) for name, chunks in found.texts.items()}
    mixed = {
        name: what
        for name, column in texts.items()
        if name not in found.as_text and (what := find_mixed(column, decimal)) is not None
    }
    named = next((texts[name] for name in found.names if name in found.as_text and name in texts), None)
    row_names = named.tolist() if named is not None else [None] * found.n_rows
    lists = {name: join_lists(chunks, name, source, row_names) for name, chunks in found.lists.items()}
    return TableData(
        source, found.names, nameless, found.n_rows, values, list(found.numeric or ()), texts, lists, mixed,
        tuple(words), made_by,
    )  # fmt: skip
