"""Files: what lies below one place, a folder or an object store, read and written whole.

Every access to a store and to a corpus on an object store goes through here, and so the one rule for a place that does
not answer is here too: what may pass is tried again for up to three minutes, what will not (no permission, no such
bucket) is refused at once. A place that has not answered once yet is given seconds: its address is likely wrong.
"""

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import pyarrow as pa
from pyarrow import fs

from raymer.errors import RaymerError, UsageError

RETRY_SECONDS = 180.0
REACH_SECONDS = 8.0
"""For a place that never answered; libraries themselves try for up to a quarter of an hour."""
PAUSE_SECONDS = 1.0
LOCK = "lock"
_HELD = (errno.EACCES, errno.EAGAIN)
_HOPELESS = re.compile(
    "ACCESS_DENIED|PERMISSION_DENIED|UNAUTHENTICATED|NO_SUCH_BUCKET|NOT_FOUND|INVALID|SIGNATURE|TOKEN|MISSING"
    r"|HTTP status (?:3|4(?!08|29))\d\d"
)
_logger = logging.getLogger("raymer")
_waited_for: set[str] = set()  # places that do not answer, said once for all that read and write there
_answered: set[str] = set()  # places that have answered this process
T = TypeVar("T")


class StoreError(RaymerError):
    """A place cannot be read or written: no space left, no permission, no answer, a damaged file."""


def is_uri(location: str | Path) -> bool:
    """Say whether `location` is a URI ("s3://bucket/path") and no folder's path."""
    return "://" in str(location)


