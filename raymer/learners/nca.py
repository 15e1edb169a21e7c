"""NCAReducer: neighbourhood components, a linear map learnt for the nearest neighbours' classes."""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from raymer.learners.supervised import SupervisedReducer, check_counts


class NCAReducer(SupervisedReducer):
    """Reduce features by neighbourhood components analysis (Goldberger et al. 2004; scikit-learn's), for classes.

    A linear map that makes the expected leave-one-out accuracy of stochastic nearest neighbours large.

    Parameters
    ----------
    width : int
        The features that come out.
    iterations : int
        Of L-BFGS, at most. They are a setting, so that they are spent is no warning.
    init : {"auto", "pca", "lda", "identity", "random"}
        The map to begin with, as scikit-learn has it.
    random_state : int, RandomState or None
        Only a random beginning hangs on it.

    Attributes
    ----------
    components_ : ndarray of shape (width, n_features_in_), float64
    classes_ : ndarray of shape (n_classes,)
    n_iter_ : int

    Raises
    ------
    ValueError
        From `fit`: a single class; a width above the number of features; NaN or infinity.
    """

    def __init__(
        self,
        width: int = 10,
        *,
        iterations: int = 50,
        init: str = "auto",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.width = width
        self.iterations = iterations
        self.init = init
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        """Say that one target of classes is all it takes."""
        tags: Tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on features X (n_songs, n_features) and classes y (n_songs,)."""
        check_counts(self, width=1, iterations=1)
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"neighbourhood components need two classes: all {len(y)} songs are of one class")
        if self.width > X.shape[1]:
            raise ValueError(f"width={self.width} is above the {X.shape[1]} features")
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        nca = NeighborhoodComponentsAnalysis(
            n_components=self.width, init=self.init, max_iter=self.iterations, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            nca.fit(X, y)
        self.components_ = np.ascontiguousarray(nca.components_)
        self.n_iter_ = int(nca.n_iter_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the components (n_songs, width), float64, of X (n_songs, n_features)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        found: np.ndarray = X @ self.components_.T
        return found

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])
