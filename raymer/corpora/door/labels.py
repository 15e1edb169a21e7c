"""The clip table of a table that was read: groups, targets and what is kept beside them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from raymer.corpora.base import OWN_COLUMNS, Target
from raymer.corpora.door.columns import is_number
from raymer.corpora.door.ids import groups_from, plain
from raymer.corpora.door.roles import Roles
from raymer.corpora.door.table_data import TableData
from raymer.errors import RaymerError, UsageError


def labelled_clips(data: TableData, roles: Roles, ids: Sequence[str]) -> tuple[pd.DataFrame, tuple[Target, ...]]:
    """Return the clip table of labels without features: ids, groups, targets and kept columns.

    Raises
    ------
    RaymerError
        When a row has no group, or a target is empty or never varies.
    """
    names = np.array(ids, dtype=str)
    clips = pd.DataFrame({"clip_id": names, "group": groups_of(data, roles, names)})
    targets = tuple(add_target(clips, target, kind, data, names) for target, kind in roles.kinds.items())
    check_varies(clips, targets, data.source)
    add_kept(clips, {column: kept_column(data, column) for column in roles.kept}, roles)
    return clips, targets


def groups_of(data: TableData, roles: Roles, ids: np.ndarray) -> Any:
    """Return the group of each row: a column's text, what brackets hold of the id, or the id itself."""
    if roles.group_from is not None:
        return groups_from(ids, roles.group_from)
    if roles.group is None:
        return ids
    cells = data.texts[roles.group].tolist()
    present = [cell for cell in plain(cells) if cell is not None]
    if not present:
        raise RaymerError(f"{data.source}: no row has a {roles.group}: there are no groups")
    if all(is_number(cell) for cell in present) and not all(re.fullmatch(r"[-+]?\d+", cell) for cell in present):
        raise UsageError(f"{data.source}: the group {roles.group!r} holds numbers such as {present[0]}, no codes")
    return [clip if cell is None else cell for clip, cell in zip(ids.tolist(), plain(cells), strict=True)]


def without_group(data: TableData, roles: Roles, ids: np.ndarray) -> dict[str, Any]:
    """Return how many clips have no group and so are their own, and the first."""
    if roles.group is None:
        return {}
    empty = [clip for clip, cell in zip(ids.tolist(), data.texts[roles.group].tolist(), strict=True) if cell is None]
    return {"count": len(empty), "first": empty[:5]} if empty else {}


def add_target(clips: pd.DataFrame, name: str, kind: str, data: TableData, ids: np.ndarray) -> Target:
    """Add the column of a target to the clip table; RaymerError where it holds nothing, or neither kind."""
    if kind == "number":
        clips[name] = data.number(name).copy()
        column = clips[name]
        if column.isna().all():
            raise RaymerError(f"{data.source}: target {name!r} has no label in any row")
        return Target(name, low=float(column.min()), high=float(column.max()))
    labels = plain(data.texts[name].tolist())
    present = [label for label in labels if label is not None]
    if len(present) >= 5 and len(set(present)) > len(present) / 2:
        what = f"{len(set(present))} different texts in {len(present)} rows ({present[0]!r}, {present[1]!r} ...)"
        raise RaymerError(f"{data.source}: target {name!r} has {what}: neither numbers nor classes")
    clips[name] = pd.Series(labels, dtype=object)
    return Target(name, kind="class")


def check_varies(clips: pd.DataFrame, targets: Sequence[Target], source: str) -> None:
    """Raise RaymerError for a target with one value, or for no clip at all."""
    if len(clips) == 0:
        raise RaymerError(f"{source}: no row is left")
    for target in targets:
        values = clips[target.name].dropna()
        if values.nunique() < 2:
            only = f"it is {str(values.iloc[0])!r} in every row" if len(values) else "no row has one"
            raise RaymerError(f"{source}: {target.name} never varies ({only}): nothing can be predicted or scored")


def kept_column(data: TableData, name: str) -> Any:
    """Return a kept column: whole numbers and numbers as such, anything else as text with None where it is empty."""
    if name in data.numeric:
        return _numbers(data.number(name).copy())
    cells = data.texts[name]
    if all(cell is None or (is_number(cell) and not re.match(r"[-+]?0\d", cell)) for cell in cells):
        return _numbers(np.array([np.nan if cell is None else float(cell) for cell in cells]))
    return cells


def _numbers(values: np.ndarray) -> np.ndarray:
    whole = not np.isnan(values).any() and bool((values == np.floor(values)).all()) and abs(values).max() < 2**53
    return values.astype(np.int64) if whole else values


def add_kept(clips: pd.DataFrame, kept: Mapping[str, Any], roles: Roles) -> dict[str, str]:
    """Add kept columns to the clip table; return those whose name was taken, with the name they got."""
    renamed = {}
    for column, values in kept.items():
        name = column
        while name in clips.columns or name in OWN_COLUMNS:
            name += "_"
        if name != column:
            renamed[column] = name
        clips[name] = values
    return renamed