class Files:
    """Files below one place, by their names relative to it.

    Parameters
    ----------
    location : str or Path
        A folder, or a URI of any file system that pyarrow reaches: s3://, gs://, abfs://, file://.
    kind : str
        What errors call the place: "store", "corpus".
    has_answered : bool
        Whether it has answered another process of the run: then it is waited for as in any outage.

    Raises
    ------
    UsageError
        For a URI that pyarrow does not know.
    StoreError
        When its server does not answer, or refuses.
    """

    def __init__(self, location: str | Path, kind: str = "store", *, has_answered: bool = False) -> None:
        self.kind = kind
        if not is_uri(location):  # absolute, since workers stand in folders of their own
            self.location = self.root = str(Path(location).absolute())
            self.is_local = True
            self._fs = fs.LocalFileSystem()
            return
        self.location = str(location)
        self.is_local = False  # until it is known, so that a server that does not answer yet is waited for
        try:
            if has_answered or self.location in _answered:
                self._fs, self.root = self._persistently("reached", self._open)
            else:
                self._fs, self.root = self._reach()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise UsageError(f"{kind} {location}: {_one_line(error)}") from error
        self.is_local = isinstance(self._fs, fs.LocalFileSystem)

    def path(self, name: str) -> str:
        """Return where `name` lies, as the file system calls it."""
        return f"{self.root}/{name}"

    def use(self, name: str, reader: Callable[[pa.NativeFile], T]) -> T | None:
        """Return what `reader` makes of the open file `name`, or None when there is none."""

        def opened() -> T:
            with self._fs.open_input_file(self.path(name)) as file:
                return reader(file)

        try:
            return self._persistently(f"read ({name})", opened)
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None when there is none."""
        return self.use(name, lambda file: bytes(file.read()))

    def has(self, name: str) -> bool:
        """Say whether there is a file called `name`."""
        info = self._persistently("read", lambda: self._fs.get_file_info(self.path(name)))
        return bool(info.is_file)

    def names(self, folder: str) -> list[str]:
        """Return the names of all files below `folder`, at any depth; a million take seconds in a local folder."""
        if not self.is_local:
            return list(self.sizes(folder))

        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise StoreError(f"{self.kind} {self.location} cannot be read: {_one_line(error)}") from error

        start = len(self.root) + 1
        return [f"{at[start:]}/{name}" for at, _, names in os.walk(self.path(folder), onerror=refuse) for name in names]

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the files below `folder` ("" for all), at any depth: bytes by name."""
        at = self.path(folder) if folder else self.root
        selector = fs.FileSelector(at, recursive=True, allow_not_found=True)
        infos = self._persistently("read", lambda: self._fs.get_file_info(selector))
        start = len(self.root) + 1
        return {info.path[start:]: info.size for info in infos if info.is_file}

    def marks(self, folder: str) -> dict[str, str]:
        """Return the files below `folder`, at any depth, each with its size and time: another where it was written."""
        selector = fs.FileSelector(self.path(folder), recursive=True, allow_not_found=True)
        infos = self._persistently("read", lambda: self._fs.get_file_info(selector))
        start = len(self.root) + 1
        return {info.path[start:]: f"{info.size}-{info.mtime_ns}" for info in infos if info.is_file}

    def write(self, name: str, data: bytes) -> None:
        """Write `data` as `name`, whole: a rename in a local folder, a single put on an object store."""
        try:
            self._persistently("written", lambda: self._write(self.path(name), data))
        except FileNotFoundError as error:
            raise StoreError(f"{self.kind} {self.location} cannot be written: {_one_line(error)}") from error

    def delete(self, name: str) -> None:
        """Delete a file, or do nothing when there is none."""
        with contextlib.suppress(FileNotFoundError):
            self._persistently("written", lambda: self._fs.delete_file(self.path(name)))

    @contextlib.contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Be the only process at `what` for as long as the block lasts: others wait, and the system frees a dead one's.

        Every name is a byte, far behind the end, of one empty file, so that nothing is left to clean. On an object
        store, and on a file system that knows no locks, nobody waits.
        """
        if not self.is_local:
            yield
            return
        with self._persistently("written", lambda: _opened(Path(self.path(LOCK)))) as file:
            at = int.from_bytes(hashlib.sha256(what.encode()).digest()[:7], "big")
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, at)
            except OSError as error:
                if error.errno in _HELD:
                    _logger.warning("%s %s: another process is at %s: waiting for it", self.kind, self.location, what)
                    fcntl.lockf(file, fcntl.LOCK_EX, 1, at)
            yield

    def _write(self, path: str, data: bytes) -> None:
        if not self.is_local:
            with self._fs.open_output_stream(path) as stream:
                stream.write(data)
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(f"{path}.{uuid.uuid4().hex}.tmp")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _open(self) -> tuple[fs.FileSystem, str]:
        made: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(_in_one_put(self.location))
        return made

    def _reach(self) -> tuple[fs.FileSystem, str]:
        """Open a place that has not answered yet, and have it answer, whatever it says, within REACH_SECONDS."""
        attempt = _Attempt(self._open)
        attempt.start()
        attempt.join(REACH_SECONDS)
        if attempt.made is None:
            reason = _one_line(attempt.error) if attempt.error else f"no answer within {REACH_SECONDS:.0f} s"
            if isinstance(attempt.error, pa.ArrowInvalid | pa.ArrowNotImplementedError):
                raise attempt.error
            raise StoreError(f"{self.kind} {self.location} cannot be reached: {reason}") from attempt.error
        _answered.add(self.location)
        return attempt.made

    def _persistently(self, verb: str, action: Callable[[], T]) -> T:
        """Return what `action` gives, tried again while the place may only be out of reach for now."""
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                value = action()
            except FileNotFoundError:
                raise
            except (OSError, pa.ArrowException) as error:
                if not isinstance(error, OSError) and type(error) is not pa.ArrowException:
                    raise  # of what was read; Azure's library raises the bare one
                reason = _one_line(error)
                is_hopeless = self.is_local or _HOPELESS.search(str(error)) is not None
                if is_hopeless or time.monotonic() > deadline:
                    raise StoreError(f"{self.kind} {self.location} cannot be {verb}: {reason}") from error
                if self.location not in _waited_for:
                    _waited_for.add(self.location)
                    _logger.warning(
                        "%s %s does not answer (%s): trying for %.0f s", self.kind, self.location, reason, RETRY_SECONDS
                    )
                time.sleep(PAUSE_SECONDS)
                continue
            if self.location in _waited_for:
                _waited_for.discard(self.location)
                _logger.warning("%s %s answers again", self.kind, self.location)
            return value


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


class _Attempt(threading.Thread):
    """Opens a place and asks it for its root until it answers; a thread, since a library may not come back."""

    def __init__(self, open_place: Callable[[], tuple[fs.FileSystem, str]]) -> None:
        super().__init__(name="raymer-reach", daemon=True)
        self.made: tuple[fs.FileSystem, str] | None = None
        self.error: Exception | None = None
        self._open, self._deadline = open_place, time.monotonic() + REACH_SECONDS

    def run(self) -> None:
        """Try until there is an answer, or no hope of one."""
        while True:
            try:
                made = self._open()
                _ask(*made)
            except OSError as error:
                self.error = error
                if _HOPELESS.search(str(error)) or time.monotonic() > self._deadline:
                    return
                time.sleep(PAUSE_SECONDS)
            except Exception as error:
                self.error = error
                return
            else:
                self.made = made
                return


def _ask(opened: fs.FileSystem, root: str) -> None:
    """Have a place answer; a refusal is an answer too, which whatever is wanted of the place will meet again."""
    try:
        opened.get_file_info(root)
    except OSError as error:
        if not _HOPELESS.search(str(error)):
            raise


def _in_one_put(uri: str) -> str:
    """Ask for a single put a file: by default pyarrow starts an upload in parts, three requests for each fit."""
    if not uri.startswith("s3://") or "allow_delayed_open" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}allow_delayed_open=true"


def _one_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return re.sub(r" \(Request ID: [^)]*\)", "", text.splitlines()[0]) if text else type(error).__name__
