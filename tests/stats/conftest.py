"""Frames of scores and paired scores for the tests of this room."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from raymer.stats import Pairs, pairs_from_arrays

MakeScores = Callable[..., pd.DataFrame]
MakePairs = Callable[..., Pairs]


def scores_frame(
    values: dict[str, Sequence[float]],
    *,
    target: str = "arousal",
    metric: str = "r2",
    epoch: int = 0,
    n_train: int = 90,
    n_test: int = 10,
) -> pd.DataFrame:
    """Return a tidy frame with one row a method and split, split i being (i // 10, i % 10)."""
    rows = [
        (method, target, metric, epoch, i // 10, i % 10, value, n_train, n_test)
        for method, scores in values.items()
        for i, value in enumerate(scores)
    ]
    names = ["method", "target", "metric", "epoch", "repeat", "fold", "value", "n_train", "n_test"]
    return pd.DataFrame(rows, columns=names)


def random_pairs(count: int = 20, *, shift: float = 0.02, seed: int = 0, n_train: int = 90, n_test: int = 10) -> Pairs:
    """Return correlated scores of two methods, A being `shift` better on average."""
    rng = np.random.default_rng(seed)
    common = 0.5 + 0.05 * rng.standard_normal(count)
    first = common + shift + 0.02 * rng.standard_normal(count)
    second = common + 0.02 * rng.standard_normal(count)
    return pairs_from_arrays(first, second, n_train=n_train, n_test=n_test)


@pytest.fixture(scope="session")
def make_scores() -> MakeScores:
    """Hand out `scores_frame`; for the session, so that hypothesis may use it too."""
    return scores_frame


@pytest.fixture(scope="session")
def make_pairs() -> MakePairs:
    """Hand out `random_pairs`."""
    return random_pairs


@pytest.fixture
def table(make_scores: MakeScores) -> pd.DataFrame:
    """Three methods, two targets, one metric, twenty splits."""
    rng = np.random.default_rng(3)
    base = 0.5 + 0.03 * rng.standard_normal(20)

    def values() -> dict[str, Sequence[float]]:
        shifts = {"pca-svr": 0.0, "svr": 0.002, "tnn-svr": 0.09}
        return {name: list(base + shift + 0.01 * rng.standard_normal(20)) for name, shift in shifts.items()}

    return pd.concat([make_scores(values(), target=name) for name in ("arousal", "valence")], ignore_index=True)
