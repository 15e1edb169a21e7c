"""How often the bootstrap over groups of one split's test clips holds the difference, and finds one that is not there.

Data sets are drawn anew: clips in groups of one to four that share a part of their features and of their noise, as
songs of one artist do; train and test parts divide no group, or divide many. Two ridge regressions see ten features
each, none in common and all alike: equal by construction. What the interval is about is the difference of the two
models as they were trained, which is measured on 40,000 fresh clips; how often it leaves out zero says what it would
cost to read it as a statement on the two methods.

Run from the root of the project: ``python -m benchmarks.calibration_split --datasets 1000``; every data set has a seed
of its own.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from raymer.stats.bootstrap import group_bootstrap

Array = NDArray[np.float64]
FEATURES = 10
FRESH = 40_000
SHARED = 0.5


def draw(clips: int, rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.str_]]:
    """Draw features (clips, 2 FEATURES), labels (clips,) and groups of 1 to 4 clips that share half their variance."""
    sizes = rng.integers(1, 5, size=clips)
    group = np.repeat(np.arange(clips), sizes)[:clips]
    own, common = np.sqrt(1 - SHARED), np.sqrt(SHARED)
    each, shared = (rng.standard_normal((clips, 2 * FEATURES)) for _ in range(2))
    features = own * each + common * shared[group]
    noise = own * rng.standard_normal(clips) + common * rng.standard_normal(clips)[group]
    labels = features.sum(axis=1) * np.sqrt(0.8 / (2 * FEATURES)) + np.sqrt(0.2) * noise
    return features, labels, group.astype(str)


def ridge(X: Array, y: Array) -> tuple[Array, float]:
    """Return weights and intercept of a ridge regression with penalty 1."""
    centre, mean = X.mean(axis=0), float(y.mean())
    weights = np.linalg.solve((X - centre).T @ (X - centre) + np.eye(X.shape[1]), (X - centre).T @ (y - mean))
    return weights, mean - float(centre @ weights)


def r2(true: Array, predicted: Array) -> float:
    return 1 - float(np.sum((true - predicted) ** 2) / np.sum((true - true.mean()) ** 2))


def one(seed: int, train: int, test: int, draws: int) -> tuple[bool, bool]:
    """Return whether one data set's interval holds the trained models' difference, and whether it leaves out zero."""
    rng = np.random.default_rng(seed)
    X, y, _ = draw(train, rng)
    models = [ridge(X[:, half], y) for half in (slice(0, FEATURES), slice(FEATURES, None))]

    def predict(features: Array) -> list[Array]:
        halves = (features[:, :FEATURES], features[:, FEATURES:])
        return [half @ weights + level for half, (weights, level) in zip(halves, models, strict=True)]

    features, true, groups = draw(test, rng)
    a, b = predict(features)
    found, _ = group_bootstrap(lambda rows: r2(true[rows], a[rows]) - r2(true[rows], b[rows]), groups, draws=draws)
    fresh, labels, _ = draw(FRESH, rng)
    first, second = predict(fresh)
    difference = r2(labels, first) - r2(labels, second)
    low, high = found.interval
    return low <= difference <= high, not low <= 0 <= high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=1000)
    parser.add_argument("--train", type=int, default=420)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    print("test clips   holds the trained models' difference, %   finds one though the methods are equal, %")
    for test in (50, 105, 250):
        seeds = [chosen.seed * 1_000_000 + number for number in range(chosen.datasets)]
        results = np.array([one(seed, chosen.train, test, chosen.draws) for seed in seeds])
        held, claimed = 100 * results.mean(axis=0)
        print(f"{test:10}   {held:36.1f}   {claimed:42.1f}")


if __name__ == "__main__":
    main()
