"""Folders for as long as a run needs them, and the end of those that a killed run has left."""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from raymer.errors import RaymerError
from raymer.whole import why

_PREFIX, _LOCK = "raymer-", ".owned"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_SCARCE = 10 << 20


class Scratch:
    """A new folder, which goes away with this object: at `close`, with the last reference, or as Python ends.

    A killed process deletes nothing, but the system lets go of what it had locked: so whoever comes next knows which
    folders nobody owns any more, and deletes them first.

    Parameters
    ----------
    what : str
        What it is for; the name begins with it.
    beside : Path, optional
        Where what is made in it will lie, on the same file system; by default it is among the temporary files.
    """

    def __init__(self, what: str, *, beside: Path | None = None) -> None:
        above = Path(tempfile.gettempdir()) if beside is None else beside.parent
        prefix = f"{_PREFIX}{what}-" if beside is None else f".{beside.name}.{_PREFIX}{what}-"
        _clear(above, _PREFIX if beside is None else prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=above))
        try:
            lock = _own(self.path)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        self.close = weakref.finalize(self, _end, self.path, lock, os.getpid())


def _own(folder: Path) -> TextIO:
    lock = (folder / f"{_LOCK}.new").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a file system without locks: then nobody can know later, and it is left alone
        return lock
    Path(lock.name).rename(folder / _LOCK)  # it is not to be seen before it is locked
    return lock


def _end(folder: Path, lock: TextIO, owner: int) -> None:
    lock.close()
    if os.getpid() == owner:  # a fork's own end is not the folder's
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch(what: str, *, beside: Path | None = None) -> Iterator[Path]:
    """Yield the path of a Scratch for as long as the block lasts.

    Raises
    ------
    RaymerError
        Where the system has no room for what the block writes and the temporary files' disk has none, in one line.
    """
    made = Scratch(what, beside=beside)
    try:
        yield made.path
    except OSError as error:
        if beside is None and error.errno in _NO_ROOM and (scarce := room_short()):
            raise RaymerError(f"{why(error)}: {scarce}") from error
        raise
    finally:
        made.close()


def clear_left() -> None:
    """Delete the temporary folders that killed runs have left."""
    _clear(Path(tempfile.gettempdir()), _PREFIX)


def room_short(folder: str | None = None) -> str:
    """Return what to say where the disk of the temporary files has next to no room; else nothing."""
    folder = folder or tempfile.gettempdir()
    left = shutil.disk_usage(folder).free
    return (
        "" if left > _SCARCE else f"{folder} has {left // 1024} kB left for temporary files: free some, or set TMPDIR"
    )


def _clear(above: Path, prefix: str) -> None:
    with contextlib.suppress(OSError):  # where names cannot be listed, or the folder is not there
        for folder in [path for path in above.iterdir() if path.name.startswith(prefix)]:
            _clear_one(folder)


def _clear_one(folder: Path) -> None:
    try:
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
            with (folder / _LOCK).open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # its owner lives, it has just gone, or nothing says that it was ever owned
        return
