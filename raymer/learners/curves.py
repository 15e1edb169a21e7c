"""The five methods of paper B: train once, and predict the test clips at every k-th epoch (paper B, section 3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from raymer.errors import RaymerError, UsageError
from raymer.learners.annotations import SCALES, Coding, coding_of
from raymer.learners.checkpoint import Snapshot, read_snapshot, write_snapshot
from raymer.learners.curve_methods import NORMALISATIONS
from raymer.learners.kernels import DEFAULTS, Similarity
from raymer.learners.sequences import Normalisation, Sequences
from raymer.learners.svm import SVMSettings, fit_svms, predict_svms
from raymer.learners.training import Training, TrainingSettings
from raymer.nearest import unknown

KERNEL_OF: dict[str, str | None] = {
    "nn": None,
    "fl": None,
    "rbf-sl": "rbf",
    "cos-sl": "cosine",
    "poly-sl": "polynomial",
}
"""The methods by name, and the similarity that their network learns; None for direct prediction.

`nn` predicts by the network's own head, every other method by an SVM on the network's features.
"""

_TRAINING = tuple(item.name for item in fields(TrainingSettings) if item.name != "similarity")
_SVM = {f"svm_{item.name}": item.name for item in fields(SVMSettings)}


@dataclass(frozen=True)
class CurveMethod:
    """One of the five methods with its settings; make it by `of`.

    Attributes
    ----------
    name : str
    training : TrainingSettings
        Methods with equal ones share a training: `nn` and `fl` do.
    svm : SVMSettings or None
        None for `nn`.
    label_scale : {"unit", "none"} or None
        See `Numbers.of`; None is "unit" for numbers, and for classes the only one.
    normalisation : {"train", "dataset"}
        Whose frames the statistics of the bins are of. Whoever calls `train_curves` has the frames of all clips, and
        passes their statistics on for "dataset".
    """

    name: str
    training: TrainingSettings
    svm: SVMSettings | None
    label_scale: str | None = None
    normalisation: str = NORMALISATIONS[0]

    @classmethod
    def of(cls, name: str, params: Mapping[str, Any] | None = None) -> "CurveMethod":
        """Return the method called `name` with the paper's parameters, but for those in `params`.

        Parameters
        ----------
        name : str
            A key of KERNEL_OF.
        params : mapping, optional
            hidden, excerpt, batch, optimiser, learning_rate, device, label_scale, normalisation; gamma, degree or
            offset of the method's own similarity; svm_C, svm_gamma, svm_epsilon.

        Raises
        ------
        UsageError
            For an unknown name or parameter (with the nearest valid one), and for one that has no effect or is out of
            range.
        """
        if name not in KERNEL_OF:
            raise UsageError(unknown("method", name, KERNEL_OF))
        kernel, params = KERNEL_OF[name], params or {}
        own = DEFAULTS[kernel] if kernel else {}
        svm = {} if name == "nn" else _SVM
        valid = [*_TRAINING, "label_scale", "normalisation", *own, *svm]
        for param in params:
            if param not in valid:
                raise UsageError(f"method {name}: {unknown('parameter', param, valid)}")
        training = {key: params[key] for key in _TRAINING if key in params}
        if "hidden" in training:
            training["hidden"] = tuple(training["hidden"])
        scale = params.get("label_scale")
        if scale is not None and scale not in SCALES:
            raise UsageError(f"method {name}: {unknown('label scale', str(scale), SCALES)}")
        normalisation = params.get("normalisation", NORMALISATIONS[0])
        if normalisation not in NORMALISATIONS:
            raise UsageError(f"method {name}: {unknown('normalisation', str(normalisation), NORMALISATIONS)}")
        try:
            similarity = Similarity.of(kernel, **{key: params.get(key) for key in own}) if kernel else None
            machine = SVMSettings(**{svm[key]: value for key, value in params.items() if key in svm})
            settings = TrainingSettings(similarity, **training)
        except ValueError as error:
            raise UsageError(f"method {name}: {error}") from error
        return cls(name, settings, None if name == "nn" else machine, scale, normalisation)

    def training_dict(self) -> dict[str, Any]:
        """Return what decides the training, JSON-ready: equal for methods that share one."""
        return {
            **self.training.to_dict(),
            "label_scale": self.label_scale,
            "normalisation": self.normalisation,
        }


@dataclass(frozen=True, eq=False)
class EpochPrediction:
    """What a method predicts after `epoch` epochs: `predicted` (n_test,) or (n_test, n_targets), as the labels."""

    method: str
    epoch: int
    predicted: np.ndarray[Any, Any]


def train_curves(
    methods: Sequence[CurveMethod],
    train: Sequences,
    labels: np.ndarray[Any, Any],
    test: Sequences,
    *,
    seed: int,
    epochs: int,
    every: int,
    checkpoint: Path | None = None,
    normalisation: Normalisation | None = None,
) -> Iterator[EpochPrediction]:
    """Train one network and yield each method's predictions at every `every`-th epoch and at the last.

    Each SVM is trained from nothing at each of these epochs, on the features of whole train clips. Statistics of the
    bins and of the labels come from the train clips; test labels are not asked for.

    Parameters
    ----------
    methods : sequence of CurveMethod
        One, or several that share their training.
    train, test : Sequences
    labels : ndarray
        Of the train clips. Floats (n_train,) or (n_train, n_targets) are targets, in their own unit; whole numbers or
        text (n_train,) are classes.
    seed : int
        From the identity of the training, so that methods may share it or not without changing a bit.
    epochs, every : int
    checkpoint : path, optional
        A file that is written at each of these epochs. A file that is there already is taken up when it holds all
        predictions that are asked for up to its own epoch, else the training begins anew. The bits are those of a
        training that was never interrupted. It is the caller's to delete.
    normalisation : Normalisation, optional
        Statistics of the bins from elsewhere: for methods whose normalisation is "dataset", those of all clips.

    Raises
    ------
    ValueError
        When methods do not share a training, when statistics are given for methods that normalise by the train clips
        or none for others, or for clips and labels that nothing can be learnt from.
    RaymerError
        When the checkpoint is damaged or of another training.
    FloatingPointError
        When training diverges.
    """
    if len({(method.training, method.label_scale, method.normalisation) for method in methods}) != 1:
        raise ValueError("the methods do not share a training: " + ", ".join(method.name for method in methods))
    if (normalisation is None) != (methods[0].normalisation == "train"):
        raise ValueError(f'normalisation {methods[0].normalisation!r}: "dataset" needs statistics, "train" heeds none')
    if epochs < 1 or every < 1:
        raise ValueError(f"epochs={epochs} and every={every} must be at least 1")
    wanted = sorted({*range(every, epochs + 1, every), epochs})
    coding = coding_of(labels, methods[0].label_scale)
    training = Training(methods[0].training, train, labels, coding, seed, normalisation)
    file = _File(checkpoint, training, test, methods, coding) if checkpoint else None
    done = file.resume(wanted) if file else {}
    for epoch in wanted:
        if (methods[0].name, epoch) not in done:
            training.run_until(epoch)
            done.update(_predict(methods, training, train, labels, test, coding))
            if file:
                file.store(done)
        for method in methods:
            yield EpochPrediction(method.name, epoch, done[method.name, epoch])


Done = dict[tuple[str, int], np.ndarray[Any, Any]]
"""Predictions by method and epoch."""


def _predict(
    methods: Sequence[CurveMethod],
    training: Training,
    train: Sequences,
    labels: np.ndarray[Any, Any],
    test: Sequences,
    coding: Coding,
) -> Done:
    found: Done = {}
    of_test = training.features(test)
    of_train = training.features(train) if any(method.svm for method in methods) else of_test[:0]
    for method in methods:
        if method.svm:
            predicted = predict_svms(fit_svms(of_train, labels, coding, method.svm), of_test, coding)
        else:
            predicted = training.predict_from(of_test)
        found[method.name, training.epoch] = predicted
    return found


class _File:
    """The checkpoint of a training and of the predictions that were made on its way."""

    def __init__(
        self, path: Path, training: Training, test: Sequences, methods: Sequence[CurveMethod], coding: Coding
    ) -> None:
        self._path, self._training, self._coding = path, training, coding
        self._identity = {**training.identity(), "test": test.fingerprint()}
        self._methods = {method.name: asdict(method.svm) if method.svm else None for method in methods}

    def store(self, done: Done) -> None:
        """Write the training's state and all predictions so far."""
        state = self._training.snapshot()
        packed = {key: torch.from_numpy(self._coding.pack(y)) for key, y in done.items()}
        curves = {f"curve/{method}/{epoch}": tensor for (method, epoch), tensor in packed.items()}
        facts = {**state.facts, "identity": self._identity, "methods": self._methods}
        write_snapshot(self._path, Snapshot({**state.tensors, **curves}, facts))

    def resume(self, wanted: Sequence[int]) -> Done:
        """Take up what is stored, if it has all that is wanted so far, and return its predictions."""
        if not self._path.exists():
            return {}
        stored = read_snapshot(self._path)
        theirs = stored.facts.get("identity", {})
        different = sorted(key for key in {*self._identity, *theirs} if self._identity.get(key) != theirs.get(key))
        if different:
            reason = f"of another training ({', '.join(different)})"
            raise RaymerError(f"checkpoint {self._path} is {reason}: delete it to begin anew")
        done: Done = {}
        for key, tensor in stored.tensors.items():
            part, _, rest = key.partition("/")
            method, _, epoch = rest.partition("/")
            if part == "curve" and method in self._methods:
                done[method, int(epoch)] = self._coding.unpack(tensor.numpy())
        reached = [epoch for epoch in wanted if epoch <= len(stored.facts["losses"])]
        whole = all((method, epoch) in done for method in self._methods for epoch in reached)
        same = all(stored.facts["methods"].get(name, ()) == svm for name, svm in self._methods.items())
        if not (whole and same):
            return {}
        self._training.restore(stored)
        return done
