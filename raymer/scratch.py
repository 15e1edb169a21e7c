"""Folders for as long as a run needs them, and the end of those that a killed run has left."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX, _LOCK = "raymer-", ".owned"


@contextmanager
def scratch(what: str) -> Iterator[Path]:
    """Yield a new folder among the temporary files, which goes away with the block.

    A killed process deletes nothing, but the system lets go of what it had locked: so whoever comes next knows which
    folders nobody owns any more, and deletes them first.
    """
    _clear()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{what}-"))
    try:
        with (folder / f"{_LOCK}.new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            Path(lock.name).rename(folder / _LOCK)  # it is not to be seen before it is locked
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear() -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            status = lock.parent.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
                with lock.open("r+") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:  # its owner lives, or it has just gone
            continue
