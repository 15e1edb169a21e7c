"""What a model said when it was saved, of rows that anyone can make again: loaded, it must say the same.

Whoever changes weights and writes the hashes of the manifest anew has another model under the old card. It is seen
here: the model is asked about the clips it was fitted on (a table's rows follow from what `Novelty` keeps; for frames
waves are made), and its answers, distances and intervals are held against those that were written with it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from raymer.errors import RaymerError
from raymer.learners.novelty import Novelty

MOST_ROWS = 512
LEVEL = 0.5
WAVES, FRAMES = 6, 48
TOLERANCE: Mapping[str, float] = {"table": 1e-7, "frames": 1e-5}
"""How far an answer may lie from the written one, over the largest of its column: other processors add up in another
order, and networks in float32."""
_PREFIX = "proof/"


class Asked(Protocol):
    """What of a model is needed to ask it."""

    @property
    def card(self) -> Mapping[str, Any]:
        """What the model is."""

    @property
    def novelty(self) -> Novelty:
        """What it keeps of the clips it was fitted on."""

    @property
    def accepts(self) -> str:
        """What it reads: "table" or "frames"."""

    def predict_features(self, names: Sequence[str], features: Any, *, level: float) -> Any:
        """Predict clips from their features."""


def make_proof(model: Asked) -> dict[str, np.ndarray[Any, Any]]:
    """Return what `model` says of its rows, by name: arrays (n_rows,) of float64, of classes their places."""
    return {f"{_PREFIX}{name}": values for name, values in _answers(model).items()}


def check_proof(model: Asked, stored: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Raise RaymerError where `model` says something else than what was written with it."""
    written = {name.removeprefix(_PREFIX): values for name, values in stored.items() if name.startswith(_PREFIX)}
    said = _answers(model)
    if set(said) != set(written):
        raise RaymerError("it answers other questions than when it was saved")
    for name, values in said.items():
        before = written[name]
        reach = TOLERANCE[model.accepts] * max(1e-300, float(np.abs(before).max(initial=0.0)))
        if values.shape != before.shape or not (np.abs(values - before) <= reach).all():
            raise RaymerError(f"its {name} of the clips it was fitted on is not what it was when it was saved")


def _answers(model: Asked) -> dict[str, np.ndarray[Any, Any]]:
    rows = _rows(model)
    names = [str(k) for k in range(len(rows))]
    frame = model.predict_features(names, rows, level=LEVEL).frame.drop(columns=["clip", "unlike"])
    classes = {target["name"]: target["classes"] for target in model.card["targets"] if target["kind"] == "class"}
    return {
        str(name): _places(values, classes[name]) if name in classes else np.array(values, dtype=np.float64)
        for name, values in frame.items()
    }


def _places(values: Any, classes: list[str]) -> np.ndarray[Any, Any]:
    return np.array([classes.index(value) if value in classes else -1 for value in values], dtype=np.float64)


def _rows(model: Asked) -> Any:
    kept = model.novelty
    if model.accepts == "table":
        chosen = np.unique(np.linspace(0, len(kept.points) - 1, MOST_ROWS).astype(int))
        return kept.mean + kept.sd * kept.points[chosen].astype(np.float64)
    width = int(model.card["features"]["width"])
    mean, spread = kept.mean[:width], kept.mean[width : 2 * width]
    time = np.arange(FRAMES)[:, None] * (1 + np.arange(width))
    waves = [mean + spread * np.sin(time * (0.1 + 0.07 * k) + k) for k in range(WAVES)]
    return [wave.astype(np.float32) for wave in waves]
