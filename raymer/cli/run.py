"""raymer run and raymer reproduce: all fits of an experiment, and its table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from raymer.engine.study import Study
    from raymer.results.store import ResultStore


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
        run_experiment(experiment, corpus, store, json, address, workers, serial, epochs, every, folds, gpus_per_fit)


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
        run_experiment(name, corpus, store, json, address, workers, serial, epochs, every, folds, gpus_per_fit)


def run_experiment(
    experiment: str,
    corpus: str | Path,
    store: str,
    json: bool,
    address: str,
    workers: int | None,
    serial: bool,
    epochs: int | None = None,
    every: int | None = None,
    folds: int | None = None,
    gpus_per_fit: float = 0.0,
) -> None:
    """Run what is missing of an experiment and print its table: what `run`, `reproduce` and `demo` share."""
    from raymer.corpora.base import load_corpus
    from raymer.engine.run import run_plan
    from raymer.engine.study import make_study
    from raymer.errors import UsageError
    from raymer.experiments.spec import load_experiment
    from raymer.results.store import ResultStore

    if serial and (workers is not None or address != "local" or gpus_per_fit):
        raise UsageError("--serial runs in this process: --workers, --address and --gpus-per-fit would have no effect")
    spec = load_experiment(experiment).with_changes(epochs=epochs, every=every, folds=folds)
    loaded = load_corpus(corpus)
    study = make_study(spec, loaded)
    results = ResultStore(store)
    results.claim(loaded.name, loaded.fingerprint, study.plan.input_fingerprint)
    with progress_display(spec.name) as show:
        summary = run_plan(
            study.plan,
            results,
            address=address,
            workers=workers,
            serial=serial,
            gpus_per_fit=gpus_per_fit,
            name=spec.name,
            on_progress=show,
        )
    print_summary(summary, results.failures(summary.failed))
    (_show_curves if spec.is_curve else _show_table)(study, results, json)
    if not json:
        err.print(f"store: {store}", markup=False)
    exit_if_failed(summary)


def _show_table(study: "Study", results: "ResultStore", json: bool) -> None:
    from raymer.reports.table import make_rows

    spec = study.spec
    rows = make_rows(study.systems, study.scores(results), spec.targets, spec.metric)
    if json:
        print_json([row.to_record() for row in rows])
        return
    print_rows(_title(study), rows, _notes(study))


def _show_curves(study: "Study", results: "ResultStore", json: bool) -> None:
    from raymer.reports.curves import make_points

    spec = study.spec
    points = make_points(study.systems, study.scores(results), spec.targets, spec.metric)
    if json:
        print_json([point.to_record() for point in points])
        return
    print_points(_title(study), points, _notes(study))


def _title(study: "Study") -> str:
    return f"{study.spec.title} ({len(study.plan.samples.clip_ids)} clips, {study.spec.metric})"


def _notes(study: "Study") -> list[str]:
    return [*study.spec.notes, *(f"{key}: {text}" for key, text in study.spec.not_mentioned.items())]
