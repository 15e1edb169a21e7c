"""A system fitted for some targets: its representations and predictors, written as files and read back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from raymer.learners.answers import Answer, ask, ask_head
from raymer.learners.predictors import HEAD
from raymer.learners.representation import make_representation
from raymer.learners.saved import read_estimators, write_estimators
from raymer.learners.stage import Data, Representation
from raymer.learners.system import System

PREDICTORS, PLACES = "predictors.skops", "places.json"


@dataclass(frozen=True, eq=False)
class FittedSystem:
    """A system that has learnt.

    Attributes
    ----------
    system : System
    representations : mapping of target to Representation
        One object for all targets where they share it.
    predictors : mapping of target to estimator
        None for a target that the network's own head predicts.
    tuned : mapping of target to mapping
        The values that were chosen inside, {"step.parameter": value}; empty where nothing is tuned.
    """

    system: System
    representations: Mapping[str, Representation]
    predictors: Mapping[str, Any]
    tuned: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def answer(self, data: Data) -> dict[str, Answer]:
        """Return what is said of rows, by target: labels (n_clips,), and the probabilities of classes."""
        features: dict[int, np.ndarray[Any, Any]] = {}
        found = {}
        for k, (target, predictor) in enumerate(self.predictors.items()):
            learnt = self.representations[target]
            if id(learnt) not in features:
                features[id(learnt)] = learnt.transform(data)
            seen = features[id(learnt)]
            if predictor is None:
                found[target] = ask_head(learnt.head, seen, k)  # type: ignore[attr-defined]
            else:
                found[target] = ask(predictor, seen)
        return found

    def predict(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        """Return the prediction (n_clips,) of each target for rows, in the label's unit or as a class."""
        return {target: answer.labels for target, answer in self.answer(data).items()}

    def save(self, folder: Path) -> None:
        """Write the files of this system into `folder`."""
        distinct = list({id(one): one for one in self.representations.values()}.values())
        for k, one in enumerate(distinct):
            place = folder / f"representation-{k}"
            place.mkdir()
            one.save(place)
        places = {target: distinct.index(one) for target, one in self.representations.items()}
        (folder / PLACES).write_text(json.dumps(places) + "\n")
        write_estimators(folder / PREDICTORS, {name: one for name, one in self.predictors.items() if one is not None})

    @classmethod
    def load(cls, folder: Path, system: System, targets: Sequence[str]) -> "FittedSystem":
        """Return what `save` wrote for `system` and `targets`; RaymerError where a file is not to be trusted."""
        places: dict[str, int] = json.loads((folder / PLACES).read_text())
        if set(places) != set(targets) or not set(places.values()) <= set(range(len(targets))):
            raise ValueError(f"{PLACES} does not say where the representation of each target is")
        read: dict[int, Representation] = {}
        for k in sorted(set(places.values())):
            read[k] = make_representation(system)
            read[k].load(folder / f"representation-{k}")
        predictors = read_estimators(folder / PREDICTORS, system.classes())
        if set(predictors) - set(targets) or (system.predictor.use != HEAD and set(predictors) != set(targets)):
            raise ValueError(f"{PREDICTORS} does not hold a predictor a target")
        return cls(
            system,
            {target: read[places[target]] for target in targets},
            {target: predictors.get(target) for target in targets},
        )
