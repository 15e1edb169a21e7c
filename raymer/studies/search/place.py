"""Where the journal of a search lies: a file of this machine, which stands in for one on an object store."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from optuna.storages.journal import JournalFileBackend

from raymer.errors import RaymerError
from raymer.files import Files, is_uri
from raymer.identity import content_hash
from raymer.studies.search.plan import PlannedSearch
from raymer.studies.search.worth import worth_path

FOLDER = "searches"


class JournalPlace:
    """A journal: the file that is read and written here, and the store that it is kept in where that is no folder.

    Optuna writes to a file by appending, which an object store has no way of; a journal is small, so all of it is put
    there again each time. The store's is the one that counts: what lies here from an earlier run is replaced by it.

    Parameters
    ----------
    path : Path
        The file here.
    store : str, optional
        A URI.
    """

    def __init__(self, path: Path, store: str | None = None) -> None:
        self.path = path
        self.store = store

    def __str__(self) -> str:
        return str(self.path) if self.store is None else f"{self.store.split('?')[0].rstrip('/')}/{self._name}"

    @property
    def _name(self) -> str:
        return f"{FOLDER}/{self.path.name}"

    def make_folder(self) -> None:
        """Make the folder of the file here."""
        if self.store is not None:
            _make_own_folder(self.path.parent.parent)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def fetch(self, folder: Path | None = None) -> Path:
        """Make the file here, and what lies beside it, the store's; return it. StoreError where that cannot be read.

        Parameters
        ----------
        folder : Path, optional
            For whoever only reads: a copy goes there, so that a search that runs here keeps the file it writes to.
        """
        if self.store is None:
            return self.path
        files = Files(self.store)
        journal = self.path if folder is None else folder / self.path.name
        for path in (journal, worth_path(journal)):
            data = files.read(f"{FOLDER}/{path.name}")
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
        return journal

    def keep(self, path: Path) -> None:
        """Put a file that lies beside the journal here into the store too."""
        if self.store is not None:
            Files(self.store).write(f"{FOLDER}/{path.name}", path.read_bytes())

    def backend(self) -> JournalFileBackend:
        """Return what Optuna writes to."""
        if self.store is None:
            return JournalFileBackend(str(self.path))
        return _Kept(self.path, Files(self.store), self._name)


class _Kept(JournalFileBackend):
    def __init__(self, path: Path, files: Files, name: str) -> None:
        super().__init__(str(path))
        self._path, self._files, self._name = path, files, name

    def append_logs(self, logs: Iterable[dict[str, Any]]) -> None:
        """Write to the file here, and that to the store."""
        super().append_logs(list(logs))
        self._files.write(self._name, self._path.read_bytes())


def journal_of(planned: PlannedSearch, store: str, folder: str | None = None) -> JournalPlace:
    """Return where the journal of a search lies: in STORE/searches, or in `folder`, a folder of this machine."""
    name = f"{planned.id}.journal"
    if folder is None and is_uri(store):
        here = Path(tempfile.gettempdir()) / f"raymer-searches-{os.getuid()}" / content_hash([store])
        return JournalPlace(here / name, store)
    return JournalPlace((Path(folder) if folder else Path(store) / FOLDER).absolute() / name)


def _make_own_folder(folder: Path) -> None:
    """Make a folder that is only for this user, since everybody may write where temporary files lie.

    Raises
    ------
    RaymerError
        When somebody else has made it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise RaymerError(f"{folder} belongs to somebody else: set TMPDIR to a folder of yours")
