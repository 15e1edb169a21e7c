"""Network: an encoder of sequences trained on an objective, a stage at each k-th epoch (paper B, section 3)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict

from raymer.errors import RaymerError, UsageError
from raymer.learners.annotations import Classes, Coding, Numbers, coding_of
from raymer.learners.checkpoint import Snapshot, read_snapshot, write_snapshot
from raymer.learners.clips import Normalisation, Sequences, per_bin
from raymer.learners.encoders import ENCODERS, NetworkParams
from raymer.learners.kernels import DEFAULTS, Similarity
from raymer.learners.network import ClipNet, clip_features, head_of
from raymer.learners.stage import Head, Keep, Stage
from raymer.learners.step import NETWORK, Step
from raymer.learners.training import Training, TrainingSettings, encoder_maker

_TRAINING = ("excerpt", "differences", "batch", "optimiser", "learning_rate", "device")


class Network:
    """An encoder with the objective that it learns. All targets are learnt at once.

    Parameters
    ----------
    step : Step
        Names the encoder, and sets its parameters and those of the training.
    everything : Sequences, optional
        All clips: only looked at where the step's normalisation is "dataset".

    Attributes
    ----------
    last : int
        The number of epochs.
    everything : Sequences, optional
        The clips whose frames it normalises by, as published; None where those are the train rows.

    Raises
    ------
    UsageError
        For settings that the training refuses: an unknown optimiser, a device that torch does not know.
    """

    accepts = "frames"
    supervised = True
    joint = True
    FILE = "network.safetensors"

    def __init__(self, step: Step, everything: Sequences | None = None) -> None:
        self._value: dict[str, Any] = {
            name: step.params.get(name, info.get_default()) for name, info in NetworkParams.model_fields.items()
        }
        self.settings = _settings(step, self._value)
        self.last = int(self._value["epochs"])
        self.everything = everything if self._value["normalisation"] == "dataset" else None
        self._net: ClipNet | None = None

    @property
    def epochs(self) -> list[int]:
        """The epochs that are scored: each k-th, and the last."""
        every = int(self._value["every"])
        return sorted({*range(every, self.last + 1, every), self.last})

    def stages(
        self, train: Any, labels: np.ndarray[Any, Any] | None, test: Any, *, seed: int, keep: Keep | None = None
    ) -> Iterator[Stage]:
        """Train and yield the features of whole clips, train and test, at each scored epoch.

        Parameters
        ----------
        train, test : Sequences
        labels : ndarray
            Of the train clips. Floats (n_train, n_targets) in their own unit; text (n_train,) are classes.
        seed : int
        keep : Keep, optional
            A training that was killed goes on from its file, which holds all stages so far; its bits are those of one
            that was not.

        Raises
        ------
        ValueError
            For clips and labels that nothing can be learnt from.
        RaymerError
            When the file is damaged, or of another training.
        FloatingPointError
            When training diverges.
        """
        training = self._training(train, labels, seed)
        file = _File(keep, training, test, self.coding) if keep else None
        done = file.resume(self.epochs) if file else {}
        for epoch in self.epochs:
            if epoch not in done:
                training.run_until(epoch)
                done[epoch] = Stage(epoch, training.features(train), training.features(test), training.head)
                if file:
                    file.store(done)
            yield done[epoch]

    def fit(self, train: Any, labels: np.ndarray[Any, Any] | None, *, seed: int) -> Stage:
        """Train to the last epoch."""
        training = self._training(train, labels, seed)
        training.run_until(self.last)
        features = training.features(train)
        self._net = training.net.cpu()
        self.normalisation = training.normalisation
        return Stage(self.last, features, features[:0], training.head)

    def transform(self, data: Any) -> np.ndarray[Any, Any]:
        """Return the features (n_clips, width), float32, of whole clips."""
        assert self._net is not None
        return clip_features(self._net, data, self.normalisation)

    @property
    def head(self) -> Head | None:
        """The last layer after `fit` or `load`; None where a similarity was learnt."""
        assert self._net is not None
        return head_of(self._net, self.coding)

    def save(self, folder: Path) -> None:
        """Write weights, statistics of bins and labels as safetensors."""
        assert self._net is not None
        head = self._net.head
        facts = {
            "differences": self.normalisation.differences,
            "n_outputs": head.out_features if head is not None else 0,
            "coding": _coding_facts(self.coding),
        }
        statistics = {"normalisation/mean": self.normalisation.mean, "normalisation/sd": self.normalisation.sd}
        if isinstance(self.coding, Numbers):
            statistics |= {"coding/low": self.coding.low, "coding/span": self.coding.span}
        tensors = {name: torch.from_numpy(array) for name, array in statistics.items()}
        tensors |= {f"net/{name}": tensor for name, tensor in self._net.state_dict().items()}
        write_snapshot(folder / self.FILE, Snapshot(tensors, facts))

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; ValueError or RaymerError where its parts are not those of this network."""
        stored = read_snapshot(folder / self.FILE, "fetch the model anew or fit it again")
        facts, tensors = _NetworkFacts.model_validate(stored.facts), stored.tensors
        for name, tensor in tensors.items():
            if not (tensor.is_floating_point() and bool(torch.isfinite(tensor).all())):
                raise ValueError(f"{self.FILE}: {name} holds values that are no finite numbers")
        mean, sd = (tensors[f"normalisation/{name}"].numpy() for name in ("mean", "sd"))
        weights = {name.removeprefix("net/"): tensor for name, tensor in tensors.items() if name.startswith("net/")}
        head = len(weights["head.bias"]) if "head.bias" in weights else 0
        if mean.ndim != 1 or mean.shape != sd.shape or facts.n_outputs != head:
            raise ValueError(f"{self.FILE}: its statistics or its outputs do not go with its weights")
        if mean.size > sum(tensor.numel() for tensor in weights.values()):
            raise ValueError(f"{self.FILE}: it has more inputs than weights")
        self.normalisation = Normalisation(mean, sd, facts.differences)
        self._net = ClipNet(encoder_maker(self.settings), self.normalisation.n_inputs, head, seed=0)
        self._net.load_state_dict(weights)
        self.coding = _coding(facts.coding, tensors)

    def _training(self, train: Sequences, labels: np.ndarray[Any, Any] | None, seed: int) -> Training:
        if labels is None:
            raise ValueError("a network learns from annotations")
        self.coding = coding_of(labels, self._value["label_scale"])
        statistics = None
        if self._value["normalisation"] == "dataset":
            if self.everything is None:
                raise ValueError('normalisation "dataset" needs the frames of all clips')
            statistics = per_bin(self.everything)
        return Training(self.settings, train, labels, self.coding, seed, statistics)


