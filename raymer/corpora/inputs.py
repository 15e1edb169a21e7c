"""Ready features of any kind, and adding them to a corpus folder without touching what else lies in it."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from raymer.corpora.base import MANIFEST, Input, input_records, load_corpus, write_input
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
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["inputs"] = input_records(corpus.inputs)
    table, record = folder / "inputs" / f"{item.name}.parquet", folder / MANIFEST
    new_table, new_record = (path.with_name(f".{path.name}.{uuid.uuid4().hex}") for path in (table, record))
    try:
        write_input(item, new_table)
        new_record.write_text(json.dumps(manifest, indent=2) + "\n")
        new_table.replace(table)
        new_record.replace(record)
    finally:
        for left in (new_table, new_record):
            left.unlink(missing_ok=True)
