"""Does anything learnt cross a fold? A check for whatever turns a split into predictions (law 1)."""

from collections.abc import Callable, Sequence

import numpy as np

Evaluate = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(X (n, n_features), y (n,), train rows, test rows) -> predictions for the test rows."""

RELATIVE = 1e-9


def find_leaks(
    evaluate: Evaluate, X: np.ndarray, y: np.ndarray, splits: Sequence[tuple[np.ndarray, np.ndarray]], *, seed: int = 0
) -> list[str]:
    """Return one line a leak that `evaluate` is caught at; an empty list means none.

    Three things must not change a prediction: the labels of the test rows, the features of the other test rows, and
    what was evaluated before. Labels scaled on all rows fail the first, a scaler fitted on all rows the second, a
    reducer that keeps its weights between fits the third.

    Parameters
    ----------
    evaluate : callable
        Trains on the train rows and predicts the test rows; seeded, so that two equal calls are meant to be equal.
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
    splits : sequence of (train rows, test rows)
        Two at least; each test part has two rows or more.
    seed : int
        Of the changes that are tried.

    Raises
    ------
    ValueError
        For fewer than two splits.
    """
    if len(splits) < 2:
        raise ValueError("two splits are needed: a state that is kept shows on the second")
    rng = np.random.default_rng(seed)
    (train, test), (other_train, other_test) = splits[0], splits[1]
    first = evaluate(X.copy(), y.copy(), train, test)
    leaks = []
    labels = y.copy()
    labels[test] = rng.permutation(labels[test]) + 10 * np.ptp(y)
    if _differ(first, evaluate(X.copy(), labels, train, test)):
        leaks.append("test labels: predictions change when the labels of the test rows change")
    changed, kept = test[: len(test) // 2], np.arange(len(test)) >= len(test) // 2
    features = X.copy()
    features[changed] = 10 * np.ptp(X) * rng.normal(size=features[changed].shape)
    if _differ(first[kept], evaluate(features, y.copy(), train, test)[kept]):
        leaks.append("test features: predictions change when the features of other test rows change")
    evaluate(X.copy(), y.copy(), other_train, other_test)
    if _differ(first, evaluate(X.copy(), y.copy(), train, test)):
        leaks.append("state: predictions change after another split was evaluated")
    return leaks


def _differ(before: np.ndarray, after: np.ndarray) -> bool:
    return not np.allclose(before, after, rtol=RELATIVE, atol=0.0)
