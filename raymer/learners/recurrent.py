"""The networks of paper B as scikit-learn estimators on arrays (n_clips, n_frames, n_bins)."""

from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils import Tags, check_array, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from raymer.learners.annotations import Classes, Coding, Numbers, coding_of
from raymer.learners.clips import Normalisation, Sequences
from raymer.learners.kernels import Similarity
from raymer.learners.network import ClipNet, clip_features, head_of
from raymer.learners.training import Training, TrainingSettings


class _Recurrent(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What the three estimators share: checking, training, and the features of whole clips."""

    hidden: Any
    excerpt: int
    epochs: int
    batch: int
    optimiser: str
    learning_rate: float | None
    device: str
    random_state: int | np.random.RandomState | None
    net_: ClipNet
    normalisation_: Normalisation
    loss_: np.ndarray[Any, Any]
    n_features_in_: int

    def __sklearn_tags__(self) -> Tags:
        """Say that X has three axes and that `fit` needs annotations."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags

    def fit_transform(self, X: Any, y: Any, lengths: Any = None) -> np.ndarray[Any, Any]:
        """Fit, then return the features of the same clips; parameters as for `fit`."""
        features: np.ndarray[Any, Any] = self.fit(X, y, lengths).transform(X, lengths)
        return features

    def transform(self, X: Any, lengths: Any = None) -> np.ndarray[Any, Any]:
        """Return the mean outputs of the last GRU layer (n_clips, width), float32, over whole clips (eq. 4).

        Parameters
        ----------
        X : array of shape (n_clips, n_frames, n_bins)
            As many bins as in `fit`; any number of frames.
        lengths : array of shape (n_clips,), int, optional
        """
        check_is_fitted(self)
        clips = _sequences(X, lengths)
        if clips.n_bins != self.n_features_in_:
            raise ValueError(f"X has {clips.n_bins} bins a frame, in fit it had {self.n_features_in_}")
        return clip_features(self.net_, clips, self.normalisation_)

    @property
    def _n_features_out(self) -> int:
        return self.net_.width

    def _fit(
        self, X: Any, y: np.ndarray[Any, Any], lengths: Any, coding: Coding, similarity: Similarity | None
    ) -> Self:
        if not isinstance(self.epochs, int | np.integer) or self.epochs < 1:
            raise ValueError(f"epochs={self.epochs!r} must be a whole number of at least 1")
        clips = _sequences(X, lengths)
        settings = TrainingSettings(
            similarity=similarity,
            hidden=_as_tuple(self.hidden),
            excerpt=self.excerpt,
            batch=self.batch,
            optimiser=self.optimiser,
            learning_rate=self.learning_rate,
            device=self.device,
        )
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        training = Training(settings, clips, y, coding, int(seed))
        training.run_until(int(self.epochs))
        self.net_, self.normalisation_ = training.net, training.normalisation
        self.loss_ = np.array(training.losses)
        self.n_features_in_ = clips.n_bins
        return self


class SimilarityGRU(_Recurrent):
    """Features of clips whose similarity copies that of the annotations: RBF-SL, Cos-SL and Poly-SL (paper B, 2.2).

    A GRU network is trained on one random excerpt of each clip and epoch so that the kernel matrix of its mean outputs
    comes near that of the annotations (eq. 7). Put an SVM with the same kernel after it. Bins are normalised, and
    annotations scaled, on what `fit` is given.

    Parameters
    ----------
    kernel : {"rbf", "cosine", "polynomial"}
    gamma : float, optional
        Of rbf. Default 0.5.
    degree, offset : optional
        Of polynomial: the paper's p and b. Default 2 and 0.
    label_scale : {"unit", "none"}, optional
        For continuous y: "unit" (default) brings the range of each target to [0, 1]; "none" takes y as it is.
    hidden : tuple of int
        Units of the GRU layers; the last is the number of features.
    excerpt : int
        Frames of an excerpt; shorter clips are taken whole.
    epochs : int
    batch : int
        At most so many clips a step.
    optimiser : str
        Name of a class of torch.optim.
    learning_rate : float, optional
        Default: the optimiser's own.
    device : str
    random_state : int, RandomState or None
        Equal seeds give equal bits on the CPU, of one kind; torch is pinned to one thread meanwhile.

    Attributes
    ----------
    net_ : ClipNet
    normalisation_ : Normalisation
    loss_ : ndarray of shape (epochs,), float64
        Mean loss of each epoch.
    n_features_in_ : int
        Bins a frame.

    Raises
    ------
    ValueError
        From `fit`: a parameter out of range or one that has no effect; X without three axes, NaN or infinity within
        a clip's length; lengths that do not fit X; constant targets, a single class, constant frames.
    FloatingPointError
        From `fit`: training diverged.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(20, 30, 4))
    >>> SimilarityGRU(hidden=(8, 3), epochs=2, random_state=0).fit_transform(X, X.mean(axis=(1, 2))).shape
    (20, 3)
    """

    def __init__(
        self,
        kernel: str = "rbf",
        *,
        gamma: float | None = None,
        degree: int | None = None,
        offset: float | None = None,
        label_scale: str | None = None,
        hidden: tuple[int, ...] = (100, 50),
        excerpt: int = 100,
        epochs: int = 400,
        batch: int = 64,
        optimiser: str = "Adadelta",
        learning_rate: float | None = None,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.offset = offset
        self.label_scale = label_scale
        self.hidden = hidden
        self.excerpt = excerpt
        self.epochs = epochs
        self.batch = batch
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.device = device
        self.random_state = random_state

    def fit(self, X: Any, y: Any, lengths: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array of shape (n_clips, n_frames, n_bins)
            Log-mel spectrograms in dB, or other frames; not normalised. float16 and float32 are not copied.
        y : array of shape (n_clips,) or (n_clips, n_targets)
            Floats are continuous targets; whole numbers, booleans and text (n_clips,) are classes.
        lengths : array of shape (n_clips,), int, optional
            How many frames of each clip count, from the first; all by default.
        """
        similarity = Similarity.of(self.kernel, gamma=self.gamma, degree=self.degree, offset=self.offset)
        y = _annotations(y)
        return self._fit(X, y, lengths, coding_of(y, self.label_scale), similarity)


class _Direct(_Recurrent):
    """A network with a linear head: the paper's NN; its features, for an SVM, are FL."""

    def __init__(
        self,
        *,
        hidden: tuple[int, ...] = (100, 50),
        excerpt: int = 100,
        epochs: int = 400,
        batch: int = 64,
        optimiser: str = "Adadelta",
        learning_rate: float | None = None,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden = hidden
        self.excerpt = excerpt
        self.epochs = epochs
        self.batch = batch
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.device = device
        self.random_state = random_state

    def _outputs(self, X: Any, lengths: Any, coding: Coding) -> np.ndarray[Any, Any]:
        head = head_of(self.net_, coding)
        assert head is not None
        return head.outputs(self.transform(X, lengths))


class GRURegressor(RegressorMixin, _Direct):
    """Continuous targets by a GRU network with a linear head and squared error: the paper's NN (paper B, section 3).

    `transform` returns the features before the head, for an SVM: the paper's FL. Parameters, attributes and errors are
    those of `SimilarityGRU`, without the kernel's.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(20, 30, 4))
    >>> model = GRURegressor(hidden=(8, 3), epochs=2, random_state=0).fit(X, X.mean(axis=(1, 2)))
    >>> model.predict(X).shape, model.transform(X).shape
    ((20,), (20, 3))
    """

    def __init__(
        self,
        *,
        label_scale: str | None = None,
        hidden: tuple[int, ...] = (100, 50),
        excerpt: int = 100,
        epochs: int = 400,
        batch: int = 64,
        optimiser: str = "Adadelta",
        learning_rate: float | None = None,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(
            hidden=hidden,
            excerpt=excerpt,
            epochs=epochs,
            batch=batch,
            optimiser=optimiser,
            learning_rate=learning_rate,
            device=device,
            random_state=random_state,
        )
        self.label_scale = label_scale

    def __sklearn_tags__(self) -> Tags:
        """Say that several targets are fine."""
        tags: Tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, lengths: Any = None) -> Self:
        """Train on clips X (n_clips, n_frames, n_bins) and numbers y (n_clips,) or (n_clips, n_targets)."""
        y = np.asarray(_annotations(y), dtype=np.float64)
        self.coding_ = Numbers.of(y, "unit" if self.label_scale is None else self.label_scale)
        return self._fit(X, y, lengths, self.coding_, None)

    def predict(self, X: Any, lengths: Any = None) -> np.ndarray[Any, Any]:
        """Return predictions, float64, in the unit and shape of y, for clips X (n_clips, n_frames, n_bins)."""
        return self.coding_.decode(self._outputs(X, lengths, self.coding_))


class GRUClassifier(ClassifierMixin, _Direct):
    """Classes by a GRU network with a linear head and cross-entropy: the paper's NN (paper B, section 3).

    `transform` returns the features before the head, for an SVM: the paper's FL. Parameters, attributes and errors are
    those of `SimilarityGRU`, without the kernel's and the scale of labels; `classes_` are the classes, sorted.
    """

    def fit(self, X: Any, y: Any, lengths: Any = None) -> Self:
        """Train on clips X (n_clips, n_frames, n_bins) and classes y (n_clips,), numbers or text."""
        y = _annotations(y)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        coding = Classes.of(y)
        self.classes_ = coding.classes
        return self._fit(X, y, lengths, coding, None)

    def predict(self, X: Any, lengths: Any = None) -> np.ndarray[Any, Any]:
        """Return the most probable class (n_clips,) of clips X (n_clips, n_frames, n_bins)."""
        coding = Classes(self.classes_)
        return coding.decode(self._outputs(X, lengths, coding))

    def predict_proba(self, X: Any, lengths: Any = None) -> np.ndarray[Any, Any]:
        """Return the probability (n_clips, n_classes), float64, of each class, in the order of `classes_`."""
        shares: np.ndarray[Any, Any] = softmax(self._outputs(X, lengths, Classes(self.classes_)), axis=1)
        return shares


def _annotations(y: Any) -> np.ndarray[Any, Any]:
    if y is None:
        raise ValueError("y=None: the network learns from annotations")
    return np.asarray(y)


def _as_tuple(hidden: Any) -> tuple[int, ...]:
    if not isinstance(hidden, tuple | list):
        raise ValueError(f"hidden={hidden!r} must be a tuple of whole numbers, one a layer")
    return tuple(hidden)


def _sequences(X: Any, lengths: Any) -> Sequences:
    """Check clips X (n_clips, n_frames, n_bins) and their lengths; padding may hold anything, so values come later."""
    floats = [np.float32, np.float16, np.float64]
    X = check_array(X, dtype=floats, ensure_2d=False, allow_nd=True, ensure_all_finite=False, input_name="X")
    if X.ndim != 3 or 0 in X.shape:
        raise ValueError(f"X must be (n_clips, n_frames, n_bins), not {X.shape}")
    if lengths is None:
        return Sequences.from_padded(X, np.full(len(X), X.shape[1], dtype=np.int64))
    lengths = np.asarray(lengths)
    if lengths.shape != (len(X),) or lengths.dtype.kind not in "iu":
        raise ValueError(f"lengths must be {len(X)} whole numbers, one a clip")
    if lengths.min() < 1 or lengths.max() > X.shape[1]:
        raise ValueError(f"lengths lie in [{lengths.min()}, {lengths.max()}], X has {X.shape[1]} frames a clip")
    return Sequences.from_padded(X, lengths.astype(np.int64))
