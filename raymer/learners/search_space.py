"""The search space of a system, whole: `reducer.d_p`, `predictor.C`, and systems made from what was drawn."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from raymer.components.component import Component
from raymer.errors import UsageError
from raymer.learners.encoders import OBJECTIVE_SPACES
from raymer.learners.presets import preset
from raymer.learners.spaces import Choice, Dimension, Space, Whole, check_below, in_order, narrowed
from raymer.learners.step import find_component
from raymer.learners.system import System
from raymer.nearest import unknown

STEPS = ("reducer", "predictor")

Asked = Mapping[str, Mapping[str, Any]]
"""What an experiment asks for: step ("reducer", "predictor") to parameter to bounds, see `narrowed`."""


def system_space(system: System) -> dict[str, dict[str, Dimension]]:
    """Return what can be searched of a system without being told where, by step and parameter."""
    reducer: dict[str, Dimension] = {}
    if system.main_step is not None:
        reducer = dict(find_component(system.main_step.use, "step").space)
        if system.main_step is system.network:
            reducer |= OBJECTIVE_SPACES.get(str(system.objective), {})
    return {"reducer": reducer, "predictor": dict(find_component(system.predictor.use, "predictor").space)}


def method_space(name: str) -> dict[str, dict[str, Dimension]]:
    """Return what can be searched of the preset `name`; UsageError for an unknown name."""
    return system_space(preset(name))


def search_space(system: System, asked: Asked) -> dict[str, Dimension]:
    """Return what is searched of a system: the parameters that are asked for, under their full names.

    A parameter that no space is declared for can be searched over a list of values.

    Parameters
    ----------
    system : System
        As the experiment sets it.
    asked : mapping
        What it searches: step to parameter to bounds.

    Returns
    -------
    dict
        "reducer.d_p" and so on to dimensions whose default is the value that the system has.

    Raises
    ------
    UsageError
        For an empty space, an unknown step or parameter (with the nearest), bounds that make no sense, or that leave
        no value above another that it must exceed.
    """
    known = system_space(system)
    found: dict[str, Dimension] = {}
    for step, parameters in asked.items():
        if step not in STEPS:
            raise UsageError(f"space: {unknown('step', step, STEPS)}")
        component = _component(system, step)
        for parameter, bounds in parameters.items():
            is_a_list = isinstance(bounds, list) and component is not None and parameter in component.parameters
            if parameter not in known[step] and is_a_list:
                known[step][parameter] = Choice(tuple(bounds), None)
            if parameter not in known[step]:
                raise UsageError(f"space: {_not_there(system.name, step, parameter, known[step])}")
    for step in STEPS:
        values = {key: _value(system, step, key, dimension) for key, dimension in known[step].items()}
        chosen = {
            key: _with_default(narrowed(f"{step}.{key}", known[step][key], bounds), values[key])
            for key, bounds in asked.get(step, {}).items()
        }
        check_below(f"{step}.", chosen, values, known[step])
        found |= {f"{step}.{key}": dimension for key, dimension in in_order(f"{step}.", chosen, values).items()}
    if not found:
        raise UsageError("space: nothing is to be searched: name one parameter at least")
    return found


def capped(space: Space, system: System, n_features: int) -> dict[str, Dimension]:
    """Return the space with the width of a reducer on a table ending at the number of features there are."""
    width = space.get("reducer.width")
    if system.network is not None or not isinstance(width, Whole) or width.high <= n_features:
        return dict(space)
    if width.low >= n_features:
        raise UsageError(f"space: reducer.width: {width.low} and more, but the input has {n_features} features")
    return {**space, "reducer.width": Whole(width.low, n_features, width.log, width.default, width.limits)}


def system_with(system: System, params: Mapping[str, Any]) -> System:
    """Return the system with what was drawn.

    A drawn value that is the step's own default is left out: said or not, it is the same fit.
    """
    changes: dict[str, dict[str, Any]] = {step: {} for step in STEPS}
    known = system_space(system)
    for full, value in params.items():
        step, _, key = full.partition(".")
        if step == "reducer" and key == "width" and system.main_step is system.network and system.network is not None:
            layers = find_component(system.network.use, "step").value(system.network.params, "hidden")
            changes[step]["hidden"] = [*layers[:-1], value]
        else:
            changes[step][key] = _unless_default(system, step, key, value, known[step])
    for step, values in changes.items():
        if values:
            system = system.with_params(step, values)
    return system


def _unless_default(system: System, step: str, key: str, value: Any, known: Space) -> Any:
    """Return None, an unset parameter, for a drawn value that the component takes when nothing is said."""
    component = _component(system, step)
    unset = component is not None and component.parameters[key].default is None
    is_default = key in known and known[key].default is not None and value == known[key].default
    return None if unset and is_default else value


def _component(system: System, step: str) -> Component | None:
    if step == "predictor":
        return find_component(system.predictor.use, "predictor")
    return None if system.main_step is None else find_component(system.main_step.use, "step")


def _value(system: System, step: str, key: str, dimension: Dimension) -> Any:
    """Return what the system has for a parameter; what is unset there is what the space says is taken then."""
    component, chosen = _component(system, step), system.predictor if step == "predictor" else system.main_step
    assert component is not None
    assert chosen is not None
    if key == "width" and chosen is system.network:
        layers = component.value(chosen.params, "hidden")
        return layers[-1]
    value = component.value(chosen.params, key)
    return dimension.default if value is None else value


def _with_default(dimension: Dimension, default: Any) -> Dimension:
    if isinstance(dimension, Choice):
        return Choice(dimension.values, default)
    return replace(dimension, default=default)


def _not_there(name: str, step: str, parameter: str, known: Space) -> str:
    if not known:
        return f"{step}.{parameter}: the {step} of {name} has nothing to search"
    return unknown(f"parameter of the {step} of {name}", parameter, known)
