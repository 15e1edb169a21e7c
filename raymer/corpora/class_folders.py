"""Archives whose folders are the labels: LABEL/FILE."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from raymer.corpora.audio_files import audio_below
from raymer.errors import RaymerError, UsageError


def folder_of_classes(src: Path, nested: str) -> Path:
    """Return `src/nested` where it exists, else `src` itself; raises UsageError where neither is a folder."""
    if not src.is_dir():
        raise UsageError(f"{src} is no folder")
    return src / nested if (src / nested).is_dir() else src


def labelled_files(root: Path, labels: Mapping[str, str], target: str) -> pd.DataFrame:
    """Return a row an audio file in the folders that `labels` names: clip_id (its stem), `target`, and `audio`.

    Parameters
    ----------
    root : Path
    labels : mapping of folder name to label
        A folder may be missing: a sample of an archive is one too.
    target : str
        Name of the column of labels.

    Raises
    ------
    UsageError
        When none of the folders is there.
    RaymerError
        When they hold no audio, or two files of one stem.
    """
    present = [folder for folder in labels if (root / folder).is_dir()]
    if not present:
        raise UsageError(f"{root} has none of the folders {', '.join(list(labels)[:3])}, ...")
    rows = [
        {"clip_id": path.stem, target: labels[folder], "audio": path.relative_to(root).as_posix()}
        for folder in present
        for path in audio_below(root / folder)
    ]
    if not rows:
        raise RaymerError(f"{root}: the folders {', '.join(present[:3])}, ... hold no audio")
    clips = pd.DataFrame(rows)
    twice = clips["clip_id"].duplicated()
    if twice.any():
        names = clips.loc[clips["clip_id"] == clips["clip_id"][twice].iloc[0], "audio"].tolist()
        raise RaymerError(f"{root}: {names[0]} and {names[1]} would be the same clip: remove one")
    return clips
