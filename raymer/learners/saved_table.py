"""A fitted method on tables: one pipeline a target, written as safetensors and skops and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from raymer.learners.checkpoint import Snapshot, read_snapshot, write_snapshot
from raymer.learners.methods import Method, make_representation
from raymer.learners.saved import read_estimators, write_estimators

REPRESENTATIONS, REGRESSORS = "representations.safetensors", "regressors.skops"


@dataclass(frozen=True, eq=False)
class TablePredictor:
    """A method fitted for some targets.

    Attributes
    ----------
    method : Method
    representations : mapping of target to Pipeline
        Scaler and reducer, fitted; one object for all targets where they share it.
    regressors : mapping of target to TransformedTargetRegressor
        Fitted.
    """

    method: Method
    representations: Mapping[str, Pipeline]
    regressors: Mapping[str, TransformedTargetRegressor]

    def predict(self, X: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        """Return the prediction (n_clips,), float64 in the label's unit, of each target for X (n_clips, n_features)."""
        return {
            target: np.asarray(regressor.predict(self.representations[target].transform(X)), dtype=np.float64)
            for target, regressor in self.regressors.items()
        }

    def save(self, folder: Path) -> None:
        """Write the two files of this predictor into `folder`."""
        tensors = {
            f"{target}/{step}/{name}": torch.tensor(np.asarray(value))  # a copy: safetensors wants none shared
            for target, pipeline in self.representations.items()
            for step, estimator in pipeline.named_steps.items()
            for name, value in _learnt(estimator).items()
        }
        write_snapshot(folder / REPRESENTATIONS, Snapshot(tensors, {}))
        write_estimators(folder / REGRESSORS, self.regressors)

    @classmethod
    def load(cls, folder: Path, method: Method, targets: Sequence[str]) -> "TablePredictor":
        """Return what `save` wrote for `method` and `targets`; RaymerError where a file is not to be trusted."""
        tensors = read_snapshot(folder / REPRESENTATIONS).tensors
        regressors = read_estimators(folder / REGRESSORS)  # by target
        pipelines = {target: make_representation(method.reducer, seed=0) for target in targets}
        for key, tensor in tensors.items():
            # A target's name may hold a slash, the others never do.
            target, step, name = key.rsplit("/", 2)
            value = tensor.numpy()
            setattr(pipelines[target].named_steps[step], name, value if value.ndim else value.item())
        return cls(method, pipelines, {target: regressors[target] for target in targets})


def _learnt(estimator: Any) -> dict[str, Any]:
    """Return what `fit` has learnt: scikit-learn ends the names of these attributes with an underscore."""
    return {name: value for name, value in vars(estimator).items() if name.endswith("_") and not name.startswith("_")}
