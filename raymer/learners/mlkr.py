"""MLKRReducer: metric learning for kernel regression, the linear map that kernel regression likes best."""

from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from sklearn.utils.validation import check_is_fitted, validate_data

from raymer.learners.supervised import SupervisedReducer, check_counts


class MLKRReducer(SupervisedReducer):
    """Reduce features by metric learning for kernel regression (Weinberger and Tesauro, AISTATS 2007).

    A linear map z = L (x - mean) that makes the leave-one-out error of kernel regression small (eq. 2 there),

        C(L) = sum_i |yhat_i - y_i|^2,  yhat_i = sum_{j != i} k_ij y_j / sum_{j != i} k_ij,  k_ij = exp(-|z_i - z_j|^2),

    by L-BFGS from the principal axes. The axes are scaled so that songs lie at a mean squared distance of 1 (the paper
    is silent; as they are, hundreds of features put songs so far apart that a kernel sees one neighbour). Each target
    has standard deviation 1 on the rows of `fit`, and several add their errors. More iterations fit the train rows
    better and soon the test rows worse: choose their number on inner rows.
    All pairs of songs are held at once: about 40 n^2 bytes.

    Parameters
    ----------
    width : int
        The features that come out; at most the number of songs and of features.
    iterations : int
        Of L-BFGS, at most; each looks at the error about once.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features_in_,), float64
    components_ : ndarray of shape (width, n_features_in_), float64
        L.
    loss_ : ndarray of shape (n_iterations + 1,), float64
        C / n before the first and after every iteration.

    Raises
    ------
    ValueError
        From `fit`: a parameter out of range; constant labels; NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> MLKRReducer(width=2).fit_transform(X, X[:, 0]).shape
    (80, 2)
    """

    def __init__(self, width: int = 10, *, iterations: int = 5) -> None:
        self.width = width
        self.iterations = iterations

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on features X (n_songs, n_features) and numbers y (n_songs,) or (n_songs, n_targets)."""
        check_counts(self, width=1, iterations=1)
        X, y = validate_data(*(self, X, y), dtype=np.float64, y_numeric=True, multi_output=True, ensure_min_samples=2)
        if self.width > min(X.shape):
            raise ValueError(f"width={self.width} is above what {X.shape[0]} songs of {X.shape[1]} features have")
        targets = y.reshape(len(y), -1).astype(np.float64)
        if not np.ptp(targets, axis=0).any():
            raise ValueError(f"kernel regression needs labels that differ: all {len(y)} are equal")
        spread = targets.std(axis=0)
        targets = (targets - targets.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        self.mean_: np.ndarray = X.mean(axis=0)
        X = X - self.mean_
        start = _principal_axes(X, self.width)
        losses = [leave_one_out(start, X, targets)[0] / len(X)]
        found = minimize(
            lambda flat: _flat(leave_one_out(flat.reshape(start.shape), X, targets)),
            start.ravel(),
            jac=True,
            method="L-BFGS-B",
            callback=lambda intermediate_result: losses.append(float(intermediate_result.fun) / len(X)),
            options={"maxiter": int(self.iterations)},
        )
        self.components_: np.ndarray = np.ascontiguousarray(found.x.reshape(start.shape))
        self.loss_ = np.array(losses)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return L (x - mean), (n_songs, width), float64, of X (n_songs, n_features)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        found: np.ndarray = (X - self.mean_) @ self.components_.T
        return found

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])


def leave_one_out(components: np.ndarray, X: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the leave-one-out error C of kernel regression and its gradient with respect to `components`.

    With D_ij = |z_i - z_j|^2, P_ij = k_ij / sum_l k_il and e = yhat - y it is dC/dD_ij = -2 P_ij e_i.(y_j - yhat_i);
    with G = dC/dD + its transpose, dC/dL = 2 (diag(G 1) Z - G Z)^T X.

    Parameters
    ----------
    components : ndarray of shape (width, n_features), float64
        L.
    X : ndarray of shape (n, n_features), float64
    y : ndarray of shape (n, n_targets), float64
    """
    z = X @ components.T
    distance = cdist(z, z, "sqeuclidean")
    np.fill_diagonal(distance, np.inf)
    distance -= distance.min(axis=1, keepdims=True)  # a factor common to a row's k cancels, and none vanishes whole
    share = np.exp(-distance, out=distance)
    share /= share.sum(axis=1, keepdims=True)
    predicted = share @ y
    error = predicted - y
    slope = error @ y.T
    slope -= np.sum(error * predicted, axis=1, keepdims=True)
    slope *= share
    slope *= -2.0
    graph = slope + slope.T
    gradient = 2.0 * (graph.sum(axis=1, keepdims=True) * z - graph @ z).T @ X
    return float(np.sum(error**2)), gradient


def _flat(pair: tuple[float, np.ndarray]) -> tuple[float, np.ndarray]:
    return pair[0], pair[1].ravel()


def _principal_axes(X: np.ndarray, width: int) -> np.ndarray:
    """Return the first principal axes (width, n_features) of centred X, scaled to a mean squared distance of 1."""
    _, sizes, axes = np.linalg.svd(X, full_matrices=False)
    spread = np.sum(sizes[:width] ** 2) / (len(X) - 1)  # songs differ by twice their variance
    return np.asarray(axes[:width] / np.sqrt(2.0 * spread if spread > 0 else 1.0))
