"""Cells of features without a number: they stay, or their rows or columns go, and they are counted by column."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from raymer.corpora.door.columns import take_columns
from raymer.corpora.door.roles import Roles
from raymer.corpora.door.table_data import TableData
from raymer.errors import RaymerError

MISSING = ("keep", "drop-rows", "drop-columns")


def heed_missing(
    values: np.ndarray, features: list[str], roles: Roles, missing: str | None
) -> tuple[np.ndarray, list[str], np.ndarray, dict[str, Any]]:
    """Return values and features without the columns that are dropped, which rows to drop, and what to note."""
    counts = _count_missing(values)
    rows = np.zeros(len(values), dtype=bool)
    if not counts.any():
        return values, features, rows, {}
    by_column = {features[k]: int(counts[k]) for k in np.flatnonzero(counts)}
    found: dict[str, Any] = {
        "missing": {"cells": int(counts.sum()), "by_column": by_column, "kept": missing in (None, "keep")}
    }
    if missing == "drop-columns":
        keep = np.flatnonzero(counts == 0)
        roles.ignored |= dict.fromkeys(by_column, "missing cells")
        roles.features = [features[k] for k in keep]
        if not roles.features:
            raise RaymerError("every feature has missing cells: drop-columns would leave none")
        return take_columns(values, keep.tolist()), roles.features, rows, found
    if missing == "drop-rows":
        rows = np.isnan(values).any(axis=1)
        if rows.all():
            raise RaymerError(f"every row has missing cells ({_words(by_column)}): drop-rows would leave none")
    return values, features, rows, found


def _count_missing(values: np.ndarray) -> np.ndarray:
    """Return the number of NaN in every column, block by block."""
    counts = np.zeros(values.shape[1], dtype=int)
    for start in range(0, len(values), 4096):
        counts += np.isnan(values[start : start + 4096]).sum(axis=0)
    return counts


def _words(by_column: Mapping[str, int], most: int = 8) -> str:
    """Return "f2 1, f4 2" of counts by column."""
    shown = [f"{name} {count}" for name, count in list(by_column.items())[:most]]
    return ", ".join(shown) + (f" and {len(by_column) - most} more" if len(by_column) > most else "")


def missing_remark(data: TableData, roles: Roles, missing: str | None) -> list[str]:
    """Return one line on all missing cells of features, for the message that asks about columns."""
    names = [*roles.features, *(question.column for question in roles.questions if question.column in data.numeric)]
    counts = {name: int(np.isnan(data.number(name)).sum()) for name in names}
    found = {name: count for name, count in counts.items() if count}
    if not found or missing is not None:
        return []
    return [
        f"{sum(found.values())} cells are missing ({_words(found)}): they stay NaN, for a step {{use: impute}} inside "
        "the fold, unless missing='drop-rows' or missing='drop-columns'"
    ]
