"""Samples: the clips of a corpus that have one input, aligned with their labels; what fits are trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from raymer.corpora.base import Corpus
from raymer.corpora.door.ids import plain
from raymer.errors import UsageError
from raymer.experiments.spec import JOIN
from raymer.features.folders import built_features, features_folder
from raymer.features.store import load_spectrograms
from raymer.identity import array_hash, content_hash
from raymer.learners.clips import Sequences
from raymer.protocols.clips import Clips

FRAMES = "logmel"
"""The frames that a system on sequences reads where nobody names an input."""


@dataclass(frozen=True, eq=False)
class Samples:
    """What fits are trained on: the clips of a corpus that have one input, aligned.

    Attributes
    ----------
    corpus, input : str
        Names, for people.
    clip_ids, groups : ndarray of shape (n_clips,), str
    features : ndarray of shape (n_clips, n_features), float64
        For sequences (total_frames, n_bins), float16 or float32, and read-only.
    feature_names : tuple of str
        Empty for sequences.
    labels : mapping of target to ndarray of shape (n_clips,), float64
        Text for classes.
    fingerprint : str
        Hash of ids, features and their names.
    label_fingerprints : mapping of target to str
        Hash of the labels of each target.
    offsets : ndarray of shape (n_clips, 2), int64, optional
        For sequences: the first frame of each clip and the one behind its last.
    folder : str, optional
        For sequences: where the built features lie.
    columns : mapping of name to ndarray of shape (n_clips,), object
        What protocols may use beside groups and labels, as `Clips` has it.
    is_spectrogram : bool
        For sequences: see `raymer.features.store.Spectrograms`.
    """

    corpus: str
    input: str
    clip_ids: np.ndarray
    groups: np.ndarray
    features: np.ndarray
    feature_names: tuple[str, ...]
    labels: Mapping[str, np.ndarray]
    fingerprint: str
    label_fingerprints: Mapping[str, str]
    offsets: np.ndarray | None = None
    folder: str | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    is_spectrogram: bool = True

    @property
    def clips(self) -> Clips:
        """The clips as protocols see them: all but the features."""
        return Clips(self.clip_ids, self.groups, self.labels, self.columns)

    @property
    def accepts(self) -> str:
        """The kind of input: "frames" or "table"."""
        return "table" if self.offsets is None else "frames"

    @property
    def n_features(self) -> int:
        """Features a clip, or bins a frame."""
        return int(self.features.shape[1])

    def kind(self, target: str) -> str:
        """Return the kind of a target: "number" or "class"."""
        return "class" if self.labels[target].dtype.kind == "U" else "number"

    def data(self, rows: np.ndarray) -> Any:
        """Return the rows of a table (n, n_features), a copy; or of sequences the clips, which share their frames."""
        if self.offsets is None:
            return self.features[rows]
        starts, ends = self.offsets[rows].T
        return Sequences(self.features, starts, ends - starts, self.is_spectrogram)

    @property
    def everything(self) -> Any:
        """All clips of sequences, a view; None for a table."""
        return None if self.offsets is None else self.data(np.arange(len(self.clip_ids)))

    def only(self, clip_ids: Sequence[str]) -> "Samples":
        """Return the samples of `clip_ids` alone, in the order they have here.

        Nothing of the result hangs on the other clips' features or labels, its fingerprints included; of sequences,
        whose frames are shared, the other clips' features still name the fingerprint.
        """
        wanted = set(clip_ids)
        rows = np.array([row for row, clip in enumerate(self.clip_ids.tolist()) if clip in wanted], dtype=np.int64)
        ids = self.clip_ids[rows]
        labels = {target: values[rows] for target, values in self.labels.items()}
        features, offsets = self.features, self.offsets
        if offsets is None:
            features = features[rows]
            fingerprint = content_hash([ids.tolist(), array_hash(features), list(self.feature_names)])
        else:
            offsets = offsets[rows]
            fingerprint = content_hash(["part", self.fingerprint, ids.tolist()])
        return replace(
            self,
            clip_ids=ids,
            groups=self.groups[rows],
            features=features,
            labels=labels,
            fingerprint=fingerprint,
            label_fingerprints={target: label_fingerprint(values) for target, values in labels.items()},
            offsets=offsets,
            columns={name: values[rows] for name, values in self.columns.items()},
        )

    def labels_of(self, targets: Sequence[str]) -> str:
        """Return the fingerprint of the labels of `targets`."""
        marks = [self.label_fingerprints[target] for target in targets]
        return marks[0] if len(marks) == 1 else content_hash(marks)


def label_fingerprint(values: np.ndarray) -> str:
    """Return the hash of the labels of a target: numbers, or text for classes."""
    return content_hash(values.tolist()) if values.dtype.kind == "U" else array_hash(values)


def make_samples(corpus: Corpus, name: str | None, accepts: str, targets: Sequence[str]) -> Samples:
    """Return the clips of `corpus` that have an input, in the order of the clip table.

    Parameters
    ----------
    corpus : Corpus
    name : str, optional
        Of the input; by default its only table, or for frames its log-mel spectrograms. "a+b" are two tables side by
        side, on the clips that both have.
    accepts : {"table", "frames"}
        What the system reads.
    targets : sequence of str

    Raises
    ------
    UsageError
        When the corpus has no such input, several where none is named, or one of the other kind.
    """
    if name is not None and name not in corpus.inputs and JOIN in name:
        if accepts == "frames":
            raise UsageError(f"input {name}: only tables can be joined, and this system reads sequences")
        return joined([make_samples(corpus, part, accepts, targets) for part in name.split(JOIN)])
    if accepts == "frames":
        return _of_frames(corpus, name or FRAMES, targets)
    built = [path.name for path in built_features(corpus.folder)] if corpus.folder and name else []
    if name not in corpus.inputs and any(one == name or one.startswith(f"{name}-") for one in built):
        raise UsageError(f"input {name} of corpus {corpus.name} holds sequences: this system reads a table")
    return _of_table(corpus, name, targets)


def intersected(samples: Sequence[Samples]) -> list[Samples]:
    """Return the samples on the clips that all have, so that all are tried on the same splits."""
    common = set(samples[0].clip_ids.tolist()).intersection(*(one.clip_ids.tolist() for one in samples))
    if not common:
        raise UsageError(f"no clip has all of {', '.join(dict.fromkeys(one.input for one in samples))}")
    made: dict[int, Samples] = {}
    for one in samples:
        if id(one) not in made:
            made[id(one)] = one if len(common) == len(one.clip_ids) else one.only(sorted(common))
    return [made[id(one)] for one in samples]


def joined(samples: Sequence[Samples]) -> Samples:
    """Return tables side by side, on the clips that all have: one input, called by all their names."""
    parts = intersected(samples)
    names = [one.input for one in parts]
    if len(set(names)) < len(names):
        raise UsageError(f"inputs {', '.join(names)}: one stands twice")
    return replace(
        parts[0],
        input=JOIN.join(names),
        features=np.hstack([one.features for one in parts]),
        feature_names=tuple(f"{one.input}:{name}" for one in parts for name in one.feature_names),
        fingerprint=content_hash(["joined", [one.fingerprint for one in parts]]),
    )


def _of_table(corpus: Corpus, name: str | None, targets: Sequence[str]) -> Samples:
    item = corpus.input(name)
    row_of = {clip: row for row, clip in enumerate(item.clip_ids.tolist())}
    clips = corpus.clips[corpus.clips["clip_id"].isin(row_of)]
    ids = clips["clip_id"].to_numpy(dtype=object).astype(str)
    features = item.values[[row_of[clip] for clip in ids.tolist()]]
    labels = {target: _labels(corpus, clips, target) for target in targets}
    return Samples(
        corpus=corpus.name,
        input=item.name,
        clip_ids=ids,
        groups=clips["group"].to_numpy(dtype=object).astype(str),
        features=features,
        feature_names=item.columns,
        labels=labels,
        fingerprint=content_hash([ids.tolist(), array_hash(features), list(item.columns)]),
        label_fingerprints={target: label_fingerprint(values) for target, values in labels.items()},
        columns=protocol_columns(corpus, clips),
    )


def _of_frames(corpus: Corpus, name: str, targets: Sequence[str]) -> Samples:
    if name in corpus.inputs:
        raise UsageError(f"input {name} of corpus {corpus.name} is a table: this system reads sequences")
    folder = features_folder(corpus, name)
    spectrograms = load_spectrograms(folder)
    clips = corpus.clips[corpus.clips["clip_id"].isin(spectrograms.row_of)]
    ids = clips["clip_id"].to_numpy(dtype=object).astype(str)
    rows = np.array([spectrograms.row_of[clip] for clip in ids.tolist()])
    offsets = np.stack([spectrograms.offsets[:-1][rows], spectrograms.offsets[1:][rows]], axis=1)
    labels = {target: _labels(corpus, clips, target) for target in targets}
    return Samples(
        corpus=corpus.name,
        input=name,
        clip_ids=ids,
        groups=clips["group"].to_numpy(dtype=object).astype(str),
        features=spectrograms.frames,
        feature_names=(),
        labels=labels,
        fingerprint=content_hash(
            ["sequences" if spectrograms.is_spectrogram else "embeddings", spectrograms.fingerprint, ids.tolist()]
        ),
        label_fingerprints={target: label_fingerprint(values) for target, values in labels.items()},
        offsets=offsets,
        folder=str(folder),
        columns=protocol_columns(corpus, clips),
        is_spectrogram=spectrograms.is_spectrogram,
    )


def protocol_columns(corpus: Corpus, clips: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the kept columns and class targets of `clips` as text, "" where there is no value; 3.0 is "3"."""
    classes = (target.name for target in corpus.targets if target.kind == "class")
    return {name: _as_text(clips[name]) for name in (*corpus.kept, *classes)}


def _as_text(column: "pd.Series[Any]") -> np.ndarray:
    cells = [None if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
    return np.array([cell or "" for cell in plain(cells)], dtype=object)


def _labels(corpus: Corpus, clips: pd.DataFrame, target: str) -> np.ndarray:
    kind = corpus.target(target).kind  # refuses a target that the corpus has not
    unknown = clips["clip_id"][clips[target].isna()].tolist()
    if unknown:
        first = ", ".join(map(str, unknown[:3]))
        raise UsageError(
            f"{len(unknown)} of {len(clips)} clips have no label of {target} ({first} ...): import the corpus again "
            "with missing='drop-rows', or leave that target out"
        )
    values = np.asarray(clips[target])
    return values.astype(str) if kind == "class" else values.astype(np.float64)
