"""Where the features of a corpus come from, so that a model can compute the same for a new file."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus
from raymer.errors import RaymerError
from raymer.features.build import read_manifest
from raymer.features.extractor import Extractor
from raymer.features.folders import built_features, features_folder
from raymer.features.logmel import LogMel
from raymer.features.opensmile import OpenSmileCompare, OpenSmileIs13
from raymer.features.store import Spectrograms, load_spectrograms, load_table
from raymer.features.summary import INPUT_NAME as SUMMARY
from raymer.features.summary import summarise

_EXTRACTORS: Mapping[str, type[Any]] = {kind.kind: kind for kind in (LogMel, OpenSmileIs13, OpenSmileCompare)}


@dataclass(frozen=True)
class Source:
    """How a file becomes what a method is trained on.

    Attributes
    ----------
    kind : str
        Kind of the extractor: "logmel", "opensmile-is13", "opensmile-compare".
    parameters : mapping
        All that the extractor's values depend on, JSON-ready.
    versions : mapping
        Of the decoders and libraries that the corpus' features were made with.
    is_summary : bool
        Whether a clip's frames are summarised to one row (`logmel-summary`).
    """

    kind: str
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    is_summary: bool

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Source":
        """Return what `to_dict` wrote; RaymerError for a kind or parameters that this raymer does not have."""
        source = cls(record["kind"], record["parameters"], record["versions"], record["is_summary"])
        if source.kind not in _EXTRACTORS or source.extractor.parameters() != dict(source.parameters):
            raise RaymerError(f"this raymer cannot compute the model's features ({source.kind}, {source.parameters})")
        return source

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        names = ("kind", "parameters", "versions", "is_summary")
        return {name: getattr(self, name) for name in names}

    @cached_property
    def extractor(self) -> Extractor:
        """What computes the features, with the parameters they were built with."""
        kind = _EXTRACTORS[self.kind]
        settable = {field.name for field in fields(kind)}
        made: Extractor = kind(**{name: value for name, value in self.parameters.items() if name in settable})
        return made

    def read_row(self, path: Path) -> np.ndarray:
        """Return the features (n_features,), float64, of a file as one row; raises AudioError."""
        values = self.extractor.extract(path)
        return summary_row(values) if self.is_summary else values[0].astype(np.float64)

    def read_frames(self, path: Path) -> np.ndarray:
        """Return the frames (n_frames, n_bins) of a file; raises AudioError."""
        return self.extractor.extract(path)

    def changed_versions(self) -> list[str]:
        """Return "NAME OLD -> NEW" for each library that differs from what the corpus' features were made with."""
        now = self.extractor.versions()
        return [
            f"{name} {old} -> {now.get(name, 'none')}" for name, old in self.versions.items() if now.get(name) != old
        ]


def summary_row(frames: np.ndarray) -> np.ndarray:
    """Return the summary (3 * n_bins,), float64, of one clip's frames (n_frames, n_bins), as `summarise` has it."""
    one = Spectrograms(np.array(["clip"]), np.array([0, len(frames)]), frames, "")
    row: np.ndarray = summarise(one).values[0]
    return row


def sequence_source(corpus: Corpus, name: str) -> Source | None:
    """Return the source of the frames `name` of `corpus`, or None where they were added from a file."""
    folder = features_folder(corpus, name)
    if (read_manifest(folder) or {}).get("kind") not in _EXTRACTORS:
        return None
    return _source(folder, is_summary=False)


def table_source(corpus: Corpus, name: str) -> Source | None:
    """Return the source of the table `name` of `corpus`, or None when it was not computed here.

    A table is known by its content: a built features folder of the corpus gives it, to the bit.
    """
    if name not in corpus.inputs:
        return None  # tables that are joined
    fingerprint = corpus.inputs[name].fingerprint
    for folder in built_features(corpus.folder) if corpus.folder else []:
        kind = (read_manifest(folder) or {}).get("kind")
        if kind == LogMel.kind and name == SUMMARY:
            made = summarise(load_spectrograms(folder))
        elif kind in _EXTRACTORS and kind != LogMel.kind:
            made = load_table(folder, name)
        else:
            continue
        if made.fingerprint == fingerprint:
            return _source(folder, is_summary=name == SUMMARY)
    return None


def _source(folder: Path, *, is_summary: bool) -> Source:
    manifest = read_manifest(folder) or {}
    return Source.from_dict(
        {
            "kind": manifest.get("kind"),
            "parameters": manifest.get("parameters"),
            "versions": manifest.get("versions"),
            "is_summary": is_summary,
        }
    )
