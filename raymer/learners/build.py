"""From a step to an estimator: new, unfitted, with the seed of its fit."""

from collections.abc import Sequence
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import MinMaxScaler

from raymer.components.component import Component
from raymer.errors import UsageError
from raymer.features.names import feature_groups
from raymer.learners.step import Step, find_any, find_component


def make_estimator(step: Step, component: Component, seed: int, kind: str = "number") -> Any:
    """Return a new estimator; `random_state` is the seed wherever `get_params` has one that nobody has set.

    Parameters
    ----------
    step : Step
    component : Component
        The step's.
    seed : int
    kind : {"number", "class"}
        Of the target; for predictors.

    Raises
    ------
    UsageError
        When the class refuses its parameters, or does not predict targets of this kind.
    """
    cls = component.class_for(kind) if component.role == "predictor" else component.cls
    values = {name: _value(value, seed) for name, value in step.params.items()}
    width = component.parameters.get("width") if component.model is not None else None
    if width is not None and width.default is not None:
        values.setdefault("width", width.default)
    named = {component.rename.get(name, name): value for name, value in values.items()}
    try:
        made = cls(**component.fixed, **named) if component.is_foreign else cls().set_params(**component.fixed, **named)
        return _seeded(made, seed)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{step.use} cannot be made: {error}") from error


def _value(value: Any, seed: int) -> Any:
    if isinstance(value, Step):
        return make_estimator(value, find_any(value.use), seed)
    return value


def _seeded(estimator: Any, seed: int) -> Any:
    """Set every `random_state` that is None, of nested estimators too."""
    known = estimator.get_params(deep=True)
    mine = {name: seed for name, value in known.items() if name.split("__")[-1] == "random_state" and value is None}
    return estimator.set_params(**mine) if mine else estimator


def make_steps(steps: Sequence[Step], seed: int) -> list[Any]:
    """Return new, unfitted transformers, in order."""
    return [make_estimator(step, find_component(step.use, "step"), seed) for step in steps]


def make_predictor(step: Step, seed: int, kind: str, feature_names: Sequence[str] = ()) -> Any:
    """Return a new, unfitted predictor for a target of `kind`.

    raymer's own predictors of numbers bring labels to [-1, 1] on the rows they are fitted on, and back (paper A); the
    SVM of paper B to [0, 1]. Classes of somebody else's see labels as they are.

    Parameters
    ----------
    step : Step
    seed : int
    kind : {"number", "class"}
    feature_names : sequence of str
        Of the features that reach it, where they have names; only `gp_groups` looks at them.
    """
    component = find_component(step.use, "predictor")
    params = dict(step.params)
    scale = params.pop("label_scale", "unit") if step.use == "svm" else ""
    if step.use == "svm":
        params.setdefault("gamma", 0.5)
        if kind == "class":
            params.pop("epsilon", None)
    if step.use == "ridge":
        alpha = params.pop("alpha", None)
        alphas = params.get("alphas", ()) if alpha is None else (alpha,)
        if alphas:  # a list: scikit-learn writes into one of a single value
            params["alphas"] = list(alphas)
    if step.use == "gp_groups" and "groups" not in params and feature_names:
        params["groups"] = feature_groups(feature_names)
    made = make_estimator(Step(step.use, params), component, seed, kind)
    if kind == "class" or not component.scales_labels or scale == "none":
        return made
    return TransformedTargetRegressor(made, transformer=MinMaxScaler((0, 1) if scale == "unit" else (-1, 1)))
