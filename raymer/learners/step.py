"""A step of a system: one component with its parameters; plain data, the same in every process."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from raymer.components.component import Component
from raymer.errors import UsageError
from raymer.learners.encoders import ENCODERS, NetworkParams
from raymer.learners.predictors import PREDICTORS
from raymer.learners.reducers import REDUCERS
from raymer.learners.tags import is_predictor
from raymer.nearest import unknown

NETWORK = tuple(NetworkParams.model_fields)
"""Parameters of a network's training; what else a step with an encoder sets is the encoder's."""


@dataclass(frozen=True, eq=False)
class Step:
    """One component with the parameters that differ from its defaults.

    Attributes
    ----------
    use : str
        Name of the component, or "module:Class".
    params : mapping
        JSON-ready but for nested components, which are Steps.
    revision : str
        Of a class that is not raymer's, as it was when the step was made.
    tune : mapping of parameter to tuple
        Values that are tried inside the fit, on inner splits of its train rows; see `raymer.learners.tuning`.
    """

    use: str
    params: Mapping[str, Any] = field(default_factory=dict)
    revision: str = ""
    tune: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Step) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data, as a YAML has it; a foreign class with its revision."""
        made = {"use": self.use, **{name: _plain(value) for name, value in self.params.items()}}
        if self.tune:
            made["tune"] = {name: [_plain(value) for value in values] for name, values in self.tune.items()}
        return {**made, "revision": self.revision} if self.revision else made

    def candidates(self) -> list[tuple["Step", dict[str, Any]]]:
        """Return the step with each combination of the values that are tried, and those: {"use.parameter": value}."""
        record, made = replace(self, tune={}).to_dict(), []
        for values in product(*self.tune.values()):
            chosen = dict(zip(self.tune, values, strict=True))
            step = make_any_step({**record, **chosen}) if chosen else self
            made.append((step, {f"{self.use}.{name}": value for name, value in chosen.items()}))
        return made


def make_step(record: Mapping[str, Any] | str, role: str) -> tuple[Step, Component]:
    """Return a step and its component from what a YAML says: {use: NAME, parameter: value, ...}.

    Parameters
    ----------
    record : mapping or str
        A name alone stands for its defaults. `revision`, where it is there, must be that of the class as it is now.
        `tune` has the values to try of parameters: {parameter: [value, value, ...]}.
    role : {"step", "predictor"}
        A step may name a reducer or an encoder.

    Raises
    ------
    UsageError
        For an unknown name or parameter, a value out of its limits, or a class that has changed.
    """
    if isinstance(record, str):
        record = {"use": record}
    use, tune = record.get("use"), record.get("tune", {})
    params = {name: value for name, value in record.items() if name not in ("use", "revision", "tune")}
    if not isinstance(use, str):
        raise UsageError(f"a step names its component: {{use: NAME or module:Class, ...}}, not {dict(record)!r}")
    component = find_component(use, role)
    revision = record.get("revision", component.revision)
    if revision != component.revision:
        raise UsageError(
            f"{use} is another than the results were made with ({component.origin}: {component.revision}, not "
            f"{revision}): bring the file, or install the package, as it was then"
        )
    if component.role == "encoder" and component.is_foreign:
        checked = {
            **ENCODERS.own["gru"].checked({name: value for name, value in params.items() if name in NETWORK}),
            **component.checked({name: value for name, value in params.items() if name not in NETWORK}),
        }
    else:
        nested = {name: _nested(value) for name, value in params.items()}
        plain = component.checked({name: value for name, value in nested.items() if not isinstance(value, Step)})
        unknown_steps = [name for name in nested if isinstance(nested[name], Step) and name not in component.parameters]
        if unknown_steps:
            raise UsageError(f"{use}: {unknown('parameter', unknown_steps[0], component.parameters)}")
        checked = plain | {name: value for name, value in nested.items() if isinstance(value, Step)}
    return Step(use, dict(sorted(checked.items())), component.revision, _tuned(use, component, params, tune)), component


def make_any_step(record: Mapping[str, Any]) -> Step:
    """Return a step for whichever place its component may take."""
    use = str(record["use"])
    component = find_any(use)
    return make_step(record, "predictor" if component.role == "predictor" or is_predictor(component) else "step")[0]


def _tuned(use: str, component: Component, params: Mapping[str, Any], tune: Any) -> dict[str, tuple[Any, ...]]:
    """Return the values to try, each checked as if it had been set."""
    if not isinstance(tune, Mapping):
        raise UsageError(f"{use}: tune has values to try of parameters, {{parameter: [value, value]}}, not {tune!r}")
    if tune and component.role == "encoder":
        raise UsageError(
            f"{use}: a network is not trained anew for each value inside a fit: search it with raymer tune"
        )
    for name, values in tune.items():
        if name in params:
            raise UsageError(f"{use}: {name} is set and tuned: say one of them")
        if not isinstance(values, list | tuple) or len(values) < 2:
            raise UsageError(f"{use}: tune {name}: give a list of two values or more, not {values!r}")
        for value in values:
            component.checked({**params, name: value})
        if len({repr(value) for value in values}) < len(values):
            raise UsageError(f"{use}: tune {name}: a value stands twice in {list(values)}")
    return {name: tuple(values) for name, values in sorted(tune.items())}


def find_component(use: str, role: str) -> Component:
    """Return the component called `use` among those that may stand in a place; UsageError with the nearest name."""
    if role == "predictor":
        return PREDICTORS[use]
    if use in REDUCERS:
        return REDUCERS[use]
    if use in ENCODERS:
        return ENCODERS[use]
    if ":" not in use:
        raise UsageError(unknown("step", use, [*REDUCERS.names(), *ENCODERS.names()]))
    try:
        return REDUCERS[use]
    except UsageError:
        try:
            return ENCODERS[use]
        except UsageError:
            pass
        raise


def inner_steps(step: Step) -> list[Step]:
    """Return the components inside a step, at any depth."""
    direct = [value for value in step.params.values() if isinstance(value, Step)]
    return [one for inner in direct for one in (inner, *inner_steps(inner))]


def find_any(use: str) -> Component:
    """Return the component called `use`, whichever place of a system it may take; UsageError as find_component."""
    for catalogue in (PREDICTORS, REDUCERS, ENCODERS):
        if use in catalogue:
            return catalogue[use]
    try:
        return PREDICTORS[use]
    except UsageError:
        return find_component(use, "step")


def _nested(value: Any) -> Any:
    """Return a nested component as a Step; every other value as it is."""
    if not (isinstance(value, Mapping) and "use" in value):
        return value
    if value.get("tune"):
        raise UsageError(f"{value['use']}: tune stands in a step itself, not in one inside another")
    return make_any_step(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Step):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value
