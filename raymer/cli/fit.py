"""raymer fit: one method of an experiment, fitted on all clips and saved as a folder."""

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
    WorkersOption,
)
from raymer.cli.output import err, one_line_errors, print_json, progress_display, say
from raymer.engine.machine import Machine

if TYPE_CHECKING:
    from raymer.corpora.base import Corpus
    from raymer.engine.models.final import Evaluation
    from raymer.engine.study import Study


def fit(
    experiment: ExperimentArgument,
    method: Annotated[str, typer.Argument(help="A system of it, as `compare` names them: svr, tnn-svr@50, ...")],
    corpus: CorpusOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the model.")],
    store: Annotated[
        str | None,
        typer.Option("--store", "-s", help="Results of the experiment: scores and intervals come from them."),
    ] = None,
    protocol: Annotated[str | None, typer.Option(help="Protocol of the scores [default: the first].")] = None,
    epochs: EpochsOption = None,
    every: EveryOption = None,
    folds: FoldsOption = None,
    json: JsonOption = False,
    address: AddressOption = "local",
    workers: WorkersOption = None,
    gpus_per_fit: GpusPerFitOption = 0.0,
    serial: SerialOption = False,
) -> None:
    """Fit a method on all clips of a corpus and save it with a model card; what --store lacks of its fits is run."""
    with one_line_errors():
        from raymer.corpora.base import load_corpus
        from raymer.engine.models.final import choose_system, fit_final
        from raymer.engine.study import make_study
        from raymer.errors import UsageError
        from raymer.experiments.spec import load_experiment

        machine = Machine(address, workers, gpus_per_fit, serial)
        _check_use(store, protocol, folds, machine)
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise UsageError(f"{output} exists already: choose a new folder for the model")
        spec = load_experiment(experiment).with_changes(epochs=epochs, every=every, folds=folds)
        loaded = load_corpus(corpus)
        study = make_study(spec, loaded)
        row = choose_system(study, method, protocol)
        evaluation = None
        if store is not None:
            evaluation = _evaluation(study, loaded, row, store, machine)
        err.print(f"fitting {study.systems[row].name} on {len(study.plan.samples.clip_ids)} clips", markup=False)
        model = fit_final(study, loaded, row, evaluation)
        model.save(output)
        if json:
            print_json(dict(model.card))
            return
        say(f"{study.systems[row].name}, fitted on {model.card['corpus']['clips']} clips -> {output}")
        for line in _scores(model.card["evaluation"]):
            say(f"  {line}")


def _check_use(store: str | None, protocol: str | None, folds: int | None, machine: Machine) -> None:
    from raymer.errors import UsageError

    given = {"--protocol": protocol, "--folds": folds}
    without = [name for name, value in given.items() if value is not None] + machine.given
    if store is None and without:
        raise UsageError(f"{without[0]} would have no effect without --store: nothing is cross-validated")


def _evaluation(study: "Study", corpus: "Corpus", row: int, store: str, machine: Machine) -> "Evaluation":
    from raymer.engine.models.final import evaluate
    from raymer.results.store import ResultStore

    results = ResultStore(store)
    results.claim(corpus.name, corpus.fingerprint, study.plan.input_fingerprint)
    with progress_display(study.spec.name) as show:
        return evaluate(study, row, results, machine=machine, on_progress=show)


def _scores(evaluation: dict[str, Any] | None) -> list[str]:
    if evaluation is None:
        return ["not cross-validated: no scores, no intervals (--store gives both)"]
    how = f"over {evaluation['splits']} splits of {evaluation['protocol']}"
    return [
        f"{score['target']} {score['metric']} {score['mean']:.3f} ± {score['sd']:.3f} {how}"
        for score in evaluation["scores"]
    ]
