"""A file that somebody asked for, written whole or not at all."""

import contextlib
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

from raymer.errors import RaymerError


def why(error: OSError) -> str:
    """Return what the system says, without what a library says around it: "No space left on device"."""
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__


@contextlib.contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yield where to write what will be `path`: a new name beside it, which takes its place with the block's end.

    A terminal, a pipe or another thing that is no file is written as it is. The name ends as `path` does.

    Raises
    ------
    RaymerError
        When it cannot be written, and nothing of it is left.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            yield path
            return
        place = path.resolve()  # what a link leads to is written, and the link stays
        temporary = place.with_name(f".{uuid.uuid4().hex}{place.suffix}")
        try:
            yield temporary
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RaymerError(f"{path} cannot be written: {why(error)}") from error
