"""raymer fit: one method of an experiment, fitted on all clips and saved as a folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from raymer.cli.options import CorpusOption, ExperimentArgument, JsonOption
from raymer.cli.output import err, print_json, print_summary, progress_display, say
from raymer.cli.verb import ChangesOptions, MachineOptions, verb
from raymer.engine.machine import LOCAL, Machine
from raymer.errors import UsageError


@verb
def fit(
    experiment: ExperimentArgument,
    method: Annotated[str, typer.Argument(help="A system of it, as `compare` names them: svr, tnn-svr@50, ...")],
    corpus: CorpusOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the model.")],
    changes: ChangesOptions,
    machine: MachineOptions,
    store: Annotated[
        str | None,
        typer.Option("--store", "-s", help="Results of the experiment: scores and intervals come from them."),
    ] = None,
    protocol: Annotated[str | None, typer.Option(help="Protocol of the scores [default: the first].")] = None,
    json: JsonOption = False,
) -> None:
    """Fit a method on all clips of a corpus and save it with a model card; what --store lacks of its fits is run."""
    from raymer.api.study import FitsFailedError, open_study
    from raymer.models.final import choose_system

    _check_use(store, protocol, changes["folds"], machine)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output} exists already: choose a new folder for the model")
    study = open_study(experiment, corpus, store, machine=machine, **changes)
    row = choose_system(study.planned, method, protocol)
    name, clips = study.planned.systems[row].name, len(study.planned.plan.samples.clip_ids)
    err.print(f"fitting {name} on {clips} clips")
    try:
        with progress_display(study.spec.name) as show:
            model = study.fit(method, output, protocol=protocol, evaluated=store is not None, on_progress=show)
    except FitsFailedError as error:
        print_summary(error.summary, error.failures)
        raise
    if json:
        print_json(dict(model.card))
        return
    say(f"{name}, fitted on {model.card['corpus']['clips']} clips -> {output}")
    for line in _scores(model.card["evaluation"]):
        say(f"  {line}")


def _check_use(store: str | None, protocol: str | None, folds: int | None, machine: Machine) -> None:
    given = {"--protocol": protocol, "--folds": folds}
    without = [name for name, value in given.items() if value is not None]
    without += [f"--{name.replace('_', '-')}" for name in machine.given if machine != LOCAL]
    if store is None and without:
        raise UsageError(f"{without[0]} would have no effect without --store: nothing is cross-validated")


def _scores(evaluation: dict[str, Any] | None) -> list[str]:
    if evaluation is None:
        return ["not cross-validated: no scores, no intervals (--store gives both)"]
    from raymer.models.card import score_words

    pooled = ", pooled over each repeat" if evaluation["aggregate"] == "pooled" else ""
    how = f"over {evaluation['splits']} splits of {evaluation['protocol']}{pooled}"
    return [f"{score['target']} {score['metric']} {score_words(score)} {how}" for score in evaluation["scores"]]
