"""Corpus: clips with annotations and named inputs, and the folder of Parquet files that holds one."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from raymer.corpora.manifest import (
    FORMAT,
    MANIFEST,
    REMEDY,
    CorpusRecord,
    InputRecord,
    corpus_text,
    read_corpus_record,
)
from raymer.corpora.parts import Origin as Origin
from raymer.corpora.parts import Target as Target
from raymer.corpora.remote import local_copy
from raymer.errors import RaymerError, UsageError
from raymer.files import is_uri
from raymer.identity import array_hash, content_hash
from raymer.records import check_columns, is_float, is_number, is_text, shown, whole
from raymer.scratch import scratch
from raymer.whole import why

WRITE_CELLS = 1 << 20


@dataclass(frozen=True)
class Input:
    """One named table of features: a row for every clip that has it.

    Attributes
    ----------
    name : str
    clip_ids : ndarray of shape (n_clips,), str
    values : ndarray of shape (n_clips, n_features), float64
        NaN where a cell is missing.
    columns : tuple of str
        Names of the features.
    made_by : mapping
        Where it comes from, JSON-ready: an extractor with its parameters, or a file and its hash. Not part of the
        fingerprint.
    """

    name: str
    clip_ids: np.ndarray
    values: np.ndarray
    columns: tuple[str, ...]
    made_by: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content: clip ids, names of the features, values."""
        return content_hash([self.clip_ids.tolist(), list(self.columns), array_hash(self.values)])


@dataclass(frozen=True)
class Corpus:
    """Clips with annotations.

    Attributes
    ----------
    name : str
    clips : DataFrame
        One row a clip: `clip_id` (str, unique), `group` (str: what no split may divide), a column a target (NaN or
        None where a clip has no such label), `audio` (the file's path below `audio_root`) where the corpus has
        audio, and kept columns, which no system sees and protocols may use.
    targets : tuple of Target
    inputs : mapping of name to Input
        Features; a clip may lack some.
    notes : mapping
        What the import took, repaired and left out; JSON-ready, not part of the fingerprint.
    audio_root : str, optional
        Folder of the audio files; not part of the fingerprint, since files may move.
    folder : Path, optional
        Where the corpus was read from; built features lie below it. Not part of the fingerprint either.
    group_name : str, optional
        What a group is called (artist, song); None where none were given and every clip is its own.
    origin : Origin
    """

    name: str
    clips: pd.DataFrame
    targets: tuple[Target, ...]
    inputs: Mapping[str, Input]
    notes: Mapping[str, Any] = field(default_factory=dict)
    audio_root: str | None = None
    folder: Path | None = None
    group_name: str | None = None
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        check_clips(self.name, self.clips, self.targets)
        for item in self.inputs.values():
            check_input(self.name, item, self.clips)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: what there is of clips, labels and inputs, a row each."""
        clips = f"{len(self.clips)} in {self.clips['group'].nunique()} groups"
        rows = [("clips", clips + (f" ({self.group_name})" if self.group_name else ""))]
        for target in self.targets:
            rows.append((f"target {target.name}", f"{self.clips[target.name].notna().sum()} labels"))
        for name, item in self.inputs.items():
            rows.append((f"input {name}", f"{len(item.columns)} features of {len(item.clip_ids)} clips"))
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
        return f"<table><caption>{escape(self.name)}</caption>{cells}</table>"

    @cached_property
    def fingerprint(self) -> str:
        """Hash of ids, groups and labels; the inputs have fingerprints of their own."""
        columns = {target.name: _labels(self.clips[target.name]) for target in self.targets}
        return content_hash([self.name, self.clips["clip_id"].tolist(), self.clips["group"].tolist(), columns])

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the columns that stand beside the clips and are neither features nor targets."""
        taken = {*OWN_COLUMNS, *(target.name for target in self.targets)}
        return tuple(name for name in self.clips.columns if name not in taken)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, **said: Any) -> "Corpus":
        """Make a corpus of a DataFrame with a row a clip; see `raymer.corpora.door.frames.corpus_from_frame`."""
        from raymer.corpora.door.frames import corpus_from_frame

        return corpus_from_frame(frame, **said)

    @classmethod
    def from_arrays(cls, X: Any, y: Any, **said: Any) -> "Corpus":
        """Make a corpus of arrays; see `raymer.corpora.door.frames.corpus_from_arrays`."""
        from raymer.corpora.door.frames import corpus_from_arrays

        return corpus_from_arrays(X, y, **said)

    def target(self, name: str) -> Target:
        """Return the target called `name`, or raise UsageError that lists the names there are."""
        for target in self.targets:
            if target.name == name:
                return target
        raise UsageError(f"corpus {self.name} has no target {name!r}; it has {_names(t.name for t in self.targets)}")

    def input(self, name: str | None = None) -> Input:
        """Return the input called `name` (the only one when None), or raise UsageError that lists what there is."""
        if name is None and len(self.inputs) == 1:
            return next(iter(self.inputs.values()))
        if name is None or name not in self.inputs:
            wanted = "needs the name of an input" if name is None else f"has no input {name!r}"
            raise UsageError(f"corpus {self.name} {wanted}; it has {_names(self.inputs)}")
        return self.inputs[name]

    def with_input(self, item: Input) -> "Corpus":
        """Return this corpus with `item` added or replaced."""
        return replace(self, inputs={**self.inputs, item.name: item})


