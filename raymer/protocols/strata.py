"""Strata: what every fold should have its share of, classes or bins of a number."""

from collections.abc import Iterable

import numpy as np

from raymer.errors import UsageError
from raymer.nearest import unknown
from raymer.protocols.clips import Clips

MOST_BINS = 10


def stratum_name(clips: Clips, by: str | None) -> str:
    """Return what strata are made of: the target or column that is named, or else the only target."""
    if by is not None:
        if by not in clips.labels and by not in clips.columns:
            raise UsageError(unknown("target or column", by, [*clips.labels, *clips.columns]))
        return by
    if len(clips.labels) != 1:
        raise UsageError(f"strata of {len(clips.labels)} targets: name one (by: {next(iter(clips.labels), 'TARGET')})")
    return next(iter(clips.labels))


def strata(clips: Clips, by: str | None, bins: int | None, folds: int) -> np.ndarray:
    """Return the stratum of each clip (n_clips,), counted from 0.

    Parameters
    ----------
    clips : Clips
    by : str, optional
        A target or a column; may be left out where there is one target.
    bins : int, optional
        Of a number: as many bins with equal numbers of clips; by default as many as hold a clip for every fold, ten
        at most. Equal numbers are in one bin. A column without a value is a stratum too.
    folds : int

    Raises
    ------
    UsageError
        For an unknown name, bins of what is no number, and strata that are all too small for `folds`.
    """
    name = stratum_name(clips, by)
    values = clips.labels[name] if name in clips.labels else clips.column(name)
    if values.dtype.kind == "f":
        values = quantile_bins(values, bins or max(1, min(MOST_BINS, len(clips) // folds)))
    elif bins is not None:
        raise UsageError(f"bins={bins} would have no effect: {name} is no number")
    _, found, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    if counts.max() < folds:
        raise UsageError(f"{folds} stratified folds: the largest class or bin of {name} has {counts.max()} clips only")
    return np.asarray(found)


def small_strata_words(clips: Clips, by: str | None, folds: int) -> tuple[str, ...]:
    """Say which classes have fewer clips than there are folds, where some have: some folds test none of them."""
    name = stratum_name(clips, by)
    values = clips.labels[name] if name in clips.labels else clips.column(name)
    if values.dtype.kind == "f":
        return ()
    classes, counts = np.unique(values.astype(str), return_counts=True)
    rare = [f"{label or 'no value'} {count}" for label, count in zip(classes, counts, strict=True) if count < folds]
    if not rare:
        return ()
    return (f"{name}: fewer clips than {folds} folds, so some folds test none: {', '.join(_few(rare))}",)


def quantile_bins(values: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin (n,) of each number, of `bins` with equal numbers of clips; equal numbers are in one bin."""
    edges = np.quantile(values, np.arange(1, bins) / bins)
    return np.asarray(np.searchsorted(edges, values, side="right"))


def _few(words: list[str], most: int = 5) -> Iterable[str]:
    return words if len(words) <= most else [*words[:most], f"and {len(words) - most} more"]
