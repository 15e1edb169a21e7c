"""The `search:` section of an experiment: which of its systems is tuned, over what, and by which score."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from raymer.errors import UsageError
from raymer.nearest import unknown
from raymer.results.frame import AVERAGE

MOST_OBJECTIVES = 2


class SearchSpec(BaseModel):
    """What is searched.

    `objectives` are one target, two (a Pareto front), or `average`; the default is the experiment's targets where
    there are one or two, and `average` where there are more. `space` names the parameters, by step, each with bounds
    of its own or none; only these are searched, see `raymer tune --space METHOD`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    system: str
    space: dict[str, dict[str, Any]]
    objectives: tuple[str, ...] = ()
    protocol: str | None = None
    trials: int = Field(default=64, ge=1, le=1_000_000)
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    stopping: bool = True

    def objectives_of(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        """Return the objectives of an experiment with these targets.

        Raises
        ------
        UsageError
            For one that is no target, one named twice, or more than two.
        """
        asked = self.objectives or (targets if len(targets) <= MOST_OBJECTIVES else (AVERAGE,))
        for objective in asked:
            if objective not in (*targets, AVERAGE):
                raise UsageError(f"search: {unknown('objective', objective, (*targets, AVERAGE))}")
        if len(asked) > MOST_OBJECTIVES:
            raise UsageError(f"search: {len(asked)} objectives; one or two can be searched for, or {AVERAGE}")
        if len(set(asked)) < len(asked):
            raise UsageError(f"search: objective {asked[0]!r} is named twice")
        return asked
