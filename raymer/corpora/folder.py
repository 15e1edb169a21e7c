"""The folder of Parquet files that holds a corpus."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from raymer.corpora.base import Corpus, Input
from raymer.corpora.manifest import (
    FORMAT,
    MANIFEST,
    REMEDY,
    CorpusRecord,
    InputRecord,
    corpus_text,
    read_corpus_record,
)
from raymer.corpora.parts import Target
from raymer.corpora.remote import local_copy
from raymer.errors import RaymerError, UsageError
from raymer.files import is_uri
from raymer.records import check_columns, is_float, is_number, is_text, shown, whole
from raymer.scratch import scratch
from raymer.whole import why

WRITE_CELLS = 1 << 20


def check_place(folder: Path, *, replace_existing: bool = False) -> None:
    """Raise UsageError where `folder` is taken: it exists and is neither empty nor a corpus to be replaced."""
    is_taken = folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder])
    is_corpus = (folder / MANIFEST).exists()
    if is_taken and not (is_corpus and replace_existing):
        raise UsageError(f"{folder} exists already: {'--force replaces it' if is_corpus else 'choose a new folder'}")


def write_corpus(corpus: Corpus, folder: str | Path, *, replace_existing: bool = False) -> None:
    """Write `corpus` as `folder`, whole or not at all: clips.parquet, inputs/NAME.parquet and corpus.json.

    Raises
    ------
    UsageError
        When `folder` exists and is not an empty folder, unless `replace_existing` and it holds a corpus.
    RaymerError
        When it cannot be written.
    """
    folder = Path(folder)
    check_place(folder, replace_existing=replace_existing)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with scratch("corpus", beside=folder) as temporary:
            made = temporary / "new"
            made.mkdir(mode=0o755)
            _write_files(corpus, made)
            if folder.exists():
                shutil.rmtree(folder)
            made.replace(folder)
    except OSError as error:
        raise RaymerError(f"{folder} cannot be written: {why(error)}") from error


def _write_files(corpus: Corpus, folder: Path) -> None:
    pq.write_table(pa.Table.from_pandas(corpus.clips, preserve_index=False), folder / "clips.parquet")
    (folder / "inputs").mkdir()
    for item in corpus.inputs.values():
        write_input(item, folder / "inputs" / f"{item.name}.parquet")
    record = CorpusRecord(
        format=FORMAT,
        name=corpus.name,
        targets=corpus.targets,
        inputs=input_records(corpus.inputs),
        fingerprint=corpus.fingerprint,
        notes=dict(corpus.notes),
        audio_root=corpus.audio_root,
        group_name=corpus.group_name,
        origin=corpus.origin,
    )
    (folder / MANIFEST).write_text(corpus_text(record))


def input_records(inputs: Mapping[str, Input]) -> dict[str, InputRecord]:
    """Return what corpus.json says of every input: its fingerprint and what it was made by."""
    return {
        name: InputRecord(fingerprint=item.fingerprint, made_by=dict(item.made_by)) for name, item in inputs.items()
    }


def write_input(item: Input, path: Path) -> None:
    """Write a table of features, its ids first, block by block: a large one is not copied whole."""
    ids = "clip_id"
    while ids in item.columns:  # a feature may be called so: ids are what stands first
        ids += "_"
    names = [ids, *item.columns]
    schema = pa.schema([(ids, pa.string()), *((name, pa.float64()) for name in item.columns)])
    rows = max(1, WRITE_CELLS // max(1, len(item.columns)))
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, max(1, len(item.clip_ids)), rows):
            block = np.asfortranarray(item.values[start : start + rows])
            found = pa.array(item.clip_ids[start : start + rows].tolist(), pa.string())
            columns = [found, *(pa.array(block[:, k]) for k in range(len(item.columns)))]
            writer.write_table(pa.Table.from_arrays(columns, names=names))


def load_corpus(folder: str | Path) -> Corpus:
    """Read a corpus folder and check that its content is what was written.

    Parameters
    ----------
    folder : str or Path
        A folder, or a URI such as "s3://bucket/corpora/deam", which is copied to a folder here first.

    Raises
    ------
    UsageError
        When the folder is missing or holds no corpus.
    RaymerError
        When a file is damaged or was changed since the import, or an object store does not answer.
    """
    if not isinstance(folder, str | Path):
        raise UsageError(f"a corpus is read from a folder or a URI, not from {shown(folder)}")
    folder = local_copy(str(folder), MANIFEST) if is_uri(folder) else Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: make a corpus with `raymer import`")
    if not (folder / MANIFEST).is_file():
        raise UsageError(f"{folder} holds no corpus ({MANIFEST} is missing): make one with `raymer import`")
    record = read_corpus_record(folder / MANIFEST)
    clips = _read_clips(folder / "clips.parquet", record.targets)
    inputs = {name: _read_input(folder, name, item.made_by) for name, item in record.inputs.items()}
    try:
        corpus = Corpus(
            name=record.name,
            clips=clips,
            targets=record.targets,
            inputs=inputs,
            notes=record.notes,
            audio_root=record.audio_root,
            folder=folder,
            group_name=record.group_name,
            origin=record.origin,
        )
    except RaymerError as error:
        raise RaymerError(f"{folder} was changed after its import ({error}): {REMEDY}") from error
    changed = [name for name, item in corpus.inputs.items() if item.fingerprint != record.inputs[name].fingerprint]
    if changed:
        raise RaymerError(
            f"{folder} was changed after its import (the fingerprint of input {changed[0]} does not fit): {REMEDY}"
        )
    if corpus.fingerprint != record.fingerprint:
        raise RaymerError(f"{folder} was changed after its import (its fingerprint does not fit): {REMEDY}")
    return corpus


def _read_clips(path: Path, targets: tuple[Target, ...]) -> pd.DataFrame:
    with whole(path, REMEDY):
        table = pq.read_table(path)
        wanted = {"clip_id": is_text, "group": is_text}
        wanted |= {"audio": is_text} if "audio" in table.column_names else {}
        wanted |= {target.name: is_number if target.kind == "number" else is_text for target in targets}
        check_columns(table.schema, wanted, path, REMEDY)
        if table["clip_id"].null_count:
            raise RaymerError(f"{path}: a clip has no id: {REMEDY}")
        clips: pd.DataFrame = table.to_pandas()
    return clips


def _read_input(folder: Path, name: str, made_by: Mapping[str, Any]) -> Input:
    path = folder / "inputs" / f"{name}.parquet"
    with whole(path, REMEDY), pq.ParquetFile(path, pre_buffer=False) as file:
        names = file.schema_arrow.names
        kinds = dict.fromkeys(names[1:], is_float)
        check_columns(file.schema_arrow, {**dict.fromkeys(names[:1], is_text), **kinds}, path, REMEDY)
        values = np.empty((file.metadata.num_rows, len(names) - 1))
        ids: list[str] = []
        for batch in file.iter_batches(batch_size=max(1, WRITE_CELLS // len(names))):
            for k in range(1, len(names)):
                values[len(ids) : len(ids) + len(batch), k - 1] = batch.column(k)
            ids += batch.column(0).to_pylist()
        if len(ids) != len(values) or None in ids:
            raise RaymerError(f"{path}: a row has no id: {REMEDY}")
    return Input(name, np.array(ids, dtype=str), values, tuple(names[1:]), made_by)
