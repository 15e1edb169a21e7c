"""TripletReducer: a one-layer net that brings songs of like label together (paper A)."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from raymer.learners.gaps import CLASS_GAPS, LabelGaps, fill_ranges, scale_labels
from raymer.learners.labels import are_classes
from raymer.learners.optimise import Adam, one_cycle
from raymer.learners.supervised import SupervisedReducer
from raymer.learners.triplet_joint import JointGaps, fill_sides, joint_weights, scale_targets
from raymer.learners.triplet_loss import exact_weights, laplacian, silence, squared_distances, triplet_gradient
from raymer.learners.triplet_mining import Triplets, mine_paper, mine_reference

MODES: dict[str, dict[str, Any]] = {
    "exact": {"margin": 20.0, "learning_rate": 3e-3, "batch": 256, "steps": 200},
    "paper": {"margin": 5.0, "learning_rate": 1e-5, "batch": 128, "rounds": 25, "epochs": 10, "triplets": 150_000},
    "reference": {"margin": 5.0, "learning_rate": 1e-5, "batch": 128, "rounds": 25, "epochs": 10},
}
"""The settings that each mining mode has, and their defaults; a setting that a mode lacks is refused."""


class TripletReducer(SupervisedReducer):
    """Reduce features with a triplet net trained on label gaps (paper A, sections II and III).

    One dense layer with a rectifier, z = max(x W + b, 0). Labels are scaled to [-1, 1] on the rows given to `fit`.
    Features are taken as they come: put a StandardScaler before it.

    Beyond the paper, y may be classes: then positives are the songs of the anchor's class and negatives all others. Or
    several numeric targets, learnt jointly: positives are near in all, negatives far in one (see `triplet_joint`).

    Parameters
    ----------
    width : int
        Number of units, the features that come out.
    mining : {"exact", "paper", "reference"}
        "exact" descends the expectation of the paper's sampling over all triplets of a batch of songs (no sampling
        noise, hundreds of times faster); "paper" draws triplets by the text's steps 1 to 5; "reference" by the rule
        of the authors' notebook.
    d_p, d_n : float
        dP and dN, in units of labels scaled to [-1, 1]; 0 <= dP < dN. Classes have no gaps: leave both out.
    margin : float, optional
        alpha of eq. 1. Default 20 (exact) or 5 (the notebook's).
    learning_rate : float, optional
        Adam's; exact: the peak of a one-cycle schedule. Default 3e-3 (exact) or 1e-5.
    batch : int, optional
        Songs a step (exact, default 256; all songs where there are fewer) or triplets a step (default 128).
    steps : int, optional
        Optimiser steps; exact only. Default 200.
    rounds, epochs : int, optional
        Times triplets are mined anew, and passes over each mining; not for exact. Default 25 and 10.
    triplets : int, optional
        Triplets a mining; paper only. Default 150,000.
    labels : {"auto", "numbers", "classes"}
        What y holds. "auto" goes by its type: floats are numbers, whole numbers and text are classes.
    random_state : int, RandomState or None

    Attributes
    ----------
    weight_ : ndarray of shape (n_features_in_, width), float32
    bias_ : ndarray of shape (width,), float32
    loss_ : ndarray, float64
        Mean loss of every step (exact) or epoch.
    n_unused_anchors_ : int
        Songs that were never an anchor, having no positive or no negative.

    Raises
    ------
    ValueError
        From `fit`: a parameter out of range or one that would be ignored; constant labels or a single class; no song
        with both a positive and a negative; NaN or infinity in X or y.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> TripletReducer(width=2, steps=20, random_state=0).fit_transform(X, X[:, 0]).shape
    (80, 2)
    """

    def __init__(
        self,
        width: int = 100,
        *,
        mining: str = "exact",
        d_p: float = 0.1,
        d_n: float = 0.5,
        margin: float | None = None,
        learning_rate: float | None = None,
        batch: int | None = None,
        steps: int | None = None,
        rounds: int | None = None,
        epochs: int | None = None,
        triplets: int | None = None,
        labels: str = "auto",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.width = width
        self.mining = mining
        self.d_p = d_p
        self.d_n = d_n
        self.margin = margin
        self.learning_rate = learning_rate
        self.batch = batch
        self.steps = steps
        self.rounds = rounds
        self.epochs = epochs
        self.triplets = triplets
        self.labels = labels
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train the net on features X (n_songs, n_features), finite, and y.

        y is (n_songs,) of finite numbers or of classes, or (n_songs, n_targets) of finite numbers.
        """
        settings = self._settings()
        classes = y is not None and are_classes(y, self.labels)
        X, y = validate_data(
            *(self, X, y), dtype=np.float32, y_numeric=not classes, multi_output=True, ensure_min_samples=2, order="C"
        )
        task = self._of_classes(y) if classes else self._of_numbers(y)
        self.n_unused_anchors_ = len(X) - len(task.gaps.anchors)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        rng = np.random.default_rng(seed)
        net = _Net(X.shape[1], self.width, rng)
        if self.mining == "exact":
            self.loss_ = _train_exact(net, X, task, settings, rng)
        else:
            self.loss_ = _train_on_triplets(net, X, self._miner(task, settings, rng), settings, rng)
        self.weight_, self.bias_ = net.weight.copy(), net.bias.copy()
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the embeddings (n_songs, width) of X (n_songs, n_features), in X's float dtype."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        # In X's precision, not the training's: a song's embedding must not depend on what it is transformed with.
        embeddings: np.ndarray = np.maximum(X @ self.weight_.astype(X.dtype) + self.bias_.astype(X.dtype), 0)
        return embeddings

    @property
    def _n_features_out(self) -> int:
        return int(self.weight_.shape[1])

    def _settings(self) -> dict[str, Any]:
        if self.mining not in MODES:
            raise ValueError(f"mining={self.mining!r} is unknown: choose one of {', '.join(MODES)}")
        settings = dict(MODES[self.mining])
        for name in ("margin", "learning_rate", "batch", "steps", "rounds", "epochs", "triplets"):
            value = getattr(self, name)
            if value is not None and name not in settings:
                raise ValueError(f"{name}={value!r} would have no effect with mining={self.mining!r}: leave it out")
            if value is not None:
                settings[name] = value
        for name in ("batch", "steps", "rounds", "epochs", "triplets"):
            if name in settings:
                _require(name, settings[name], Integral, settings[name] >= 1, "a whole number of at least 1")
        _require("width", self.width, Integral, self.width >= 1, "a whole number of at least 1")
        for name in ("margin", "learning_rate"):
            _require(name, settings[name], Real, settings[name] > 0, "a number above 0")
        _require("d_p", self.d_p, Real, self.d_p >= 0, "a number of at least 0")
        if not self.d_p < self.d_n:
            raise ValueError(f"dP={self.d_p!r} must be below dN={self.d_n!r}: the gap between them must not be empty")
        return settings

    def _of_classes(self, y: np.ndarray) -> "_Task":
        if (self.d_p, self.d_n) != (0.1, 0.5):
            raise ValueError(f"d_p={self.d_p!r} and d_n={self.d_n!r} would have no effect on classes: leave them out")
        self._refuse_reference()
        codes = np.unique(y, return_inverse=True)[1].astype(np.float64)
        return _Task(codes, LabelGaps.of_classes(codes), CLASS_GAPS)

    def _of_numbers(self, y: np.ndarray) -> "_Task":
        gaps = (self.d_p, self.d_n)
        if y.ndim == 1 or y.shape[1] == 1:
            labels = scale_labels(y.reshape(-1))
            return _Task(labels, LabelGaps.of(labels, *gaps), gaps)
        self._refuse_reference()
        labels = scale_targets(y)
        return _Task(labels, JointGaps.of(labels, *gaps), gaps)

    def _refuse_reference(self) -> None:
        if self.mining == "reference":
            raise ValueError("mining='reference' is a rule for one number a song: choose exact or paper")

    def _miner(self, task: "_Task", settings: dict[str, Any], rng: np.random.Generator) -> Callable[[], Triplets]:
        if self.mining == "paper":
            return lambda: mine_paper(task.gaps, settings["triplets"], rng)
        return lambda: mine_reference(task.labels, self.d_p, self.d_n, rng)


@dataclass(frozen=True)
class _Task:
    """Labels as the objective wants them, (n,) or (n, n_targets), who is what to whom, and (dP, dN)."""

    labels: np.ndarray
    gaps: LabelGaps | JointGaps
    limits: tuple[float, float]

    def weigher(self, n: int) -> Callable[..., float]:
        """Return (places of a batch of n songs, distance, margin, weights) -> loss, as `exact_weights`."""
        in_order = np.ascontiguousarray(self.labels[self.gaps.order])
        if self.labels.ndim == 2:
            sides = np.empty((n, n), dtype=np.int8)

            def joint(places: np.ndarray, distance: np.ndarray, margin: np.float32, weights: np.ndarray) -> float:
                fill_sides(in_order[places], *self.limits, sides)
                return float(joint_weights(distance, sides, margin, weights))

            return joint
        ranges = np.empty((n, 4), dtype=np.int64)

        def runs(places: np.ndarray, distance: np.ndarray, margin: np.float32, weights: np.ndarray) -> float:
            fill_ranges(in_order[places], *self.limits, ranges)
            return float(exact_weights(distance, ranges, margin, weights))

        return runs


def _require(name: str, value: Any, kind: type, in_range: bool, wanted: str) -> None:
    if not isinstance(value, kind) or not in_range:
        raise ValueError(f"{name}={value!r} must be {wanted}")


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array)


