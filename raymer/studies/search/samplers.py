"""Samplers whose draws follow from the search and the trial's place in it, never from a clock or from a process.

A sampler is made anew for every draw, seeded from (the search's identity, the number of trials before, the
parameter). So a search that was killed goes on as if it had not been, and one on one worker is always the same.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from raymer.errors import UsageError
from raymer.identity import derive_seed
from raymer.learners.spaces import Choice, Dimension, Space, Whole

ERROR = "error"
"""The attribute of a trial that failed by its own fault; a failed trial without it was interrupted."""

LEVELS = 32
"""No grid takes more points of a parameter."""


def is_interrupted(trial: FrozenTrial) -> bool:
    """Say whether a trial was cut off by the end of its process: it stands for nothing."""
    return trial.state == TrialState.FAIL and ERROR not in trial.user_attrs


def place(study: Study, trial: FrozenTrial) -> int:
    """Return how many trials came before this one, interrupted ones not counted."""
    return sum(t.number < trial.number and not is_interrupted(t) for t in study.get_trials(deepcopy=False))


class _Replayed(BaseSampler):
    """What the samplers of this module share: seeds that derive from the search and the place of a trial."""

    def __init__(self, identity: str) -> None:
        self._identity = identity

    def _seed(self, study: Study, trial: FrozenTrial, what: str) -> int:
        return derive_seed("sampler", self._identity, place(study, trial), what)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return nothing: each parameter is drawn by itself."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return nothing, see above."""
        return {}


class ReplayedRandom(_Replayed):
    """Uniform draws (uniform in the logarithm where a dimension says so)."""

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one parameter."""
        sampler = RandomSampler(seed=self._seed(study, trial, param_name))
        return sampler.sample_independent(study, trial, param_name, param_distribution)


class ReplayedTPE(_Replayed):
    """Optuna's tree-structured Parzen estimator; parameters whose bounds never move are drawn jointly."""

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the parameters that all finished trials have within the same bounds."""
        return self._sampler(study, trial, "").infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw these parameters."""
        return self._sampler(study, trial, "jointly").sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one parameter, one whose bounds hang on another's value."""
        sampler = self._sampler(study, trial, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def _sampler(self, study: Study, trial: FrozenTrial, what: str) -> TPESampler:
        return TPESampler(seed=self._seed(study, trial, what))


class Grid(_Replayed):
    """The points of a grid in a shuffled order: each parameter at equally spaced levels of its (moving) range."""

    def __init__(self, identity: str, levels: Mapping[str, int]) -> None:
        super().__init__(identity)
        self._levels = dict(levels)
        self._order = np.random.RandomState(derive_seed("grid", identity)).permutation(math.prod(levels.values()))

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the level of this parameter at the trial's point; the first trial is the method's own defaults."""
        point = self._order[max(0, place(study, trial) - 1) % len(self._order)]
        digits = np.unravel_index(point, tuple(self._levels.values()))
        level = int(digits[list(self._levels).index(param_name)])
        return _at(param_distribution, level, self._levels[param_name])


def _at(distribution: BaseDistribution, level: int, levels: int) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[level]
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = (math.log(v) if distribution.log else v for v in (distribution.low, distribution.high))
    value = low + (high - low) * level / (levels - 1)
    value = math.exp(value) if distribution.log else value
    value = min(max(value, distribution.low), distribution.high)
    return round(value) if isinstance(distribution, IntDistribution) else float(value)


def grid_levels(space: Space, trials: int) -> dict[str, int]:
    """Return the number of levels of each parameter, the fewest that make `trials` points.

    Raises
    ------
    UsageError
        When the space has no grid of so many points.
    """
    for points in range(2, LEVELS + 1):
        levels = {name: min(points, _values(dimension)) for name, dimension in space.items()}
        if math.prod(levels.values()) >= trials:
            return levels
    raise UsageError(f"a grid of this space has {math.prod(levels.values())} points at most, not {trials}")


def _values(dimension: Dimension) -> int:
    if isinstance(dimension, Choice):
        return len(dimension.values)
    return dimension.high - dimension.low + 1 if isinstance(dimension, Whole) else LEVELS


def make_sampler(kind: str, identity: str, space: Space, trials: int) -> BaseSampler:
    """Return the sampler called `kind` ("tpe", "random", "grid") of the search `identity`."""
    if kind == "grid":
        return Grid(identity, grid_levels(space, max(1, trials - 1)))
    return {"tpe": ReplayedTPE, "random": ReplayedRandom}[kind](identity)
