"""What a representation is asked for: stages, each with what predictors see of the train and the test rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from scipy.special import softmax

from raymer.learners.annotations import Coding


@dataclass(frozen=True, eq=False)
class Head:
    """A network's last layer as it stood at some epoch: weight (n_outputs, width) and bias (n_outputs,), float64."""

    weight: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any]
    coding: Coding

    def outputs(self, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return its outputs (n_clips, n_outputs), float64, for `features` (n_clips, width)."""
        made: np.ndarray[Any, Any] = features.astype(np.float64) @ self.weight.T + self.bias
        return made

    def predict(self, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return labels, in their own unit or as classes."""
        return self.coding.decode(self.outputs(features))

    def probabilities(self, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the probability (n_clips, n_classes) of each class: the softmax that cross-entropy trained."""
        made: np.ndarray[Any, Any] = softmax(self.outputs(features), axis=1)
        return made


Data = Any
"""Rows of an input: a table (n, n_features), or Sequences."""


@dataclass(frozen=True, eq=False)
class Stage:
    """What predictors see of both parts at one point of a training.

    Attributes
    ----------
    epoch : int
        0 for a representation that is not trained by epochs.
    train, test : ndarray of shape (n, width)
        Of no rows where nothing is to be predicted.
    head : Head, optional
        The last layer of a network that learns to predict; from features to labels.
    """

    epoch: int
    train: np.ndarray[Any, Any]
    test: np.ndarray[Any, Any]
    head: Head | None = None


class Keep(Protocol):
    """Where a long training keeps its state, so that it goes on after a kill."""

    @property
    def path(self) -> Path:
        """A file of this machine."""

    def keep(self) -> None:
        """Bring what was written to where another machine finds it."""

    def drop(self) -> None:
        """Delete it: the training is at its end."""


class Representation(Protocol):
    """Anything that learns a representation from train rows.

    Attributes
    ----------
    accepts : {"table", "frames"}
    supervised : bool
        Whether it learns from labels.
    joint : bool
        Whether from all targets at once.
    last : int
        The epoch of its last stage.
    """

    accepts: str
    supervised: bool
    joint: bool
    last: int

    def stages(
        self, train: Data, labels: np.ndarray[Any, Any] | None, test: Data, *, seed: int, keep: Keep | None = None
    ) -> Iterator[Stage]:
        """Fit on the train rows and yield both parts, at each scored epoch; test labels are not asked for."""

    def fit(self, train: Data, labels: np.ndarray[Any, Any] | None, *, seed: int) -> Stage:
        """Fit to the end and return the last stage, its test part empty."""

    def transform(self, data: Data) -> np.ndarray[Any, Any]:
        """Return the features (n, width) of rows, after `fit`."""

    def save(self, folder: Path) -> None:
        """Write what was learnt into `folder`: JSON, safetensors and skops, never pickle."""

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
