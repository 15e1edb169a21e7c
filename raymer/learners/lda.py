"""LDAReducer: linear discriminants, the linear answer for classes."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data


class LDAReducer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Reduce features to linear discriminants, the covariance within classes shrunk as Ledoit and Wolf (2004) say.

    scikit-learn's LinearDiscriminantAnalysis with `solver="eigen", shrinkage="auto"`: without the shrinkage hundreds
    of features of a few hundred songs are told apart by their noise.

    Parameters
    ----------
    width : int, optional
        Number of discriminants, the features that come out. Default: all, one less than there are classes (or the
        number of features where that is less).

    Attributes
    ----------
    scalings_ : ndarray of shape (n_features_in_, width), float64
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        From `fit`: a single class; a width above what classes and features allow; a class of one song; NaN or infinity.
    """

    def __init__(self, width: int | None = None) -> None:
        self.width = width

    def __sklearn_tags__(self) -> Tags:
        """Say that `fit` needs labels."""
        tags: Tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on features X (n_songs, n_features) and classes y (n_songs,)."""
        if self.width is not None and (not isinstance(self.width, Integral) or self.width < 1):
            raise ValueError(f"width={self.width!r} must be a whole number of at least 1, or None for all")
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        check_classification_targets(y)
        classes, counts = np.unique(y, return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"discriminants need two classes: all {len(y)} songs are of one class")
        if counts.min() < 2:
            raise ValueError(f"class {classes[counts.argmin()]} has one song: its spread cannot be measured")
        most = min(len(classes) - 1, X.shape[1])
        if self.width is not None and self.width > most:
            raise ValueError(f"width={self.width} is above the {most} of {len(classes)} classes, {X.shape[1]} features")
        lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto")
        try:
            lda.fit(X, y)
        except np.linalg.LinAlgError as error:
            raise ValueError("no feature differs within a class: discriminants would be infinite") from error
        self.scalings_ = np.ascontiguousarray(lda.scalings_[:, : self.width or most])
        self.classes_ = classes
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the discriminants (n_songs, width), float64, of X (n_songs, n_features)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        found: np.ndarray = X @ self.scalings_
        return found

    @property
    def _n_features_out(self) -> int:
        return int(self.scalings_.shape[1])