def _settings(step: Step, value: Mapping[str, Any]) -> TrainingSettings:
    objective = value["objective"]
    training = {name: value[name] for name in _TRAINING}
    if step.use == "gru":
        training["hidden"] = tuple(ENCODERS["gru"].value(step.params, "hidden"))
    else:
        own = {name: item for name, item in step.to_dict().items() if name not in NETWORK}
        training["encoder"] = own
    try:
        kernel = None if objective == "direct" else {key: value[key] for key in DEFAULTS[objective]}
        similarity = None if kernel is None else Similarity.of(objective, **kernel)
        return TrainingSettings(similarity, **training)
    except ValueError as error:
        raise UsageError(f"{step.use}: {error}") from error


class _File:
    """The checkpoint of a training, and of the stages that it has passed."""

    def __init__(self, keep: Keep, training: Training, test: Sequences, coding: Coding) -> None:
        self._keep, self._training, self._coding = keep, training, coding
        self._identity = {**training.identity(), "test": test.fingerprint()}

    def store(self, done: Mapping[int, Stage]) -> None:
        """Write the training's state and all stages so far."""
        state = self._training.snapshot()
        tensors = dict(state.tensors)
        for epoch, stage in done.items():
            parts = {"train": stage.train, "test": stage.test}
            if stage.head is not None:
                parts |= {"weight": stage.head.weight, "bias": stage.head.bias}
            tensors |= {f"stage/{epoch}/{name}": torch.from_numpy(values) for name, values in parts.items()}
        write_snapshot(self._keep.path, Snapshot(tensors, {**state.facts, "identity": self._identity}))
        self._keep.keep()

    def resume(self, wanted: Sequence[int]) -> dict[int, Stage]:
        """Take up what is stored, if it is there and has all wanted stages so far, and return its stages."""
        if not self._keep.path.exists():
            return {}
        stored = read_snapshot(self._keep.path)
        theirs = stored.facts.get("identity", {})
        different = sorted(key for key in {*self._identity, *theirs} if self._identity.get(key) != theirs.get(key))
        if different:
            reason = f"of another training ({', '.join(different)})"
            raise RaymerError(f"checkpoint {self._keep.path} is {reason}: delete it to begin anew")
        parts: dict[int, dict[str, np.ndarray[Any, Any]]] = {}
        for key, tensor in stored.tensors.items():
            if key.startswith("stage/"):
                _, epoch, name = key.split("/")
                parts.setdefault(int(epoch), {})[name] = tensor.numpy()
        if any(epoch not in parts for epoch in wanted if epoch <= len(stored.facts["losses"])):
            return {}
        self._training.restore(stored)
        return {epoch: self._stage(epoch, found) for epoch, found in parts.items()}

    def _stage(self, epoch: int, found: Mapping[str, np.ndarray[Any, Any]]) -> Stage:
        head = Head(found["weight"], found["bias"], self._coding) if "weight" in found else None
        return Stage(epoch, found["train"], found["test"], head)


class _NetworkFacts(BaseModel):
    """What stands beside the tensors of a saved network."""

    model_config = ConfigDict(strict=True)

    differences: bool
    n_outputs: int
    coding: dict[str, Any]


def _coding_facts(coding: Coding) -> dict[str, Any]:
    if isinstance(coding, Classes):
        return {"classes": coding.classes.tolist()}
    assert isinstance(coding, Numbers)
    return {"flat": coding.flat}


def _coding(facts: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> Coding:
    if "classes" in facts:
        return Classes(np.array(facts["classes"]))
    return Numbers(tensors["coding/low"].numpy(), tensors["coding/span"].numpy(), facts["flat"])


def labels_as_learnt(columns: Sequence[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Return labels of several targets as a network takes them: (n, n_targets) numbers, or (n,) classes.

    Raises
    ------
    UsageError
        For several targets of which one is a class.
    """
    if any(column.dtype.kind == "U" for column in columns):
        if len(columns) > 1:
            raise UsageError("a network learns classes one target at a time: give the experiment one target")
        return np.asarray(columns[0])
    return np.stack(columns, axis=1)
