"""The journal of a search whose store is no folder: a copy on this machine, written back whenever it grows."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from optuna.storages.journal import JournalFileBackend

from raymer.files import Files, is_uri
from raymer.identity import content_hash
from raymer.studies.search.worth import worth_path

FOLDER = "searches"


class Mirror:
    """Where the journal of a search lies on a store that is reached by a URI, and its copy here.

    Optuna writes to a file by appending, which an object store has no way of; a journal is small, so all of it is put
    there again each time. The store's is the one that counts: what lies here from an earlier run is replaced by it.

    Parameters
    ----------
    store : str
        A URI.
    search : str
        The id of the search.
    """

    def __init__(self, store: str, search: str) -> None:
        self.name = f"{FOLDER}/{search}.journal"
        folder = Path(tempfile.gettempdir()) / f"raymer-searches-{os.getuid()}" / content_hash([store])
        self.path = folder / f"{search}.journal"
        self._store = store

    def __str__(self) -> str:
        return f"{self._store.split('?')[0].rstrip('/')}/{self.name}"

    def fetch(self) -> Path:
        """Make the copy here, and what lies beside it, the store's; return it. StoreError where that cannot be read."""
        files = Files(self._store)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for path in (self.path, worth_path(self.path)):
            data = files.read(f"{FOLDER}/{path.name}")
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
        return self.path

    def keep(self, path: Path) -> None:
        """Put what lies beside the copy here into the store."""
        Files(self._store).write(f"{FOLDER}/{path.name}", path.read_bytes())

    def backend(self) -> JournalFileBackend:
        """Return what Optuna writes to."""
        return _Mirrored(self.path, Files(self._store), self.name)


class _Mirrored(JournalFileBackend):
    def __init__(self, path: Path, files: Files, name: str) -> None:
        super().__init__(str(path))
        self._path, self._files, self._name = path, files, name

    def append_logs(self, logs: Iterable[dict[str, Any]]) -> None:
        """Write to the copy, and that to the store."""
        super().append_logs(list(logs))
        self._files.write(self._name, self._path.read_bytes())


def mirror_of(store: str, search: str) -> Mirror | None:
    """Return the mirror of a search's journal, or None where the store is a folder of this machine."""
    return Mirror(store, search) if is_uri(store) else None
