"""HDF5 files of arrays: `ids` and an array with a row an id, or a data set an id, in groups or not."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from raymer.corpora.door.arrays import Arrays, by_id
from raymer.errors import RaymerError, UsageError

SECONDS = 10
"""Of processor time that a data set may take until its texts, or one row of its numbers, are read."""
_TRIAL = Path(__file__).with_name("hdf5_trial.py")


def try_hdf5(path: Path) -> None:
    """Raise RaymerError where reading the file ends, or does not, a process of its own."""
    words = [sys.executable, "-P", str(_TRIAL), str(path), str(SECONDS)]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode < 0:
        why = f"the process that tried was ended by {signal.Signals(-done.returncode).name}"
        raise RaymerError(f"{path} cannot be read as HDF5 ({why}): it is damaged; write it anew")


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what the library raises over a damaged file into one line that names it."""
    try:
        yield
    except (OSError, RuntimeError, MemoryError, ValueError, KeyError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise RaymerError(f"{path} cannot be read as HDF5 ({first}): it is damaged; write it anew") from error


def open_hdf5(path: Path, made_by: Mapping[str, str]) -> Arrays:
    """Return the arrays of an HDF5 file; a data set in a group has the group's name in its id: "rock/7".

    Raises
    ------
    UsageError
        Without h5py.
    RaymerError
        When the file is damaged, holds no data set, or one whose values lie in other files.
    """
    try:
        import h5py
    except ImportError as error:
        raise UsageError(f"{path} is an HDF5 file, and h5py is not installed: pip install raymer[hdf5]") from error
    heads: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            if item.is_virtual or item.external is not None:
                raise RaymerError(f"{path}: the values of {name!r} lie in other files, which are not read")
            is_text = h5py.check_string_dtype(item.dtype) is not None
            if item.dtype.hasobject and not is_text:
                raise RaymerError(f"{path}: {name!r} holds {item.dtype}, which are no real numbers")
            heads[name] = (tuple(item.shape or ()), np.dtype("U1") if is_text else item.dtype)

    def read(name: str) -> np.ndarray:
        with _named(path), h5py.File(path, "r") as file:
            item = file[name]
            found = item.asstr()[...] if h5py.check_string_dtype(item.dtype) is not None else item[...]
        return found.astype(str) if found.dtype.hasobject else np.asarray(found)

    def row(name: str, place: int) -> np.ndarray:
        with _named(path), h5py.File(path, "r") as file:
            return np.asarray(file[name][place])

    try_hdf5(path)
    with _named(path), h5py.File(path, "r") as file:
        file.visititems(look)  # follows no link: what is read lies in this file
    if not heads:
        raise RaymerError(f"{path} holds no data set")
    return by_id(str(path), heads, read, made_by, row)
