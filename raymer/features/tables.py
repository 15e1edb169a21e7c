"""Tables that are made of built features: one row a clip as it stands, or frames that are pooled."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from raymer.corpora.base import Input
from raymer.features.pooling import pooled, pooled_columns
from raymer.features.store import load_spectrograms, load_table, made_by
from raymer.features.summary import summarise

SUMMARY = "summary"
"""The pool of `logmel-summary`: what `summarise` makes."""


def table_of(folder: Path, name: str, pool: str | None) -> Input:
    """Return a finished features folder as the table `name`.

    Parameters
    ----------
    folder : Path
    name : str
    pool : str, optional
        "summary" or one of POOLS; None for features that are one row a clip.

    Raises
    ------
    UsageError, RaymerError
        As load_spectrograms, and where None is said of frames.
    """
    if pool is None:
        return load_table(folder, name)
    made = load_spectrograms(folder)
    origin = {**made_by(folder), "pool": pool}
    if pool == SUMMARY:
        return replace(summarise(made), name=name, made_by=origin)
    rows = [pooled(made.clip(row), pool) for row in range(len(made.clip_ids))]
    return Input(name, made.clip_ids, np.stack(rows), pooled_columns(made.frames.shape[1], pool), origin)
