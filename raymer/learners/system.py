"""System: the steps that learn a representation, and a predictor; plain data, the same in every process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from raymer.components.component import Component
from raymer.errors import UsageError
from raymer.learners.encoders import ENCODERS, NetworkParams
from raymer.learners.predictors import BLIND, HEAD, PREDICTORS
from raymer.learners.reducers import PREPARING, REDUCERS
from raymer.learners.tags import is_predictor, is_supervised
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


@dataclass(frozen=True)
class System:
    """The steps of one row of a table; make it by `of` or `preset`.

    Attributes
    ----------
    steps : tuple of Step
        What learns a representation, in order; the first may be a network on sequences.
    predictor : Step
    """

    steps: tuple[Step, ...]
    predictor: Step

    @classmethod
    def of(cls, steps: Sequence[Mapping[str, Any] | str]) -> "System":
        """Return the system of these steps, the last a predictor, each as a YAML has it.

        Raises
        ------
        UsageError
            For what `make_step` refuses, an encoder that is not the first step, or a head without a network.
        """
        if not steps:
            raise UsageError("a system has one step at least: its predictor, last")
        made = [make_step(step, "step")[0] for step in steps[:-1]]
        system = cls(tuple(made), make_step(steps[-1], "predictor")[0])
        system._check()
        return system

    def _check(self) -> None:
        for k, step in enumerate(self.steps):
            if k and find_component(step.use, "step").role == "encoder":
                raise UsageError(f"{step.use} reads sequences: it can only be the first step")
        if self.network is not None and self.is_tuned:
            raise UsageError(
                f"tune stands after the network {self.steps[0].use}, which would be trained anew on every inner split: "
                "search it with raymer tune"
            )
        if self.predictor.use == HEAD and (self.objective != "direct" or len(self.steps) != 1):
            raise UsageError("head is a network's last layer: it follows one with objective direct, and no other step")

    @property
    def network(self) -> Step | None:
        """The step that is a network on sequences, None where there is none."""
        first = self.steps[0] if self.steps else None
        return first if first is not None and find_component(first.use, "step").role == "encoder" else None

    @property
    def is_tuned(self) -> bool:
        """Whether values of some step are chosen inside the fit."""
        return self.tunes_representation or bool(self.predictor.tune)

    @property
    def tunes_representation(self) -> bool:
        """Whether values of a step before the predictor are chosen inside the fit, which takes labels."""
        return any(step.tune for step in self.steps)

    def candidates(self) -> list[tuple["System", dict[str, Any]]]:
        """Return the systems among which a fit chooses, in the order in which the values stand, and these values."""
        made = []
        for row in product(*(step.candidates() for step in (*self.steps, self.predictor))):
            values = {name: value for _, chosen in row for name, value in chosen.items()}
            made.append((System(tuple(step for step, _ in row[:-1]), row[-1][0]), values))
        return made

    @property
    def objective(self) -> str | None:
        """What the network learns; None without one."""
        return None if self.network is None else str(self.network_value("objective"))

    def network_value(self, name: str) -> Any:
        """Return a parameter of the network's training."""
        assert self.network is not None
        return ENCODERS.own["gru"].value(self.network.params, name)

    @property
    def is_blind(self) -> bool:
        """Whether its predictor looks at no feature: what any other must beat."""
        return self.predictor.use in BLIND

    @property
    def takes_missing(self) -> bool:
        """Whether features may be missing: a step fills them, or one of somebody else's is trusted to know."""
        if self.is_blind and self.main_step is None:
            return True
        return any(step.use == "impute" or ":" in step.use for step in self.steps)

    @property
    def accepts(self) -> str:
        """The kind of input it reads: "frames" or "table"."""
        return "table" if self.network is None else "frames"

    @property
    def joint(self) -> bool:
        """Whether all targets are learnt at once."""
        return self.network is not None

    @property
    def epochs(self) -> int:
        """Epochs of its training; 0 where it has none."""
        return 0 if self.network is None else int(self.network_value("epochs"))

    @cached_property
    def is_supervised(self) -> bool:
        """Whether the representation learns from labels; if not, its training serves every target."""
        return self.tunes_representation or any(is_supervised(find_component(step.use, "step")) for step in self.steps)

    @cached_property
    def main_step(self) -> Step | None:
        """The last step before the predictor that does more than scale: what a table calls the reducer."""
        return next((step for step in reversed(self.steps) if step.use not in PREPARING), None)

    @property
    def width(self) -> int | None:
        """Most features that the predictor sees; None where it sees all, or where the steps do not say."""
        step = self.main_step
        if step is None:
            return None
        component = find_component(step.use, "step")
        for name in ("width", "n_components", "hidden"):
            if name in step.tune:
                return max((value for value in step.tune[name] if isinstance(value, int)), default=None)
            if name in component.parameters:
                value = component.value(step.params, name)
                value = value[-1] if name == "hidden" else value
                return value if isinstance(value, int) else None
        return None

    @property
    def reducer_name(self) -> str:
        """The representation in a word: "tnn", "gru_rbf", "none"."""
        step = self.main_step
        if step is None:
            return "none"
        short = step.use.rpartition(":")[2]
        network = self.network
        if network is None or step is not network or self.objective == "direct":
            return short
        return f"{short}_{self.objective}"

    @cached_property
    def name(self) -> str:
        """The system in a word, for people: the preset's where it is one, else reducer and predictor."""
        last = self.predictor.use.rpartition(":")[2]
        if len(self.steps) == 1 and self.steps[0].use == "gru":
            known = {("direct", HEAD): "nn", ("direct", "svm"): "fl", ("rbf", "svm"): "rbf-sl"}
            known |= {("cosine", "svm"): "cos-sl", ("polynomial", "svm"): "poly-sl"}
            if (str(self.objective), last) in known:
                return known[str(self.objective), last]
        return last if self.main_step is None else f"{self.reducer_name}-{last}"

    @property
    def wants_gpu(self) -> bool:
        """Whether its network is to be trained on another device than the CPU."""
        return self.network is not None and str(self.network_value("device")) != "cpu"

    @property
    def cost(self) -> tuple[float, float]:
        """Rough seconds of the representation's training and of the predictor's; they order the work, nothing else."""
        before = sum(find_component(step.use, "step").cost for step in self.steps)
        return before * max(1, self.epochs), find_component(self.predictor.use, "predictor").cost

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data; `from_dict` is its inverse."""
        return {"steps": [step.to_dict() for step in (*self.steps, self.predictor)]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "System":
        """Return the system that `to_dict` wrote; UsageError where a class of it cannot be had, or has changed."""
        return cls.of(data["steps"])

    def with_params(self, place: str, params: Mapping[str, Any]) -> "System":
        """Return the system with other parameters of its main step ("reducer") or its predictor, checked."""
        if place == "predictor":
            step = self.predictor
            made = make_step({**step.to_dict(), **params}, "predictor")[0]
            return replace(self, predictor=made)
        assert self.main_step is not None
        where = max(k for k, step in enumerate(self.steps) if step is self.main_step)
        made = make_step({**self.steps[where].to_dict(), **params}, "step")[0]
        return replace(self, steps=(*self.steps[:where], made, *self.steps[where + 1 :]))

    def with_network(self, params: Mapping[str, Any]) -> "System":
        """Return the system with other parameters of its network, checked; there is one."""
        made = make_step({**self.steps[0].to_dict(), **params}, "step")[0]
        return replace(self, steps=(made, *self.steps[1:]))

    def classes(self) -> list[Component]:
        """Return the components that it is made of, nested ones too."""
        found = [find_component(step.use, "step") for step in self.steps]
        found.append(find_component(self.predictor.use, "predictor"))
        for step in (*self.steps, self.predictor):
            found += [find_any(inner.use) for inner in _inner(step)]
        return found


def steps_name(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return stored steps in a word, whether or not their classes can be had here."""
    try:
        return System.of(steps).name
    except UsageError:
        return "-".join(str(step.get("use", "")).rpartition(":")[2] for step in steps)


def _inner(step: Step) -> list[Step]:
    direct = [value for value in step.params.values() if isinstance(value, Step)]
    return [one for inner in direct for one in (inner, *_inner(inner))]


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
