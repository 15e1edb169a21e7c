"""Frames to one vector a clip: their mean, their maximum, or mean and standard deviation."""

from collections.abc import Iterator

import numpy as np

from raymer.errors import UsageError
from raymer.nearest import unknown

POOLS = ("mean", "max", "mean+std")

_BLOCK = 4096  # frames at once: a clip of an hour is not copied whole


def check_pool(pool: str) -> None:
    """Raise UsageError, with the nearest name, for a pool that is none."""
    if pool not in POOLS:
        raise UsageError(unknown("pool", pool, POOLS))


def pooled(frames: np.ndarray, pool: str) -> np.ndarray:
    """Return the row of one clip: (width,), or (2 * width,) for mean+std; float64.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, width)
    pool : str
        One of POOLS; `std` is that of the population: 0 for a clip of one frame.
    """
    if pool == "max":
        highest: np.ndarray = frames.max(axis=0).astype(np.float64)
        return highest
    mean = sum(block.sum(axis=0) for block in _blocks(frames)) / len(frames)
    if pool == "mean":
        return np.asarray(mean)
    squares = sum(np.square(block - mean).sum(axis=0) for block in _blocks(frames))
    return np.concatenate([mean, np.sqrt(squares / len(frames))])


def pooled_columns(width: int, pool: str) -> tuple[str, ...]:
    """Return the names of what `pooled` returns: "0_mean", "1_mean", ..., "0_std", ..."""
    return tuple(f"{k}_{statistic}" for statistic in pool.split("+") for k in range(width))


def _blocks(frames: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(frames), _BLOCK):
        yield frames[start : start + _BLOCK].astype(np.float64)
