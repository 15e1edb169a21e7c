"""Gaussian processes, alone and aggregated over groups of features."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data


def gaussian_process(n_features: int, random_state: int | None = None) -> GaussianProcessRegressor:
    """Return a GP with one length scale and learnt noise, for standardised features (n_features of them).

    The length scale starts at sqrt(n_features), where distances of standardised features lie.
    """
    scale = float(np.sqrt(n_features))
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(scale, (scale / 30, scale * 30)) + WhiteKernel(0.5, (1e-3, 1e1))
    return GaussianProcessRegressor(kernel, normalize_y=True, random_state=random_state)


class GPRegressor(RegressorMixin, BaseEstimator):
    """A Gaussian process whose kernel starts at the scale of its features; labels are normalised on the train rows.

    Parameters
    ----------
    tuning_rows : int
        The kernel's hyperparameters are learnt on at most so many train rows, drawn at random (the cost of learning
        them grows with the cube of their number); the process itself is conditioned on all of them.
    random_state : int or None
    """

    def __init__(self, *, tuning_rows: int = 250, random_state: int | None = None) -> None:
        self.tuning_rows = tuning_rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on X (n_songs, n_features), standardised, and y (n_songs,)."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.process_ = _fit(X, y, self.tuning_rows, self.random_state)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the predictive mean (n_songs,) in the labels' unit."""
        check_is_fitted(self)
        mean: np.ndarray = self.process_.predict(validate_data(self, X, dtype=np.float64, reset=False))
        return mean


class GroupedGPRegressor(RegressorMixin, BaseEstimator):
    """One Gaussian process a group of features; their predictions are averaged with the inverse predictive variances.

    This is our reading of GPR [28] in paper A's table III (aggregated Gaussian processes for emotion in music): the
    cited work's idea, an aggregation of processes over feature groups weighted by their confidence, not its code.

    Parameters
    ----------
    groups : sequence of int, optional
        The group of each feature, (n_features,). Default: all features in one group.
    tuning_rows : int
        As in GPRegressor.
    random_state : int or None

    Raises
    ------
    ValueError
        From `fit`, when `groups` has another length than X has features.
    """

    def __init__(
        self, groups: Sequence[int] | None = None, *, tuning_rows: int = 250, random_state: int | None = None
    ) -> None:
        self.groups = groups
        self.tuning_rows = tuning_rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a process a group on X (n_songs, n_features), standardised, and y (n_songs,)."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        groups = np.zeros(X.shape[1], dtype=int) if self.groups is None else np.asarray(self.groups)
        if len(groups) != X.shape[1]:
            raise ValueError(f"groups names a group for {len(groups)} features, X has {X.shape[1]}")
        self.columns_ = [np.flatnonzero(groups == group) for group in np.unique(groups)]
        self.processes_ = [_fit(X[:, columns], y, self.tuning_rows, self.random_state) for columns in self.columns_]
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean (n_songs,) over groups, weighted by 1 / variance."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        pairs = [
            process.predict(X[:, columns], return_std=True)
            for process, columns in zip(self.processes_, self.columns_, strict=True)
        ]
        means = np.array([mean for mean, _ in pairs])
        weights = 1.0 / np.maximum(np.array([deviation for _, deviation in pairs]), 1e-12) ** 2
        mean: np.ndarray = (weights * means).sum(axis=0) / weights.sum(axis=0)
        return mean


def _fit(X: np.ndarray, y: np.ndarray, tuning_rows: int, random_state: int | None) -> GaussianProcessRegressor:
    """Learn the hyperparameters on `tuning_rows` rows, then condition on all."""
    process = gaussian_process(X.shape[1], random_state)
    if len(X) > tuning_rows:
        rows = check_random_state(random_state).permutation(len(X))[:tuning_rows]
        process.set_params(kernel=_fit_quietly(process, X[rows], y[rows]).kernel_, optimizer=None)
    return _fit_quietly(process, X, y)


def _fit_quietly(process: GaussianProcessRegressor, X: np.ndarray, y: np.ndarray) -> GaussianProcessRegressor:
    """Fit, without the warning that a hyperparameter came to rest at its bound: a feature group may carry nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return process.fit(X, y)
