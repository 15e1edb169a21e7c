"""How much each single feature has to do with a label: correlations, and shares of variance in bins of rank."""

import numpy as np
from scipy.stats import rankdata

from raymer.audits.rows import standardised

BINS = 10


def correlations(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's r (p,) of each column of X (n, p) with y (n,); 0 where either is constant."""
    r: np.ndarray = standardised(X).T @ standardised(y[:, np.newaxis])[:, 0] / len(y)
    return np.asarray(np.clip(r, -1.0, 1.0))


def rank_correlations(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Spearman's r (p,) of each column of X (n, p) with y (n,)."""
    return correlations(rankdata(X, axis=0), rankdata(y))


def explained(X: np.ndarray, y: np.ndarray, *, is_class: bool) -> np.ndarray:
    """Return the share (p,) of the label's variance that lies between ten bins of each feature's rank.

    It sees any course of the label over the feature, not only a straight one. Of a class it is the mean share over
    one column a class (present or not).

    Parameters
    ----------
    X : ndarray of shape (n, p)
    y : ndarray of shape (n,)
    is_class : bool
    """
    order = np.random.default_rng(0).permutation(len(y))  # so that ties do not keep the order of the rows
    X, y = X[order], y[order]
    Y = (y[:, np.newaxis] == np.unique(y)).astype(np.float64) if is_class else y[:, np.newaxis]
    Y = Y - Y.mean(axis=0)
    ranks = np.argsort(X, axis=0, kind="stable")
    total = (Y**2).sum()
    between = np.zeros(X.shape[1])
    if total == 0:
        return between
    for part in np.array_split(np.arange(len(y)), min(BINS, max(len(y) // 3, 1))):
        for k in range(Y.shape[1]):
            between += Y[:, k][ranks[part]].sum(axis=0) ** 2 / len(part)
    return np.asarray(np.where(np.ptp(X, axis=0) == 0, 0.0, between / total))


def principal_axes(Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return U (n, k) and the singular values (k,) of Z (n, p), from the smaller of its two Gram matrices."""
    n, p = Z.shape
    values, vectors = np.linalg.eigh(Z @ Z.T if n <= p else Z.T @ Z)
    kept = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
    s = np.sqrt(values[kept])
    U = vectors[:, kept] if n <= p else Z @ vectors[:, kept] / s
    return U, s


def partial_correlations(X: np.ndarray, y: np.ndarray, ridge: float = 0.1) -> np.ndarray:
    """Return the correlation (p,) of each feature with y (n,) that is left when all the other features are known.

    From the inverse of the correlation matrix of features and label, with `ridge` on its diagonal, by one singular
    value decomposition: a column that is the label under noise stands alone there, since no other feature tells it.
    """
    Z = standardised(X, 5.0)
    t = standardised(y[:, np.newaxis])[:, 0]
    n = len(t)
    U, s = principal_axes(Z / np.sqrt(n))
    Vt = (U / s).T @ Z / np.sqrt(n)
    weight = s / (s**2 + ridge)
    beta = Vt.T @ (weight * (U.T @ t) / np.sqrt(n))
    share = s**2 / (s**2 + ridge)
    precision = (1.0 - np.einsum("kp,k->p", Vt**2, share)) / ridge
    fitted = Z @ beta
    unexplained = max(float(1.0 + ridge - fitted @ t / n), 1e-9)
    alone: np.ndarray = beta / np.sqrt(np.maximum(precision, 1e-12) * unexplained + beta**2)
    return alone
