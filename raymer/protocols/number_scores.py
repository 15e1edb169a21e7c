"""Scores of predicted numbers; None where a score means nothing."""

import warnings

import numpy as np
from scipy.stats import pearsonr, spearmanr

ROUNDING = 1e-13
"""Numbers that differ by less than this share of their size are equal: what sets them apart is arithmetic."""


def r2(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the coefficient of determination: 1 is perfect, 0 the labels' own mean; None for constant labels."""
    true, predicted = _read(true, predicted)
    if _is_constant(true):
        return None
    # As sklearn.metrics.r2_score, whose checks take a hundred times as long: 100,000 results are scored at once.
    return _finite(1.0 - np.sum((true - predicted) ** 2) / np.sum((true - true.mean()) ** 2))


def pearson(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return Pearson's r; None where either side is constant."""
    true, predicted = _read(true, predicted)
    if _is_constant(true) or _is_constant(predicted):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nearly constant: said by no number, or by a number that is right
        return _finite(pearsonr(true, predicted).statistic)


def spearman(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return Spearman's rank correlation, ties at their mean rank; None where either side is constant."""
    true, predicted = _read(true, predicted)
    if _is_constant(true) or _is_constant(predicted):
        return None
    return _finite(spearmanr(true, predicted).statistic)


def ccc(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return Lin's concordance 2 cov / (var + var + (mean - mean)^2), population moments; None as for `pearson`."""
    true, predicted = _read(true, predicted)
    if _is_constant(true) or _is_constant(predicted):
        return None
    covariance = np.mean((true - true.mean()) * (predicted - predicted.mean()))
    return _finite(2 * covariance / (true.var() + predicted.var() + (true.mean() - predicted.mean()) ** 2))


def rmse(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the root of the mean squared error, in the labels' unit; None of no clips."""
    true, predicted = _read(true, predicted)
    return _finite(np.sqrt(np.mean((true - predicted) ** 2))) if len(true) else None


def mae(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the mean absolute error, in the labels' unit; None of no clips."""
    true, predicted = _read(true, predicted)
    return _finite(np.mean(np.abs(true - predicted))) if len(true) else None


def _read(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float64 (n,); ValueError where they are no such thing."""
    pair = np.asarray(true, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    for name, values in zip(("labels", "predictions"), pair, strict=True):
        if values.ndim != 1:
            raise ValueError(f"{name} have the shape {values.shape}: a score is of one target, (n,)")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} hold NaN or infinity: such a prediction has failed and has no score")
    if len(pair[0]) != len(pair[1]):
        raise ValueError(f"{len(pair[0])} labels do not go with {len(pair[1])} predictions")
    return pair


def _is_constant(values: np.ndarray) -> bool:
    """Whether `values` (n,) are one value; fewer than two are."""
    return len(values) < 2 or bool(np.ptp(values) <= ROUNDING * np.abs(values).max()) or not values.var() > 0


def _finite(value: float) -> float | None:
    """Return a plain float; None for what has left the range of numbers."""
    return float(value) if np.isfinite(value) else None
