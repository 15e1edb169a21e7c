"""Corpus: clips with annotations and named inputs, and the folder of Parquet files that holds one."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from raymer.corpora.remote import local_copy
from raymer.errors import RaymerError, UsageError
from raymer.files import is_uri
from raymer.identity import array_hash, content_hash

FORMAT = 1
MANIFEST = "corpus.json"


@dataclass(frozen=True)
class Target:
    """What is predicted: a number on a scale from `low` to `high`, or one of several classes."""

    name: str
    kind: Literal["number", "class"] = "number"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Input:
    """One named table of features: a row for every clip that has it.

    Attributes
    ----------
    name : str
    clip_ids : ndarray of shape (n_clips,), str
    values : ndarray of shape (n_clips, n_features), float64
    columns : tuple of str
        Names of the features.
    """

    name: str
    clip_ids: np.ndarray
    values: np.ndarray
    columns: tuple[str, ...]

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
        One row a clip: `clip_id` (str, unique), `group` (str: what no split may divide), a column a target, and
        `audio` (the file's path below `audio_root`) where the corpus has audio.
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
        What a group is called ("artist", "song"); not part of the fingerprint.
    """

    name: str
    clips: pd.DataFrame
    targets: tuple[Target, ...]
    inputs: Mapping[str, Input]
    notes: Mapping[str, Any] = field(default_factory=dict)
    audio_root: str | None = None
    folder: Path | None = None
    group_name: str | None = None

    def __post_init__(self) -> None:
        check_clips(self.name, self.clips, self.targets)
        for item in self.inputs.values():
            check_input(self.name, item, self.clips)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of ids, groups and labels; the inputs have fingerprints of their own."""
        columns = {target.name: self.clips[target.name].tolist() for target in self.targets}
        return content_hash([self.name, self.clips["clip_id"].tolist(), self.clips["group"].tolist(), columns])

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
        column = clips[target.name]
        bad = column.isna() if target.kind == "class" else ~np.isfinite(column.to_numpy(dtype=np.float64))
        if bad.any():
            raise RaymerError(f"corpus {name}: clip {ids[bad].iloc[0]!r} has no {target.name}")


def check_input(name: str, item: Input, clips: pd.DataFrame) -> None:
    """Raise RaymerError for features that are not finite or belong to no clip, naming the clip and the feature."""
    unknown = ~np.isin(item.clip_ids.astype(str), clips["clip_id"].to_numpy(dtype=str))
    if unknown.any():
        raise RaymerError(
            f"corpus {name}, input {item.name}: features of {str(item.clip_ids[unknown][0])!r}, which is no clip"
        )
    if len(set(item.clip_ids.tolist())) != len(item.clip_ids):
        raise RaymerError(f"corpus {name}, input {item.name}: a clip has two rows of features")
    rows, columns = np.nonzero(~np.isfinite(item.values))
    if len(rows):
        raise RaymerError(
            f"corpus {name}, input {item.name}: clip {str(item.clip_ids[rows[0]])!r} has "
            f"{item.values[rows[0], columns[0]]} as {item.columns[columns[0]]} ({len(rows)} such cells in all)"
        )


def write_corpus(corpus: Corpus, folder: Path, *, replace_existing: bool = False) -> None:
    """Write `corpus` as `folder`, whole or not at all: clips.parquet, inputs/NAME.parquet and corpus.json.

    Raises
    ------
    UsageError
        When `folder` exists and is not an empty folder, unless `replace_existing` and it holds a corpus.
    """
    is_taken = folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder])
    is_corpus = (folder / MANIFEST).exists()
    if is_taken and not (is_corpus and replace_existing):
        raise UsageError(f"{folder} exists already: {'--force replaces it' if is_corpus else 'choose a new folder'}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write_files(corpus, temporary)
        temporary.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_files(corpus: Corpus, folder: Path) -> None:
    pq.write_table(pa.Table.from_pandas(corpus.clips, preserve_index=False), folder / "clips.parquet")
    (folder / "inputs").mkdir()
    for item in corpus.inputs.values():
        frame = pd.DataFrame(item.values, columns=list(item.columns))
        frame.insert(0, "clip_id", item.clip_ids)
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "inputs" / f"{item.name}.parquet")
    manifest = {
        "format": FORMAT,
        "name": corpus.name,
        "targets": [asdict(target) for target in corpus.targets],
        "inputs": {name: item.fingerprint for name, item in corpus.inputs.items()},
        "fingerprint": corpus.fingerprint,
        "notes": dict(corpus.notes),
        "audio_root": corpus.audio_root,
        "group_name": corpus.group_name,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


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
    folder = local_copy(str(folder), MANIFEST) if is_uri(folder) else Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: make a corpus with `raymer import`")
    if not (folder / MANIFEST).is_file():
        raise UsageError(f"{folder} holds no corpus ({MANIFEST} is missing): make one with `raymer import`")
    manifest = _read_manifest(folder)
    clips = _read_frame(folder / "clips.parquet")
    corpus = Corpus(
        name=manifest["name"],
        clips=clips,
        targets=tuple(Target(**target) for target in manifest["targets"]),
        inputs={name: _read_input(folder, name) for name in manifest["inputs"]},
        notes=manifest["notes"],
        audio_root=manifest["audio_root"],
        folder=folder,
        group_name=manifest.get("group_name"),
    )
    found = {name: item.fingerprint for name, item in corpus.inputs.items()}
    if corpus.fingerprint != manifest["fingerprint"] or found != manifest["inputs"]:
        raise RaymerError(f"{folder} was changed after its import (its fingerprint does not fit): import again")
    return corpus


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except ValueError as error:
        raise RaymerError(f"{folder / MANIFEST} is damaged: import again") from error
    if manifest.get("format") != FORMAT:
        raise RaymerError(
            f"{folder} has corpus format {manifest.get('format')}, this raymer reads {FORMAT}: import again"
        )
    return manifest


def _read_frame(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise RaymerError(f"{path} is missing or damaged: import again") from error


def _read_input(folder: Path, name: str) -> Input:
    frame = _read_frame(folder / "inputs" / f"{name}.parquet")
    return Input(
        name=name,
        clip_ids=frame["clip_id"].to_numpy(dtype=object).astype(str),
        values=np.ascontiguousarray(frame.iloc[:, 1:].to_numpy(dtype=np.float64)),
        columns=tuple(frame.columns[1:]),
    )
