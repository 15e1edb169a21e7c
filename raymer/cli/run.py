"""raymer run and raymer reproduce: all fits of an experiment, and its table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import CorpusOption, ExperimentArgument, JsonOption, StoreOption
from raymer.cli.output import (
    err,
    exit_if_failed,
    print_json,
    print_summary,
    print_table,
    progress_display,
    serious_lines,
)
from raymer.cli.verb import ChangesOptions, MachineOptions, verb
from raymer.engine.machine import Machine
from raymer.errors import UsageError

if TYPE_CHECKING:
    from raymer.api.results import Ran
    from raymer.api.study import OpenStudy


@verb
def run(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    store: StoreOption,
    changes: ChangesOptions,
    machine: MachineOptions,
    json: JsonOption = False,
) -> None:
    """Run what is missing of an experiment and print its table; the same command resumes after any stop."""
    _, ran = run_experiment(experiment, corpus, store, machine, **changes)
    show(ran, json)


@verb
def reproduce(
    name: Annotated[str, typer.Argument(help="Name of a published table, e.g. cheuk2020-deam.")],
    corpus: CorpusOption,
    store: StoreOption,
    changes: ChangesOptions,
    machine: MachineOptions,
    json: JsonOption = False,
) -> None:
    """Reproduce a published table: run what is missing and print our numbers beside the published ones."""
    from raymer.experiments.loading import experiment_names
    from raymer.nearest import unknown

    if name not in experiment_names():
        raise UsageError(unknown("experiment", name, experiment_names()))
    _, ran = run_experiment(name, corpus, store, machine, **changes)
    show(ran, json)


def run_experiment(
    experiment: str, corpus: str | Path, store: str, machine: Machine, **changes: Any
) -> "tuple[OpenStudy, Ran]":
    """Run what is missing of an experiment: what `run`, `reproduce` and `demo` share; `changes` as open_study."""
    from raymer.api.study import open_study

    study = open_study(experiment, corpus, store, machine=machine, **changes)
    for line in (*serious_lines(study.findings), *study.planned.plan.notes):
        err.print(line)
    with progress_display(study.spec.name) as progress:
        ran = study.run(on_progress=progress)
    print_summary(ran.summary, study.store.failures(ran.summary.failed))
    return study, ran


def show(ran: "Ran", json: bool) -> None:
    """Print the table, or its records; leave with 1 when a fit failed."""
    if json:
        print_json([row.to_record() for row in ran.rows()])
    else:
        for table in ran.tables():
            print_table(table)
        err.print(f"store: {ran.store.location}")
    exit_if_failed(ran.summary)
