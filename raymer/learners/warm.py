"""Compiling raymer's loops before somebody waits for them: `python -m raymer.learners.warm`, which set-up runs."""

import time
from collections.abc import Iterator

import numpy as np

from raymer.learners.recurrent import GRURegressor
from raymer.learners.rnc import RnCReducer
from raymer.learners.threads import one_thread
from raymer.learners.triplet import TripletReducer

SONGS = 40


def warm() -> None:
    """Train each learner that has compiled loops once, on a handful of made-up songs, in every way it has."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(SONGS, 6)), rng.uniform(size=SONGS)
    both, classes = np.stack([y, rng.uniform(size=SONGS)], axis=1), np.arange(SONGS) % 2
    with one_thread():
        for reducer, labels in _reducers(y, both, classes):
            reducer.fit(X, labels)
        clips = rng.normal(size=(SONGS, 12, 6)).astype(np.float32)
        GRURegressor(hidden=(8, 4), excerpt=10, epochs=1, random_state=0).fit(clips, y).predict(clips)


def _reducers(
    y: np.ndarray, both: np.ndarray, classes: np.ndarray
) -> Iterator[tuple[TripletReducer | RnCReducer, np.ndarray]]:
    for labels in (y, both, classes):
        yield TripletReducer(width=3, steps=2, random_state=0), labels
    yield TripletReducer(width=3, mining="paper", rounds=1, epochs=1, triplets=50, random_state=0), y
    yield TripletReducer(width=3, mining="reference", rounds=1, epochs=1, random_state=0), y
    yield RnCReducer(width=3, random_state=0), y


def main() -> None:
    """Warm up, and say how long it took."""
    start = time.perf_counter()
    warm()
    print(f"compiled loops are ready ({time.perf_counter() - start:.1f} s)")


if __name__ == "__main__":
    main()
