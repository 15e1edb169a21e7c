"""What a comparison that claims nothing could have shown, and how many clips it would take."""

from dataclasses import dataclass

from raymer.stats.comparison import Comparison
from raymer.stats.power import detectable_difference, songs_needed
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
    wanted = max(abs(one.difference), one.correlated_bayes.rope)
    if one.verdict != NO_CLAIM or one.spread is None or not wanted > 0:
        return None
    sd, ratio, alpha = one.spread.sd, one.spread.ratio, 1 - one.nadeau_bengio.confidence
    detectable = detectable_difference(sd=sd, splits=one.splits, ratio=ratio, power=POWER, alpha=alpha)
    clips = songs_needed(
        wanted, sd=sd, splits=one.splits, ratio=ratio, songs=one.spread.clips, power=POWER, alpha=alpha
    )
    return Shortfall(detectable, wanted, clips, POWER)
