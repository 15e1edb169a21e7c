"""A saved model's folder: files of which none is unpickled, and a manifest that tells a changed or foreign folder."""

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import skops.io
from pydantic import BaseModel, ConfigDict, ValidationError
from sklearn.base import BaseEstimator
from sklearn.utils import all_estimators

from raymer.components.component import Component
from raymer.errors import RaymerError, UsageError
from raymer.learners.skops_file import UnfitFileError, read_objects
from raymer.learners.structure import check_structure

FORMAT = 4
WRAPPERS = ("sklearn.compose._target.TransformedTargetRegressor", "sklearn.preprocessing._data.MinMaxScaler")
"""What brings labels to a scale and back, around any predictor of raymer's own."""
KIND = "raymer model"
MANIFEST = "manifest.json"


def seal(folder: Path) -> None:
    """Write the manifest: the SHA-256 of every file of `folder`, which holds nothing else."""
    record = {"format": FORMAT, "kind": KIND, "files": {name: _digest(path) for name, path in _files(folder).items()}}
    (folder / MANIFEST).write_text(json.dumps(record, indent=1) + "\n")


def check_seal(folder: Path) -> None:
    """Refuse a folder that is not, to the bit, what `seal` saw; nothing in it is read before.

    The hashes tell of accidents and of careless changes. They do not say who made a model: whoever can write the
    folder can write its manifest. That is why nothing is made of it that is not of the component's types, and whole.

    Raises
    ------
    UsageError
        When `folder` is missing or holds no model.
    RaymerError
        When a file was changed, added or is gone, or another raymer wrote the folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: make a model with `raymer fit`")
    record = _manifest(folder)
    if record.format != FORMAT:
        raise RaymerError(f"{folder} has model format {record.format}, this raymer reads {FORMAT}: fit again")
    expected = record.files
    found = _files(folder)
    for name in sorted({*expected, *found}):
        if name not in found:
            fault = "is missing"
        elif name not in expected:
            fault = "is no part of the model"
        elif _digest(found[name]) != expected[name]:
            fault = "is not what was saved (its hash differs)"
        else:
            continue
        raise RaymerError(f"model {folder} is not loaded: {name} {fault}; fetch it anew or fit it again")


class _Manifest(BaseModel):
    model_config = ConfigDict(strict=True)

    format: int
    kind: Literal["raymer model"]
    files: dict[str, str]


def _manifest(folder: Path) -> _Manifest:
    path = folder / MANIFEST
    try:
        if path.is_file():
            return _Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        pass
    raise UsageError(f"{folder} holds no model of raymer ({MANIFEST} is missing or of something else)")


def _files(folder: Path) -> dict[str, Path]:
    """Return all files by their place in the folder, but the manifest and hidden ones, which file browsers leave."""
    inside = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if not path.is_dir()}
    return {
        name: path
        for name, path in inside.items()
        if name != MANIFEST and not any(part.startswith(".") for part in name.split("/"))
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"


def write_estimators(path: Path, estimators: Mapping[str, Any]) -> None:
    """Write fitted estimators of scikit-learn's kind, by name, as skops, without the generators of random numbers.

    Those drew while fitting; predicting draws nothing, and a generator of a changed file can end the process.
    """
    skops.io.dump({name: _without_generators(one) for name, one in estimators.items()}, path)


def _without_generators(value: Any) -> Any:
    """Return a fitted estimator with None for every generator it holds; what holds none is returned as it is."""
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return None
    if type(value) in (list, tuple):
        parts = [_without_generators(part) for part in value]
        return type(value)(parts) if _differ(parts, value) else value
    if isinstance(value, np.ndarray) and value.dtype == object:
        made = np.empty(value.size, dtype=object)
        made[:] = [_without_generators(part) for part in value.ravel()]
        return made.reshape(value.shape) if _differ(made, value.ravel()) else value
    if not isinstance(value, BaseEstimator):
        return value
    state = {name: _without_generators(part) for name, part in vars(value).items()}
    if not _differ(state.values(), vars(value).values()):
        return value
    copied = copy.copy(value)
    vars(copied).update(state)
    return copied


def _differ(after: Iterable[Any], before: Iterable[Any]) -> bool:
    return any(one is not other for one, other in zip(after, before, strict=True))


def read_estimators(path: Path, components: Sequence[Component]) -> dict[str, Any]:
    """Return what `write_estimators` wrote.

    Parameters
    ----------
    path : Path
    components : sequence of Component
        What the model is made of: the file may hold their types, and no others. They come from the model's system,
        never from the file.

    Raises
    ------
    RaymerError
        When the file is damaged, names a type that is not allowed, or holds an object whose parts do not go together:
        nothing of it is constructed then.
    """
    has_guests = any(one.is_foreign for one in components)
    allowed = frozenset(WRAPPERS).union(*(one.types for one in components), _of_scikit_learn() if has_guests else ())
    try:
        check_structure(read_objects(path, allowed, guests=has_guests))
        made: dict[str, Any] = skops.io.load(path, trusted=sorted(allowed))
    except UnfitFileError as error:
        raise RaymerError(f"{path} is not loaded: {error}; fetch it anew or fit it again") from error
    except Exception as error:  # a changed file makes the libraries that read it raise anything
        raise RaymerError(f"{path} cannot be read ({first_line(error)}): fetch it anew or fit it again") from error
    return made


@cache
def _of_scikit_learn() -> frozenset[str]:
    """Return what classes of somebody else's may hold beside their own: the estimators of scikit-learn, its losses."""
    losses = ("HalfSquaredError", "HalfPoissonLoss", "HalfGammaLoss", "HalfTweedieLoss", "HalfTweedieLossIdentity")
    return frozenset(f"{cls.__module__}.{cls.__name__}" for _, cls in all_estimators()) | {
        *(f"sklearn._loss.loss.{name}" for name in losses),
        *(f"sklearn._loss._loss.Cy{name}" for name in losses),
        *(f"sklearn._loss.link.{name}" for name in ("IdentityLink", "Interval", "LogLink")),
    }


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says; of Python's own about a wrong part, that there is one."""
    if isinstance(error, LookupError | TypeError | AttributeError | RecursionError | MemoryError | AssertionError):
        return "its parts are not those of what was saved"
    said = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {said[:200]}" if said else type(error).__name__
