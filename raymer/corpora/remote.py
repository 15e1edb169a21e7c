"""A corpus on an object store: copied once to a folder here, since tables are read and spectrograms mapped locally."""

import contextlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from raymer.errors import RaymerError, UsageError
from raymer.files import Files
from raymer.identity import content_hash

THREADS = 8


def local_copy(location: str, manifest: str) -> Path:
    """Return a folder on this machine with the files of the corpus at `location`, built features and all.

    What was copied before is not copied again: the folder's name holds a hash of the location and of the corpus'
    manifest, so a corpus that was changed gets a new one; beside that, files are only ever added (built features).
    It lies below $XDG_CACHE_HOME/raymer, or ~/.cache/raymer.

    Parameters
    ----------
    location : str
        A URI such as "s3://bucket/corpora/deam".
    manifest : str
        The name of the file without which it is no corpus.

    Raises
    ------
    UsageError
        When `location` holds no corpus.
    RaymerError
        When the store does not answer or refuses, or the copy cannot be written.
    """
    files = Files(location, "corpus")
    record = files.read(manifest)
    if record is None:
        raise UsageError(
            f"{location} holds no corpus ({manifest} is missing): make one with `raymer import` and copy its folder"
        )
    if files.is_local:
        return Path(files.root)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "raymer"
    folder = cache / content_hash([location, record.decode()])
    wanted = [name for name, size in files.sizes("").items() if _size(folder / name) != size]
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda name: _copy(files, name, folder), wanted):
                pass
    except OSError as error:
        raise RaymerError(f"corpus {location} cannot be copied to {folder}: {error.strerror or error}") from error
    return folder


def _copy(files: Files, name: str, folder: Path) -> None:
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise RaymerError(f"corpus {files.location} has a file {name!r}, which would leave its folder")
    data = files.read(name)
    if data is None:  # deleted meanwhile: who reads it says so
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        temporary.write_bytes(data)
        temporary.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
