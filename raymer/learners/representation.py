"""Representation: from the rows of a split to what predictors see; a table in one stage, a network epoch by epoch."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raymer.learners.build import make_steps
from raymer.learners.seeding import seeded_globals
from raymer.learners.stage import Data, Keep, Representation, Stage
from raymer.learners.step import Step, find_component
from raymer.learners.system import System
from raymer.learners.tags import is_supervised

if TYPE_CHECKING:
    from raymer.learners.sequence_network import Network


class Pipeline:
    """Transformers on a table, one after the other, each fitted on what the one before makes of the train rows.

    Parameters
    ----------
    steps : tuple of Step
        Empty for the features as they are.
    """

    accepts = "table"
    joint = False
    last = 0
    FILE = "steps.skops"

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self.components = [find_component(step.use, "step") for step in steps]
        self.supervised = any(is_supervised(component) for component in self.components)
        self._fitted: list[Any] = []

    def stages(
        self, train: Data, labels: np.ndarray[Any, Any] | None, test: Data, *, seed: int, keep: Keep | None = None
    ) -> Iterator[Stage]:
        """Yield the one stage, epoch 0."""
        made = self.fit(train, labels, seed=seed)
        with seeded_globals(seed):
            of_test = self.transform(test)
        yield Stage(0, made.train, of_test)

    def fit(self, train: Data, labels: np.ndarray[Any, Any] | None, *, seed: int) -> Stage:
        """Fit each step on the train rows."""
        self._fitted = make_steps(self._steps, seed)
        with seeded_globals(seed):
            for estimator in self._fitted:
                train = _rows(_fit_transform(estimator, train, labels))
        return Stage(0, train, train[:0])

    def transform(self, data: Data) -> np.ndarray[Any, Any]:
        """Return the features (n, width) of rows (n, n_features)."""
        for estimator in self._fitted:
            data = _rows(estimator.transform(data))
        return np.asarray(data)

    def save(self, folder: Path) -> None:
        """Write the fitted steps as skops."""
        from raymer.learners.saved import write_estimators

        write_estimators(folder / self.FILE, {str(k): estimator for k, estimator in enumerate(self._fitted)})

    def load(self, folder: Path) -> None:
        """Read the fitted steps; RaymerError where the file holds a type that no step is made of."""
        from raymer.learners.saved import read_estimators

        made = read_estimators(folder / self.FILE, self.components)
        self._fitted = [made[str(k)] for k in range(len(self._steps))]


class Chain:
    """A network, then transformers on its features, fitted anew at each of its stages.

    The transformers see the labels that the network sees: of one target (n,), of several (n, n_targets).
    """

    accepts = "frames"
    supervised = True
    joint = True

    def __init__(self, network: "Network", steps: tuple[Step, ...]) -> None:
        self.network, self._steps = network, steps
        self._table = Pipeline(steps)
        self.last = network.last

    def stages(
        self, train: Data, labels: np.ndarray[Any, Any] | None, test: Data, *, seed: int, keep: Keep | None = None
    ) -> Iterator[Stage]:
        """Yield the network's stages, their features transformed."""
        for stage in self.network.stages(train, labels, test, seed=seed, keep=keep):
            made = next(Pipeline(self._steps).stages(stage.train, _flat(labels), stage.test, seed=seed))
            yield Stage(stage.epoch, made.train, made.test)

    def fit(self, train: Data, labels: np.ndarray[Any, Any] | None, *, seed: int) -> Stage:
        """Fit the network to its end, then the steps."""
        stage = self.network.fit(train, labels, seed=seed)
        made = self._table.fit(stage.train, _flat(labels), seed=seed)
        return Stage(stage.epoch, made.train, made.test)

    def transform(self, data: Data) -> np.ndarray[Any, Any]:
        """Return the features (n, width) of sequences."""
        return self._table.transform(self.network.transform(data))

    def save(self, folder: Path) -> None:
        """Write both."""
        self.network.save(folder)
        self._table.save(folder)

    def load(self, folder: Path) -> None:
        """Read both."""
        self.network.load(folder)
        self._table.load(folder)


def make_representation(system: System, everything: Data = None) -> Representation:
    """Return a new, unfitted representation: what the steps before the predictor say.

    `everything` are all clips, which only a network that normalises by the whole data set looks at, as published.
    """
    if system.network is None:
        return Pipeline(system.steps)
    from raymer.learners.sequence_network import Network  # here, since it imports torch

    network = Network(system.network, everything)
    return network if len(system.steps) == 1 else Chain(network, system.steps[1:])


def _flat(labels: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any] | None:
    """Return the labels of one target as (n,), as reducers on tables take them."""
    is_column = labels is not None and labels.ndim == 2 and labels.shape[1] == 1
    return labels[:, 0] if labels is not None and is_column else labels


def _fit_transform(estimator: Any, train: Data, labels: np.ndarray[Any, Any] | None) -> Data:
    if callable(getattr(estimator, "fit_transform", None)):
        return estimator.fit_transform(train, labels)
    return estimator.fit(train, labels).transform(train)


def _rows(values: Any) -> np.ndarray[Any, Any]:
    """Return what a transformer made as an array (n, width), whatever container it came in."""
    dense = values.toarray() if hasattr(values, "toarray") else values
    return np.asarray(dense)
