"""raymer compare: what may be claimed about systems of an experiment, after the fits that are missing."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import (
    AddressOption,
    CorpusOption,
    ExperimentArgument,
    GpusPerFitOption,
    JsonOption,
    SerialOption,
    StoreOption,
    WorkersOption,
)
from raymer.cli.output import err, exit_if_failed, one_line_errors, print_json, print_summary, progress_display
from raymer.cli.verdicts import print_comparisons
from raymer.engine.machine import Machine
from raymer.errors import UsageError

if TYPE_CHECKING:
    from raymer.engine.comparison import PlannedComparison
    from raymer.engine.fit import Plan
    from raymer.results.store import ResultStore
    from raymer.stats.comparison import Comparison


@dataclass(frozen=True)
class Question:
    """What the tests are asked: metric, epoch (None: the last), region of practical equivalence, and how often."""

    metric: str
    epoch: int | None
    rope: float
    all_pairs: bool
    sequential: bool


@dataclass(frozen=True)
class Answer:
    """Comparisons, and for each a line and a record on how early looks ended it (empty without them)."""

    comparisons: Sequence["Comparison"]
    endings: Sequence[str] = ()
    looks: Sequence[dict[str, Any]] = ()


def compare(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    store: StoreOption,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="A B", help="Two systems: by method (tnn-svr), row (TNN-SVR), with width (tnn-svr@50)."),
    ] = None,
    splits: Annotated[
        int | None, typer.Option(help="Number of splits (default: the protocol's).", show_default=False)
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Metric (default: the experiment's).", show_default=False)] = None,
    epoch: Annotated[
        int | None, typer.Option(help="Epoch, for methods trained by epochs (default: the last).", show_default=False)
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="A target, or average for the mean over all; again for more (default: all).", show_default=False
        ),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="The protocol, where the experiment has several.", show_default=False)
    ] = None,
    rope: Annotated[float, typer.Option(help="What is practically equal: within this, in units of the metric.")] = 0.01,
    all_pairs: Annotated[
        bool, typer.Option("--all-pairs", help="All pairs of the systems named, or of all; adjusted after Holm.")
    ] = False,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="Look four times, and stop early where the error rate allows it.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Write a forest plot: .svg, .png or .pdf.", show_default=False)
    ] = None,
    json: JsonOption = False,
    address: AddressOption = "local",
    workers: WorkersOption = None,
    gpus_per_fit: GpusPerFitOption = 0.0,
    serial: SerialOption = False,
) -> None:
    """Run the splits that are missing of two systems and say what may be claimed; the same command resumes.

    The corrected resampled t-test decides. Welch's test stands beside it, as papers have it.
    """
    with one_line_errors():
        from raymer.corpora.base import load_corpus
        from raymer.engine.comparison import plan_comparison
        from raymer.experiments.spec import load_experiment
        from raymer.results.store import ResultStore

        machine = Machine(address, workers, gpus_per_fit, serial)
        _check_use(names or [], all_pairs, sequential, plot)
        spec = load_experiment(experiment)
        question = _question(metric or spec.metric, epoch, rope, all_pairs, sequential)
        loaded = load_corpus(corpus)
        planned = plan_comparison(spec, loaded, names or [], protocol=protocol, splits=splits, targets=target)
        results = ResultStore(store)
        results.claim(loaded.name, loaded.fingerprint, planned.study.plan.input_fingerprint)
        with _wrong_use():
            answer = (_look if sequential else _compare)(planned, results, question, machine)
        _show(planned, answer, json)
        if plot:
            from raymer.reports.forest import forest

            forest(answer.comparisons, plot, title=spec.title)
            err.print(f"plot: {plot}", markup=False)


def _check_use(names: list[str], all_pairs: bool, sequential: bool, plot: Path | None) -> None:
    if not all_pairs and len(names) != 2:
        raise UsageError(f"{len(names)} systems named: give two, A and B, or --all-pairs")
    if all_pairs and len(names) == 1:
        raise UsageError("one system makes no pair: name two or more with --all-pairs, or none for all")
    if all_pairs and sequential:
        raise UsageError("--sequential decides one pair at its looks: it does not go with --all-pairs")
    if plot is not None:
        from raymer.reports.plot import check_format

        check_format(plot)


def _question(metric: str, epoch: int | None, rope: float, all_pairs: bool, sequential: bool) -> Question:
    """Refuse before any fit is run what the tests would refuse after the last."""
    from raymer.nearest import unknown
    from raymer.protocols.metrics import METRICS
    from raymer.stats.bayes import check_rope

    known = [name for metrics in METRICS.values() for name in metrics]
    if metric not in known:
        raise UsageError(unknown("metric", metric, known))
    with _wrong_use():
        check_rope(rope)
    return Question(metric, epoch, rope, all_pairs, sequential)


@contextlib.contextmanager
def _wrong_use() -> Iterator[None]:
    """Turn what the tests refuse into wrong use."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error


