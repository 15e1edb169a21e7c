"""Corpus: clips with annotations and named inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from raymer.corpora.parts import Origin as Origin
from raymer.corpora.parts import Target as Target
from raymer.errors import RaymerError, UsageError
from raymer.identity import array_hash, content_hash


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
