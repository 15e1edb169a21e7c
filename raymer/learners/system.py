"""System: the steps that learn a representation, and a predictor; plain data, the same in every process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from raymer.components.component import Component
from raymer.errors import UsageError
from raymer.learners.encoders import ENCODERS
from raymer.learners.predictors import BLIND, HEAD
from raymer.learners.reducers import PREPARING
from raymer.learners.step import Step, find_any, find_component, inner_steps, make_step
from raymer.learners.tags import is_supervised


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
            found += [find_any(inner.use) for inner in inner_steps(step)]
        return found


def steps_name(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return stored steps in a word, whether or not their classes can be had here."""
    try:
        return System.of(steps).name
    except UsageError:
        return "-".join(str(step.get("use", "")).rpartition(":")[2] for step in steps)
