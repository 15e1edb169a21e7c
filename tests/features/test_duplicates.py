"""Duplicates that are planted are found, and others are not."""

import numpy as np
import pytest
from conftest import sound

from raymer.features.duplicates import best_lag, find_duplicates
from raymer.features.logmel import LogMel, log_mel
from raymer.features.store import Spectrograms


def spectrograms(**clips: np.ndarray) -> Spectrograms:
    frames = [log_mel(samples.astype(np.float32), LogMel()) for samples in clips.values()]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in frames])])
    return Spectrograms(np.array(list(clips)), offsets, np.concatenate(frames), "x")


def piece(seed: int, seconds: float = 12.0) -> np.ndarray:
    """Notes of random pitch and length: pieces that share nothing."""
    rng = np.random.default_rng(seed)
    notes = [sound(rng.uniform(0.1, 0.5), seed=int(rng.integers(10_000))) for _ in range(60)]
    return np.concatenate(notes)[: int(seconds * 22050)]


def test_planted_duplicates_are_found():
    clips = {f"piece{k}": piece(k) for k in range(12)}
    noise = 0.001 * np.random.default_rng(0).normal(size=len(piece(2)))
    found = find_duplicates(
        spectrograms(
            **clips, same=piece(0), softer=0.25 * piece(1), noisy=piece(2) + noise, later=piece(3)[3 * 22050 :]
        )
    )
    pairs = {(pair.first, pair.second): pair for pair in found}
    assert set(pairs) == {("piece0", "same"), ("piece1", "softer"), ("piece2", "noisy"), ("piece3", "later")}
    assert found[0].kind == "exact"
    assert pairs["piece1", "softer"].kind == "near"
    assert pairs["piece3", "later"].lag == pytest.approx(3 / 0.025, abs=3)


def test_pieces_of_their_own_are_left_alone():
    assert find_duplicates(spectrograms(**{f"piece{k}": piece(k) for k in range(12)})) == []


def test_few_or_no_clips():
    assert find_duplicates(spectrograms(only=piece(0))) == []


@pytest.mark.parametrize("lag", [-7, 0, 11])
def test_best_lag_finds_the_shift(lag):
    whole = np.random.default_rng(0).normal(size=(120, 6))
    first, second = whole[20:90], whole[20 + lag : 90 + lag]
    similarity, found = best_lag(first, second)
    assert found == lag
    assert similarity == pytest.approx(1.0)
