"""raymer run and raymer reproduce: all fits of an experiment, and its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import (
    AddressOption,
    CorpusOption,
    EpochsOption,
    EveryOption,
    ExperimentArgument,
    FoldsOption,
    GpusPerFitOption,
    JsonOption,
    SerialOption,
    StoreOption,
    WorkersOption,
)
from raymer.cli.output import (
    err,
    exit_if_failed,
    one_line_errors,
    print_json,
    print_points,
    print_rows,
    print_summary,
    progress_display,
)
from raymer.engine.machine import Machine

if TYPE_CHECKING:
    from raymer.engine.run import RunSummary
    from raymer.engine.study import Study
    from raymer.results.store import ResultStore


@dataclass(frozen=True)
class Ran:
    """An experiment after a run: its plan, its store and what the run did."""

    study: "Study"
    store: "ResultStore"
    summary: "RunSummary"

    def rows(self) -> "Sequence[Any]":
        """Return what its table says: a Row each, or a CurvePoint each where methods are trained by epochs."""
        from raymer.reports.curves import make_points
        from raymer.reports.table import make_rows

        spec = self.study.spec
        make = make_points if spec.is_curve else make_rows
        return make(self.study.systems, self.study.scores(self.store), spec.targets, spec.metric)

    def show(self, json: bool) -> None:
        """Print the table, or its records; leave with 1 when a fit failed."""
        spec = self.study.spec
        if json:
            print_json([row.to_record() for row in self.rows()])
        else:
            title = f"{spec.title} ({len(self.study.plan.samples.clip_ids)} clips, {spec.metric})"
            notes = [*spec.notes, *(f"{key}: {text}" for key, text in spec.not_mentioned.items())]
            (print_points if spec.is_curve else print_rows)(title, self.rows(), notes)
            err.print(f"store: {self.store.location}", markup=False)
        exit_if_failed(self.summary)


def run(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    store: StoreOption,
    epochs: EpochsOption = None,
    every: EveryOption = None,
    folds: FoldsOption = None,
    json: JsonOption = False,
    address: AddressOption = "local",
    workers: WorkersOption = None,
    gpus_per_fit: GpusPerFitOption = 0.0,
    serial: SerialOption = False,
) -> None:
    """Run what is missing of an experiment and print its table; the same command resumes after any stop."""
    with one_line_errors():
        changes = {"epochs": epochs, "every": every, "folds": folds}
        machine = Machine(address, workers, gpus_per_fit, serial)
        ran = run_experiment(experiment, corpus, store, machine, **changes)
        ran.show(json)


def reproduce(
    name: Annotated[str, typer.Argument(help="Name of a published table, e.g. cheuk2020-deam.")],
    corpus: CorpusOption,
    store: StoreOption,
    epochs: EpochsOption = None,
    every: EveryOption = None,
    folds: FoldsOption = None,
    json: JsonOption = False,
    address: AddressOption = "local",
    workers: WorkersOption = None,
    gpus_per_fit: GpusPerFitOption = 0.0,
    serial: SerialOption = False,
) -> None:
    """Reproduce a published table: run what is missing and print our numbers beside the published ones."""
    with one_line_errors():
        from raymer.errors import UsageError
        from raymer.experiments.spec import experiment_names
        from raymer.nearest import unknown

        if name not in experiment_names():
            raise UsageError(unknown("experiment", name, experiment_names()))
        changes = {"epochs": epochs, "every": every, "folds": folds}
        machine = Machine(address, workers, gpus_per_fit, serial)
        ran = run_experiment(name, corpus, store, machine, **changes)
        ran.show(json)


def run_experiment(
    experiment: str,
    corpus: str | Path,
    store: str,
    machine: Machine,
    **changes: int | None,
) -> Ran:
    """Run what is missing of an experiment: what `run`, `reproduce` and `demo` share; `changes` as with_changes."""
    from raymer.corpora.base import load_corpus
    from raymer.engine.run import run_plan
    from raymer.engine.study import make_study
    from raymer.experiments.spec import load_experiment
    from raymer.results.store import ResultStore

    spec = load_experiment(experiment).with_changes(**changes)
    loaded = load_corpus(corpus)
    study = make_study(spec, loaded)
    results = ResultStore(store)
    results.claim(loaded.name, loaded.fingerprint, study.plan.input_fingerprint)
    with progress_display(spec.name) as show:
        summary = run_plan(
            study.plan,
            results,
            machine=machine,
            name=spec.name,
            on_progress=show,
        )
    print_summary(summary, results.failures(summary.failed))
    return Ran(study, results, summary)
