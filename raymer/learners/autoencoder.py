"""AutoencoderReducer: the paper's unsupervised net comparator (paper A, section III-A)."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data


class AutoencoderReducer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Reduce features with an autoencoder: one rectified layer in, one linear layer out, squared error, Adam.

    The paper trains "until convergence (around 100 epochs)" and is silent on batch and rate. Here training ends when
    the best mean loss of an epoch has not fallen by the share `tol` within `patience` epochs, or after `max_epochs`.
    Only the rows given to `fit` are seen.

    Parameters
    ----------
    width : int
        Units of the hidden layer, the features that come out.
    learning_rate : float
    batch : int
        Songs a step.
    max_epochs, patience : int
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
        max_epochs: int = 150,
        patience: int = 5,
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
        generator = torch.Generator().manual_seed(int(seed))
        encoder, decoder = self._layers(X.shape[1], generator)
        self.loss_ = self._train(torch.from_numpy(X), encoder, decoder, generator)
        self.weight_ = encoder.weight.detach().numpy().T.copy()
        self.bias_ = encoder.bias.detach().numpy().copy()
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

    def _layers(self, n_features: int, generator: torch.Generator) -> tuple[torch.nn.Linear, torch.nn.Linear]:
        layers = (
            torch.nn.utils.skip_init(torch.nn.Linear, n_features, self.width),
            torch.nn.utils.skip_init(torch.nn.Linear, self.width, n_features),
        )
        for layer in layers:  # the global random state is neither read nor moved
            torch.nn.init.xavier_uniform_(layer.weight, generator=generator)
            torch.nn.init.zeros_(layer.bias)
        return layers

    def _train(
        self, x: torch.Tensor, encoder: torch.nn.Linear, decoder: torch.nn.Linear, generator: torch.Generator
    ) -> np.ndarray:
        optimiser = torch.optim.Adam(
            [*encoder.parameters(), *decoder.parameters()], lr=self.learning_rate, foreach=True
        )
        losses: list[float] = []
        best, best_epoch = np.inf, 0
        for epoch in range(self.max_epochs):
            total = 0.0
            for rows in torch.randperm(len(x), generator=generator).split(self.batch):
                batch = x[rows]
                loss = torch.nn.functional.mse_loss(decoder(encoder(batch).relu()), batch)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.item() * len(rows)
            losses.append(total / len(x))
            if losses[-1] < best * (1.0 - self.tol):
                best, best_epoch = losses[-1], epoch
            if epoch - best_epoch >= self.patience:
                break
        return np.array(losses)
