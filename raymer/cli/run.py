"""raymer run and raymer reproduce: all fits of an experiment, and its table."""

from pathlib import Path
from typing import Annotated

import typer

from raymer.cli.options import (
    AddressOption,
    CorpusOption,
    ExperimentArgument,
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
    print_rows,
    print_summary,
    progress_display,
)


def run(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    store: StoreOption,
    json: JsonOption = False,
    address: AddressOption = "local",
    workers: WorkersOption = None,
    serial: SerialOption = False,
) -> None:
    """Run what is missing of an experiment and print its table; the same command resumes after any stop."""
    with one_line_errors():
        run_experiment(experiment, corpus, store, json, address, workers, serial)


def reproduce(
    name: Annotated[str, typer.Argument(help="Name of a published table, e.g. cheuk2020-deam.")],
    corpus: CorpusOption,
    store: StoreOption,
    json: JsonOption = False,
    address: AddressOption = "local",
    workers: WorkersOption = None,
    serial: SerialOption = False,
) -> None:
    """Reproduce a published table: run what is missing and print our numbers beside the published ones."""
    with one_line_errors():
        from raymer.errors import UsageError
        from raymer.experiments.spec import experiment_names
        from raymer.nearest import unknown

        if name not in experiment_names():
            raise UsageError(unknown("experiment", name, experiment_names()))
        run_experiment(name, corpus, store, json, address, workers, serial)


def run_experiment(
    experiment: str, corpus: Path, store: str, json: bool, address: str, workers: int | None, serial: bool
) -> None:
    """Run what is missing of an experiment and print its table: what `run`, `reproduce` and `demo` share."""
    from raymer.corpora.base import load_corpus
    from raymer.engine.run import run_plan
    from raymer.engine.study import make_study
    from raymer.errors import UsageError
    from raymer.experiments.spec import load_experiment
    from raymer.reports.table import make_rows
    from raymer.results.store import ResultStore

    if serial and (workers is not None or address != "local"):
        raise UsageError("--serial runs in this process: --workers and --address would have no effect")
    spec = load_experiment(experiment)
    loaded = load_corpus(corpus)
    study = make_study(spec, loaded)
    results = ResultStore(store)
    used = study.plan.samples.input
    results.claim(loaded.name, loaded.fingerprint, {used: loaded.inputs[used].fingerprint})
    with progress_display(spec.name) as show:
        summary = run_plan(study.plan, results, address=address, workers=workers, serial=serial, on_progress=show)
    print_summary(summary, results.failures(summary.failed))
    rows = make_rows(study.systems, study.scores(results), spec.targets, spec.metric)
    if json:
        print_json([row.to_record() for row in rows])
    else:
        notes = [*spec.notes, *(f"{key}: {text}" for key, text in spec.not_mentioned.items())]
        print_rows(f"{spec.title} ({len(study.plan.samples.clip_ids)} clips, {spec.metric})", rows, notes)
        err.print(f"store: {store}", markup=False)
    exit_if_failed(summary)
