"""One split: a paired bootstrap over the groups of its test clips."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raymer.stats.outcome import TTest, check_share
from raymer.stats.verdict import ROPE, verdict

DRAWS = 2000
LIMITS = (
    "the interval is about new groups like those tested, and about these two models as they were trained; what another "
    "train part would change is not in it, and one split cannot say"
)
"""What a bootstrap over test clips can and cannot claim."""


@dataclass(frozen=True)
class SplitComparison:
    """Methods `a` and `b` on the test part of one split.

    `test` has the difference of their scores (a less b, in units of the metric), its percentile interval, and p, twice
    the smaller share of draws on one side of zero. `undefined` draws had no score and are left out.
    """

    target: str
    metric: str
    epoch: int
    a: str
    b: str
    test: TTest
    clips: int
    groups: int
    draws: int
    undefined: int
    verdict: str
    higher_is_better: bool = True

    def to_record(self) -> dict[str, object]:
        """Return a dict ready for strict JSON."""
        said = {name: value for name, value in vars(self).items() if name != "test"}
        return {**said, "group_bootstrap": self.test.to_record()}


def group_bootstrap(
    difference: Callable[[NDArray[np.int64]], float | None],
    groups: NDArray[np.str_],
    *,
    draws: int = DRAWS,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[TTest, int]:
    """Draw groups with replacement and return the test, and how many draws had no score.

    All clips of a drawn group come along, as often as it is drawn, for both methods: clips of one artist are no
    independent witnesses. The interval is that of the percentiles.

    Parameters
    ----------
    difference : callable
        From rows of the test clips, which may repeat, to the score of A less that of B; None where it is undefined.
    groups : array of shape (n_clips,)
    draws : int
    confidence : float
        Level of the interval.
    seed : int

    Raises
    ------
    ValueError
        for fewer than two groups, where the score of the test part itself is undefined, or that of most draws.
    """
    check_share("confidence", confidence)
    names, group_of = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise ValueError("a bootstrap over groups needs at least two groups in the test part")
    observed = difference(np.arange(len(groups)))
    if observed is None:
        raise ValueError("the score of the test part is undefined: choose another metric")
    rows_of = [np.flatnonzero(group_of == group) for group in range(len(names))]
    rng = np.random.default_rng(seed)
    drawn = [
        difference(np.concatenate([rows_of[group] for group in rng.integers(len(names), size=len(names))]))
        for _ in range(draws)
    ]
    values = np.array([value for value in drawn if value is not None])
    if len(values) < draws / 2:
        raise ValueError(f"{draws - len(values)} of {draws} draws have no score: the test part is too small")
    tail = (1 - confidence) / 2
    low, high = (float(bound) for bound in np.quantile(values, [tail, 1 - tail]))
    side = min(np.mean(values <= 0), np.mean(values >= 0))
    p = min(1.0, 2 * max(float(side), 1 / (len(values) + 1)))
    note = f"paired bootstrap over {len(names)} groups of {len(groups)} test clips"
    test = TTest("group_bootstrap", math.nan, math.nan, p, observed, (low, high), confidence, True, note)
    return test, draws - len(values)


def compare_on_split(
    difference: Callable[[NDArray[np.int64]], float | None],
    groups: NDArray[np.str_],
    *,
    target: str,
    metric: str,
    epoch: int,
    a: str,
    b: str,
    rope: float = ROPE,
    seed: int = 0,
    higher_is_better: bool = True,
) -> SplitComparison:
    """Return the bootstrap's test with its verdict; parameters and errors as in :func:`group_bootstrap`."""
    test, undefined = group_bootstrap(difference, groups, seed=seed)
    words = verdict(a, b, test, rope=rope, alpha=1 - test.confidence, higher_is_better=higher_is_better)
    clips, found = len(groups), len(np.unique(groups))
    return SplitComparison(target, metric, epoch, a, b, test, clips, found, DRAWS, undefined, words, higher_is_better)
