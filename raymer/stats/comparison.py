"""All that is said about two methods on one target."""

from dataclasses import dataclass

from raymer.stats.effect import Effect
from raymer.stats.outcome import BayesTest, TTest, number


@dataclass(frozen=True)
class Comparison:
    """Tests, effect and verdict for methods `a` and `b` on one target.

    `difference` is the mean score of `a` minus that of `b`, in units of the metric, over `splits` paired splits.
    `nadeau_bengio` decides `verdict`; `welch` and `paired_t` are there to be compared with published ones.
    `p_holm` is the adjusted p of `nadeau_bengio` when the comparison belongs to a family, else None.
    """

    target: str
    metric: str
    epoch: int
    a: str
    b: str
    welch: TTest
    paired_t: TTest
    nadeau_bengio: TTest
    correlated_bayes: BayesTest
    effect: Effect
    difference: float
    splits: int
    verdict: str
    p_holm: float | None = None

    def to_record(self) -> dict[str, object]:
        """Return a dict ready for strict JSON.

        Its keys are target, metric, a, b, welch, paired_t, nadeau_bengio, correlated_bayes, difference, splits and
        verdict. Each test is a dict with statistic, df, p (or probabilities), difference, interval, confidence,
        valid and note; nadeau_bengio has p_holm besides when the comparison belongs to a family.
        """
        corrected = self.nadeau_bengio.to_record()
        if self.p_holm is not None:
            corrected["p_holm"] = number(self.p_holm)
        return {
            "target": self.target,
            "metric": self.metric,
            "a": self.a,
            "b": self.b,
            "welch": self.welch.to_record(),
            "paired_t": self.paired_t.to_record(),
            "nadeau_bengio": corrected,
            "correlated_bayes": self.correlated_bayes.to_record(),
            "difference": number(self.difference),
            "splits": self.splits,
            "verdict": self.verdict,
        }
