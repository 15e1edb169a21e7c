"""Samples whose features are sequences: the built spectrograms of a corpus, with its labels beside them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from raymer.corpora.base import Corpus
from raymer.engine.fit import Samples, label_fingerprint
from raymer.errors import UsageError
from raymer.features.store import load_spectrograms
from raymer.identity import content_hash


def sequence_samples(corpus: Corpus, name: str, targets: Sequence[str]) -> Samples:
    """Return the clips of `corpus` that have the built features `name` ("logmel"), in the order of the clip table.

    Raises
    ------
    UsageError
        When the corpus was not read from a folder, or has no finished features of that name, or several.
    """
    folder = features_folder(corpus, name)
    spectrograms = load_spectrograms(folder)
    clips = corpus.clips[corpus.clips["clip_id"].isin(spectrograms.row_of)]
    ids = clips["clip_id"].to_numpy(dtype=object).astype(str)
    rows = np.array([spectrograms.row_of[clip] for clip in ids.tolist()])
    offsets = np.stack([spectrograms.offsets[:-1][rows], spectrograms.offsets[1:][rows]], axis=1)
    labels = {target: _labels(corpus, clips[target], target) for target in targets}
    return Samples(
        corpus=corpus.name,
        input=name,
        clip_ids=ids,
        groups=clips["group"].to_numpy(dtype=object).astype(str),
        features=spectrograms.frames,
        feature_names=(),
        labels=labels,
        fingerprint=content_hash(["sequences", spectrograms.fingerprint, ids.tolist()]),
        label_fingerprints={target: label_fingerprint(values) for target, values in labels.items()},
        offsets=offsets,
        folder=str(folder),
    )


def features_folder(corpus: Corpus, name: str) -> Path:
    """Return the finished folder CORPUS/features/NAME, or the one NAME-*; UsageError says what to do without."""
    if corpus.folder is None:
        raise UsageError(f"corpus {corpus.name} was not read from a folder: {name} lies in CORPUS/features")
    found = [path for path in built_features(corpus.folder) if path.name == name or path.name.startswith(f"{name}-")]
    if not found:
        raise UsageError(f"{corpus.folder} has no {name} features: make them with `raymer features {corpus.folder}`")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"{corpus.folder} has several {name} features ({names}): name one as the experiment's input")
    return found[0]


def built_features(folder: Path) -> list[Path]:
    """Return the finished features folders of a corpus folder."""
    return sorted(path.parent for path in (folder / "features").glob("*/manifest.json"))


def _labels(corpus: Corpus, column: "object", target: str) -> np.ndarray:
    values = np.asarray(column)
    return values.astype(str) if corpus.target(target).kind == "class" else values.astype(np.float64)
