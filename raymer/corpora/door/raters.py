"""Several rows a clip, one a rater: their means, with the number of rows kept."""

from dataclasses import replace

import numpy as np
import pandas as pd

from raymer.corpora.door.questions import ROLES, Question
from raymer.corpora.door.roles import Roles
from raymer.corpora.door.table_data import TableData
from raymer.errors import RaymerError

COUNT = "rows_averaged"


def varying(data: TableData, roles: Roles, ids: np.ndarray) -> list[Question]:
    """Ask about numbers that differ between the rows of a clip where other features do not: a rater's age, say."""
    codes, firsts = _codes(ids)
    places = [data.numeric.index(name) for name in roles.features]
    differs = [bool((data.values[:, k] != data.values[firsts, k][codes]).any()) for k in places]
    if all(differs):
        return []
    return [
        Question("varies", name, "differs between the rows of a clip, where other features do not", ROLES, "ignore")
        for name, found in zip(roles.features, differs, strict=True)
        if found
    ]


def mean_rows(data: TableData, roles: Roles, ids: np.ndarray) -> tuple[TableData, np.ndarray]:
    """Return the table with a row a clip, in the order clips first appear, and the clips' ids.

    Numbers are means of the cells there are; text must agree within a clip or is left out. The number of rows is kept
    as `rows_averaged`.

    Raises
    ------
    RaymerError
        When a clip's rows differ in the group or in a class, or one rater has two rows for a clip.
    """
    codes, firsts = _codes(ids)
    over = roles.mean_over or ""
    raters = data.texts[over] if over in data.texts else data.number(over).astype(str)
    pairs = pd.DataFrame({"clip": codes, "rater": raters})
    twice = np.flatnonzero(pairs.duplicated())
    if len(twice):
        raise RaymerError(
            f"{data.source}: line {twice[0] + 2}: {over} {raters[twice[0]]!r} has a second row for "
            f"{str(ids[twice[0]])!r}"
        )
    values = pd.DataFrame(data.values).groupby(codes, sort=True).mean().to_numpy(dtype=np.float64)
    texts = {}
    for name, column in data.texts.items():
        if (column == column[firsts][codes]).all():
            texts[name] = column[firsts]
        elif name == roles.group or name in roles.kinds:
            row = int(np.flatnonzero(column != column[firsts][codes])[0])
            raise RaymerError(f"{data.source}: the rows of {str(ids[row])!r} differ in {name!r}: it must be one a clip")
        elif name in roles.kept:
            roles.kept.remove(name)
            roles.ignored[name] = "differs within clips"
    counts = np.bincount(codes).astype(np.float64)
    numeric = [*data.numeric, COUNT]
    roles.kept.append(COUNT)
    lists = {name: column[firsts] for name, column in data.lists.items()}
    made = replace(
        data,
        names=[*data.names, COUNT],
        n_rows=len(firsts),
        values=np.ascontiguousarray(np.column_stack([values, counts])),
        numeric=numeric,
        texts=texts,
        lists=lists,
    )
    return made, ids[firsts]


def _codes(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's clip as a number, counted in the order clips first appear, and each clip's first row."""
    codes = pd.factorize(ids)[0]
    firsts = np.unique(codes, return_index=True)[1]
    return codes, firsts
