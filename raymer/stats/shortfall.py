"""What a comparison that claims nothing could have shown, and how many clips it would take."""

from dataclasses import dataclass
from typing import Any

from raymer.stats.comparison import Comparison
from raymer.stats.power import detectable_difference, power_at, songs_needed
from raymer.stats.verdict import NO_CLAIM

POWER = 0.8


@dataclass(frozen=True)
class Shortfall:
    """What these splits could have shown.

    Attributes
    ----------
    detectable : float
        The least true difference that the test would find with probability `power`, in units of the metric.
    difference : float
        The one to be shown: as large as the one seen, or as the region of practical equivalence, whichever is larger.
    clips : int
        How many it would take to find that with the same probability, by as many splits in the same proportion; the
        variance of a difference is taken to fall as 1/clips.
    power : float
    """

    detectable: float
    difference: float
    clips: int
    power: float

    def to_record(self) -> dict[str, float]:
        """Return a JSON-ready dict."""
        return dict(vars(self))


def shortfall(one: Comparison) -> Shortfall | None:
    """Return what a comparison could have shown, before Holm; None where it claims something.

    None too where no difference at all is asked about: identical scores with a region of 0.
    """
    if one.verdict != NO_CLAIM or not _wanted(one) > 0:
        return None
    least, clips = detectable(one), wanted_clips(one)
    return None if least is None or clips is None else Shortfall(least, _wanted(one), clips, POWER)


def detectable(one: Comparison) -> float | None:
    """Return the least true difference that the corrected test finds with POWER; None where nothing varies."""
    return None if (plan := _plan(one)) is None else detectable_difference(**plan, power=POWER)


def power_for(one: Comparison, difference: float) -> float | None:
    """Return in which share of cases the corrected test finds a true difference, above 0, in units of the metric."""
    return None if (plan := _plan(one)) is None else power_at(difference, **plan)


def wanted_clips(one: Comparison) -> int | None:
    """Return how many clips it would take, as `Shortfall.clips`, whatever the comparison claims."""
    plan, wanted = _plan(one), _wanted(one)
    if plan is None or one.spread is None or not wanted > 0:
        return None
    return songs_needed(wanted, **plan, songs=one.spread.clips, power=POWER)


def _wanted(one: Comparison) -> float:
    return max(abs(one.difference), one.correlated_bayes.rope)


def _plan(one: Comparison) -> dict[str, Any] | None:
    """Return what power hangs on, by the names that raymer.stats.power gives it."""
    if one.spread is None or not one.spread.sd > 0:
        return None
    level = 1 - one.nadeau_bengio.confidence
    return {"sd": one.spread.sd, "splits": one.splits, "ratio": one.spread.ratio, "alpha": level}
