"""A fitted method on sequences: network, statistics of bins and labels, and SVMs, written and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from raymer.learners.annotations import Classes, Coding, Numbers, coding_of
from raymer.learners.checkpoint import Snapshot, read_snapshot, write_snapshot
from raymer.learners.curves import CurveMethod
from raymer.learners.network import RecurrentNet, clip_features, head_outputs
from raymer.learners.saved import read_estimators, write_estimators
from raymer.learners.sequences import Normalisation, Sequences
from raymer.learners.svm import Machines, fit_svms, predict_svms
from raymer.learners.training import Training

NETWORK, SVMS = "network.safetensors", "svms.skops"


@dataclass(frozen=True, eq=False)
class CurvePredictor:
    """One of paper B's methods after its last epoch.

    Attributes
    ----------
    targets : tuple of str
        In the order of the labels' columns; one where there are classes.
    net : RecurrentNet
        On the CPU.
    normalisation : Normalisation
        Of the bins.
    coding : Coding
    machines : tuple of SVC or SVR
        Empty where the network's own head predicts.
    """

    targets: tuple[str, ...]
    net: RecurrentNet
    normalisation: Normalisation
    coding: Coding
    machines: Machines

    @classmethod
    def fit(
        cls,
        method: CurveMethod,
        targets: Sequence[str],
        clips: Sequences,
        labels: np.ndarray[Any, Any],
        *,
        seed: int,
        epochs: int,
    ) -> "CurvePredictor":
        """Train on `clips` with `labels`, (n_clips, n_targets) numbers or (n_clips,) classes; errors as Training's."""
        coding = coding_of(labels, method.label_scale)
        training = Training(method.training, clips, labels, coding, seed)
        training.run_until(epochs)
        machines = fit_svms(training.features(clips), labels, coding, method.svm) if method.svm else ()
        return cls(tuple(targets), training.net.cpu(), training.normalisation, coding, machines)

    def predict(self, clips: Sequences) -> dict[str, np.ndarray[Any, Any]]:
        """Return the prediction (n_clips,) of each target for whole clips, in the label's unit or as a class."""
        features = clip_features(self.net, clips, self.normalisation)
        if self.machines:
            predicted = predict_svms(self.machines, features, self.coding)
        else:
            predicted = self.coding.decode(head_outputs(self.net, features))
        columns = predicted.reshape(len(clips), -1).T
        return dict(zip(self.targets, columns, strict=True))

    def save(self, folder: Path) -> None:
        """Write the two files of this predictor into `folder`."""
        gru, head = self.net.gru, self.net.head
        facts = {
            "n_bins": len(self.normalisation.mean),
            "hidden": list(gru.hidden_sizes),
            "n_outputs": head.out_features if head is not None else 0,
            "coding": _coding_facts(self.coding),
        }
        statistics = {"normalisation/mean": self.normalisation.mean, "normalisation/sd": self.normalisation.sd}
        if isinstance(self.coding, Numbers):
            statistics |= {"coding/low": self.coding.low, "coding/span": self.coding.span}
        tensors = {name: torch.from_numpy(array) for name, array in statistics.items()}
        tensors |= {f"net/{name}": tensor for name, tensor in self.net.state_dict().items()}
        write_snapshot(folder / NETWORK, Snapshot(tensors, facts))
        write_estimators(folder / SVMS, {str(k): machine for k, machine in enumerate(self.machines)})

    @classmethod
    def load(cls, folder: Path, targets: Sequence[str]) -> "CurvePredictor":
        """Return what `save` wrote for `targets`; RaymerError where a file is not to be trusted."""
        stored = read_snapshot(folder / NETWORK)
        facts, tensors = stored.facts, stored.tensors
        net = RecurrentNet(2 * facts["n_bins"], facts["hidden"], facts["n_outputs"], seed=0)
        prefix = "net/"
        weights = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        net.load_state_dict(weights)
        statistics = Normalisation(tensors["normalisation/mean"].numpy(), tensors["normalisation/sd"].numpy())
        machines = read_estimators(folder / SVMS)
        in_order = tuple(machines[str(k)] for k in range(len(machines)))
        return cls(tuple(targets), net, statistics, _coding(facts["coding"], tensors), in_order)


def _coding_facts(coding: Coding) -> dict[str, Any]:
    if isinstance(coding, Classes):
        return {"classes": coding.classes.tolist()}
    assert isinstance(coding, Numbers)
    return {"flat": coding.flat}


def _coding(facts: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> Coding:
    if "classes" in facts:
        return Classes(np.array(facts["classes"]))
    return Numbers(tensors["coding/low"].numpy(), tensors["coding/span"].numpy(), facts["flat"])
