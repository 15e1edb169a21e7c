"""The same two systems on several corpora: whether they differ on corpora like these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raymer.api.asking import why_untested, wrong_use
from raymer.api.study import OnProgress, OpenStudy
from raymer.engine.carriers.queue import Progress
from raymer.engine.run import RunSummary
from raymer.errors import UsageError
from raymer.protocols.scoring import find_metric
from raymer.reports.comparison import low_words
from raymer.reports.forest import draw_forest, forest
from raymer.results.frame import AVERAGE, at_epoch, last_epoch
from raymer.stats import CorporaTest, Pairs, compare_pairs, hierarchical, pair, verdict
from raymer.stats.comparison import Comparison
from raymer.studies.comparison import plan_comparison

ALL = "all corpora"


def _silent(progress: Progress) -> None:
    """Show nothing."""


@dataclass(frozen=True, eq=False)
class OverCorpora:
    """Two systems on one target over several corpora.

    Attributes
    ----------
    target : str
    comparisons : tuple of Comparison
        One a corpus, its `target` being the corpus' name.
    found : CorporaTest
        Its `test` decides `verdict`.
    verdict : str
    """

    target: str
    comparisons: tuple[Comparison, ...]
    found: CorporaTest
    verdict: str

    def rows(self) -> tuple[Comparison, ...]:
        """Return the rows of the forest plot: each corpus, and all together by the test that decides."""
        first = self.comparisons[0]
        whole = replace(
            first,
            target=ALL,
            nadeau_bengio=self.found.test,
            difference=self.found.test.difference,
            verdict=self.verdict,
            p_holm=None,
        )
        return (*self.comparisons, whole)

    def plot(self, path: str | Path | None = None, *, title: str = "") -> Any:
        """Return the forest plot as a matplotlib figure, or write it to `path` (.svg, .png, .pdf)."""
        if path is None:
            return draw_forest(self.rows(), title)
        forest(self.rows(), Path(path), title=title)
        return None

    def sentences(self) -> list[str]:
        """Say in plain words what may be claimed over the corpora, and what it rests on."""
        one, test, effects = self.comparisons[0], self.found.test, self.found.random_effects
        (low, high), (least, most) = test.interval, effects.interval
        each = ", ".join(f"{name} {value:+.3f}" for name, value in self.found.differences.items())
        return [
            f"{self.target}: {self.verdict}, on corpora like these",
            f"  {one.a} less {one.b}: {test.difference:+.3f} {one.metric}{low_words(one)}, "
            f"{100 * test.confidence:.4g} % interval {low:+.3f} to {high:+.3f}, p = {test.p:.2g}, by the t-test on "
            f"{len(self.comparisons)} corpora, each counting the same",
            f"  {each}; the true difference varies between corpora with a standard deviation of about "
            f"{self.found.tau:.3f}",
            f"  weighed by how precise each corpus is: {effects.difference:+.3f}, interval {least:+.3f} to {most:+.3f} "
            f"(random effects; {effects.note})",
        ]

    def to_record(self) -> dict[str, Any]:
        """Return a dict ready for strict JSON."""
        one = self.comparisons[0]
        return {
            "target": self.target,
            "metric": one.metric,
            "a": one.a,
            "b": one.b,
            "verdict": self.verdict,
            "corpora": {each.target: {**each.to_record(), "target": self.target} for each in self.comparisons},
            "test": self.found.test.to_record(),
            "random_effects": self.found.random_effects.to_record(),
            "tau": self.found.tau,
            "weights": self.found.weights,
        }


def compare_over(
    studies: Sequence[OpenStudy],
    a: str,
    b: str,
    *,
    targets: Sequence[str] | None = None,
    protocol: str | None = None,
    metric: str | None = None,
    epoch: int | None = None,
    rope: float = 0.01,
    on_progress: OnProgress = _silent,
    on_summary: Callable[[RunSummary], None] = lambda summary: None,
) -> tuple[OverCorpora, ...]:
    """Run what is missing of two systems on every corpus, and ask whether they differ on corpora like these.

    Parameters
    ----------
    studies : sequence of OpenStudy
        One a corpus, at least two; the corpora are taken for independent samples and must share no clips.
    a, b : str
        As `OpenStudy.compare` takes them.
    targets : sequence of str, optional
        Default: those that all have; where there are none, `average`, the mean over each corpus' own.
    protocol, metric, epoch, rope : optional
        As `OpenStudy.compare`.

    Raises
    ------
    UsageError
        For fewer than two corpora, one named twice, and as `OpenStudy.compare`.
    RaymerError
        When a fit fails.
    """
    names = [study.corpus.name for study in studies]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise UsageError(f"corpora {', '.join(names)}: give two or more, each once")
    wanted = list(targets) if targets else _common(studies)
    asked: dict[str, Any] = {"protocol": protocol, "targets": wanted, "metric": metric}
    pairs: dict[str, dict[str, Pairs]] = {target: {} for target in wanted}
    with wrong_use():
        for study in studies:
            planned = plan_comparison(study.spec, study.corpus, (a, b), **asked)
            on_summary(study.run_all(planned.plan(), on_progress))
            scores = planned.scores(study.store)
            for target, own in planned.metrics.items():
                at = last_epoch(scores, own) if epoch is None else epoch
                mine = at_epoch(scores[(scores["target"] == target) & (scores["metric"] == own)], at)
                for why in why_untested(mine, planned).values():
                    raise UsageError(f"corpus {study.corpus.name}, {target}: {why}")
                made = pair(mine, *planned.labels, target=target, metric=own, epoch=at)
                pairs[target][study.corpus.name] = replace(made, method_a=a, method_b=b)
        return tuple(_decide(target, found, rope) for target, found in pairs.items())


def _common(studies: Sequence[OpenStudy]) -> list[str]:
    shared = [name for name in studies[0].spec.targets if all(name in study.spec.targets for study in studies)]
    return shared or [AVERAGE]


def _decide(target: str, pairs: dict[str, Pairs], rope: float) -> OverCorpora:
    found = hierarchical(pairs)
    better = find_metric(next(iter(pairs.values())).metric).higher_is_better
    each = tuple(
        replace(compare_pairs(one, rope=rope, higher_is_better=better), target=name) for name, one in pairs.items()
    )
    alpha = 1 - found.test.confidence
    words = verdict(each[0].a, each[0].b, found.test, rope=rope, alpha=alpha, higher_is_better=better)
    return OverCorpora(target, each, found, words)
