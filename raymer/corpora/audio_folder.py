"""Your own audio: a folder a class, or a table that says what each file is."""

from pathlib import Path

import numpy as np
import pandas as pd

from raymer.corpora.audio_files import audio_below, corpus_with_audio, unannotated
from raymer.corpora.base import Corpus, Target
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.tables import numbers, read_table, require_columns
from raymer.errors import RaymerError, UsageError

INFO = CorpusInfo(
    name="audio_folder",
    title="any folder of audio, with a folder a class or a table of labels",
    where="yours",
    licence="yours",
    layout="CLASS/FILE.wav, or --labels TABLE.csv with a column file (below the folder), targets, perhaps a --group",
    faults=(),
    options=("labels", "targets", "group_column"),
)

CLASS = "class"
FILE = "file"


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read a folder of audio.

    With `options.labels`, a CSV or Parquet table: its column `file` is a path below `src`, `options.targets` the
    columns to predict (all but file and group when None): classes where no cell is a number, else all must be.
    Without it, the folder that a file lies in is its class. A clip is called as its file is, without the ending.

    Raises
    ------
    UsageError
        When `src` is no folder, a table is missing, or options are given that folders of classes cannot heed.
    RaymerError
        When a label is empty, a file stands twice, there are fewer than two classes, or no audio is found.
    """
    if not src.is_dir():
        raise UsageError(f"{src} is no folder")
    if options.labels is not None:
        return _read_table(src, options.labels, options)
    if options.targets or options.group_column:
        raise UsageError("--target and --group name columns of a table: give it with --labels")
    return _read_folders(src)


def _read_folders(src: Path) -> Corpus:
    files = [path.relative_to(src) for path in audio_below(src)]
    inside = [path for path in files if len(path.parts) > 1]
    classes = [path.parts[0] for path in inside]
    if len(set(classes)) < 2:
        found = f"{len(set(classes))} folders with audio" if files else "no audio"
        raise RaymerError(f"{src} holds {found}: two classes (CLASS/FILE.wav) are needed, or a table with --labels")
    ids = _ids([path.as_posix() for path in inside], src)
    clips = pd.DataFrame({"clip_id": ids, "group": ids, CLASS: classes, "audio": [path.as_posix() for path in inside]})
    notes = {
        "clips_a_class": {name: classes.count(name) for name in sorted(set(classes))},
        "audio_in_no_class": len(files) - len(inside),
    }
    return corpus_with_audio(src.resolve().name, src, clips, (Target(CLASS, kind="class"),), notes, layout=INFO.layout)


def _read_table(src: Path, path: Path, options: ImportOptions) -> Corpus:
    frame = read_table(path)
    group = options.group_column
    named = options.targets or tuple(name for name in frame.columns if name not in (FILE, group))
    require_columns(frame, [FILE, *named, *([group] if group else [])], path)
    if not named:
        raise RaymerError(f"{path} has no column to predict beside {FILE!r}")
    files = [str(file).replace("\\", "/") for file in frame[FILE]]
    ids = _ids(files, path)
    clips = pd.DataFrame({"clip_id": ids, "group": _texts(frame, group, path) if group else ids})
    targets = tuple(_add_target(clips, frame, name, path) for name in named)
    clips["audio"] = [file if (src / file).is_file() else None for file in files]
    notes = {"audio_without_label": unannotated(src, clips)}
    return corpus_with_audio(src.resolve().name, src, clips, targets, notes, layout=f"{src}/FILE as {path.name} says")


def _add_target(clips: pd.DataFrame, frame: pd.DataFrame, name: str, path: Path) -> Target:
    """Add the column `name` to `clips` and return its target: classes where no cell is a number."""
    values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(values).any():
        clips[name] = _texts(frame, name, path)
        return Target(name, kind="class")
    clips[name] = numbers(frame, [name], path, clips["clip_id"].tolist())[:, 0]
    return Target(name, low=float(clips[name].min()), high=float(clips[name].max()))


def _texts(frame: pd.DataFrame, name: str, path: Path) -> list[str]:
    empty = frame[name].isna() | (frame[name].astype(str) == "")
    if empty.any():
        raise RaymerError(f"{path}: line {int(np.argmax(empty)) + 2} has no {name}: fill it in or remove the line")
    return [str(value) for value in frame[name]]


def _ids(files: list[str], source: Path) -> list[str]:
    """Return the files' paths without their ending, or with it where two differ in nothing else."""
    seen: set[str] = set()
    for at, file in enumerate(files):
        if not file or file in seen:
            raise RaymerError(f"{source}: line {at + 2}: file {file!r} {'stands twice' if file else 'is empty'}")
        seen.add(file)
    stems = [file.rpartition(".")[0] or file for file in files]
    return stems if len(set(stems)) == len(stems) else files
