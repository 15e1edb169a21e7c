"""One more representation of a corpus' clips: a table, an .npz of arrays, or a folder of .npy vectors."""

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus, Input, load_corpus
from raymer.corpora.door.build import assign_other, input_name, input_of
from raymer.corpora.door.ids import AS_THEY_STAND, Matching
from raymer.corpora.door.questions import Question, Questions
from raymer.corpora.door.reading import PLAIN, Reading, file_hash, read_data
from raymer.corpora.door.roles import RoleOptions, Roles, stay_text
from raymer.corpora.door.table_data import TableData
from raymer.corpora.inputs import add_input
from raymer.errors import RaymerError, UsageError


def add_file(
    folder: Path,
    path: Path,
    name: str,
    options: RoleOptions | None = None,
    *,
    how: Matching = AS_THEY_STAND,
    reading: Reading = PLAIN,
    missing: str | None = None,
    replace_existing: bool = False,
) -> dict[str, Any]:
    """Add the features in `path` to the corpus in `folder` as the input `name`, and return what was done.

    Parameters
    ----------
    folder : Path
        A corpus folder; what else lies in it stays.
    path : Path
        A table, an .npz with `ids` and one array of rows, or with an array an id, or a folder of .npy vectors.
    name : str
    options : RoleOptions, optional
        The id's columns, and the roles of others; targets are the corpus' own.
    how, reading, missing
        As in an import.
    replace_existing : bool
        Replace an input of that name.

    Raises
    ------
    Questions
        Where columns are doubtful.
    UsageError, RaymerError
        When the file is of no kind that is read, or its ids do not match.
    """
    corpus = load_corpus(folder)
    if name != input_name(name):
        raise UsageError(f"an input cannot be called {name!r}: letters, digits and . _ + - are a name")
    if name in corpus.inputs and not replace_existing:
        raise UsageError(f"{folder} has an input {name!r} already: another name=, or replace it")
    made, notes = read_inputs(corpus, path, name, options, how=how, reading=reading, missing=missing)
    for item in made:
        add_input(folder, item)
    return {"inputs": [item.name for item in made], **notes}


def read_inputs(
    corpus: Corpus,
    path: Path,
    name: str,
    options: RoleOptions | None = None,
    *,
    how: Matching = AS_THEY_STAND,
    reading: Reading = PLAIN,
    missing: str | None = None,
) -> tuple[list[Input], dict[str, Any]]:
    """Return the inputs that `path` holds for the clips of `corpus`, and what to note; raises as `add_file`."""
    said = options or RoleOptions()
    usual = _id_columns(corpus)
    if path.is_dir():
        data = read_folder(path)
    elif path.is_file() and zipfile.is_zipfile(path):
        data = read_npz(path)
    else:
        data = read_data(path, reading, lambda names: [*stay_text(names, said, str(path)), *usual])
    if data.made_by.get("kind") == "arrays":
        said = replace(said, id=("clip_id",))
    labels = Roles(usual, None, {target.name: target.kind for target in corpus.targets})
    roles = assign_other(data, replace(said, drop_columns=missing == "drop-columns"), labels)
    if data.made_by.get("kind") == "arrays":  # columns of an array have no names that could be doubtful
        roles.questions = [question for question in roles.questions if question.code in ("empty", "counts-rows")]
    if roles.questions:
        raise Questions(data.source, [_without_keep(question) for question in roles.questions])
    roles.ignored |= dict.fromkeys(roles.kept, "no number")
    roles.kept = []
    return input_of(name, data, roles, corpus.clips["clip_id"].tolist(), how, missing)


def _id_columns(corpus: Corpus) -> tuple[str, ...]:
    """Return the columns that the corpus' ids were made of, where its import says so."""
    ids = corpus.notes.get("columns", {}).get("id")
    return tuple(ids) if isinstance(ids, list) else ()


def _without_keep(question: Question) -> Question:
    """Nothing is kept beside the clips when features are added later: what would be is left out."""
    choices = tuple(choice for choice in question.choices if choice != "keep")
    return replace(question, choices=choices, proposal="ignore")


