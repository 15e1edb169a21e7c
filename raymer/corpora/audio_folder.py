"""Your own audio: a folder a class, or a table that says what each file is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd

from raymer.corpora.audio_files import SUFFIXES, audio_below, corpus_with_audio
from raymer.corpora.audio_lookup import AudioLookup, broken_files, not_read, same_file
from raymer.corpora.base import Corpus, Target
from raymer.corpora.door.labels import labelled_clips
from raymer.corpora.door.questions import Questions
from raymer.corpora.door.reading import Reading, read_data
from raymer.corpora.door.roles import RoleOptions, Roles, assign, stay_text
from raymer.corpora.door.table_data import TableData, resolve
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.table import role_options
from raymer.corpora.tables import ID_COLUMNS
from raymer.errors import RaymerError, UsageError

INFO = CorpusInfo(
    name="audio_folder",
    title="any folder of audio, with a folder a class or a table of labels",
    where="yours",
    licence="yours",
    layout="CLASS/FILE.wav, or --labels TABLE.csv with a column file (below the folder), targets, perhaps a --group",
    faults=(),
    options=(
        "labels", "targets", "classes", "numbers", "group_column", "file_column", "keep", "ignore", "encoding",
        "separator", "decimal",
    ),
)  # fmt: skip

CLASS = "class"
FILE = "file"


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read a folder of audio.

    With `options.labels`, a table: its column `options.file_column` ("file" when None) names files below `src`, with
    or without folder and ending; `options.targets` are the columns to predict (all that can be when None), the others
    are kept beside the clips.
    Without it, the folder that a file lies in is its class. A clip is called as its file is, without the ending.

    Raises
    ------
    UsageError
        When `src` is no folder, a table is missing, or options are given that folders of classes cannot heed.
    RaymerError
        When a file stands twice or lies elsewhere, there are fewer than two classes, or no audio is found.
    """
    if not src.is_dir():
        raise UsageError(f"{src} is no folder")
    if options.labels is not None:
        return _read_table(src, options.labels, options)
    if any((options.targets, options.classes, options.numbers, options.group_column, options.file_column)):
        raise UsageError("--target and --group name columns of a table: give it with --labels")
    return _read_folders(src)


def _read_folders(src: Path) -> Corpus:
    files = [path.relative_to(src) for path in audio_below(src)]
    inside = [path for path in files if len(path.parts) > 1]
    classes = [path.parts[0] for path in inside]
    if len(set(classes)) < 2:
        found = f"{len(set(classes))} folders with audio" if files else "no audio"
        raise RaymerError(f"{src} holds {found}: two classes (CLASS/FILE.wav) are needed, or a table with --labels")
    names = [path.as_posix() for path in inside]
    twice = same_file(src, names)
    if twice:
        raise RaymerError(f"{src}: {names[twice[0]]} and {names[twice[1]]} are one file: remove one")
    ids = _ids(names)
    clips = pd.DataFrame({"clip_id": ids, "group": ids, CLASS: classes, "audio": names})
    notes = {
        "clips_a_class": {name: classes.count(name) for name in sorted(set(classes))},
        "audio_in_no_class": len(files) - len(inside),
        **_unread(src, names, ()),
    }
    return corpus_with_audio(src.resolve().name, src, clips, (Target(CLASS, kind="class"),), notes, layout=INFO.layout)


def _unread(src: Path, files: list[str], but: tuple[Path, ...]) -> dict[str, object]:
    """Return what to note of files that are not read: endings by number, and those that cannot be decoded."""
    notes: dict[str, object] = {}
    if endings := not_read(src, but):
        notes["files_not_read"] = endings
    if broken := broken_files(src, files):
        notes["broken_audio"] = {"count": len(broken), "first": broken[:5]}
    return notes


