"""The search space of a method, whole: `reducer.d_p`, `regressor.C`, and methods made from what was drawn."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from raymer.errors import UsageError
from raymer.learners.curve_methods import CURVES
from raymer.learners.methods import DEFAULT_WIDTH, REDUCERS, REGRESSORS, Method
from raymer.learners.spaces import Choice, Dimension, Space, Whole, check_below, in_order, narrowed
from raymer.nearest import unknown

STEPS = ("reducer", "regressor")
HIDDEN = (100, 50)
"""The layers of the paper's network: what `width` changes is the last one's units."""

Asked = Mapping[str, Mapping[str, Any]]
"""What an experiment asks for: step ("reducer", "regressor") to parameter to bounds, see `narrowed`."""


def method_space(name: str) -> dict[str, dict[str, Dimension]]:
    """Return all that can be searched of the method `name`, by step and parameter; UsageError for an unknown name."""
    method = Method.of(name)
    if name in CURVES:
        kind = CURVES[name]
        return {"reducer": dict(kind.reducer_space), "regressor": dict(kind.regressor_space)}
    reducer = dict(REDUCERS[method.reducer.kind].space) if method.reducer else {}
    return {"reducer": reducer, "regressor": dict(REGRESSORS[method.regressor.kind].space)}


def search_space(name: str, fixed: Asked, asked: Asked) -> dict[str, Dimension]:
    """Return what is searched of the method `name`: the parameters that are asked for, under their full names.

    Parameters
    ----------
    name : str
    fixed : mapping
        What the experiment sets: step to parameter to value.
    asked : mapping
        What it searches: step to parameter to bounds.

    Returns
    -------
    dict
        "reducer.d_p" and so on to dimensions whose default is what the experiment sets, where it does.

    Raises
    ------
    UsageError
        For an empty space, an unknown step or parameter (with the nearest), bounds that make no sense, or that leave
        no value above another that it must exceed.
    """
    known = method_space(name)
    found: dict[str, Dimension] = {}
    for step, parameters in asked.items():
        if step not in STEPS:
            raise UsageError(f"space: {unknown('step', step, STEPS)}")
        for parameter in parameters:
            if parameter not in known[step]:
                raise UsageError(f"space: {_not_there(name, step, parameter, known[step])}")
    for step in STEPS:
        set_here = _by_space_name(name, step, fixed.get(step, {}))
        values = {key: set_here.get(key, dimension.default) for key, dimension in known[step].items()}
        chosen = {
            key: _with_default(narrowed(f"{step}.{key}", known[step][key], bounds), values[key])
            for key, bounds in asked.get(step, {}).items()
        }
        check_below(f"{step}.", chosen, values, known[step])
        found |= {f"{step}.{key}": dimension for key, dimension in in_order(f"{step}.", chosen, values).items()}
    if not found:
        raise UsageError("space: nothing is to be searched: name one parameter at least")
    return found


def capped(space: Space, name: str, n_features: int) -> dict[str, Dimension]:
    """Return the space with the width of a method on tables ending at the number of features there are."""
    width = space.get("reducer.width")
    if name in CURVES or not isinstance(width, Whole) or width.high <= n_features:
        return dict(space)
    if width.low >= n_features:
        raise UsageError(f"space: reducer.width: {width.low} and more, but the input has {n_features} features")
    return {**space, "reducer.width": Whole(width.low, n_features, width.log, width.default, width.limits)}


def method_with(name: str, fixed: Asked, params: Mapping[str, Any]) -> Method:
    """Return the method `name` with what is fixed and what was drawn.

    A drawn value that is the method's own default is left out where nothing was fixed: said or not, it is the same
    fit, and so it has the same identity as in a plain run.
    """
    known = method_space(name)
    steps = {step: dict(fixed.get(step, {})) for step in STEPS}
    for full, value in params.items():
        step, _, key = full.partition(".")
        if step == "reducer" and key == "width" and name in CURVES:
            layers = steps[step].get("hidden", HIDDEN)
            if "hidden" in steps[step] or (*layers[:-1], value) != HIDDEN:
                steps[step]["hidden"] = [*layers[:-1], value]
        elif key in steps[step] or value != known[step][key].default or key == "width":
            steps[step][key] = value
    return Method.of(name, steps["reducer"], steps["regressor"])


def _by_space_name(name: str, step: str, fixed: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(fixed)
    if step == "reducer" and name in CURVES:
        values["width"] = values.get("hidden", HIDDEN)[-1]
    elif step == "reducer":
        values.setdefault("width", DEFAULT_WIDTH)
    return values


def _with_default(dimension: Dimension, default: Any) -> Dimension:
    if isinstance(dimension, Choice):
        return Choice(dimension.values, default)
    return replace(dimension, default=default)


def _not_there(name: str, step: str, parameter: str, known: Space) -> str:
    if not known:
        return f"{step}.{parameter}: the {step} of {name} has nothing to search"
    return unknown(f"parameter of the {step} of {name}", parameter, known)
