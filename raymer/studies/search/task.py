"""What the workers of a search are given: the samples, the inner splits, and how a configuration becomes fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raymer.components.guests import Guests
from raymer.learners.search_space import system_with
from raymer.learners.system import System
from raymer.protocols.nested import MadeSplits
from raymer.protocols.scoring import find_metric
from raymer.protocols.splits import Split
from raymer.results.frame import AVERAGE
from raymer.results.scoring import score
from raymer.results.store import ResultStore, StoreError
from raymer.studies.fit import Fit, Plan, plan, units
from raymer.studies.proof import check_result
from raymer.studies.samples import Samples
from raymer.studies.unit import run_unit

Params = Mapping[str, Any]
"""A configuration: `reducer.d_p` and so on to values."""


@dataclass(frozen=True)
class FoldReport:
    """What became of a configuration on one split.

    Attributes
    ----------
    fold : int
        Position of the split.
    scores : tuple of float
        One an objective; empty when a fit failed.
    ran, reused : tuple of str
        Ids of the fits that were run, and that the store had.
    seconds : float
        Of the fits that were run.
    error : str
        Why the configuration cannot be scored; empty if it can.
    broken : str
        Why the whole search must stop (the store cannot be written); empty if it need not.
    """

    fold: int
    scores: tuple[float, ...] = ()
    ran: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""
    broken: str = ""


@dataclass(frozen=True, eq=False)
class SearchTask:
    """The work of a search, whatever the order of its trials.

    Attributes
    ----------
    samples : Samples
        Of a nested search's inner part, the outer train clips alone.
    splits : tuple of Split
    system : System
        With what is not searched.
    targets, objectives : tuple of str
        What is fitted, and what is optimised.
    metric : str
    seed : int
        The experiment's; fits derive theirs from it.
    guests : Guests
        Classes of somebody else's that it is made of.
    """

    samples: Samples
    splits: tuple[Split, ...]
    system: System
    targets: tuple[str, ...]
    objectives: tuple[str, ...]
    metric: str
    seed: int
    guests: Guests = field(default_factory=Guests)

    @property
    def sign(self) -> int:
        """1 where a higher score is better, -1 where a lower one is."""
        return 1 if find_metric(self.metric).higher_is_better else -1

    def plan(self, params: Params) -> Plan:
        """Return every fit of a configuration."""
        system = system_with(self.system, params)
        return plan(self.samples, [(system, MadeSplits(self.splits))], self.targets, self.seed)

    def run_fold(self, params: Params, fold: int, store: ResultStore) -> FoldReport:
        """Run what `store` lacks of a configuration on the split at `fold` and report its scores.

        The caller is `one_thread`: entering that costs some milliseconds, too many for every fold.
        """
        split = self.splits[fold]
        try:
            fits = [fit for fit in self.plan(params).fits if fit.split == split.id]
            reused = tuple(fit.id for fit in fits if store.has(fit.id))
            failed = [name for unit in units(fits) for name in run_unit(unit, self.samples, split, store)]
            if failed:
                return FoldReport(fold, error=f"fit {failed[0]}: {store.failures(failed[:1])[0]['message']}")
            return self._report(fold, fits, reused, store)
        except StoreError as error:
            return FoldReport(fold, broken=str(error))
        except Exception as error:  # a configuration that its own component refuses
            return FoldReport(fold, error=f"{type(error).__name__}: {error}".splitlines()[0])

    def _report(self, fold: int, fits: list[Fit], reused: tuple[str, ...], store: ResultStore) -> FoldReport:
        scores: dict[str, float] = {}
        seconds = 0.0
        for fit in fits:
            result = store.get(fit.id)
            check_result(result, fit, self.splits[fold], self.samples, store.where(fit.id))
            made = score(find_metric(self.metric), [result])
            last = max(one.epoch for one in made)
            for one in made:
                if one.epoch == last and one.value is None:
                    return FoldReport(fold, error=f"{self.metric} of {one.target} is undefined on fold {fold}")
                if one.epoch == last and one.value is not None:
                    scores[one.target] = one.value
            if fit.id not in reused:
                seconds += result.seconds["predictor"] + (0 if result.seconds["shared"] else result.seconds["reducer"])
        scores[AVERAGE] = float(np.mean([scores[target] for target in self.targets]))
        ran = tuple(fit.id for fit in fits if fit.id not in reused)
        return FoldReport(fold, tuple(scores[name] for name in self.objectives), ran, reused, seconds)
