"""Splits in files: a table of id and part, of folds, or a folder with a list of ids a part; and writing them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from raymer.corpora.door.ids import plain
from raymer.corpora.tables import find_id_column, numbers, read_table
from raymer.errors import RaymerError, UsageError
from raymer.plain import csv_said
from raymer.protocols.splits import Split

PART_COLUMNS = ("part", "split", "set", "subset")
ENDINGS = (".txt", ".csv", ".tsv")
HEADERS = ("id", "song_id", "clip_id", "track_id")
COLUMNS = ("id", "repeat", "fold", "part")
"""Of the files that are written: as they are read again."""


@dataclass(frozen=True)
class Line:
    """One line of a file: a clip, the split (repeat, fold), and its part as the file calls it; "" where it has none."""

    id: str
    repeat: int
    fold: int
    part: str
    where: str


def read_split_file(path: Path) -> list[Line]:
    """Read which part of which split each clip is in.

    A table has an id (song_id, clip_id, track_id or id, or the one column that is nothing else) and a part (part,
    split, set or subset), and may have repeat and fold; with a fold and no part, each fold is the test part once. A
    folder has one list of ids a part (train.txt, valid.txt, test.txt).

    Raises
    ------
    UsageError
        When `path` is missing, or a table has neither part nor fold.
    RaymerError
        When it cannot be read, or a repeat or fold is no number.
    """
    if path.is_dir():
        return [Line(clip, 0, 0, part, f"{path / part}") for part, ids in read_lists(path).items() for clip in ids]
    frame = read_table(path)
    names = {str(name).casefold(): name for name in reversed(frame.columns)}
    part = next((names[name] for name in PART_COLUMNS if name in names), None)
    if part is None and "fold" not in names:
        raise UsageError(f"{path} has no column part (or split, set, subset) and no fold")
    others = [name for key, name in names.items() if key not in (*PART_COLUMNS, "repeat", "fold")]
    id_column = others[0] if len(others) == 1 else find_id_column(frame, path)
    ids = [clip or "" for clip in plain([csv_said(text) for text in frame[id_column].astype(str).tolist()])]
    repeats, folds = (_counted(frame, names.get(name), path) for name in ("repeat", "fold"))
    if part is None:
        return _each_fold(ids, folds, path)
    parts = frame[part].fillna("").astype(str).str.strip().tolist()
    rows = enumerate(zip(ids, repeats, folds, parts, strict=True))
    return [Line(clip, repeat, fold, name, f"{path}: line {row + 2}") for row, (clip, repeat, fold, name) in rows]


def _counted(frame: pd.DataFrame, column: str | None, path: Path) -> list[int]:
    if column is None:
        return [0] * len(frame)
    return [int(value) for value in numbers(frame, [column], path)[:, 0]]


def each_fold(lines: Sequence[Line]) -> list[Line]:
    """Return the splits of lines whose parts are numbers of folds: each fold is the test part once."""
    tested = sorted({int(line.part) for line in lines if line.part})
    return [
        Line(line.id, 0, fold, "test" if int(line.part) == number else "train", line.where)
        for fold, number in enumerate(tested)
        for line in lines
        if line.part
    ]


def _each_fold(ids: Sequence[str], folds: Sequence[int], path: Path) -> list[Line]:
    return [
        Line(clip, 0, tested, "test" if fold == tested else "train", f"{path}: line {row + 2}")
        for tested in sorted(set(folds))
        for row, (clip, fold) in enumerate(zip(ids, folds, strict=True))
    ]


def read_lists(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the ids of every list in a folder, by the list's name: {"train": (...), "test": (...)}."""
    files = sorted(file for file in folder.iterdir() if file.suffix in ENDINGS)
    if not files:
        raise RaymerError(f"{folder} holds no list of ids (train.txt, test.txt ...)")
    return {file.stem: tuple(_ids_of(file)) for file in files}


def _ids_of(file: Path) -> list[str]:
    lines = (line.split(",")[0].split("\t")[0].strip() for line in file.read_text().splitlines())
    ids = [line for line in lines if line]
    return ids[1:] if ids and ids[0].lower() in HEADERS else ids


def hash_of(path: Path) -> str:
    """Return the first digits of the SHA-256 of a file, or of all lists of a folder."""
    if not path.exists():
        raise UsageError(f"{path} is missing")
    files = sorted(file for file in path.iterdir() if file.suffix in ENDINGS) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0".encode() if path.is_dir() else b"")
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def split_frame(splits: Iterable[Split]) -> pd.DataFrame:
    """Return splits as a table that `read_split_file` reads: a row a clip and split, with columns COLUMNS."""
    rows = [
        (clip, split.repeat, split.fold, part)
        for split in splits
        for part, ids in (("train", split.train), ("valid", split.valid), ("test", split.test))
        for clip in ids.tolist()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
