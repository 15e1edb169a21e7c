"""Which file a cell of a table of labels means, and what of a folder cannot be read."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import soundfile

from raymer.corpora.audio_files import SUFFIXES, audio_below, no_files_below
from raymer.errors import RaymerError

BLOCK = 1024


class AudioLookup:
    """Finds files below a folder by path, by path without its ending, or by name alone where one file bears it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = [path.relative_to(root).as_posix() for path in audio_below(root)]
        self._by_stem: dict[str, list[str]] = {}
        for file in self.files:
            path = PurePosixPath(file).with_suffix("")
            for key in {path.as_posix(), path.name}:
                self._by_stem.setdefault(key, []).append(file)

    def find(self, cell: str) -> str | None:
        """Return the path below the folder that `cell` means, or None where there is no such audio.

        Raises
        ------
        RaymerError
            When `cell` leads out of the folder, or two files may be meant.
        """
        text = cell.replace("\\", "/")
        path = PurePosixPath(text)
        if path.is_absolute() or re.match(r"[A-Za-z]:", text) or text.startswith("~"):
            raise RaymerError(f"{cell!r} is absolute: files are named as below {self.root}")
        if ".." in path.parts:
            raise RaymerError(f"{cell!r} leads out of a folder: files are named as below {self.root}")
        if path.suffix.lower() in SUFFIXES:
            return path.as_posix() if (self.root / path).is_file() else None
        found = [file for file in self._by_stem.get(path.as_posix(), []) if (self.root / file).is_file()]
        exact = [file for file in found if PurePosixPath(file).with_suffix("") == path]
        found = exact or found
        if len(found) > 1:
            raise RaymerError(f"{cell!r} may be {found[0]} or {found[1]}: name the file with its folder and ending")
        return found[0] if found else None


def same_file(root: Path, files: Sequence[str | None]) -> tuple[int, int] | None:
    """Return the first two places of `files` that are one file under whatever spelling, or None."""
    seen: dict[Path, int] = {}
    for place, file in enumerate(files):
        if file is None:
            continue
        path = (root / file).resolve()
        if path in seen:
            return seen[path], place
        seen[path] = place
    return None


def not_read(root: Path, but: Sequence[Path] = ()) -> dict[str, int]:
    """Return how many files below `root` have which ending that is not read: {".m4a": 12}."""
    known = {path.resolve() for path in but}
    endings = Counter(
        path.suffix.lower() or "no ending"
        for path in root.rglob("*")
        if path.is_file()
        and path.suffix.lower() not in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and path.resolve() not in known
    )
    return dict(sorted(endings.items()))


def broken_files(root: Path, files: Sequence[str]) -> list[str]:
    """Return "FILE: why" of every file whose beginning cannot be decoded, and of what is named as one and is none."""
    strange = [f"{path.relative_to(root).as_posix()}: no regular file" for path in no_files_below(root)]
    return [*(f"{file}: {why}" for file in files if (why := _fault(root / file))), *strange]


def _fault(path: Path) -> str | None:
    try:
        with soundfile.SoundFile(path) as sound:
            return None if len(sound.read(BLOCK)) else "no sample"
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        return str(error).rpartition(": ")[2].rstrip(".")
