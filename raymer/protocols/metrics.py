"""Metrics: numbers that say how well predictions fit what is true."""

from collections.abc import Callable

import numpy as np
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, r2_score

Metric = Callable[[np.ndarray, np.ndarray], float]


def r2(true: np.ndarray, predicted: np.ndarray) -> float:
    """Coefficient of determination of predictions (n,) for labels (n,): 1 is perfect, 0 the labels' own mean."""
    return float(r2_score(true, predicted))


def pearson(true: np.ndarray, predicted: np.ndarray) -> float:
    """Pearson's r of predictions (n,) and labels (n,); 0 where either is constant, as then nothing is explained."""
    if np.ptp(true) == 0 or np.ptp(predicted) == 0:
        return 0.0
    return float(pearsonr(true, predicted).statistic)


def accuracy(true: np.ndarray, predicted: np.ndarray) -> float:
    """Share of classes (n,) that are predicted right."""
    return float(accuracy_score(true, predicted))


METRICS: dict[str, dict[str, Metric]] = {
    "number": {"r2": r2, "pearson": pearson},
    "class": {"accuracy": accuracy},
}
"""The metrics of each kind of target; every one is stored for every fit."""
