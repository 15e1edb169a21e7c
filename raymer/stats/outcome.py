"""What a test answers: frozen records, ready for JSON."""

import math
from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True)
class TTest:
    """Answer of a t-test on the difference of two methods.

    `difference` is the mean of A minus B in units of the metric; `interval` holds it at the level
    `confidence`; `p` is two-sided. `valid` says whether the test's assumptions hold for the splits it was
    given, and `note` says why not, or what was done in a special case.
    """

    name: str
    statistic: float
    df: float
    p: float
    difference: float
    interval: Interval
    confidence: float
    valid: bool
    note: str = ""

    def to_record(self) -> dict[str, object]:
        """Return a dict that strict JSON can hold; a number that is not finite becomes None."""
        return {
            "statistic": number(self.statistic),
            "df": number(self.df),
            "p": number(self.p),
            "difference": number(self.difference),
            "interval": [number(bound) for bound in self.interval],
            "confidence": number(self.confidence),
            "valid": self.valid,
            "note": self.note,
        }


@dataclass(frozen=True)
class BayesTest:
    """Posterior of the difference of two methods, cut at a region of practical equivalence (ROPE).

    As in baycomp, "left" is the method named first: `p_left` is the probability that A scores higher
    than B by more than `rope`, `p_right` that B scores higher than A by more than `rope`, `p_rope` that
    the two are within `rope`. `difference` is A minus B, in units of the metric, as everywhere else.
    """

    name: str
    statistic: float
    df: float
    p_left: float
    p_rope: float
    p_right: float
    rope: float
    difference: float
    interval: Interval
    confidence: float
    valid: bool
    note: str = ""

    @property
    def probabilities(self) -> dict[str, float]:
        """The three probabilities by name; they sum to one."""
        return {"p_left": self.p_left, "p_rope": self.p_rope, "p_right": self.p_right}

    def to_record(self) -> dict[str, object]:
        """Return a dict that strict JSON can hold; a number that is not finite becomes None."""
        return {
            "statistic": number(self.statistic),
            "df": number(self.df),
            "probabilities": {name: number(p) for name, p in self.probabilities.items()},
            "rope": number(self.rope),
            "difference": number(self.difference),
            "interval": [number(bound) for bound in self.interval],
            "confidence": number(self.confidence),
            "valid": self.valid,
            "note": self.note,
        }


def number(value: float) -> float | None:
    """Return a plain float, or None for what JSON cannot write (infinity, not a number)."""
    return float(value) if math.isfinite(value) else None


def check_share(name: str, value: float) -> None:
    """Refuse a level, confidence or power outside (0, 1).

    Raises
    ------
    ValueError
        names the quantity and its value.
    """
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, not {value}")
