"""A saved model's folder: files of which none is unpickled, and a manifest that tells a changed or foreign folder."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import skops.io

from raymer.errors import RaymerError, UsageError

FORMAT = 3
KIND = "raymer model"
MANIFEST = "manifest.json"


def seal(folder: Path) -> None:
    """Write the manifest: the SHA-256 of every file of `folder`, which holds nothing else."""
    record = {"format": FORMAT, "kind": KIND, "files": {name: _digest(path) for name, path in _files(folder).items()}}
    (folder / MANIFEST).write_text(json.dumps(record, indent=1) + "\n")


def check_seal(folder: Path) -> None:
    """Refuse a folder that is not, to the bit, what `seal` saw; nothing in it is read before.

    The hashes tell of accidents and of careless changes. They do not say who made a model: whoever can write the
    folder can write its manifest. That is why loading trusts no type beyond TRUSTED.

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
    if record.get("format") != FORMAT:
        raise RaymerError(f"{folder} has model format {record.get('format')}, this raymer reads {FORMAT}: fit again")
    expected: dict[str, str] = record["files"]
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


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / MANIFEST).read_text())
        if record["kind"] == KIND and isinstance(record["files"], dict):
            return dict(record)
    except (OSError, ValueError, KeyError, TypeError):
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
    """Write fitted estimators of scikit-learn's kind, by name, as skops."""
    skops.io.dump(dict(estimators), path)


def read_estimators(path: Path, trusted: Sequence[str]) -> dict[str, Any]:
    """Return what `write_estimators` wrote.

    Parameters
    ----------
    path : Path
    trusted : sequence of str
        Types that the components of the model are made of, beside those that skops trusts by itself. They come from
        the components, never from the model's folder.

    Raises
    ------
    RaymerError
        When the file is damaged, or names a type that is not trusted: nothing of it is constructed then.
    """
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - set(trusted))
        if unknown:
            raise RaymerError(
                f"{path} is not loaded: it holds {unknown[0]}, which no component of this model is made of; a class "
                "of somebody else's is brought as a file (--plugin), or by installing its package"
            )
        made: dict[str, Any] = skops.io.load(path, trusted=list(trusted))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise RaymerError(f"{path} cannot be read ({type(error).__name__}: {error}): fit the model again") from error
    return made