OWN_COLUMNS = ("clip_id", "group", "audio")
"""What a clip table has of its own beside targets and kept columns."""


def _labels(column: "pd.Series[Any]") -> list[Any]:
    """Return labels as JSON can say them: None where one is missing."""
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]


def _names(names: Any) -> str:
    return ", ".join(names) or "none"


def check_clips(name: str, clips: pd.DataFrame, targets: tuple[Target, ...]) -> None:
    """Raise RaymerError for a clip table that cannot be used, naming the first clip at fault."""
    ids = clips["clip_id"]
    if ids.duplicated().any():
        raise RaymerError(f"corpus {name}: clip {ids[ids.duplicated()].iloc[0]!r} stands twice in the clip table")
    if clips["group"].isna().any():
        raise RaymerError(f"corpus {name}: clip {ids[clips['group'].isna()].iloc[0]!r} has no group")
    for target in targets:
        if target.name not in clips:
            raise RaymerError(f"corpus {name}: the clip table has no column for the target {target.name!r}")
        column = clips[target.name]
        if len(column) and column.isna().all():
            raise RaymerError(f"corpus {name}: no clip has a label of {target.name}")
        if target.kind == "number" and (infinite := np.isinf(column.to_numpy(dtype=np.float64))).any():
            raise RaymerError(f"corpus {name}: clip {ids[infinite].iloc[0]!r} has an infinite {target.name}")


def check_input(name: str, item: Input, clips: pd.DataFrame) -> None:
    """Raise RaymerError for features that are infinite or belong to no clip, naming the clip and the feature."""
    unknown = ~np.isin(item.clip_ids.astype(str), clips["clip_id"].to_numpy(dtype=str))
    if unknown.any():
        raise RaymerError(
            f"corpus {name}, input {item.name}: features of {str(item.clip_ids[unknown][0])!r}, which is no clip"
        )
    if len(set(item.clip_ids.tolist())) != len(item.clip_ids):
        raise RaymerError(f"corpus {name}, input {item.name}: a clip has two rows of features")
    infinite = np.isinf(item.values)
    if infinite.any():
        rows, columns = np.nonzero(infinite)
        raise RaymerError(
            f"corpus {name}, input {item.name}: clip {str(item.clip_ids[rows[0]])!r} has "
            f"{item.values[rows[0], columns[0]]} as {item.columns[columns[0]]} ({len(rows)} such cells in all)"
        )


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