class _Net:
    """The layer's weights with their gradients and Adam states; all float32 and changed in place."""

    def __init__(self, n_inputs: int, width: int, rng: np.random.Generator) -> None:
        limit = np.sqrt(6.0 / (n_inputs + width))  # Glorot and Bengio (2010), Keras' default as in the notebook
        self.weight = rng.uniform(-limit, limit, size=(n_inputs, width)).astype(np.float32)
        self.bias = np.zeros(width, dtype=np.float32)
        self._d_weight = np.empty_like(self.weight)
        self._adam = Adam(self.weight), Adam(self.bias)

    def forward(self, x: np.ndarray, z: np.ndarray) -> None:
        """Write max(x W + b, 0) into `z` (n, width)."""
        out = _tensor(z)
        torch.addmm(_tensor(self.bias), _tensor(x), _tensor(self.weight), out=out)
        out.relu_()

    def step(self, x: np.ndarray, d_z: np.ndarray, rate: float) -> None:
        """Move the weights against the gradient `d_z` (n, width) with respect to x W + b."""
        torch.mm(_tensor(x).T, _tensor(d_z), out=_tensor(self._d_weight))
        self._adam[0].update(self._d_weight, rate)
        self._adam[1].update(d_z.sum(axis=0), rate)


def _train_on_triplets(
    net: _Net, X: np.ndarray, mine: Callable[[], Triplets], settings: dict[str, Any], rng: np.random.Generator
) -> np.ndarray:
    """Run epochs over batches of mined triplets, mined anew every round; return each epoch's mean loss."""
    batch, width = settings["batch"], net.bias.shape[0]
    margin = np.float32(settings["margin"])
    x = np.empty((3 * batch, X.shape[1]), dtype=np.float32)
    z, d_z = np.empty((3 * batch, width), dtype=np.float32), np.empty((3 * batch, width), dtype=np.float32)
    losses = []
    for _ in range(settings["rounds"]):
        triplets = np.stack(mine())
        for _ in range(settings["epochs"]):
            shuffled = triplets[:, rng.permutation(triplets.shape[1])]
            total = 0.0
            for start in range(0, shuffled.shape[1], batch):
                rows = shuffled[:, start : start + batch].reshape(-1)
                n = len(rows)
                torch.index_select(_tensor(X), 0, _tensor(rows), out=_tensor(x[:n]))
                net.forward(x[:n], z[:n])
                total += triplet_gradient(z[:n], margin, d_z[:n]) * (n // 3)
                net.step(x[:n], d_z[:n], settings["learning_rate"])
            losses.append(total / shuffled.shape[1])
    return np.array(losses)


def _train_exact(
    net: _Net, X: np.ndarray, task: _Task, settings: dict[str, Any], rng: np.random.Generator
) -> np.ndarray:
    """Descend the exact objective on batches of songs; return every step's loss (METHOD: the exact objective)."""
    n_songs, width, steps = len(X), net.bias.shape[0], settings["steps"]
    n = min(settings["batch"], n_songs)
    margin = np.float32(settings["margin"])
    x = np.empty((n, X.shape[1]), dtype=np.float32)
    z, d_z = np.empty((n, width), dtype=np.float32), np.empty((n, width), dtype=np.float32)
    gram, distance, weights = (np.empty((n, n), dtype=np.float32) for _ in range(3))
    order, weigh = task.gaps.order, task.weigher(n)
    losses = np.empty(steps)
    for step, batch in zip(range(steps), _batches(n_songs, n, rng), strict=False):
        batch.sort()  # places in label order, so a sorted batch is in label order too
        torch.index_select(_tensor(X), 0, _tensor(order[batch]), out=_tensor(x))
        net.forward(x, z)
        torch.mm(_tensor(z), _tensor(z).T, out=_tensor(gram))
        squared_distances(gram, distance)
        losses[step] = weigh(batch, distance, margin, weights)
        laplacian(weights, gram)
        torch.mm(_tensor(gram), _tensor(z), out=_tensor(d_z))
        silence(z, d_z)
        net.step(x, d_z, one_cycle(step, steps, settings["learning_rate"]))
    return losses


def _batches(n_songs: int, n: int, rng: np.random.Generator) -> Any:
    """Yield batches of `n` distinct places for ever; every song comes once before any comes again."""
    while True:
        shuffled = rng.permutation(n_songs)
        for start in range(0, n_songs - n + 1, n):
            yield shuffled[start : start + n]
