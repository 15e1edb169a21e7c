"""raymer tune: the search of an experiment, flat or nested."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import JsonOption, MaybeCorpusOption, MaybeStoreOption
from raymer.cli.output import err, out, print_json, say
from raymer.cli.trials import trials_display
from raymer.cli.verb import MachineOptions, verb
from raymer.engine.machine import LOCAL
from raymer.studies.search.words import params_text

if TYPE_CHECKING:
    from raymer.engine.search.nested import NestedOutcome, OuterResult
    from raymer.studies.search.journal import SearchOutcome
    from raymer.studies.search.place import JournalPlace
    from raymer.studies.search.plan import PlannedSearch


@verb
def tune(
    experiment: Annotated[
        str | None, typer.Argument(help="A YAML file with a search section, or the name of an experiment.")
    ] = None,
    corpus: MaybeCorpusOption = None,
    store: MaybeStoreOption = None,
    trials: Annotated[
        int | None, typer.Option(help="Trials in all, those of earlier runs counted (default: the experiment's).")
    ] = None,
    sampler: Annotated[
        str | None, typer.Option(help="tpe, random or grid (default: the experiment's).", show_default=False)
    ] = None,
    outer: Annotated[
        int | None,
        typer.Option(help="Outer folds: search inside each one's train part too, and score what it finds once."),
    ] = None,
    stopping: Annotated[
        bool | None,
        typer.Option("--stopping/--no-stopping", help="Stop trials that their first folds show to be hopeless."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The sampler's; that of the fits is the experiment's.")] = 0,
    journal: Annotated[
        str | None,
        typer.Option(
            help="Folder of this machine for the search's journal [default: STORE/searches].", show_default=False
        ),
    ] = None,
    space: Annotated[
        str | None, typer.Option(metavar="METHOD", help="Only list what can be searched of a method.")
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures of what matters: importances, slices, a contour.", show_default=False),
    ] = None,
    mlflow: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Log the trials to MLflow, e.g. sqlite:///runs.db.", show_default=False),
    ] = None,
    json: JsonOption = False,
    machine: MachineOptions = LOCAL,
) -> None:
    """Search the parameters of an experiment's system; the same command resumes after any stop.

    The best of a search flatters itself on the folds that chose it: `--outer 10` says by how much.
    """
    from raymer.errors import UsageError

    if space is not None:
        _list_space(space, json)
        return
    if experiment is None or corpus is None or store is None:
        raise UsageError("give an experiment, --corpus and --store (or --space METHOD, to list what can be searched)")
    from raymer.corpora.folder import load_corpus
    from raymer.engine.search.nested import run_nested, score_held
    from raymer.engine.search.run import executor, run_trials
    from raymer.experiments.loading import load_experiment
    from raymer.results.store import ResultStore
    from raymer.studies.search.place import journal_of
    from raymer.studies.search.plan import plan_search

    if mlflow is not None:
        from raymer.reports.tracking import check_mlflow

        check_mlflow()
    spec = load_experiment(experiment)
    loaded = load_corpus(corpus)
    planned = plan_search(spec, loaded, trials=trials, sampler=sampler, stopping=stopping, seed=seed)
    results = ResultStore(store)
    where = journal_of(planned, results.location, journal)
    results.claim(loaded.name, loaded.fingerprint, {planned.whole.input: planned.whole.fingerprint})
    if len(planned.task.objectives) > 1 and stopping is not False and spec.search and spec.search.stopping:
        err.print("two objectives: no trial is stopped early, since none is hopeless that may be best in one")
    with (
        trials_display(spec.name) as show,
        executor(machine) as execute,
    ):
        held = None
        if outer is None:
            outcome, nested = run_trials(planned, results, execute, journal=journal, on_progress=show), None
            held = score_held(planned, outcome, results, execute.score)
        else:
            nested = run_nested(
                planned, outer, results, execute, journal=journal, score=execute.score, on_progress=show
            )
            outcome = nested.flat
    _show(planned, outcome, nested, held, where, json)
    if plots is not None:
        _draw(planned, outcome, plots)
    if mlflow is not None:
        _log(planned, outcome, mlflow)
    failed = [line for found in _outcomes(outcome, nested) for line in found.failed]
    for line in failed:
        err.print(f"failed: {line}", style="red")
    if failed:
        raise typer.Exit(1)


def _list_space(method: str, json: bool) -> None:
    from raymer.learners.search_space import method_space
    from raymer.learners.spaces import Choice

    rows = [
        {
            "parameter": f"{step}.{name}",
            "range": str(item),
            "default": item.default,
            "kind": type(item).__name__.lower(),
        }
        | ({"values": list(item.values)} if isinstance(item, Choice) else {"low": item.low, "high": item.high})
        for step, items in method_space(method).items()
        for name, item in items.items()
    ]
    if json:
        print_json(rows)
        return
    for row in rows:
        default = "its own" if row["default"] is None else row["default"]
        say(f"  {row['parameter']:28} {row['range']} (default {default})")
    if not rows:
        say(f"{method} has nothing to search")


def _draw(planned: "PlannedSearch", outcome: "SearchOutcome", folder: Path) -> None:
    from raymer.reports.search_plots import write_search_plots

    log = [name for name, item in planned.space.items() if getattr(item, "log", False)]
    paths = write_search_plots(outcome.trials, folder, metric=planned.task.metric, log=log)
    err.print(f"plots: {', '.join(map(str, paths)) or 'none, too few trials differ'}")


def _log(planned: "PlannedSearch", outcome: "SearchOutcome", uri: str) -> None:
    from raymer.reports.tracking import log_search

    about = {"system": planned.system, "sampler": planned.sampler, "corpus": planned.corpus}
    about |= {"objectives": ", ".join(planned.task.objectives), "metric": planned.task.metric}
    better = planned.task.sign > 0
    parent = log_search(
        outcome.trials, uri, experiment=planned.name, search=planned.id, about=about, higher_is_better=better
    )
    err.print(f"mlflow: run {parent} at {uri}")


def _outcomes(outcome: "SearchOutcome", nested: "NestedOutcome | None") -> "list[SearchOutcome]":
    return [outcome, *(result.search for result in nested.outer)] if nested else [outcome]


def _show(
    planned: "PlannedSearch",
    outcome: "SearchOutcome",
    nested: "NestedOutcome | None",
    held: "OuterResult | None",
    journal: "JournalPlace",
    json: bool,
) -> None:
    record = _record(planned, outcome, nested, journal)
    if held is not None:
        record["test"] = {"value": held.value, "n_train": held.n_train, "n_test": held.n_test}
    if json:
        print_json(record)
        return
    task = planned.task
    low = "" if task.sign > 0 else " (lower is better)"
    what = f"{planned.system} ({task.system.name}), {', '.join(task.objectives)}, {task.metric}{low}"
    counts = [f"{record['trials']} trials, {record['stopped']} stopped early", f"{record['seconds']:.1f} s"]
    counts[1:1] = [
        f"{record['fits_run']} fits run, {record['fits_reused']} found done, {record['fits_stopped']} spared"
    ]
    say(f"{planned.name}: {what}")
    say(f"  {'; '.join(counts)}")
    if outcome.front:
        say("  the trials that no other beats in both:")
        for member in outcome.front:
            values = ", ".join(f"{name} {value:.4f}" for name, value in member["values"].items())
            say(f"  - {values}: {params_text(member['params'])}")
    elif outcome.best_value is not None:
        say(f"  best {outcome.best_value:.4f}: {params_text(outcome.best_params)}")
    if held is not None:
        where = f"the {held.n_test} test clips, which no trial had seen"
        say(f"  {held.value:.4f} on {where}; trained on the {held.n_train} train clips alone")
    if nested:
        _show_nested(nested)
    err.print(f"journal: {journal}")


def _show_nested(nested: "NestedOutcome") -> None:
    from rich.table import Table

    table = Table(title="What the search of each outer fold chose, promised and gave", title_justify="left")
    for name in ("fold", "inner", "outer"):
        table.add_column(name, justify="right")
    table.add_column("parameters")
    for row in nested.outer:
        table.add_row(str(row.fold), f"{row.inner_value:.4f}", f"{row.value:.4f}", params_text(row.best_params))
    out.print(table)
    low, high = nested.interval
    say(f"  flat best {nested.flat.best_value:.4f}, on the folds that chose it")
    say(f"  nested estimate {nested.estimate:.4f}, 95 % interval {low:.4f} to {high:.4f}, on songs no search had seen")
    say(f"  optimism {nested.optimism:+.4f}")


def _record(
    planned: "PlannedSearch", outcome: "SearchOutcome", nested: "NestedOutcome | None", journal: "JournalPlace"
) -> dict[str, Any]:
    every = _outcomes(outcome, nested)
    record: dict[str, Any] = {
        "experiment": planned.name,
        "system": planned.system,
        "objectives": list(planned.task.objectives),
        "metric": planned.task.metric,
        "higher_is_better": planned.task.sign > 0,
        "sampler": planned.sampler,
        "stopping": planned.stopping,
        "best_params": outcome.best_params,
        "best_value": outcome.best_value,
        "trials": len(outcome.trials),
        "stopped": int((outcome.trials["state"] == "stopped").sum()),
        "failed": list(outcome.failed),
        "fits_run": sum(found.fits_run for found in every),
        "fits_reused": sum(found.fits_reused for found in every),
        "fits_stopped": sum(found.fits_stopped for found in every),
        "seconds": sum(found.seconds for found in every),
        "fit_seconds": sum(found.fit_seconds for found in every),
        "journal": str(journal),
    }
    if outcome.front:
        record["front"] = list(outcome.front)
    if nested:
        record["nested"] = {
            "flat_best": nested.flat.best_value,
            "estimate": nested.estimate,
            "interval": list(nested.interval),
            "optimism": nested.optimism,
            "outer": [
                {"fold": row.fold, "best_params": row.best_params, "inner_value": row.inner_value, "value": row.value}
                for row in nested.outer
            ],
        }
    return record
