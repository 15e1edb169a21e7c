"""A corpus made of tables that were read, once every column has its role."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from raymer.corpora.base import Corpus, Input
from raymer.corpora.door.columns import take_columns
from raymer.corpora.door.ids import AS_THEY_STAND, Matching, check_unique, make_ids, match
from raymer.corpora.door.labels import add_kept, add_target, check_varies, groups_of, kept_column, without_group
from raymer.corpora.door.missing import MISSING, heed_missing, missing_remark
from raymer.corpora.door.questions import ROLES, Questions
from raymer.corpora.door.raters import mean_rows, varying
from raymer.corpora.door.roles import RoleOptions, Roles, assign, matching
from raymer.corpora.door.table_data import TableData
from raymer.errors import RaymerError, UsageError

MAIN = "features"


@dataclass
class Part:
    """A table beside the one with the labels: the name its input gets, what was read, and its roles."""

    name: str
    data: TableData
    roles: Roles


def make_corpus(
    name: str,
    main: TableData,
    others: Sequence[tuple[str, TableData]],
    options: RoleOptions,
    *,
    missing: str | None = None,
    how: Matching = AS_THEY_STAND,
) -> Corpus:
    """Return the corpus of a table with labels, and of tables with features of the same clips.

    Raises
    ------
    Questions
        Where columns are doubtful: all of them at once, and nothing is made.
    UsageError, RaymerError
        When the tables cannot be a corpus, naming the column or the row.
    """
    if missing is not None and missing not in MISSING:
        raise UsageError(f"missing={missing!r} is unknown: choose one of {', '.join(MISSING)}")
    tables = [main, *(data for _, data in others)]
    _check_patterns(options, tables)
    options = replace(options, drop_columns=missing == "drop-columns")
    roles = assign(main, own_part(options, main))
    parts = [Part(title, data, assign_other(data, options, roles)) for title, data in others]
    ids = _ids(main, roles)
    if not roles.mean_over:
        check_unique(ids, main.source, " + ".join(roles.id))
    questions = [*roles.questions, *(question for part in parts for question in part.roles.questions)]
    if roles.mean_over:
        questions = [question for question in questions if question.code != "few-values"]
        questions += varying(main, roles, ids)
    if questions:
        raise Questions(main.source, questions, missing_remark(main, roles, missing))
    rows = main.n_rows
    if roles.mean_over:
        main, ids = mean_rows(main, roles, ids)
    return _build(name, main, roles, ids, parts, how, missing, rows)


def own_part(options: RoleOptions, data: TableData) -> RoleOptions:
    """Return `options` with those names and patterns only that fit a column of `data`."""
    feature, keep, ignore = (tuple(p for p in getattr(options, role) if matching(p, data.names)) for role in ROLES)
    return replace(options, feature=feature, keep=keep, ignore=ignore)


def assign_other(data: TableData, options: RoleOptions, main: Roles) -> Roles:
    """Return the roles of a table that holds features only; the labels' id is found in it, or a usual one."""
    own = own_part(options, data)
    has_ids = all(matching(name, data.names) for name in own.id)
    own = replace(own, id=own.id if has_ids else (), group=None, number_rows=False, mean_over=None, group_from=None)
    own = replace(own, targets=tuple(main.kinds), classes=(), numbers=())
    if not own.id and main.id and all(name in data.names for name in main.id):
        own = replace(own, id=main.id)
    return assign(data, own, needs_targets=False)


def _check_patterns(options: RoleOptions, tables: Sequence[TableData]) -> None:
    names = [name for data in tables for name in data.names]
    for role in ROLES:
        for pattern in getattr(options, role):
            if not matching(pattern, names):
                raise UsageError(f"{role}={pattern!r} fits no column of {', '.join(data.source for data in tables)}")


def _ids(data: TableData, roles: Roles) -> np.ndarray:
    if not roles.id:
        return np.array([str(row) for row in range(1, data.n_rows + 1)], dtype=str)
    return make_ids([(name, data.texts[name].tolist()) for name in roles.id], data.source)


def _build(
    name: str,
    main: TableData,
    roles: Roles,
    ids: np.ndarray,
    parts: Sequence[Part],
    how: Matching,
    missing: str | None,
    rows: int,
) -> Corpus:
    clips = pd.DataFrame({"clip_id": ids, "group": groups_of(main, roles, ids)})
    targets = tuple(add_target(clips, target, kind, main, ids) for target, kind in roles.kinds.items())
    kept = {column: kept_column(main, column) for column in [*(roles.id if len(roles.id) > 1 else ()), *roles.kept]}
    notes: dict[str, Any] = {"rows": rows} if rows != len(ids) else {}
    inputs, dropped, inputs_notes = _inputs_of(main, roles, ids, missing)
    for part in parts:
        added, of_part = input_of(part.name, part.data, part.roles, ids.tolist(), how, missing)
        for item in added:
            if item.name in inputs:
                raise UsageError(f"two inputs are called {item.name!r}: name them with features=NAME=FILE")
            inputs[item.name] = item
        inputs_notes[part.name] = of_part
        for column in part.roles.kept:
            if column in roles.kinds or column == roles.group or column in kept or column in main.names:
                part.roles.ignored[column] = "stands beside the labels already"
            else:
                kept[column] = _kept_of_part(part, column, ids.tolist(), how)
        part.roles.kept = [column for column in part.roles.kept if column not in part.roles.ignored]
        of_part["columns"] = part.roles.record()
    renamed = add_kept(clips, kept, roles)
    if dropped:
        keep = ~clips["clip_id"].isin(dropped)
        clips = clips[keep].reset_index(drop=True)
        inputs = {title: _without(item, dropped) for title, item in inputs.items()}
    check_varies(clips, targets, main.source)
    unlabelled = {target.name: int(clips[target.name].isna().sum()) for target in targets}
    notes |= {
        "annotated": len(clips),
        **({"with_features": inputs_notes[MAIN]["clips"], "features": len(roles.features)} if MAIN in inputs else {}),
        "read_as": list(main.words),
        "columns": roles.record(renamed),
        "inputs": inputs_notes,
        "without_group": without_group(main, roles, ids),
        "missing_labels": {target: count for target, count in unlabelled.items() if count},
        "dropped_rows": {"count": len(dropped), "first": dropped[:5]} if dropped else {},
    }
    notes = {key: value for key, value in notes.items() if value not in ([], {})}
    return Corpus(name, clips, targets, inputs, notes, group_name=roles.group or ("song" if roles.group_from else None))


