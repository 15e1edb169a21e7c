"""Where the features of a corpus come from, so that a model can compute the same for a new file."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from raymer.components.plugins import PLUGINS
from raymer.corpora.base import Corpus
from raymer.errors import RaymerError, UsageError
from raymer.features.build import extracted
from raymer.features.catalogue import EXTRACTORS
from raymer.features.extractor import Extractor
from raymer.features.folders import built_features, features_folder
from raymer.features.logmel import LogMel
from raymer.features.onnx_file import digest
from raymer.features.onnx_model import OnnxModel
from raymer.features.opensmile import OpenSmileCompare, OpenSmileIs13
from raymer.features.pooling import pooled
from raymer.features.store import Spectrograms, finished_manifest
from raymer.features.summary import INPUT_NAME as SUMMARY
from raymer.features.summary import summarise
from raymer.features.tables import SUMMARY as POOL_SUMMARY
from raymer.features.tables import table_of

_EXTRACTORS: Mapping[str, type[Any]] = {kind.kind: kind for kind in (LogMel, OpenSmileIs13, OpenSmileCompare)}
_FIELDS = ("kind", "parameters", "versions", "pool", "use", "model_file")


@dataclass(frozen=True)
class Source:
    """How a file becomes what a method is trained on.

    Attributes
    ----------
    kind : str
        Kind of the extractor: "logmel", "opensmile-is13", "opensmile-compare", "onnx", or that of `use`.
    parameters : mapping
        All that the extractor's values depend on, JSON-ready.
    versions : mapping
        Of the decoders and libraries that the corpus' features were made with, and the revision of `use`.
    pool : str, optional
        How a clip's frames become one row, as `table_of` has it; None for frames, and for features of one row.
    use : str
        "module:Class" of an extractor that is not raymer's own.
    model_file : str
        Where the ONNX file lay.
    folder : Path, optional
        Of the model, beside which the ONNX file may lie as well; not stored.
    """

    kind: str
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    pool: str | None = None
    use: str = ""
    model_file: str = ""
    folder: Path | None = None

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], folder: Path | None = None) -> "Source":
        """Return what `to_dict` wrote; RaymerError for a kind or parameters that this raymer does not have."""
        source = cls(**{name: record[name] for name in _FIELDS}, folder=folder)
        if source.use or source.kind == OnnxModel.kind:
            return source  # what they need may not be here; a table of features needs none of it
        if source.kind not in _EXTRACTORS or source.extractor.parameters() != dict(source.parameters):
            raise RaymerError(f"this raymer cannot compute the model's features ({source.kind}, {source.parameters})")
        return source

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {name: getattr(self, name) for name in _FIELDS}

    @cached_property
    def extractor(self) -> Extractor:
        """What computes the features, with the parameters they were built with.

        Raises
        ------
        UsageError
            Where its file is not here: the ONNX file, or that of the class.
        """
        if self.use:
            return self._foreign()
        if self.kind == OnnxModel.kind:
            return OnnxModel.from_parameters(self._found_file(), dict(self.parameters))
        kind = _EXTRACTORS[self.kind]
        settable = {field.name for field in fields(kind)}
        made: Extractor = kind(**{name: value for name, value in self.parameters.items() if name in settable})
        return made

    def _foreign(self) -> Extractor:
        module = self.use.partition(":")[0]
        if ":" in self.use and module not in PLUGINS and self.use not in PLUGINS.classes:
            raise UsageError(f"the model's features are made by {self.use}: bring its file, plugin={module}.py")
        made: Extractor = EXTRACTORS[self.use].cls()
        if made.parameters() != dict(self.parameters):
            raise UsageError(
                f"the model's features were made by {self.use} with {dict(self.parameters)}: it has others"
            )
        return made

    def _found_file(self) -> Path:
        """Return where the ONNX file lies: as recorded, or beside the model's folder."""
        recorded, sha256 = Path(self.model_file), self.parameters["sha256"]
        beside = [self.folder.absolute().parent / recorded.name] if self.folder else []
        for path in (recorded, *beside):
            if path.is_file() and digest(path) == sha256:
                return path
        where = f" nor at {beside[0]}" if beside else ""
        raise UsageError(
            f"the model's features are made by {recorded.name} (sha256 {sha256[:12]}), which is not at {recorded}"
            f"{where}: put it there"
        )

    def read_row(self, path: Path) -> np.ndarray:
        """Return the features (n_features,), float64, of a file as one row; raises AudioError."""
        values = extracted(self.extractor, path)
        if self.pool is None:
            row: np.ndarray = values[0].astype(np.float64)
            return row
        return summary_row(values) if self.pool == POOL_SUMMARY else pooled(values, self.pool)

    def read_frames(self, path: Path) -> np.ndarray:
        """Return the frames (n_frames, n_bins) of a file; raises AudioError."""
        return extracted(self.extractor, path)

    def changed_versions(self) -> list[str]:
        """Return "NAME OLD -> NEW" for each library that differs from what the corpus' features were made with."""
        now = dict(self.extractor.versions())
        if self.use:
            now[self.use] = EXTRACTORS[self.use].revision
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
    return _source(features_folder(corpus, name), None)


def table_source(corpus: Corpus, name: str) -> Source | None:
    """Return the source of the table `name` of `corpus`, or None when it was not computed here.

    A table is known by its content: a built features folder of the corpus gives it, to the bit.
    """
    if name not in corpus.inputs:
        return None  # tables that are joined
    item = corpus.inputs[name]
    pool = item.made_by.get("pool", POOL_SUMMARY if name == SUMMARY else None)
    for folder in built_features(corpus.folder) if corpus.folder else []:
        if item.made_by.get("features", folder.name) != folder.name:
            continue
        is_row = finished_manifest(folder).shape[0] == 1
        if (pool is not None or is_row) and table_of(folder, name, pool).fingerprint == item.fingerprint:
            return _source(folder, pool)
    return None


def _source(folder: Path, pool: str | None) -> Source | None:
    """Return the source of a features folder, or None where no extractor made it."""
    made_by = finished_manifest(folder).made_by
    if "extractor" not in made_by:
        return None
    use = made_by.get("use", "")
    versions = {**made_by["versions"], **({use: made_by["revision"]} if use else {})}
    record = {"kind": made_by["extractor"], "parameters": made_by["parameters"], "versions": versions}
    return Source.from_dict({**record, "pool": pool, "use": use, "model_file": made_by.get("model_file", "")})
