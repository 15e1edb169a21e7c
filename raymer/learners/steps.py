"""Steps that mend features before a reducer: outliers clipped, gaps filled; what they know is of the train rows."""

from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

_READ: dict[str, Any] = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


class ClipOutliers(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Clip each feature to its mean +- `sd` standard deviations over the rows given to `fit`.

    A value that is missing (NaN) is counted in neither and stays missing; a feature that is missing everywhere is left
    as it is. A feature that is constant on the train rows is clipped to that constant.

    Parameters
    ----------
    sd : float

    Attributes
    ----------
    lower_, upper_ : ndarray of shape (n_features_in_,), float64
    n_clipped_ : int
        Values of the train rows that lie outside.

    Raises
    ------
    ValueError
        From `fit`: `sd` not above 0; infinity in X.
    """

    def __init__(self, sd: float = 5.0) -> None:
        self.sd = sd

    def __sklearn_tags__(self) -> Tags:
        """Say that values may be missing."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Measure features X (n_songs, n_features); `y` is ignored."""
        if not isinstance(self.sd, Real) or not float(self.sd) > 0:
            raise ValueError(f"sd={self.sd!r} must be a number above 0")
        X = validate_data(self, X, **_READ).astype(np.float64)
        known = ~np.isnan(X)
        n = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, X, 0.0).sum(axis=0) / n
        spread = np.sqrt((np.where(known, X - mean, 0.0) ** 2).sum(axis=0) / n)
        least, most = np.where(known, X, np.inf).min(axis=0), np.where(known, X, -np.inf).max(axis=0)
        constant, empty = least == most, ~known.any(axis=0)
        self.lower_: np.ndarray = np.where(constant, least, mean - float(self.sd) * spread)
        self.upper_: np.ndarray = np.where(constant, most, mean + float(self.sd) * spread)
        self.lower_[empty], self.upper_[empty] = -np.inf, np.inf
        self.n_clipped_ = int(np.count_nonzero(np.clip(X, self.lower_, self.upper_) != X) - np.isnan(X).sum())
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return X (n_songs, n_features), clipped, in its float dtype."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **_READ)
        return np.asarray(np.clip(X, self.lower_.astype(X.dtype), self.upper_.astype(X.dtype)))


class Impute(TransformerMixin, BaseEstimator):
    """Fill what is missing (NaN) with the feature's median over the rows given to `fit`.

    A feature that is missing in every train row becomes 0 everywhere, as nothing of it could be learnt; how many there
    are is counted.

    Parameters
    ----------
    indicators : bool
        Whether a column of 0 and 1 is added for each feature that is missing in some train row but not in all.

    Attributes
    ----------
    medians_ : ndarray of shape (n_features_in_,), float64
        0 where a feature is empty.
    empty_ : ndarray of shape (n_features_in_,), bool
        Features that are missing in every train row.
    n_empty_ : int
    n_missing_ : int
        Values that are missing in the train rows.
    indicated_ : ndarray of shape (n_indicators,), int64
        The features that have an indicator, in the order of the added columns.

    Raises
    ------
    ValueError
        From `fit` and `transform`: infinity in X.
    """

    def __init__(self, indicators: bool = False) -> None:
        self.indicators = indicators

    def __sklearn_tags__(self) -> Tags:
        """Say that values may be missing."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Take the medians of features X (n_songs, n_features); `y` is ignored."""
        X = validate_data(self, X, **_READ)
        missing = np.isnan(X)
        self.empty_: np.ndarray = missing.all(axis=0)
        self.n_empty_, self.n_missing_ = int(self.empty_.sum()), int(missing.sum())
        self.medians_: np.ndarray = np.zeros(X.shape[1])
        self.medians_[~self.empty_] = np.nanmedian(X[:, ~self.empty_].astype(np.float64), axis=0)
        some = missing.any(axis=0) & ~self.empty_ & bool(self.indicators)
        self.indicated_: np.ndarray = np.flatnonzero(some)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return X (n_songs, n_features + n_indicators) without a gap, in its float dtype."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **_READ)
        missing = np.isnan(X)
        filled = np.where(missing | self.empty_, self.medians_.astype(X.dtype), X)
        return np.hstack([filled, missing[:, self.indicated_].astype(X.dtype)])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the features' names, then `missing_NAME` of each indicator."""
        check_is_fitted(self)
        if input_features is None:
            input_features = getattr(self, "feature_names_in_", [f"x{k}" for k in range(self.n_features_in_)])
        names = [str(name) for name in input_features]
        if len(names) != self.n_features_in_:
            raise ValueError(f"input_features has {len(names)} names for {self.n_features_in_} features")
        return np.array([*names, *(f"missing_{names[k]}" for k in self.indicated_)], dtype=object)
