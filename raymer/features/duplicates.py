"""Exact and near duplicates among clips, from their log-mel spectrograms.

A near duplicate is the same recording again: encoded anew, louder or softer, or cut out some seconds later. The search
has two stages. First every clip is summed up by its timbre, the mean and the spread over time of every mel band, and
pairs of clips with like timbre are found by products of blocks. Then, for these candidates only, the spectrograms are
laid over each other at every lag, and their correlation at the best lag decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft

from raymer.features.store import Spectrograms
from raymer.identity import array_hash

NEAR = 0.85
"""Correlation at the best lag from which two clips are near duplicates (see docs of find_duplicates)."""
ALIKE = 0.8
NEIGHBOURS = 20
BLOCK = 512
SHAPES_HELD = 1024
LEAST_OVERLAP = 0.5
_STEP = 2  # frames that are averaged into one before the lags are searched: 50 ms at the usual hop


@dataclass(frozen=True)
class Duplicate:
    """Two clips that are the same recording; `lag` is how many frames the second starts after the first."""

    first: str
    second: str
    kind: Literal["exact", "near"]
    similarity: float
    lag: int = 0


def find_duplicates(clips: Spectrograms, *, near: float = NEAR) -> list[Duplicate]:
    """Return pairs of clips that are the same recording, exact ones first, then by falling similarity.

    Parameters
    ----------
    clips : Spectrograms
        Log-mel, dB.
    near : float
        Least correlation, over all bins and overlapping frames at the best lag, of spectrograms less each bin's mean
        over time. Among the 400 clips of Emotify, different pieces reach 0.77 where tempo and beat agree; the same
        recording through a lossy codec, softer or shifted keeps 0.94. Played at another speed, it is not found.

    Returns
    -------
    list of Duplicate
        Exact: the same frames to the bit. Near: at least half of the shorter clip overlaps. Memory does not
        grow with the square of the number of clips.
    """
    exact = _exact(clips)
    copies = {pair.second for pair in exact}
    kept = np.array([row for row, clip in enumerate(clips.clip_ids.tolist()) if clip not in copies])
    found = []

    @lru_cache(maxsize=SHAPES_HELD)
    def shape(row: int) -> np.ndarray:
        return _shape(clips.clip(row))

    for first, second in _candidates(timbre(clips)[kept]):
        rows = int(kept[first]), int(kept[second])
        similarity, lag = best_lag(shape(rows[0]), shape(rows[1]))
        if similarity >= near:
            names = str(clips.clip_ids[rows[0]]), str(clips.clip_ids[rows[1]])
            found.append(Duplicate(*names, "near", round(similarity, 3), lag * _STEP))
    return exact + sorted(found, key=lambda pair: -pair.similarity)


def _exact(clips: Spectrograms) -> list[Duplicate]:
    first_of: dict[str, str] = {}
    pairs = []
    for row, clip in enumerate(clips.clip_ids.tolist()):
        first = first_of.setdefault(array_hash(clips.clip(row), length=32), clip)
        if first != clip:
            pairs.append(Duplicate(first, clip, "exact", 1.0))
    return pairs


def timbre(clips: Spectrograms) -> np.ndarray:
    """Return unit vectors (n_clips, 2 * n_bins), float32, of each clip's timbre.

    The mean over time of each bin, less the clip's mean over all (so that loudness does not count), and the standard
    deviation over time; each column standardised over the clips.
    """
    rows = []
    for row in range(len(clips.clip_ids)):
        frames = clips.clip(row).astype(np.float32)
        mean = frames.mean(axis=0)
        rows.append(np.concatenate([mean - mean.mean(), frames.std(axis=0)]))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), -1)
    table = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-6)
    unit: np.ndarray = (table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return unit


def _candidates(unit: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield pairs of rows, once each, with a cosine of at least ALIKE, at most NEIGHBOURS a row, block by block."""
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(unit), BLOCK):
        cosines = unit[start : start + BLOCK] @ unit.T
        cosines[np.arange(len(cosines)), start + np.arange(len(cosines))] = -1.0
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]
        for row, others in enumerate(nearest):
            for other in others[cosines[row, others] >= ALIKE]:
                pair = min(start + row, int(other)), max(start + row, int(other))
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def _shape(frames: np.ndarray) -> np.ndarray:
    """Return frames averaged by _STEP, each bin less its mean over time: (n_frames // _STEP, n_bins), float32."""
    whole = frames[: max(len(frames) // _STEP, 1) * _STEP].astype(np.float32)
    coarse = whole.reshape(-1, min(_STEP, len(whole)), whole.shape[1]).mean(axis=1)
    shape: np.ndarray = coarse - coarse.mean(axis=0)
    return shape


def best_lag(first: np.ndarray, second: np.ndarray) -> tuple[float, int]:
    """Return the highest correlation of two spectrograms over all lags, and its lag.

    Parameters
    ----------
    first, second : ndarray of shape (n_frames, n_bins)
        Each bin with mean zero over time; the lengths may differ.

    Returns
    -------
    similarity : float
        sum(first * second) / sqrt(sum(first^2) sum(second^2)) over the frames that overlap.
    lag : int
        Frame of `first` on which the first frame of `second` falls; negative where `second` starts earlier.
    """
    n, m = len(first), len(second)
    size = scipy.fft.next_fast_len(n + m - 1, real=True)
    spectra = scipy.fft.rfft(first, size, axis=0) * scipy.fft.rfft(second, size, axis=0).conj()
    products = scipy.fft.irfft(spectra.sum(axis=1), size)
    lags = np.arange(-(m - 1), n)
    first_energy = np.concatenate([[0.0], np.cumsum(np.square(first, dtype=np.float64).sum(axis=1))])
    second_energy = np.concatenate([[0.0], np.cumsum(np.square(second, dtype=np.float64).sum(axis=1))])
    start, stop = np.maximum(lags, 0), np.minimum(lags + m, n)
    energy = (first_energy[stop] - first_energy[start]) * (second_energy[stop - lags] - second_energy[start - lags])
    similarity = products[lags] / np.sqrt(np.maximum(energy, 1e-12))
    similarity[stop - start < LEAST_OVERLAP * min(n, m)] = -1.0
    best = int(np.argmax(similarity))
    return float(similarity[best]), int(lags[best])
