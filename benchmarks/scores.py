"""How long scores take to read: made of the predictions of a store, and found as they were made before.

    python -m benchmarks.scores --fits 10000

Fits are made up: random labels and predictions of 100 test clips, two targets' worth of files as a run leaves them.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass

import numpy as np

from raymer.identity import fit_identity
from raymer.results.frame import make_parts, read_scores
from raymer.results.result import Result
from raymer.results.store import ResultStore

CLIPS = 100


@dataclass(frozen=True)
class _System:
    name: str = "made-up"


@dataclass(frozen=True)
class _Fit:
    id: str
    split: str
    targets: tuple[str, ...] = ("valence",)
    system: _System = _System()


def fill(store: ResultStore, fits: list[_Fit]) -> None:
    """Write a result for each fit."""
    rng = np.random.default_rng(0)
    ids, targets, epochs = np.array([f"c{k}" for k in range(CLIPS)]), np.repeat("valence", CLIPS), np.zeros(CLIPS, int)
    seconds = {"reducer": 0.1, "predictor": 0.1, "shared": False}
    for fit in fits:
        true = rng.normal(size=CLIPS)
        predicted = true + rng.normal(size=CLIPS)
        store.put(fit.id, Result({"split": fit.split}, ids, targets, epochs, true, predicted, 900, CLIPS, seconds, {}))


def main() -> None:
    """Print the seconds of each reading."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fits", type=int, default=10_000)
    options = parser.parse_args()
    fits = [_Fit(fit_identity({"split": f"s{k}"}), f"s{k}") for k in range(options.fits)]
    places = {fit.split: (k, 0) for k, fit in enumerate(fits)}
    with tempfile.TemporaryDirectory(prefix="raymer-scores-") as folder:
        store = ResultStore(folder)
        fill(store, fits)
        parts = make_parts(fits, places)
        for words, metrics in (
            ("r2, made of the predictions", ("r2",)),
            ("r2, as it was made", ("r2",)),
            ("r2 and ccc, ccc made now", ("r2", "ccc")),
            ("r2 and ccc, as they were made", ("r2", "ccc")),
        ):
            start = time.perf_counter()
            frame = read_scores(store, parts, {"valence": metrics})
            print(f"{words}: {time.perf_counter() - start:.2f} s, {len(frame)} scores of {options.fits} fits")


if __name__ == "__main__":
    main()
