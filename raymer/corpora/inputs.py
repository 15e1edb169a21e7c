"""Ready features of any kind, and adding them to a corpus folder without touching what else lies in it."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from raymer.corpora.base import Input
from raymer.corpora.folder import input_records, load_corpus, write_input
from raymer.corpora.manifest import MANIFEST, corpus_text, read_corpus_record
from raymer.corpora.tables import clip_ids, find_id_column, numbers, read_table
from raymer.errors import RaymerError


def read_any_features(path: Path, ids: Sequence[str], name: str) -> Input:
    """Read a table with an id and any columns of numbers, and keep the rows of `ids`, in their order.

    Raises
    ------
    UsageError
        When the file is missing.
    RaymerError
        For a missing id column, a cell that is no finite number, or when no row belongs to a clip.
    """
    frame = read_table(path)
    id_column = find_id_column(frame, path)
    columns = tuple(column for column in frame.columns if column != id_column)
    row_of = {clip: row for row, clip in enumerate(clip_ids(frame, id_column, path).tolist())}
    wanted = [clip for clip in ids if clip in row_of]
    if not wanted:
        raise RaymerError(f"{path}: none of its {len(frame)} rows belongs to one of the {len(ids)} annotated clips")
    rows = frame.iloc[[row_of[clip] for clip in wanted]]
    return Input(name, np.array(wanted, dtype=str), numbers(rows, columns, path, wanted), columns)


def add_input(folder: Path, item: Input) -> None:
    """Add `item` to the corpus in `folder`, or replace the input of its name; a second time changes nothing.

    write_corpus would put a new folder in the old one's place, and the features built below it would be gone.

    Raises
    ------
    UsageError, RaymerError
        When `folder` holds no sound corpus, or `item` has rows of no clip or cells that are no numbers.
    """
    corpus = load_corpus(folder).with_input(item)
    table = folder / "inputs" / f"{item.name}.parquet"
    new_table = table.with_name(f".{table.name}.{uuid.uuid4().hex}")
    try:
        write_input(item, new_table)
        _put_inputs(folder, corpus.inputs, lambda: new_table.replace(table))
    finally:
        new_table.unlink(missing_ok=True)


def drop_input(folder: Path, name: str) -> None:
    """Take the table `name` out of the corpus in `folder`; nothing happens where there is none."""
    inputs = dict(load_corpus(folder).inputs)
    if inputs.pop(name, None) is not None:
        _put_inputs(folder, inputs, lambda: None)
        (folder / "inputs" / f"{name}.parquet").unlink(missing_ok=True)


def _put_inputs(folder: Path, inputs: Mapping[str, Input], before: Callable[[], object]) -> None:
    """Write which inputs there are; `before` is done when the new record lies ready, just before it counts."""
    record = folder / MANIFEST
    said = read_corpus_record(record).model_copy(update={"inputs": input_records(inputs)})
    new_record = record.with_name(f".{record.name}.{uuid.uuid4().hex}")
    try:
        new_record.write_text(corpus_text(said))
        before()
        new_record.replace(record)
    finally:
        new_record.unlink(missing_ok=True)
