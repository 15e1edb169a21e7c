"""From a planned comparison to what may be claimed: the fits that are missing, the tests, and the early looks."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import combinations
from typing import Any

import pandas as pd

from raymer.api.comparisons import Comparisons
from raymer.errors import UsageError
from raymer.experiments.spec import Experiment
from raymer.protocols.scoring import find_metric
from raymer.reports.comparison import split_sentences, untested_sentences
from raymer.results.frame import at_epoch, last_epoch
from raymer.results.store import ResultStore
from raymer.stats import compare, compare_all
from raymer.stats.bayes import check_rope
from raymer.stats.bootstrap import SplitComparison
from raymer.stats.comparison import Comparison, Untested
from raymer.studies.comparison import PlannedComparison
from raymer.studies.fit import Plan
from raymer.studies.looks import plan_comparison_looks, run_looks
from raymer.studies.one_split import compare_one_split


@dataclass(frozen=True)
class Question:
    """What the tests are asked: epoch (None: the last), region of practical equivalence, and how often."""

    epoch: int | None
    rope: float
    all_pairs: bool
    sequential: bool

    @classmethod
    def of(
        cls,
        spec: Experiment,
        names: Sequence[str],
        epoch: int | None,
        rope: float,
        *,
        all_pairs: bool,
        sequential: bool,
    ) -> "Question":
        """Refuse before any fit is run what the tests would refuse after the last."""
        if not all_pairs and len(names) != 2:
            raise UsageError(f"{len(names)} systems named: give two, A and B, or ask for all pairs")
        if all_pairs and len(names) == 1:
            raise UsageError("one system makes no pair: name two or more for all pairs, or none for all systems")
        if all_pairs and sequential:
            raise UsageError("early looks decide one pair: they do not go with all pairs")
        if sequential and spec.aggregate == "pooled":
            raise UsageError(f"early looks test the scores of folds, and {spec.name} pools them (aggregate: pooled)")
        with wrong_use():
            check_rope(rope)
        return cls(epoch, rope, all_pairs, sequential)


@dataclass(frozen=True, eq=False)
class Answer:
    """Comparisons, and for each a line and a record on how early looks ended it (empty without them).

    `untested` are the pairs whose scores allow no test: pooled over repeats, or undefined somewhere. Where there is one
    split, `one_split` has what its test clips say, and there are no comparisons over splits.
    """

    planned: PlannedComparison
    comparisons: Comparisons
    endings: Sequence[str] = ()
    looks: Sequence[dict[str, Any]] = field(default=())
    untested: Sequence[Untested] = ()
    one_split: tuple[SplitComparison, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """As Comparisons.to_frame."""
        return self.comparisons.to_frame()

    def plot(self, *where: Any, **more: Any) -> Any:
        """As Comparisons.plot."""
        return self.comparisons.plot(*where, **more)

    def __repr__(self) -> str:
        if self.one_split:
            return "\n".join(line for one in self.one_split for line in split_sentences(one))
        without = [line for one in self.untested for line in untested_sentences(one)]
        return "\n".join(filter(None, [repr(self.comparisons), *without, *self.endings]))

    def _repr_html_(self) -> str:
        tested = self.comparisons._repr_html_() if self.comparisons else ""
        lines = [line for one in self.one_split for line in split_sentences(one)]
        lines += [line for one in self.untested for line in untested_sentences(one)]
        return tested + "".join(f"<p>{escape(line)}</p>" for line in [*lines, *self.endings])


def answer(
    planned: PlannedComparison,
    store: ResultStore,
    question: Question,
    run: Callable[[Plan], Any],
    on_looks: Callable[[str], None],
) -> Answer:
    """Run what is missing and answer; `run` raises when a fit failed, `on_looks` hears how often is looked."""
    with wrong_use():
        if question.sequential:
            return _look(planned, store, question, run, on_looks)
        if len(planned.splits) == 1 and question.all_pairs:
            raise UsageError("one split has no family of tests: name two systems, A and B")
        run(planned.plan())
        scores = planned.scores(store)
        if len(planned.splits) == 1:
            return Answer(planned, Comparisons(), one_split=_on_one_split(planned, store, question, scores))
        found: list[Comparison] = []
        untested: list[Untested] = []
        for target, metric in planned.metrics.items():
            epoch = last_epoch(scores, metric) if question.epoch is None else question.epoch
            mine = scores[(scores["target"] == target) & (scores["metric"] == metric)]
            mine = at_epoch(mine, epoch)
            without = why_untested(mine, planned)
            for a, b in combinations(planned.labels, 2):
                if a in without or b in without:
                    untested.append(difference_only(mine, a, b, without.get(a) or without[b]))
            tested = [label for label in planned.labels if label not in without]
            if len(tested) > 1:
                asked: dict[str, Any] = {"metric": metric, "epoch": epoch, "rope": question.rope, "target": target}
                asked["higher_is_better"] = find_metric(metric).higher_is_better
                found += compare_all(mine, tested, **asked) if question.all_pairs else compare(mine, *tested, **asked)
        return Answer(planned, Comparisons(found), untested=untested)


def _on_one_split(
    planned: PlannedComparison, store: ResultStore, question: Question, scores: pd.DataFrame
) -> tuple[SplitComparison, ...]:
    found = []
    for target, metric in planned.metrics.items():
        epoch = last_epoch(scores, metric) if question.epoch is None else question.epoch
        found.append(compare_one_split(planned, store, target, metric, epoch, question.rope))
    return tuple(found)


def why_untested(scores: pd.DataFrame, planned: PlannedComparison) -> dict[str, str]:
    """Return, of the methods whose scores (of one target and metric) allow no test, why not."""
    repeats = [split.repeat for split in planned.splits]
    if planned.study.spec.aggregate == "pooled" and len(set(repeats)) < len(repeats):
        why = "the pooled predictions of a repeat have one score, and repeats share their clips"
        return dict.fromkeys(planned.labels, why)
    counts = scores.groupby("method")["value"].agg(["size", "count"])
    return {
        str(method): f"{scores['metric'].iloc[0]} of {method} is undefined in {n - defined} of {n} folds"
        for method, (n, defined) in counts.iterrows()
        if defined < n
    }


def difference_only(scores: pd.DataFrame, a: str, b: str, why: str) -> Untested:
    """Return what is known of A and B without a test: the difference of their means, where all scores are defined."""
    own = [scores.loc[scores["method"] == method, "value"] for method in (a, b)]
    is_whole = all(len(values) and values.notna().all() for values in own)
    difference = float(own[0].mean() - own[1].mean()) if is_whole else None
    one = scores.iloc[0]
    better = find_metric(one["metric"]).higher_is_better
    return Untested(one["target"], one["metric"], int(one["epoch"]), a, b, difference, len(own[0]), why, better)


@contextlib.contextmanager
def wrong_use() -> Iterator[None]:
    """Turn what the tests refuse into wrong use."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error


def _look(
    planned: PlannedComparison,
    store: ResultStore,
    question: Question,
    run: Callable[[Plan], Any],
    on_looks: Callable[[str], None],
) -> Answer:
    looks = plan_comparison_looks(planned)
    counts = ", ".join(str(look.splits) for look in looks.looks)
    on_looks(f"looks after {counts} splits; in all 5 % for a false claim a target: {looks.rule}")
    stopped = run_looks(
        planned,
        looks,
        store,
        run,
        metrics=planned.metrics,
        epoch=lambda scores, metric: last_epoch(scores, metric) if question.epoch is None else question.epoch,
        rope=question.rope,
    )
    last = looks.looks[-1].splits
    endings = [
        f"{one.comparison.target}: ended after {one.look.splits} of {last} splits: {one.decision.reason}"
        for one in stopped
    ]
    records = [
        {
            "planned": [{"splits": look.splits, "alpha": look.alpha} for look in looks.looks],
            "ended_at": one.look.splits,
            "alpha": one.look.alpha,
            "reason": one.decision.reason,
            "rule": looks.rule,
        }
        for one in stopped
    ]
    return Answer(planned, Comparisons(one.comparison for one in stopped), endings, records)