def read_npz(path: Path) -> TableData:
    """Read arrays by their ids: `ids` and one array of as many rows, or a vector an id. Pickles stay unread.

    Raises
    ------
    RaymerError
        When an array is one of objects, ids and rows differ in number, or vectors in length.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: _array(file, key, path) for key in file.files}
    except (OSError, zipfile.BadZipFile) as error:
        raise RaymerError(f"{path} cannot be read as arrays: {str(error).splitlines()[0]}") from error
    if not arrays:
        raise RaymerError(f"{path} holds no array")
    ids = next((key for key in arrays if key.casefold() in ("ids", "id", "clip_ids", "clip_id", "names")), None)
    if ids is None:
        return _stacked(arrays, str(path), _made_by(path))
    tables = [key for key in arrays if key != ids and arrays[key].ndim == 2 and len(arrays[key]) == arrays[ids].size]
    if len(tables) != 1:
        found = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
        what = "several arrays" if tables else "no array"
        raise RaymerError(f"{path}: {what} with a row an id; it holds {found}")
    return _table(arrays[ids].reshape(-1), arrays[tables[0]], str(path), _made_by(path))


def read_folder(path: Path) -> TableData:
    """Read a folder of ID.npy, a vector each; raises RaymerError where they are something else."""
    files = sorted(file for file in path.rglob("*.npy") if not file.name.startswith("."))
    if not files:
        raise RaymerError(f"{path} holds no .npy file")
    arrays = {}
    for file in files:
        try:
            arrays[file.relative_to(path).with_suffix("").as_posix()] = np.load(file, allow_pickle=False)
        except ValueError as error:
            raise RaymerError(f"{file} {_pickled(error)}") from error
    return _stacked(arrays, str(path), {"file": f"{path.name}/*.npy", "kind": "arrays"})


def _array(file: Any, key: str, path: Path) -> np.ndarray:
    try:
        array: np.ndarray = file[key]
    except ValueError as error:
        raise RaymerError(f"{path}: array {key!r} {_pickled(error)}") from error
    return array


def _pickled(error: ValueError) -> str:
    if "pickle" in str(error).lower():
        return "is one of objects (a pickle), which is never read: store numbers, and ids as text (dtype str)"
    return f"cannot be read: {str(error).splitlines()[0]}"


def _made_by(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": file_hash(path), "kind": "arrays"}


def _stacked(arrays: dict[str, np.ndarray], source: str, made_by: dict[str, str]) -> TableData:
    """Return a row an array; vectors of one length are a table, anything else is not."""
    first, one = next(iter(arrays.items()))
    for clip, array in arrays.items():
        if array.ndim != 1 or array.shape != one.shape:
            other = "" if array.shape == one.shape else f" and {first!r} {one.shape}"
            raise RaymerError(
                f"{source}: {clip!r} has shape {array.shape}{other}: a table has a vector (d,) of one length a clip; "
                "sequences are an input of frames"
            )
    return _table(np.array(list(arrays)), np.stack(list(arrays.values())), source, made_by)


def _table(ids: np.ndarray, values: np.ndarray, source: str, made_by: dict[str, str]) -> TableData:
    if values.dtype.kind not in "fiub":
        raise RaymerError(f"{source} holds {values.dtype}, which are no real numbers")
    if ids.dtype.kind == "S":
        ids = np.char.decode(ids, "utf-8")
    if ids.dtype.kind not in "Uiu":
        raise RaymerError(f"{source}: ids are {ids.dtype}; text or whole numbers are needed")
    numbers = np.ascontiguousarray(values, dtype=np.float64)
    if np.isinf(numbers).any():
        row = int(np.argmax(np.isinf(numbers).any(axis=1)))
        raise RaymerError(f"{source}: {str(ids[row])!r} has an infinite number")
    names = [str(k) for k in range(values.shape[1])]
    texts = {"clip_id": np.array([str(clip) for clip in ids.tolist()], dtype=object)}
    return TableData(
        source, ["clip_id", *names], set(), len(values), numbers, names, texts, made_by=made_by, index=("clip_id",)
    )


def describe_inputs(corpus: Corpus) -> list[dict[str, Any]]:
    """Return a record an input: name, kind, shape, dtype, what it was made by, clips covered, hash."""
    return [
        {
            "name": item.name,
            "kind": "table",
            "shape": list(item.values.shape),
            "dtype": str(item.values.dtype),
            "made_by": dict(item.made_by),
            "clips": len(item.clip_ids),
            "of": len(corpus.clips),
            "missing": int(np.isnan(item.values).sum()),
            "hash": item.fingerprint,
        }
        for item in corpus.inputs.values()
    ]
