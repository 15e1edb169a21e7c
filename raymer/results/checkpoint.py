"""Where a long training keeps its state: a file in the store's folder, or one here whose copy an object store has."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from raymer.files import Files
from raymer.scratch import scratch


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A file `path` on this machine that a training may write, and go on from when it is there.

    Training writes files whole and knows of no object stores: `keep` puts the file there, in one put.
    """

    path: Path
    files: Files
    name: str

    def keep(self) -> None:
        """Bring what was written to where another machine finds it."""
        if not self.files.is_local and self.path.exists():
            self.files.write(self.name, self.path.read_bytes())

    def drop(self) -> None:
        """Delete it: the training is at its end."""
        self.path.unlink(missing_ok=True)
        if not self.files.is_local:
            self.files.delete(self.name)


@contextlib.contextmanager
def open_checkpoint(files: Files, name: str) -> Iterator[Checkpoint]:
    """Yield the checkpoint called `name` below `files`, as a file on this machine."""
    if files.is_local:
        path = Path(files.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        yield Checkpoint(path, files, name)
        return
    with scratch("checkpoint") as folder:
        path = folder / f"{uuid.uuid4().hex}{Path(name).suffix}"
        data = files.read(name)
        if data is not None:
            path.write_bytes(data)
        yield Checkpoint(path, files, name)
