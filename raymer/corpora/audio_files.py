"""What all corpora with audio share: finding files, and a clip table that holds only clips whose file is there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from raymer.corpora.base import Corpus, Input, Target
from raymer.errors import RaymerError

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


def audio_below(folder: Path) -> list[Path]:
    """Return the audio files in `folder` and below it, by their names' ending, sorted; hidden files are left out.

    Archives made on a Mac hold a hidden "._NAME.wav" of 4 kB beside every file.
    """
    return [path for path in _named_as_audio(folder) if path.is_file()]


def no_files_below(folder: Path) -> list[Path]:
    """Return what is named as audio in `folder` and below it, and is no file, sorted.

    That is a pipe, a device, a link to nothing, or a folder that holds no audio.
    """
    found = [path for path in _named_as_audio(folder) if not path.is_file()]
    return [path for path in found if not (path.is_dir() and audio_below(path))]


def _named_as_audio(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def find_audio(root: Path, stems: Sequence[str]) -> str | None:
    """Return the path below `root` of the first of `stems` (paths without an ending) that exists as audio, or None."""
    for stem in stems:
        for suffix in SUFFIXES:
            if (root / f"{stem}{suffix}").is_file():
                return f"{stem}{suffix}"
    return None


def corpus_with_audio(
    name: str,
    root: Path,
    clips: pd.DataFrame,
    targets: tuple[Target, ...],
    notes: Mapping[str, Any],
    *,
    layout: str,
    inputs: Mapping[str, Input] | None = None,
    group_name: str | None = None,
) -> Corpus:
    """Return a corpus of the annotated clips whose audio exists; the others are left out, counted and named.

    Parameters
    ----------
    name : str
    root : Path
        Folder that the paths in `clips["audio"]` are below.
    clips : DataFrame
        clip_id, group, the targets, and `audio` (None where there is no file).
    targets, notes
        As in Corpus.
    layout : str
        Where audio is expected, for the error.
    inputs : mapping of str to Input, optional
    group_name : str, optional
        What a group is called.

    Raises
    ------
    RaymerError
        When no clip has audio.
    """
    has_audio = clips["audio"].notna()
    missing = clips["clip_id"][~has_audio].tolist()
    if not has_audio.any():
        raise RaymerError(f"{root} has audio for none of the {len(clips)} annotated clips: {layout} is expected")
    reason = f"no audio ({layout})"
    notes = {
        "annotated": len(clips),
        "with_audio": int(has_audio.sum()),
        **notes,
        "left_out": [
            *notes.get("left_out", []),
            *([{"reason": reason, "count": len(missing), "first": missing[:5]}] if missing else []),
        ],
    }
    kept = clips[has_audio].reset_index(drop=True)
    return Corpus(
        name, kept, targets, dict(inputs or {}), notes, audio_root=str(root.absolute()), group_name=group_name
    )


def unannotated(root: Path, clips: pd.DataFrame) -> int:
    """Return how many audio files below `root` belong to no clip."""
    known = set(clips["audio"].dropna())
    return sum(path.relative_to(root).as_posix() not in known for path in audio_below(root))