def _read_table(src: Path, path: Path, options: ImportOptions) -> Corpus:
    said = role_options(options)
    file_column = options.file_column or FILE

    def texts(names: Sequence[str]) -> Sequence[str]:
        files = [name for name in names if name.casefold() in (file_column.casefold(), *ID_COLUMNS)]
        return [*stay_text(names, said, str(path)), *files]

    data = read_data(path, Reading(options.encoding, options.separator, options.decimal), texts)
    lookup = AudioLookup(src)
    column = _file_column(data, options.file_column, lookup)
    roles = _roles(data, column, said)
    cells = [cell or "" for cell in data.texts[column].tolist()]
    files = _find_all(cells, lookup, path)
    ids = _ids([cell.replace("\\", "/") for cell in cells])
    clips, targets = labelled_clips(data, roles, ids)
    clips["audio"] = pd.Series(files, dtype=object)
    found = [file for file in files if file is not None]
    unlabelled = len(lookup.files) - len(set(found) & set(lookup.files))
    notes = {"columns": roles.record(), "audio_without_label": unlabelled, **_unread(src, found, (path,))}
    made = corpus_with_audio(src.resolve().name, src, clips, targets, notes, layout=f"{src}/FILE as {path.name} says")
    return replace(made, group_name=roles.group)


def _file_column(data: TableData, asked: str | None, lookup: AudioLookup) -> str:
    """Return the column that names the files: the one asked for, `file`, or a usual id; others are proposed."""
    if asked is not None:
        return resolve(asked, data.names, data.source, "file_column")
    usual = [name for each in (FILE, *ID_COLUMNS) for name in data.names if name.casefold() == each]
    if usual:
        return usual[0]
    stems = {Path(file).stem for file in lookup.files}
    for name, column in data.texts.items():
        fits = sum(cell is not None and Path(cell.replace("\\", "/")).stem in stems for cell in column)
        if fits:
            raise UsageError(
                f"{data.source}: column {FILE!r} is missing; {name!r} names {fits} of {len(lookup.files)} files: "
                f"file_column={name!r}"
            )
    raise RaymerError(f"{data.source}: column {FILE!r} is missing: say which names the files with file_column=NAME")


def _roles(data: TableData, column: str, said: RoleOptions) -> Roles:
    """Return the roles of the columns of labels: there are no features, so what is no target is kept."""
    targets = said.targets
    if not (targets or said.classes or said.numbers):
        group = resolve(said.group, data.names, data.source, "group") if said.group else None
        targets = tuple(name for name in data.names if name not in (column, group) and _may_be_target(data, name))
        if not targets:
            raise RaymerError(f"{data.source} has no column to predict beside {column!r}")
    roles = assign(data, replace(said, id=(column,), targets=targets))
    asked = [question for question in roles.questions if question.code == "few-values"]
    if asked:
        raise Questions(data.source, asked)
    roles.kept += [*roles.features, *(question.column for question in roles.questions)]
    roles.features, roles.questions = [], []
    return roles


def _may_be_target(data: TableData, name: str) -> bool:
    if name in data.lists:
        return False
    if name in data.numeric:
        return True
    present = [cell for cell in data.texts[name] if cell is not None]
    return len(present) > 0 and (len(present) < 5 or len(set(present)) <= len(present) / 2)


def _find_all(cells: list[str], lookup: AudioLookup, path: Path) -> list[str | None]:
    """Return the file of every row; raises RaymerError for a cell that is empty, leads elsewhere or stands twice."""
    seen: dict[str, int] = {}
    files = []
    for row, cell in enumerate(cells):
        if not cell or cell in seen:
            raise RaymerError(f"{path}: line {row + 2}: file {cell!r} {'stands twice' if cell else 'is empty'}")
        seen[cell] = row
        try:
            files.append(lookup.find(cell))
        except RaymerError as error:
            raise RaymerError(f"{path}: line {row + 2}: {error}") from error
    twice = same_file(lookup.root, files)
    if twice:
        one, two = twice
        raise RaymerError(
            f"{path}: line {two + 2}: {cells[two]!r} is the same file as {cells[one]!r} in line {one + 2}: remove one"
        )
    return files


def _ids(files: list[str]) -> list[str]:
    """Return the files' paths without their ending, or with it where two differ in nothing else."""
    stems = [str(PurePosixPath(file).with_suffix("")) if _ending(file) else file for file in files]
    return stems if len(set(stems)) == len(stems) else files


def _ending(file: str) -> bool:
    return PurePosixPath(file).suffix.lower() in SUFFIXES
