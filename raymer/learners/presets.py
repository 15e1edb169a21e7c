"""Presets: short names for systems. `tnn-svr` is the reducer `tnn` before the predictor `svr`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raymer.errors import UsageError
from raymer.learners.predictors import BLIND, HEAD, PREDICTORS
from raymer.learners.reducers import PREPARING, REDUCERS
from raymer.learners.system import System
from raymer.nearest import unknown


@dataclass(frozen=True)
class NetworkPreset:
    """A method of paper B: what its GRU learns, and what predicts from its features."""

    objective: str
    predictor: str


NETWORK_PRESETS: Mapping[str, NetworkPreset] = {
    "nn": NetworkPreset("direct", HEAD),
    "fl": NetworkPreset("direct", "svm"),
    "rbf-sl": NetworkPreset("rbf", "svm"),
    "cos-sl": NetworkPreset("cosine", "svm"),
    "poly-sl": NetworkPreset("polynomial", "svm"),
}
"""The five methods (paper B, section 3). `nn` and `fl` have one network, and so share its training."""

ALONE = ("gp_groups", HEAD, *BLIND)
"""Predictors that follow no reducer: `gp_groups` groups features by their names, `head` is a network's, and those that
know nothing look at no feature."""


def preset_names() -> list[str]:
    """Return every preset: each predictor alone and after each reducer, and the five of paper B."""
    reducers = [name for name in REDUCERS.names() if name not in PREPARING]
    after = [name for name in PREDICTORS.names() if name not in ALONE]
    alone = [name for name in PREDICTORS.names() if name != HEAD]
    pairs = [f"{first}-{last}" for first in reducers for last in after if _agree(first, last)]
    return [*alone, *pairs, *NETWORK_PRESETS]


def _agree(reducer: str, predictor: str) -> bool:
    """Say whether there is a kind of target that both are for."""
    last = PREDICTORS[predictor]
    kinds = {"number": bool(last.path), "class": bool(last.class_path) or last.is_foreign}
    return any(kinds[kind] for kind in REDUCERS[reducer].kinds)


def preset(name: str, reducer: Mapping[str, Any] | None = None, predictor: Mapping[str, Any] | None = None) -> System:
    """Return the system called `name`, with these parameters of its reducer (or network) and predictor.

    On a table a StandardScaler comes first. On sequences the network normalises the bins itself.

    Raises
    ------
    UsageError
        For an unknown name, an unknown or wrong parameter, or parameters of a reducer where there is none.
    """
    reducer, predictor = dict(reducer or {}), dict(predictor or {})
    if name not in preset_names():
        raise UsageError(unknown("method", name, preset_names()))
    try:
        return System.of(_steps(name, reducer, predictor))
    except UsageError as error:
        raise UsageError(f"method {name}: {error}") from error


def _steps(name: str, reducer: dict[str, Any], predictor: dict[str, Any]) -> list[dict[str, Any]]:
    if name in NETWORK_PRESETS:
        kind = NETWORK_PRESETS[name]
        if "objective" in reducer:
            raise UsageError(f"its objective is {kind.objective}: choose another method, or write its steps")
        if kind.predictor == "svm" and reducer.get("label_scale") == "none":
            predictor = {"label_scale": "none", **predictor}
        return [{"use": "gru", "objective": kind.objective, **reducer}, {"use": kind.predictor, **predictor}]
    first, _, last = name.rpartition("-") if name not in PREDICTORS else ("", "", name)
    if reducer and not first:
        raise UsageError("it has no reducer: its reducer parameters would have no effect")
    steps: list[dict[str, Any]] = [{"use": "scale"}]
    if first:
        steps.append({"use": first, **reducer})
    return [*steps, {"use": last, **predictor}]
