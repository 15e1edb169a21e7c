"""raymer jobs: what runs on a cluster, what it printed, and stopping it."""

from datetime import datetime
from typing import Annotated

import typer

from raymer.cli.options import JobsAddressOption, JsonOption
from raymer.cli.output import one_line_errors, print_json, say
from raymer.cli.submit import follow as follow_job
from raymer.cli.submit import jobs_address, leave_with

jobs = typer.Typer(name="jobs", help="List, follow and stop the jobs of a Ray cluster.", no_args_is_help=True)
JobArgument = Annotated[str, typer.Argument(help="Id of a job, as `submit` and `jobs list` print it.")]


@jobs.command("list")
def list_(address: JobsAddressOption = None, json: JsonOption = False) -> None:
    """List the jobs that were submitted, the latest first."""
    with one_line_errors():
        from raymer.engine.jobs.client import Jobs

        found = Jobs(jobs_address(address)).list()
        if json:
            print_json([job.to_record() for job in found])
            return
        for job in found:
            started = datetime.fromtimestamp(job.started).strftime("%Y-%m-%d %H:%M") if job.started else "-"
            say(f"{job.id:28} {job.state:9} {started:16} {job.command}")
        if not found:
            say("no jobs")


@jobs.command("logs")
def logs(
    job_id: JobArgument,
    address: JobsAddressOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay to the end, and leave as the job does.")] = False,
) -> None:
    """Print what a job has printed so far."""
    with one_line_errors():
        from raymer.engine.jobs.client import Jobs

        server = Jobs(jobs_address(address))
        server.get(job_id)
        if follow:
            leave_with(follow_job(server, job_id))
        else:
            print(server.logs(job_id), end="")


@jobs.command("stop")
def stop(job_id: JobArgument, address: JobsAddressOption = None) -> None:
    """Stop a job; every result that it has written stays, and the same verb goes on from there."""
    with one_line_errors():
        from raymer.engine.jobs.client import Jobs

        was_running = Jobs(jobs_address(address)).stop(job_id)
        say(f"job {job_id} {'is being stopped' if was_running else 'was over already'}")
