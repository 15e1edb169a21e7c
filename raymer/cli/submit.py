"""raymer submit: any verb that works on a store or on Ray, as a job on a cluster."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import JobsAddressOption
from raymer.cli.output import err, one_line_errors, say
from raymer.cli.places import fill_in
from raymer.engine.machine import HERE
from raymer.errors import UsageError

if TYPE_CHECKING:
    from raymer.engine.jobs.client import Job, Jobs

PLACES = ("corpus", "store", "folder")
FOLLOW_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def submit(
    ctx: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="VERB ...", help="A verb with its own arguments, as it is run here.")
    ],
    address: JobsAddressOption = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Print the job's id and return at once.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be sent.")] = False,
    pip: Annotated[
        list[str] | None,
        typer.Option(help="A package that the cluster lacks, as pip names it; again for more.", show_default=False),
    ] = None,
) -> None:
    """Send a verb to a Ray cluster as a job, follow what it prints, and leave with its exit code.

    The job takes along raymer itself, the experiment's YAML with its file of splits, and the files of --plugin, nothing
    else: corpus and store lie where every node sees them, on an object store (s3://...) or below an absolute path.
    Closing this terminal does not stop the job.
    """
    with one_line_errors():
        from raymer.engine.jobs.client import Jobs, command_line
        from raymer.engine.jobs.package import make_package

        verb, params = _parse(ctx, words)
        sent, extra = _for_the_cluster(verb, params)
        package = make_package(extra)
        if dry_run:
            for name, path in package.files:
                say(f"{path.stat().st_size:9} {name}")
            say(command_line(sent))
            return
        jobs = Jobs(jobs_address(address))
        job_id = jobs.submit(sent, package, pip or [])
        err.print(f"{len(package.files)} files, {package.size / 1e6:.1f} MB sent to {jobs.address}")
        if no_wait:
            say(job_id)
            return
        err.print(f"job {job_id}")
        leave_with(follow(jobs, job_id))


def jobs_address(given: str | None) -> str:
    """Return the address of the jobs server: as given, else Ray's own variable, else the tunnel's usual end."""
    import os

    from raymer.engine.jobs.client import DEFAULT_ADDRESS

    return given or os.environ.get("RAY_API_SERVER_ADDRESS") or DEFAULT_ADDRESS


def follow(jobs: "Jobs", job_id: str) -> "Job":
    """Print what a job prints, to its end; Ctrl-C leaves it running."""

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    try:
        return jobs.follow(job_id, write)
    except KeyboardInterrupt:
        err.print(f"\nraymer: job {job_id} goes on; `raymer jobs logs {job_id} --follow`, `raymer jobs stop {job_id}`")
        raise typer.Exit(130) from None


def leave_with(job: "Job") -> None:
    """Say how a job ended when it did not succeed, and leave with its exit code."""
    if job.state == "SUCCEEDED":
        return
    lines = job.message.strip().splitlines()
    err.print(f"raymer: job {job.id} {job.state.lower()}{f': {lines[0]}' if lines else ''}", style="red")
    raise typer.Exit(job.exit_code or 1)


def _parse(ctx: typer.Context, words: list[str]) -> tuple[Any, dict[str, Any]]:
    """Return the verb's command and its parameters; what it would refuse here is refused before anything is sent."""
    from raymer.nearest import unknown

    group: Any = ctx.parent.command if ctx.parent else None
    verbs = {name: verb for name, verb in group.commands.items() if _can_be_sent(verb)}
    if words[0] in group.commands and words[0] not in verbs:
        raise UsageError(f"raymer {words[0]} has no place on a cluster: run it here, without submit")
    if words[0] not in verbs:
        raise UsageError(unknown("verb", words[0], verbs))
    verb = verbs[words[0]]
    return verb, verb.make_context(words[0], list(words[1:]), parent=ctx.parent).params


def _can_be_sent(verb: Any) -> bool:
    """Say whether a verb leaves something that outlives the job: it has a store, or works on a cluster's Ray."""
    names = {param.name for param in verb.params}
    return "store" in names or {"address", "workers"} <= names


def _split_files(experiment: Path) -> list[Path]:
    """Return the files of given splits that an experiment names: they go along where they lie beside it."""
    from raymer.experiments.loading import files_of

    files = files_of(experiment) if experiment.is_file() else []
    for path in files:
        if path.parent != experiment.parent or path.is_dir():
            raise UsageError(f"{path} does not go along: a file of splits must lie beside {experiment.name}")
    return files


def _for_the_cluster(verb: Any, params: dict[str, Any]) -> tuple[list[str], list[Path]]:
    """Return the verb's words as the job gets them, and the files that they name."""
    from raymer.components.plugins import VARIABLE, read_plugin

    params, extra = dict(params), []
    fill_in(params, getattr(verb.callback, "places", {}))
    experiment = params.get("experiment")
    if experiment is not None and str(experiment).endswith((".yaml", ".yml")):
        extra += [Path(experiment), *_split_files(Path(experiment))]
        params["experiment"] = Path(experiment).name
    plugins = [*os.environ.get(VARIABLE, "").split(os.pathsep), *(params.pop("plugin", None) or [])]
    extra += [read_plugin(path).path for path in plugins if path]
    sent = [Path(path.name) for path in extra if path.suffix == ".py"]
    if "address" in params:
        if params["address"] != HERE:
            raise UsageError("--address belongs to submit, before the verb: the job runs on the cluster it is sent to")
        if not params.get("serial"):
            params["address"] = "auto"
    for name, value in params.items():
        _check_place(name, value)
    return [verb.name, *_words(verb, params | ({"plugin": sent} if sent else {}))], extra


def _check_place(name: str, value: Any) -> None:
    """Refuse a path that means something on this machine alone."""
    for one in value if isinstance(value, list | tuple) else [value]:
        is_place = isinstance(one, Path) or (name in PLACES and isinstance(one, str))
        if is_place and "://" not in str(one) and not Path(one).is_absolute():
            raise UsageError(
                f"{name} {str(one)!r} is a path from where you stand, which the cluster does not know: give a URI "
                "(s3://...), or the absolute path of a folder that all its nodes share"
            )


def _words(verb: Any, params: dict[str, Any]) -> list[str]:
    """Turn parameters back into words: arguments in their order, and options that differ from their default."""
    options: list[str] = []
    arguments: list[str] = []
    for param in verb.params:
        value = params.get(param.name)
        values = list(value) if isinstance(value, list | tuple) else [value]
        if param.param_type_name == "argument":
            arguments += [str(one) for one in values if one is not None]
        elif getattr(param, "is_flag", False):
            if value != param.default:
                options.append((param.opts if value else param.secondary_opts)[0])
        elif value is not None and value != param.default:
            options += [word for one in values for word in (param.opts[0], str(one))]
    return [*options, *(["--"] if any(one.startswith("-") for one in arguments) else []), *arguments]
