"""A corpus from Python: a DataFrame or arrays, with the same roles and the same questions as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from raymer.arguments import checked
from raymer.corpora.base import Corpus, Origin
from raymer.corpora.door.build import make_corpus
from raymer.corpora.door.columns import Columns, find_mixed, is_list, join_lists, join_texts
from raymer.corpora.door.roles import RoleOptions, stay_text
from raymer.corpora.door.table_data import TableData, name_columns
from raymer.errors import RaymerError, UsageError
from raymer.records import shown

Names = str | Sequence[str]


@checked
def corpus_from_frame(
    frame: pd.DataFrame,
    *,
    targets: Names = (),
    id: Names | None = None,
    group: str | None = None,
    classes: Names = (),
    numbers: Names = (),
    feature: Names = (),
    keep: Names = (),
    ignore: Names = (),
    number_rows: bool = False,
    mean_over: str | None = None,
    group_from: str | None = None,
    missing: str | None = None,
    name: str = "frame",
) -> Corpus:
    """Return the corpus of a DataFrame with a row a clip.

    Parameters
    ----------
    frame : DataFrame
        A named index is a column like any other; an index of text without a name gives the ids.
    targets, classes, numbers : str or sequence of str
        Columns to predict; the latter two also say of which kind they are.
    id : str or sequence of str, optional
    group : str, optional
    feature, keep, ignore : str or sequence of str
        Names or patterns, and the role such columns get.
    number_rows : bool
        Call the clips 1, 2, 3 ...
    mean_over : str, optional
        The column of raters, where a clip has a row each.
    group_from : str, optional
        A regular expression over ids, whose brackets hold the group: "(.*)[.][0-9]+".
    missing : {"keep", "drop-rows", "drop-columns"}, optional
    name : str
        Of the corpus.

    Raises
    ------
    Questions
        Where columns are doubtful; its `questions` has them all and its `answers` what would settle them.
    UsageError, RaymerError
        As the import of a file.
    """
    ids = _tuple(id)
    if any(level is not None for level in frame.index.names):
        frame = frame.reset_index()
    elif not ids and not number_rows and not isinstance(frame.index, pd.RangeIndex):
        if not all(isinstance(label, str) for label in frame.index):
            raise UsageError(f"{name}: the frame's index has no name: say id=COLUMN, or number_rows=True")
        title = "clip_id" if "clip_id" not in frame.columns else "frame_index"
        frame, ids = frame.reset_index(names=title), (title,)
    options = RoleOptions(
        ids, group, _tuple(targets), _tuple(classes), _tuple(numbers),
        _tuple(feature), _tuple(keep), _tuple(ignore), number_rows, mean_over, group_from,
    )  # fmt: skip
    corpus = make_corpus(name, table_of(frame, name, options), (), options, missing=missing)
    return replace(corpus, origin=Origin("frame"))


@checked
def corpus_from_arrays(
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    ids: Any = None,
    feature_names: Sequence[str] | None = None,
    targets: Names | None = None,
    classes: Names = (),
    numbers: Names = (),
    feature: Names = (),
    ignore: Names = (),
    missing: str | None = None,
    name: str = "arrays",
) -> Corpus:
    """Return the corpus of arrays.

    Parameters
    ----------
    X : array-like of shape (n_clips, n_features)
    y : array-like of shape (n_clips,) or (n_clips, n_targets), or a mapping of name to (n_clips,)
        Text is classes, numbers are a scale unless `classes` names them.
    groups, ids : array-like of shape (n_clips,), optional
        Without ids clips are called 1, 2, 3 ...
    feature_names : sequence of str, optional
        By default f0, f1, ..., or a DataFrame's own.
    targets : str or sequence of str, optional
        Names of y's columns; by default y, or y0, y1, ...
    classes, numbers, feature, ignore, missing, name
        As in `corpus_from_frame`.

    Raises
    ------
    Questions, UsageError, RaymerError
        As `corpus_from_frame`; also when lengths differ.
    """
    names = list(feature_names) if feature_names is not None else list(getattr(X, "columns", ())) or None
    values = np.asarray(X)
    if values.ndim != 2:
        raise UsageError(f"X has shape {values.shape}; (n_clips, n_features) is needed")
    names = [str(each) for each in names or (f"f{k}" for k in range(values.shape[1]))]
    if len(names) != values.shape[1]:
        raise UsageError(f"X has {values.shape[1]} columns and {len(names)} names")
    columns = _targets(y, targets)
    taken = {"clip_id": ids, "group": groups, **columns}
    for title, column in taken.items():
        if column is not None and (not hasattr(column, "__len__") or getattr(column, "ndim", 1) == 0):
            raise UsageError(f"{title} is {shown(column)}: a value a row of X is needed")
        if column is not None and len(column) != len(values):
            raise UsageError(f"X has {len(values)} rows and {title} {len(column)}")
        if column is not None and title in names:
            raise UsageError(f"a feature is called {title!r} as the {title} is: give other feature_names")
    frame = pd.DataFrame(values, columns=names)
    for title, column in taken.items():
        if column is not None:
            frame[title] = np.asarray(column)
    corpus = corpus_from_frame(
        frame,
        targets=tuple(columns),
        id="clip_id" if ids is not None else None,
        group="group" if groups is not None else None,
        classes=classes,
        numbers=numbers,
        feature=feature,
        ignore=ignore,
        number_rows=ids is None,
        missing=missing,
        name=name,
    )
    return replace(corpus, origin=Origin("arrays"))


def _targets(y: Any, targets: Names | None) -> dict[str, Any]:
    if isinstance(y, Mapping | pd.DataFrame):
        return {str(title): y[title] for title in y}
    labels = np.asarray(y)
    if labels.ndim == 1:
        return {(_tuple(targets) or ("y",))[0]: labels}
    if labels.ndim != 2:
        raise UsageError(f"y has shape {labels.shape}; (n_clips,) or (n_clips, n_targets) is needed")
    names = _tuple(targets) or tuple(f"y{k}" for k in range(labels.shape[1]))
    if len(names) != labels.shape[1]:
        raise UsageError(f"y has {labels.shape[1]} columns and {len(names)} names in targets")
    return {title: labels[:, k] for k, title in enumerate(names)}


def _tuple(names: Names | None) -> tuple[str, ...]:
    if names is None or isinstance(names, str):
        return (names,) if names else ()
    return tuple(names)


def table_of(frame: pd.DataFrame, source: str, options: RoleOptions) -> TableData:
    """Return a frame's columns as the reader of files gives them."""
    names, nameless = name_columns([str(name) for name in frame.columns], source)
    found = Columns(names, stay_text(names, options, source))
    if len(frame) == 0:
        raise RaymerError(f"{source} has no row")
    arrays = [_arrow(frame.iloc[:, k], name, source) for k, name in enumerate(names)]
    found.add(arrays)
    texts = {name: join_texts(chunks) for name, chunks in found.texts.items()}
    mixed = {
        name: what
        for name, column in texts.items()
        if name not in found.as_text and (what := find_mixed(column, ".")) is not None
    }
    rows = [None] * len(frame)
    lists = {
        name: join_lists([array], name, source, rows)
        for name, array in zip(names, arrays, strict=True)
        if is_list(array.type)
    }
    return TableData(
        source, names, nameless, len(frame), found.values(), list(found.numeric or ()), texts, lists, mixed
    )


def _arrow(column: "pd.Series[Any]", name: str, source: str) -> pa.Array:
    try:
        array = pa.Array.from_pandas(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        if any(isinstance(cell, list | tuple | np.ndarray) for cell in column):
            raise RaymerError(f"{source}: column {name!r} holds lists and other things, or no numbers") from None
        array = pa.array([None if _is_missing(cell) else str(cell) for cell in column], pa.string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _is_missing(cell: object) -> bool:
    return bool(pd.api.types.is_scalar(cell) and pd.isna(cell))
