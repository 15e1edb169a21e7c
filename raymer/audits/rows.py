"""What checks look at: the clips of an input with their labels and groups beside the features, holes filled."""

from dataclasses import dataclass

import numpy as np

from raymer.audits.finding import CannotSay
from raymer.corpora.base import Corpus, Input, Target

MOST_ROWS = 2000
"""Clips that slow checks look at; of more, this many are drawn."""
MOST_LEVELS = 10


@dataclass(frozen=True)
class Rows:
    """The clips of one input that have a label: features (n, p), labels (n,), groups (n,) and ids (n,)."""

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    clip_ids: np.ndarray


def rows_of(corpus: Corpus, item: Input, target: Target, most: int | None = None) -> Rows:
    """Return the clips that have features in `item` and a label of `target`; classes become 0, 1, 2 ...

    Parameters
    ----------
    corpus, item, target
    most : int, optional
        Of more clips this many are drawn, the same ones each time.
    """
    place = {clip: row for row, clip in enumerate(corpus.clips["clip_id"].astype(str))}
    at = np.array([place[clip] for clip in item.clip_ids.astype(str).tolist()], dtype=np.int64)
    y, has_label = labels_of(corpus, target)
    keep = np.flatnonzero(has_label[at])
    if most is not None and len(keep) > most:
        keep = np.sort(np.random.default_rng(0).choice(keep, most, replace=False))
    groups = corpus.clips["group"].to_numpy(dtype=object).astype(str)
    return Rows(filled(item.values[keep]), y[at[keep]], groups[at[keep]], item.clip_ids[keep].astype(str))


def labels_of(corpus: Corpus, target: Target) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of all clips as numbers (n_clips,), and which clips have one (n_clips,), bool."""
    column = corpus.clips[target.name]
    if target.kind == "number":
        y = column.to_numpy(dtype=np.float64)
        return y, np.isfinite(y)
    present = ~column.isna().to_numpy()
    codes = np.full(len(column), -1)
    codes[present] = np.unique(column.to_numpy(dtype=object)[present].astype(str), return_inverse=True)[1]
    return codes.astype(np.float64), present


def filled(values: np.ndarray) -> np.ndarray:
    """Return features (n, p) with each hole filled by its column's median; 0 where a column has no value at all."""
    holes = ~np.isfinite(values)
    if not holes.any():
        return values
    made = np.where(holes, np.nan, values)
    columns = np.flatnonzero(holes.any(axis=0))
    empty = holes.all(axis=0)
    medians = np.zeros(values.shape[1])
    some = columns[~empty[columns]]
    medians[some] = np.nanmedian(made[:, some], axis=0)
    made[holes] = medians[np.nonzero(holes)[1]]
    return made


def standardised(X: np.ndarray, limit: float | None = None) -> np.ndarray:
    """Return columns (n, p) with mean 0 and standard deviation 1 (0 where nothing varies), clipped to +- `limit`."""
    X = X - X.mean(axis=0)
    spread = X.std(axis=0)
    spread[spread <= 1e-12 * np.maximum(np.abs(X).max(axis=0, initial=0.0), 1e-300)] = np.inf
    scaled = np.asarray(X / spread)
    return scaled if limit is None else np.asarray(np.clip(scaled, -limit, limit))


def groups_given(corpus: Corpus) -> bool:
    """Whether any two clips share a group: where every clip is its own, none were given."""
    return bool(corpus.clips["group"].nunique() < len(corpus.clips))


def need_groups(corpus: Corpus) -> np.ndarray:
    """Return the groups (n_clips,), str, or raise CannotSay where none were given."""
    if not groups_given(corpus):
        raise CannotSay("no groups were given")
    groups: np.ndarray = corpus.clips["group"].to_numpy(dtype=object).astype(str)
    return groups


def group_word(corpus: Corpus, count: int = 1) -> str:
    """Return what a group of this corpus is called ("artist", "song"), or "group" where nobody said."""
    word = getattr(corpus, "group_name", None) or str(corpus.notes.get("group_column") or "group")
    return word if count == 1 else f"{word}s"


def names_of(item: Input, columns: np.ndarray) -> list[str]:
    """Return the names of the features at `columns`."""
    return [item.columns[int(column)] for column in columns]
