"""What may be claimed from scores: tests on a tidy frame, with nothing known of how the scores were made."""

from raymer.stats.bayes import baycomp_runs, correlated_bayes
from raymer.stats.comparison import Comparison, Untested
from raymer.stats.corrected import corrected_variance, correction, nadeau_bengio, split_variance
from raymer.stats.effect import Effect, standardised_effect
from raymer.stats.family import adjust, compare_all, compare_some
from raymer.stats.hierarchical import CorporaTest, hierarchical
from raymer.stats.holm import holm
from raymer.stats.naive import paired_t, welch
from raymer.stats.outcome import BayesTest, TTest
from raymer.stats.pairing import Scored, pair, pair_up, scored
from raymer.stats.pairs import Pairs, pairs_from_arrays
from raymer.stats.power import (
    PowerPlan,
    detectable_difference,
    power_at,
    power_plan,
    songs_needed,
    splits_needed,
)
from raymer.stats.sequential import Look, SequentialDecision, decide, plan_looks
from raymer.stats.verdict import compare, compare_pairs, verdict

__all__ = [
    "BayesTest",
    "Comparison",
    "CorporaTest",
    "Effect",
    "Look",
    "Pairs",
    "PowerPlan",
    "Scored",
    "SequentialDecision",
    "TTest",
    "Untested",
    "adjust",
    "baycomp_runs",
    "compare",
    "compare_all",
    "compare_pairs",
    "compare_some",
    "corrected_variance",
    "correction",
    "correlated_bayes",
    "decide",
    "detectable_difference",
    "hierarchical",
    "holm",
    "nadeau_bengio",
    "pair",
    "pair_up",
    "paired_t",
    "pairs_from_arrays",
    "plan_looks",
    "power_at",
    "power_plan",
    "scored",
    "songs_needed",
    "split_variance",
    "splits_needed",
    "standardised_effect",
    "verdict",
    "welch",
]
