"""Reading what people send: CSV and Parquet tables, with errors that name the file, the row and the column."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from raymer.corpora.door.dialect import find_dialect, open_bytes
from raymer.corpora.door.ids import plain
from raymer.corpora.sources import note_source
from raymer.errors import RaymerError, UsageError

ID_COLUMNS = ("song_id", "clip_id", "track_id", "id")
"""What the column with a clip's id is called in the tables that corpora come with."""


def read_table(path: Path, *, separator: str | None = None) -> pd.DataFrame:
    """Read a CSV (any cell as text, whatever its dialect) or Parquet file; blanks round headers and cells are stripped.

    Raises
    ------
    UsageError
        When the file is missing, or two readings would do.
    RaymerError
        When it cannot be read as a table, or has no row.
    """
    frame = _read(path, separator)
    if frame.empty:
        raise RaymerError(f"{path} has no row: only column names stand in it")
    return frame


def _read(path: Path, separator: str | None) -> pd.DataFrame:
    if not path.is_file():
        raise UsageError(f"{path} is missing")
    note_source(path)
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        dialect = find_dialect(path, separator=separator)
        with warnings.catch_warnings(), open_bytes(path) as file:
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row with a cell too many is not cut silently
            frame = pd.read_csv(
                file,
                sep=dialect.separator,
                encoding=dialect.encoding,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                skiprows=dialect.first_line - 1,
            )
    except RaymerError:
        raise
    except Exception as error:
        raise RaymerError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from error
    frame.columns = frame.columns.str.strip()
    frame = frame.apply(lambda column: column.str.strip())
    if dialect.decimal == ",":
        frame = frame.replace(r"^([-+]?\d*),(\d+)$", r"\1.\2", regex=True)
    return frame


def require_columns(frame: pd.DataFrame, columns: Sequence[str], path: Path) -> None:
    """Raise RaymerError that names the columns of `columns` that the file lacks."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise RaymerError(f"{path}: column {', '.join(map(repr, missing[:3]))}{more} is missing")


def find_id_column(frame: pd.DataFrame, path: Path, asked: str | None = None) -> str:
    """Return the column with the ids: the one asked for, else the first of ID_COLUMNS; RaymerError where it is not."""
    if asked is not None:
        require_columns(frame, [asked], path)
        return asked
    found = next((column for column in ID_COLUMNS if column in frame.columns), None)
    if found is None:
        raise RaymerError(f"{path} has none of the id columns {', '.join(ID_COLUMNS)}")
    return found


def numbers(
    frame: pd.DataFrame,
    columns: Sequence[str],
    path: Path,
    ids: Sequence[object] | None = None,
    *,
    may_miss: bool = False,
) -> np.ndarray:
    """Return `columns` as float64 (n_rows, n_columns), every cell finite; with `may_miss` empty ones are NaN.

    Raises
    ------
    RaymerError
        Naming the file, the row (its id where `ids` are given, else its line) and the column of the first cell that
        is empty, text, NaN or infinite.
    """
    values = np.empty((len(frame), len(columns)))
    for k, column in enumerate(columns):
        values[:, k] = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values)
    if may_miss:
        wrong &= ~frame[list(columns)].isin([np.nan, None, ""]).to_numpy()
    rows, cells = np.nonzero(wrong)
    if len(rows):
        row, column = int(rows[0]), columns[int(cells[0])]
        where = f"row of {str(ids[row])!r}" if ids is not None else f"line {row + 2}"
        raise RaymerError(f"{path}: {where}, column {column!r}: {frame[column].iloc[row]!r} is not a finite number")
    return values


def clip_ids(frame: pd.DataFrame, column: str, path: Path) -> np.ndarray:
    """Return the ids of `column` as str (n_rows,); whole numbers lose their decimals, so "7.0" and 7 are one id.

    Raises
    ------
    RaymerError
        For an empty id or one that stands twice.
    """
    text = pd.Series(plain(frame[column].astype(str).str.strip().tolist()), index=frame.index, dtype=object)
    if (text == "").any() or frame[column].isna().any():
        raise RaymerError(f"{path}: line {int(np.argmax((text == '') | frame[column].isna())) + 2} has no {column}")
    if text.duplicated().any():
        raise RaymerError(f"{path}: {column} {text[text.duplicated()].iloc[0]!r} stands twice")
    return np.asarray(text.to_numpy(dtype=object).astype(str))
