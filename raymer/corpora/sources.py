"""Which files an import has read: noted by the readers of tables, hashed when the corpus is made."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_NOTED: ContextVar[list[Path] | None] = ContextVar("noted", default=None)
MANY = 20
"""From so many files of one folder on, they are one entry."""


@contextmanager
def noted_sources() -> Iterator[list[Path]]:
    """Collect the tables that are read inside the block."""
    found: list[Path] = []
    token = _NOTED.set(found)
    try:
        yield found
    finally:
        _NOTED.reset(token)


def note_source(path: Path) -> None:
    """Say that `path` is being read."""
    noted = _NOTED.get()
    if noted is not None and path not in noted[-1:]:
        noted.append(path)


def source_records(paths: Sequence[Path], src: Path) -> list[dict[str, str | int]]:
    """Return {"file", "sha256"} of every path, named as below `src`; many of one folder are one record."""
    folders: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(paths):
        folders.setdefault(path.parent, []).append(path)
    records: list[dict[str, str | int]] = []
    for folder, files in folders.items():
        hashes = [_hash(path) for path in files]
        if len(files) < MANY:
            records += [{"file": _name(path, src), "sha256": found} for path, found in zip(files, hashes, strict=True)]
            continue
        joined = hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()
        records.append({"file": f"{_name(folder, src)}/*", "files": len(files), "sha256_of_hashes": joined})
    return records


def _name(path: Path, src: Path) -> str:
    return path.relative_to(src).as_posix() if src.is_dir() and path.is_relative_to(src) else path.name


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