def _inputs_of(
    data: TableData, roles: Roles, ids: np.ndarray, missing: str | None
) -> tuple[dict[str, Input], list[str], dict[str, Any]]:
    """Return the inputs of the table with the labels, the clips to drop, and what to note."""
    features, notes = list(roles.features), {}
    inputs: dict[str, Input] = {}
    dropped: list[str] = []
    for title, item in _lists(data, roles, ids):
        inputs[title] = item
        notes[title] = {"features": len(item.columns), "clips": len(item.clip_ids)}
    if features:
        if MAIN in inputs:
            raise UsageError(
                f"{data.source}: a column of lists is called {MAIN!r} as the other features are: rename it"
            )
        values = take_columns(data.values, [data.numeric.index(name) for name in features])
        values, features, gone, found = heed_missing(values, features, roles, missing)
        dropped = ids[gone].tolist()
        inputs[MAIN] = Input(MAIN, ids, values, tuple(features), dict(data.made_by))
        notes[MAIN] = {"features": len(features), "clips": len(ids) - len(dropped), **found}
    return inputs, dropped, notes


def _lists(data: TableData, roles: Roles, ids: np.ndarray) -> list[tuple[str, Input]]:
    made = []
    for column in roles.lists:
        title, values = input_name(column), data.lists[column]
        present = ~np.isnan(values).all(axis=1)
        names = tuple(f"{column}.{k}" for k in range(values.shape[1]))
        made_by = {**data.made_by, "column": column}
        made.append((title, Input(title, ids[present], values[present], names, made_by)))
    return made


def input_name(text: str) -> str:
    """Return a name for an input that may be a file's name: letters, digits, and . _ -; + joins inputs."""
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or MAIN


def check_input_name(name: str) -> None:
    """Raise UsageError for what cannot be the name of an input."""
    if name != input_name(name):
        raise UsageError(f"an input cannot be called {name!r}: letters, digits and . _ - are a name")


def input_of(
    name: str, data: TableData, roles: Roles, clips: Sequence[str], how: Matching, missing: str | None
) -> tuple[list[Input], dict[str, Any]]:
    """Return the inputs of a table that holds features of `clips`, and what to note of it.

    Raises
    ------
    RaymerError, UsageError
        When ids stand twice or do not match, or there is no feature.
    """
    ids = _ids(data, roles)
    check_unique(ids, data.source, " + ".join(roles.id))
    found = match(clips, ids.tolist(), data.source, how)
    wanted = np.array(found.clips, dtype=str)
    if not roles.features and not roles.lists:
        raise RaymerError(f"{data.source} has no feature: its columns are the id, text and what is left out")
    notes: dict[str, Any] = {**found.notes(), "columns": roles.record(), "read_as": list(data.words)}
    made = []
    for column in roles.lists:
        values = data.lists[column][found.rows]
        present = ~np.isnan(values).all(axis=1)
        title = name if len(roles.lists) == 1 and not roles.features else f"{name}-{input_name(column)}"
        names = tuple(f"{column}.{k}" for k in range(values.shape[1]))
        made.append(Input(title, wanted[present], values[present], names, {**data.made_by, "column": column}))
    if roles.features:
        places = [data.numeric.index(column) for column in roles.features]
        same = len(found.rows) == data.n_rows and bool((np.diff(found.rows) == 1).all())
        values = take_columns(data.values, places) if same else data.values[found.rows][:, places]
        values, features, gone, of_missing = heed_missing(values, list(roles.features), roles, missing)
        notes |= of_missing
        made.append(Input(name, wanted[~gone], values[~gone] if gone.any() else values, tuple(features), data.made_by))
        if gone.any():
            notes["dropped_rows"] = {"count": int(gone.sum()), "first": wanted[gone][:5].tolist()}
        notes["columns"] = roles.record()
    notes["features"] = sum(len(item.columns) for item in made)
    return made, {key: value for key, value in notes.items() if value not in ([], {})}


def _kept_of_part(part: Part, column: str, clips: list[str], how: Matching) -> Any:
    found = match(clips, _ids(part.data, part.roles).tolist(), part.data.source, how)
    cells = kept_column(part.data, column)
    by_clip = dict(zip(found.clips, cells[found.rows].tolist(), strict=True))
    return np.array([by_clip.get(clip) for clip in clips], dtype=object)


def _without(item: Input, dropped: Sequence[str]) -> Input:
    keep = ~np.isin(item.clip_ids, np.array(dropped, dtype=str))
    return item if keep.all() else replace(item, clip_ids=item.clip_ids[keep], values=item.values[keep])
