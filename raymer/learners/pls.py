"""PLSReducer: partial least squares, the linear answer to whether a supervised reducer helps."""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.utils.validation import check_is_fitted, validate_data

from raymer.learners.supervised import SupervisedReducer, check_counts

NOISE = 1e-10
"""A component whose scores are less than this share of the first one's is made of rounding."""


class PLSReducer(SupervisedReducer):
    """Reduce features to the scores of partial least squares (Wold 1975; scikit-learn's PLSRegression, NIPALS).

    Features and targets are scaled to mean 0 and standard deviation 1 on the rows given to `fit`. Scores are left as
    they come: late components are small, and scaled up again they would be noise as large as the first.

    Parameters
    ----------
    width : int
        Number of components, the features that come out.

    Attributes
    ----------
    mean_, scale_ : ndarray of shape (n_features_in_,), float64
    rotations_ : ndarray of shape (n_features_in_, width), float64
        From scaled features to scores.

    Raises
    ------
    ValueError
        From `fit`: a width above the number of songs or features, or above the components that there are; constant
        labels; NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> PLSReducer(width=2).fit_transform(X, X[:, 0] + X[:, 1] ** 2).shape
    (80, 2)
    """

    def __init__(self, width: int = 10) -> None:
        self.width = width

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on features X (n_songs, n_features) and numbers y (n_songs,) or (n_songs, n_targets)."""
        check_counts(self, width=1)
        X, y = validate_data(*(self, X, y), dtype=np.float64, y_numeric=True, multi_output=True, ensure_min_samples=2)
        if self.width > min(X.shape):
            raise ValueError(f"width={self.width} is above what {X.shape[0]} songs of {X.shape[1]} features have")
        self.mean_: np.ndarray = X.mean(axis=0)
        self.scale_: np.ndarray = _spread(X)
        targets = y.reshape(len(y), -1).astype(np.float64)
        if not np.ptp(targets, axis=0).any():
            raise ValueError(f"partial least squares needs labels that differ: all {len(y)} are equal")
        scaled = (X - self.mean_) / self.scale_
        pls = PLSRegression(n_components=self.width, scale=False)
        with warnings.catch_warnings():
            # Not a warning but an error below: a component that is nothing.
            warnings.filterwarnings("ignore", "y residual is constant", UserWarning)
            pls.fit(scaled, (targets - targets.mean(axis=0)) / _spread(targets))
        size = np.linalg.norm(pls.x_scores_, axis=0)
        n_real = int(np.sum(np.cumprod(size > NOISE * size[0])))
        if n_real < self.width:
            raise ValueError(f"width={self.width} is above the {n_real} components that X and y have: lower it")
        self.rotations_: np.ndarray = np.ascontiguousarray(pls.x_rotations_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the scores (n_songs, width), float64, of X (n_songs, n_features)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scores: np.ndarray = ((X - self.mean_) / self.scale_) @ self.rotations_
        return scores

    @property
    def _n_features_out(self) -> int:
        return int(self.rotations_.shape[1])


def _spread(values: np.ndarray) -> np.ndarray:
    """Return the sample standard deviation of each column (n, k), as PLSRegression takes it; 1 where it is 0."""
    spread = values.std(axis=0, ddof=1)
    return np.where((spread > 0) & (np.ptp(values, axis=0) > 0), spread, 1.0)
