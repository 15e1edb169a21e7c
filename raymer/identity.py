"""Content hashes and the seeds that derive from them (law 2: never from order, rank or clock)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np


def content_hash(value: Any, length: int = 16) -> str:
    """Return the first `length` hexadecimal digits of the SHA-256 of a JSON-ready `value`.

    The value is written with sorted keys and without spaces, so equal content gives an equal hash on every machine.

    Raises
    ------
    TypeError, ValueError
        When `value` holds something that JSON cannot say (an array, NaN).
    """
    return hashlib.sha256(_text(value).encode()).hexdigest()[:length]


def fit_identity(fit: Mapping[str, Any]) -> str:
    """Return the id of a fit from what it is, `Fit.to_dict()`: the name of its file, and what proves it."""
    return content_hash(["fit", fit])


def content_hashes(value: Mapping[str, Any], kind: str, key: str, entries: Iterable[str]) -> Iterator[str]:
    """Yield content_hash([kind, {**value, key: entry}]) for every entry; what all share is written and hashed once.

    Entries are plain words (ids), which JSON writes as they are.
    """
    mark = "<entry>"
    head, tail = _text([kind, {**value, key: mark}]).split(mark)
    shared, end = hashlib.sha256(head.encode()), tail.encode()
    for entry in entries:
        digest = shared.copy()
        digest.update(entry.encode())
        digest.update(end)
        yield digest.hexdigest()[:16]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def array_hash(*arrays: np.ndarray, length: int = 16) -> str:
    """Return a hash of the dtype, shape and bytes of `arrays`, in their order (numeric dtypes, any shape)."""
    digest = hashlib.sha256()
    for array in arrays:
        contiguous = np.ascontiguousarray(array)
        digest.update(f"{contiguous.dtype.str}{contiguous.shape}".encode())
        digest.update(contiguous.reshape(-1).view(np.uint8).data)  # its very bytes, without a copy of them
    return digest.hexdigest()[:length]


def derive_seed(*parts: Any) -> int:
    """Return a seed in [0, 2**31) that depends on the JSON-ready `parts` alone."""
    return int(content_hash(list(parts), length=8), 16) & 0x7FFF_FFFF
