"""raymer status: what of a store is done, running where, failed, and how long it will take."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import out, print_json, say
from raymer.cli.verb import verb

if TYPE_CHECKING:
    from raymer.results.runs import RunRecord
    from raymer.results.store import ResultStore

SHOWN = 20


@verb
def status(
    store: Annotated[str, typer.Argument(help="The store of results: a folder or a URI (s3://...).")],
    experiment: Annotated[
        str | None,
        typer.Option("--experiment", "-e", help="Count by system: a YAML file or a name; needs --corpus too."),
    ] = None,
    corpus: Annotated[
        str | None, typer.Option("--corpus", "-c", help="Corpus folder of the experiment.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say what is done, failed and running in a store, from anywhere that can read it.

    With an experiment and its corpus also how much of each system is done and what is missing.
    """
    from raymer.errors import UsageError
    from raymer.results.store import ResultStore

    if (experiment is None) != (corpus is None):
        raise UsageError("--experiment and --corpus go together: fits are counted by what both say")
    results = ResultStore(store)
    results.check_exists()
    record = _of_store(results)
    if experiment is not None and corpus is not None:
        record |= _of_experiment(results, experiment, corpus)
    if json:
        print_json(record)
    else:
        _show(record)


def _of_store(results: "ResultStore") -> dict[str, Any]:
    """Return what the store says by itself: results, failures, and the latest run."""
    import time

    from raymer.files import Files
    from raymer.results.runs import read_runs

    failures, marks = results.failures(), results.marks()
    foreign = results.foreign(marks)
    runs = read_runs(Files(results.location))
    return {
        "store": results.location,
        "done": len(marks) - len(foreign),
        "foreign": list(foreign.values()),
        "failed": [{"fit": failure["id"], "message": failure["message"]} for failure in failures],
        "run": _of_run(runs[0], time.time()) if runs else None,
    }


def _of_run(run: "RunRecord", now: float) -> dict[str, Any]:
    return {
        **run.to_record(),
        "state": run.state_at(now),
        "missing": run.missing,
        "rate": run.rate,
        "seconds_left": run.seconds_left,
        "silent_seconds": max(0.0, now - run.updated),
    }


def _of_experiment(results: "ResultStore", experiment: str, corpus: str) -> dict[str, Any]:
    """Return how much of an experiment is done, system by system; `done` and `failed` are then of it alone."""
    from raymer.corpora.folder import load_corpus
    from raymer.experiments.loading import load_experiment
    from raymer.studies.study import make_study

    study = make_study(load_experiment(experiment), load_corpus(corpus))
    marks = results.marks()
    done = marks.keys() - results.foreign(marks).keys()
    planned = {fit.id for fit in study.plan.fits}
    failures = results.failures(planned - done)
    failed = {failure["id"] for failure in failures}
    return {
        "experiment": study.spec.name,
        "fits": len(planned),
        "done": len(planned & done),
        "failed": [{"fit": failure["id"], "message": failure["message"]} for failure in failures],
        "missing": len(planned - done - failed),
        "systems": [
            {
                "system": system.name,
                "n_features": system.n_features,
                "protocol": system.protocol,
                "fits": len(system.fits),
                "done": sum(fit.id in done for fit in system.fits),
                "failed": sum(fit.id in failed for fit in system.fits),
            }
            for system in study.systems
        ],
    }


def _show(record: dict[str, Any]) -> None:
    failed = record["failed"]
    if "experiment" in record:
        counts = f"{record['done']} of {record['fits']} fits done, {len(failed)} failed, {record['missing']} missing"
        say(f"{record['experiment']}: {counts}")
        for row in record["systems"]:
            name = f"{row['system']} ({row['n_features']}, {row['protocol']})"
            text = f"  {name:32} {row['done']:4} of {row['fits']:4} done, {row['failed']} failed"
            out.print(text, soft_wrap=True)
    else:
        say(f"{record['store']}: {record['done']} fits done, {len(failed)} failed")
    if record["run"] is not None:
        _show_run(record["run"])
    for line in record["foreign"][:SHOWN]:
        say(f"not counted: {line}", style="red")
    if len(record["foreign"]) > SHOWN:
        say(f"... and {len(record['foreign']) - SHOWN} more (--json has all)", style="red")
    for failure in failed[:SHOWN]:
        say(f"failed: fit {failure['fit']}: {failure['message']}", style="red")
    if len(failed) > SHOWN:
        say(f"... and {len(failed) - SHOWN} more (--json has all)", style="red")


def _show_run(run: dict[str, Any]) -> None:
    seen = run["reused"] + run["done"]
    parts = [f"{run['state']}, {seen} of {run['planned']} fits done ({run['reused']} found)", f"{run['failed']} failed"]
    if run["state"] == "running":
        parts += [f"{run['running']} running", f"{run['rate']:.2f} fits a second"]
        if run["seconds_left"] is not None:
            parts.append(f"about {run['seconds_left']:.0f} s left")
    if run["state"] == "lost":
        parts.append(f"no sign of it for {run['silent_seconds']:.0f} s: the same command goes on from there")
    say(f"run {run['id']} ({run['name']}): {', '.join(parts)}")
    if run["reason"]:
        say(f"  stopped: {run['reason']}", style="red")
    for worker in run["workers"] if run["state"] == "running" else ():
        more = f" and {worker['fits'] - 1} more" if worker["fits"] > 1 else ""
        say(f"  {worker['node']}, pid {worker['pid']}: {worker['method']} {worker['fit']}{more}, {worker['seconds']} s")
