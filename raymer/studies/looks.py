"""A comparison that may stop early: looks fixed beforehand, and between them only the fits the next look needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from raymer.protocols.scoring import find_metric
from raymer.results.frame import at_epoch
from raymer.results.store import ResultStore
from raymer.stats.comparison import Comparison
from raymer.stats.pairing import pair
from raymer.stats.sequential import Look, SequentialDecision, decide, plan_looks
from raymer.stats.verdict import compare_pairs
from raymer.studies.comparison import PlannedComparison
from raymer.studies.fit import Plan

LOOKS = 4


@dataclass(frozen=True)
class Stopped:
    """Where one target's comparison ended: the decision, and the tests at the level of the look it ended at."""

    comparison: Comparison
    decision: SequentialDecision
    look: Look


@dataclass(frozen=True)
class LookPlan:
    """The planned looks, and the words for the rule that keeps their error rate."""

    looks: tuple[Look, ...]
    rule: str


def plan_comparison_looks(planned: PlannedComparison) -> LookPlan:
    """Share the level 5 % out between four looks at the planned splits (O'Brien-Fleming spending).

    For random splits without groups the levels use the covariance that the corrected test assumes anyway; for all
    others nothing is assumed of how the looks hang together (Bonferroni).

    Raises
    ------
    ValueError
        When there are too few splits for four looks.
    """
    splits = planned.splits
    if planned.protocol.kind == "random":
        ratio = len(splits[0].test) / len(splits[0].train)
        looks = plan_looks(len(splits), LOOKS, ratio=ratio)
        return LookPlan(looks, "O'Brien-Fleming spending, levels from the covariance of random splits")
    return LookPlan(plan_looks(len(splits), LOOKS), "O'Brien-Fleming spending, levels by Bonferroni's inequality")


def run_looks(
    planned: PlannedComparison,
    plan: LookPlan,
    store: ResultStore,
    run: Callable[[Plan], None],
    *,
    metrics: Mapping[str, str],
    epoch: Callable[[pd.DataFrame, str], int],
    rope: float,
) -> tuple[Stopped, ...]:
    """Run what each look needs and decide each target by itself, until all have stopped.

    Parameters
    ----------
    planned : PlannedComparison
        Of two systems.
    plan : LookPlan
    store : ResultStore
    run : callable
        Runs what is missing of a plan; raises when a fit failed.
    metrics : mapping of target to the metric that decides
    epoch : callable
        From the scores and a metric to the epoch at which they are compared.
    rope : float
        Half-width of the region of practical equivalence, in units of the metric.

    Returns
    -------
    tuple of Stopped
        One a target, in the order of the targets.

    Raises
    ------
    ValueError
        As the tests do.
    """
    a, b = planned.labels
    stopped: dict[str, Stopped] = {}
    for look in plan.looks:
        going = [target for target in planned.targets if target not in stopped]
        if not going:
            break
        run(planned.plan(going, look.splits))
        scores = planned.scores(store, look.splits)
        for target in going:
            metric = metrics[target]
            now = epoch(scores, metric)
            pairs = pair(at_epoch(scores, now), a, b, target=target, metric=metric, epoch=now)
            decision = decide(pairs, plan.looks, rope=rope)
            if decision.stop:
                better = find_metric(metric).higher_is_better
                made = compare_pairs(pairs, rope=rope, alpha=look.alpha, higher_is_better=better)
                stopped[target] = Stopped(made, decision, look)
    return _in_order(stopped, planned.targets)


def _in_order(stopped: dict[str, Stopped], targets: Sequence[str]) -> tuple[Stopped, ...]:
    return tuple(stopped[target] for target in targets)
