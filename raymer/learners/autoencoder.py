"""AutoencoderReducer: the paper's unsupervised net comparator (paper A, section III-A)."""

from collections.abc import Sequence
from math import prod
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from raymer.learners.optimise import Adam
from raymer.learners.triplet_loss import silence

LINE = 16
"""Numbers of single precision on a cache line."""


class AutoencoderReducer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Reduce features with an autoencoder: one rectified layer in, one linear layer out, squared error, Adam.

    The paper trains "until convergence (around 100 epochs)" and is silent on batch and rate. The loss of one epoch
    jitters by more than a percent, so training ends when the mean loss of the last `patience` epochs is not below that
    of the `patience` epochs before by the share `tol`, or after `max_epochs`. Only the rows given to `fit` are seen.

    Parameters
    ----------
    width : int
        Units of the hidden layer, the features that come out.
    learning_rate : float
    batch : int
        Songs a step.
    max_epochs : int
    patience : int
        Epochs of each of the two means that are compared.
    tol : float
    random_state : int, RandomState or None

    Attributes
    ----------
    weight_ : ndarray of shape (n_features_in_, width), float32
    bias_ : ndarray of shape (width,), float32
    loss_ : ndarray of shape (n_epochs,), float64
        Mean squared error of each epoch.

    Raises
    ------
    ValueError
        From `fit`: a parameter out of range, NaN or infinity in X.
    """

    def __init__(
        self,
        width: int = 100,
        *,
        learning_rate: float = 1e-3,
        batch: int = 64,
        max_epochs: int = 300,
        patience: int = 10,
        tol: float = 1e-2,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.width = width
        self.learning_rate = learning_rate
        self.batch = batch
        self.max_epochs = max_epochs
        self.patience = patience
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on features X (n_songs, n_features), finite; `y` is ignored."""
        for name in ("width", "batch", "max_epochs", "patience"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name}={value!r} must be a whole number of at least 1")
        for name in ("learning_rate", "tol"):
            value = getattr(self, name)
            if not isinstance(value, Real) or value <= 0:
                raise ValueError(f"{name}={value!r} must be a number above 0")
        X = validate_data(self, X, dtype=np.float32, order="C")
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        net = _Net(X.shape[1], self.width, int(seed))
        self.loss_ = self._train(net, X)
        self.weight_, self.bias_ = net.weight.copy(), net.bias.copy()
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the hidden layer's output (n_songs, width) for X (n_songs, n_features), in X's float dtype."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        hidden: np.ndarray = np.maximum(X @ self.weight_.astype(X.dtype) + self.bias_.astype(X.dtype), 0)
        return hidden

    @property
    def _n_features_out(self) -> int:
        return int(self.weight_.shape[1])

    def _train(self, net: "_Net", X: np.ndarray) -> np.ndarray:
        songs, adam, rate = torch.from_numpy(X), Adam(net.parameters), float(self.learning_rate)
        losses: list[float] = []
        while len(losses) < self.max_epochs and not self._has_settled(losses):
            total = 0.0
            for rows in torch.randperm(len(X), generator=net.generator).split(self.batch):
                total += net.gradient_of(songs, rows) * len(rows)
                adam.update(net.gradient, rate)
            losses.append(total / len(X))
        return np.array(losses)

    def _has_settled(self, losses: list[float]) -> bool:
        span = self.patience
        if len(losses) < 2 * span:
            return False
        return float(np.mean(losses[-span:])) > (1.0 - self.tol) * float(np.mean(losses[-2 * span : -span]))


class _Net:
    """Weights and biases of both layers in one flat array, their gradient in another, and the buffers of a step.

    With H = max(X W + b, 0), R = H V + c - X and the mean squared error of a batch, the gradient is five products:
    dV = H' R, dW = X' [(R V') where H > 0], the biases' their rows' sums, all times 2 over the number of cells of R.

    Parameters
    ----------
    n_features, width : int
    seed : int
        Of the first weights (Glorot and Bengio 2010, uniform) and of the order of the songs.
    """

    def __init__(self, n_features: int, width: int, seed: int) -> None:
        shapes = ((n_features, width), (width,), (width, n_features), (n_features,))
        self._parameters, self._layers = _flat(shapes)
        self._gradient, self._d_layers = _flat(shapes)
        self.parameters, self.gradient = self._parameters.numpy(), self._gradient.numpy()
        self.generator = torch.Generator().manual_seed(seed)
        for matrix in self._layers[::2]:  # the global random state is neither read nor moved
            torch.nn.init.xavier_uniform_(matrix, generator=self.generator)
        self._widths, self._buffers = (n_features, n_features, width, width), dict[int, list[torch.Tensor]]()

    @property
    def weight(self) -> np.ndarray:
        """The weight W (n_features, width), which moves with the training."""
        weight: np.ndarray = self._layers[0].numpy()
        return weight

    @property
    def bias(self) -> np.ndarray:
        """The bias b (width,), which moves with the training."""
        bias: np.ndarray = self._layers[1].numpy()
        return bias

    def gradient_of(self, X: torch.Tensor, rows: torch.Tensor) -> float:
        """Write the gradient of the mean squared error of X[rows] into `gradient`, and return that error."""
        x, rest, hidden, d_hidden = self._buffers_for(len(rows))
        (weight, bias, back, offset), (d_weight, d_bias, d_back, d_offset) = self._layers, self._d_layers
        torch.index_select(X, 0, rows, out=x)
        torch.addmm(bias, x, weight, out=hidden).clamp_(min=0)
        torch.addmm(offset, hidden, back, out=rest).sub_(x)
        flat = rest.view(-1)
        error = float(torch.dot(flat, flat)) / len(flat)
        rest.mul_(2 / len(flat))
        torch.mm(hidden.T, rest, out=d_back)
        torch.sum(rest, 0, out=d_offset)
        torch.mm(rest, back.T, out=d_hidden)
        silence(hidden.numpy(), d_hidden.numpy())
        torch.mm(x.T, d_hidden, out=d_weight)
        torch.sum(d_hidden, 0, out=d_bias)
        return error

    def _buffers_for(self, n: int) -> list[torch.Tensor]:
        """Return what a step on `n` songs writes into: only the last batch of an epoch has another size."""
        if n not in self._buffers:
            self._buffers[n] = [torch.empty(n, width) for width in self._widths]
        return self._buffers[n]


def _flat(shapes: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return zeros, and views of them, one a shape, each beginning on a cache line."""
    sizes = [-(-prod(shape) // LINE) * LINE for shape in shapes]
    flat = torch.zeros(sum(sizes))
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    return flat, [flat[start:][: prod(shape)].view(shape) for start, shape in zip(starts, shapes, strict=True)]
