"""The files in which people keep arrays by a clip's id: a folder of .npy, an .npz, an HDF5 file.

Headers are read first, so that shapes and types are judged before any value is; pickles stay unread.
"""

import hashlib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from raymer.corpora.door.arrays import Arrays, by_id, common_dtype, without_batch
from raymer.corpora.door.hdf5 import open_hdf5
from raymer.corpora.door.reading import file_hash
from raymer.corpora.sources import note_source
from raymer.errors import RaymerError, UsageError

_NPY, _HDF5 = b"\x93NUMPY", b"\x89HDF\r\n\x1a\n"
_HEADERS: Mapping[tuple[int, int], Callable[[Any], Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def open_arrays(path: Path) -> Arrays | None:
    """Return the arrays at `path`, or None where it is a file of another kind.

    Raises
    ------
    UsageError
        For one .npy file (it has no ids), or an HDF5 file without h5py.
    RaymerError
        For what is no array, pickles among them (unread), or arrays that no input can be made of.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(len(_HDF5))
    if start.startswith(_NPY):
        raise UsageError(
            f"{path} is one array without ids: store an .npz with ids and X, or a folder with an ID.npy a clip"
        )
    if start == _HDF5:
        note_source(path)
        return open_hdf5(path, _made_by(path))
    if zipfile.is_zipfile(path):
        note_source(path)
        return _npz(path)
    return None


def _folder(path: Path) -> Arrays:
    files = sorted(file for file in path.rglob("*.npy") if not file.name.startswith("."))
    if not files:
        raise RaymerError(f"{path} holds no .npy file")
    heads = [_head_of_file(file) for file in files]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(path).as_posix()} {file_hash(file)}\n".encode())
    return Arrays(
        str(path),
        [file.relative_to(path).with_suffix("").as_posix() for file in files],
        [without_batch(shape) for shape, _ in heads],
        common_dtype([dtype for _, dtype in heads]),
        lambda place: np.load(files[place], allow_pickle=False),
        {"file": f"{path.name}/*.npy", "sha256": digest.hexdigest(), "kind": "arrays"},
    )


def _npz(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            archive: zipfile.ZipFile = file.zip
            members = {info.filename: info for info in archive.infolist()}
            if len(members) < len(archive.infolist()):
                raise RaymerError(f"{path}: two of its arrays have one name")
            if not members or not all(name.endswith(".npy") for name in members):
                raise RaymerError(f"{path} is a zip file of something else than arrays: it is no .npz")
            heads = {name[:-4]: _head_of_member(archive, info, path) for name, info in members.items()}
    except (OSError, zipfile.BadZipFile) as error:
        raise RaymerError(f"{path} cannot be read as arrays: {str(error).splitlines()[0]}") from error
    return by_id(str(path), heads, lambda name: _read_member(path, name), _made_by(path))


def _made_by(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": file_hash(path), "kind": "arrays"}


def _head_of_file(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with path.open("rb") as file:
        shape, dtype = _head(file, str(path))
        held = path.stat().st_size - file.tell()
    _check_size(shape, dtype, held, str(path))
    return shape, dtype


def _head_of_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    source = f"{path}: array {info.filename[:-4]!r}"
    with archive.open(info) as file:
        shape, dtype = _head(file, source)
        held = info.file_size - file.tell()
    _check_size(shape, dtype, held, source)
    return shape, dtype


def _head(file: IO[bytes], source: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError("it is a record of named fields")
        shape, _, dtype = _HEADERS[version](file)
    except (ValueError, EOFError, OSError) as error:
        raise RaymerError(f"{source} cannot be read: {str(error).splitlines()[0]}") from error
    if dtype.hasobject:
        raise RaymerError(
            f"{source} is one of objects (a pickle), which is never read: store numbers, and ids as text (dtype str)"
        )
    return shape, dtype


def _check_size(shape: tuple[int, ...], dtype: np.dtype[Any], held: int, source: str) -> None:
    """Refuse an array whose header promises more than there is: nothing is allocated on its word."""
    promised = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if promised != held:
        raise RaymerError(f"{source} cannot be read: {held} bytes of values, and its header says {promised}")


def _read_member(path: Path, name: str) -> np.ndarray:
    with np.load(path, allow_pickle=False) as file:
        return cast(np.ndarray, file[name])
