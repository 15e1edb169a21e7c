"""From a planned comparison to what may be claimed: the fits that are missing, the tests, and the early looks."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from raymer.api.comparisons import Comparisons
from raymer.errors import UsageError
from raymer.experiments.spec import Experiment
from raymer.nearest import unknown
from raymer.protocols.scoring import metric_names
from raymer.results.frame import at_epoch, last_epoch
from raymer.results.store import ResultStore
from raymer.stats import compare, compare_all
from raymer.stats.bayes import check_rope
from raymer.stats.comparison import Comparison
from raymer.studies.comparison import PlannedComparison
from raymer.studies.fit import Plan
from raymer.studies.looks import plan_comparison_looks, run_looks


@dataclass(frozen=True)
class Question:
    """What the tests are asked: metric, epoch (None: the last), region of practical equivalence, and how often."""

    metric: str
    epoch: int | None
    rope: float
    all_pairs: bool
    sequential: bool

    @classmethod
    def of(
        cls,
        spec: Experiment,
        names: Sequence[str],
        metric: str | None,
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
        known = metric_names()
        if metric is not None and metric not in known:
            raise UsageError(unknown("metric", metric, known))
        with wrong_use():
            check_rope(rope)
        return cls(metric or spec.metric, epoch, rope, all_pairs, sequential)


@dataclass(frozen=True, eq=False)
class Answer:
    """Comparisons, and for each a line and a record on how early looks ended it (empty without them)."""

    planned: PlannedComparison
    comparisons: Comparisons
    endings: Sequence[str] = ()
    looks: Sequence[dict[str, Any]] = field(default=())

    def to_frame(self) -> pd.DataFrame:
        """As Comparisons.to_frame."""
        return self.comparisons.to_frame()

    def plot(self, *where: Any, **more: Any) -> Any:
        """As Comparisons.plot."""
        return self.comparisons.plot(*where, **more)

    def __repr__(self) -> str:
        return "\n".join([repr(self.comparisons), *self.endings])

    def _repr_html_(self) -> str:
        return self.comparisons._repr_html_()


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
        run(planned.plan())
        scores = planned.scores(store)
        epoch = last_epoch(scores, question.metric) if question.epoch is None else question.epoch
        scores = at_epoch(scores, epoch)
        asked: dict[str, Any] = {"metric": question.metric, "epoch": epoch, "rope": question.rope}
        found: list[Comparison] = []
        for target in planned.targets:
            if question.all_pairs:
                found += compare_all(scores, planned.labels, target=target, **asked)
            else:
                found += compare(scores, *planned.labels, target=target, **asked)
        return Answer(planned, Comparisons(found))


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
        metric=question.metric,
        epoch=lambda scores: last_epoch(scores, question.metric) if question.epoch is None else question.epoch,
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
