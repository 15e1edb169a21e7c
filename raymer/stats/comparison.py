"""All that is said about two methods on one target, also where no test can be made."""

from dataclasses import dataclass

from raymer.stats.effect import Effect
from raymer.stats.outcome import BayesTest, TTest, number


@dataclass(frozen=True)
class Spread:
    """What the power of a comparison hangs on.

    `sd` is that of a split's difference (units of the metric), `ratio` n_test / n_train, `clips` how many a split
    divides.
    """

    sd: float
    ratio: float
    clips: float


@dataclass(frozen=True)
class Comparison:
    """Tests, effect and verdict for methods `a` and `b` on one target.

    `difference` is the mean score of `a` minus that of `b`, in units of the metric, over `splits` paired splits.
    `nadeau_bengio` decides `verdict`; `welch` and `paired_t` are there to be compared with published ones.
    `p_holm` is the adjusted p of `nadeau_bengio` when the comparison belongs to a family, else None.
    `higher_is_better` is False for an error such as RMSE: the verdict and `p_better` follow it, no difference does.
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
    higher_is_better: bool = True
    spread: Spread | None = None

    @property
    def p_better(self) -> tuple[float, float]:
        """Probability that A is better by more than the ROPE, and that B is, in the direction of the metric."""
        bayes = self.correlated_bayes
        return (bayes.p_left, bayes.p_right) if self.higher_is_better else (bayes.p_right, bayes.p_left)

    def to_record(self) -> dict[str, object]:
        """Return a dict ready for strict JSON.

        Its keys are target, metric, higher_is_better, a, b, welch, paired_t, nadeau_bengio, correlated_bayes,
        difference, splits and verdict. Each test is a dict with statistic, df, p (or probabilities), difference,
        interval, confidence, valid and note; nadeau_bengio has p_holm besides when the comparison belongs to a family.
        """
        corrected = self.nadeau_bengio.to_record()
        if self.p_holm is not None:
            corrected["p_holm"] = number(self.p_holm)
        return {
            "target": self.target,
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
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


@dataclass(frozen=True)
class Untested:
    """Methods `a` and `b` on one target whose scores allow no test; `why` says so in words.

    `difference` is the mean score of `a` minus that of `b` over `scores` scores of each; None where one is undefined.
    """

    target: str
    metric: str
    epoch: int
    a: str
    b: str
    difference: float | None
    scores: int
    why: str
    higher_is_better: bool = True

    @property
    def verdict(self) -> str:
        """What may be claimed: nothing."""
        return f"no test is made: {self.why}"

    def to_record(self) -> dict[str, object]:
        """Return a dict ready for strict JSON, with the keys of Comparison.to_record() that it has."""
        return {
            "target": self.target,
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
            "a": self.a,
            "b": self.b,
            "difference": self.difference,
            "scores": self.scores,
            "verdict": self.verdict,
        }