def _compare(planned: "PlannedComparison", store: "ResultStore", question: Question, machine: Machine) -> Answer:
    from raymer.reports.comparison import last_epoch
    from raymer.stats import compare, compare_all

    _run_missing(planned, planned.plan(), store, machine)
    scores = planned.scores(store)
    epoch = last_epoch(scores, question.metric) if question.epoch is None else question.epoch
    asked: dict[str, Any] = {"metric": question.metric, "epoch": epoch, "rope": question.rope}
    found: list[Comparison] = []
    for target in planned.targets:
        if question.all_pairs:
            found += compare_all(scores, planned.labels, target=target, **asked)
        else:
            found += compare(scores, *planned.labels, target=target, **asked)
    return Answer(found)


def _look(planned: "PlannedComparison", store: "ResultStore", question: Question, machine: Machine) -> Answer:
    from raymer.engine.looks import plan_comparison_looks, run_looks
    from raymer.reports.comparison import last_epoch

    looks = plan_comparison_looks(planned)
    counts = ", ".join(str(look.splits) for look in looks.looks)
    err.print(f"looks after {counts} splits; in all 5 % for a false claim a target: {looks.rule}", markup=False)
    stopped = run_looks(
        planned,
        looks,
        store,
        lambda plan: _run_missing(planned, plan, store, machine),
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
    return Answer([one.comparison for one in stopped], endings, records)


def _run_missing(planned: "PlannedComparison", plan: "Plan", store: "ResultStore", machine: Machine) -> None:
    """Run the fits of `plan` that the store lacks; leave with 1 if one fails, since splits are not to be dropped."""
    from raymer.engine.run import run_plan

    with progress_display(planned.study.spec.name) as show:
        summary = run_plan(plan, store, machine=machine, name=planned.study.spec.name, on_progress=show)
    print_summary(summary, store.failures(summary.failed))
    if summary.failed:
        err.print("no verdict: it would rest on the splits that happened to succeed", style="red")
    exit_if_failed(summary)


def _show(planned: "PlannedComparison", answer: Answer, json: bool) -> None:
    from raymer.reports.comparison import published_claim, record
    from raymer.reports.facts import protocol_words

    spec = planned.study.spec
    rows = dict(zip(planned.labels, planned.systems, strict=True))
    claims = [published_claim(spec, rows[one.a], rows[one.b], one.target) for one in answer.comparisons]
    rule = planned.protocol.build().to_dict()
    if not json:
        print_comparisons(f"{spec.title} ({protocol_words(rule)})", answer.comparisons, claims, answer.endings)
        return
    looks = answer.looks or [{}] * len(answer.comparisons)
    print_json(
        [
            record(one, claim, protocol=rule, sequential=look or None)
            for one, claim, look in zip(answer.comparisons, claims, looks, strict=True)
        ]
    )
