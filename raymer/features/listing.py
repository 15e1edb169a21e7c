"""What representations a corpus has: its tables, and the frames that lie below it."""

from typing import Any

import numpy as np

from raymer.corpora.base import Corpus
from raymer.features.folders import built_features
from raymer.features.manifest import read_manifest
from raymer.identity import array_hash, content_hash


def describe_inputs(corpus: Corpus) -> list[dict[str, Any]]:
    """Return a record an input: name, kind, shape, dtype, what it was made by, clips covered, hash.

    The shape of frames is (n_frames of all clips, width). The hash is of ids and values alone, those of a table in
    single precision: the same vectors from another kind of file, or under other names of columns, have the same.
    """
    tables = [
        {
            "name": item.name,
            "kind": "table",
            "shape": list(item.values.shape),
            "dtype": str(item.values.dtype),
            "made_by": dict(item.made_by),
            "clips": len(item.clip_ids),
            "of": len(corpus.clips),
            "missing": int(np.isnan(item.values).sum()),
            "hash": values_hash(item.clip_ids, item.values),
        }
        for item in corpus.inputs.values()
    ]
    return [*tables, *_frames(corpus)]


def values_hash(clip_ids: np.ndarray, values: np.ndarray) -> str:
    """Return the hash of ids and of values in single precision: decimal text gives the float32 that it was made of."""
    return content_hash([clip_ids.tolist(), array_hash(values.astype(np.float32))])


def _frames(corpus: Corpus) -> list[dict[str, Any]]:
    records = []
    known = set(corpus.clips["clip_id"].tolist())
    for folder in built_features(corpus.folder) if corpus.folder else []:
        manifest = read_manifest(folder)
        if manifest is None:
            continue
        records.append(
            {
                "name": folder.name,
                "kind": "frames",
                "shape": [manifest.frames, manifest.shape[1]],
                "dtype": manifest.dtype,
                "made_by": manifest.made_by,
                "clips": manifest.clips,
                "of": len(known),
                "missing": 0,
                "hash": manifest.content,
            }
        )
    return records
