"""Jobs on a Ray cluster, through the jobs server of its head: send, follow, list, stop."""

import asyncio
import contextlib
import json
import os
import shlex
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from raymer.engine.jobs.lines import OwnLines, own_lines
from raymer.engine.jobs.package import Package
from raymer.engine.ray_versions import say_if_untried
from raymer.errors import RaymerError, UsageError

DEFAULT_ADDRESS = "http://127.0.0.1:8265"
ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONUNBUFFERED": "1"}
_TIMEOUT = 5.0
_PAUSE = 0.5
_TOKEN = "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH (a file that holds it)"


@dataclass(frozen=True)
class Job:
    """A job: its id, state (PENDING, RUNNING, SUCCEEDED, FAILED, STOPPED), command, times and Ray's message.

    `started` and `ended` are seconds since 1970, None where it has not yet; `exit_code` is that of the command.
    """

    id: str
    state: str
    command: str
    started: float | None
    ended: float | None
    message: str
    exit_code: int | None

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end, whichever."""
        return self.state in ("SUCCEEDED", "FAILED", "STOPPED")

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


class Jobs:
    """The jobs of one cluster.

    Parameters
    ----------
    address : str
        Of the jobs server, "http://HOST:PORT": the dashboard's, commonly a tunnel's end on this machine.

    Raises
    ------
    UsageError
        For an address that cannot be one.
    RaymerError
        When nothing answers there, or the token is missing or wrong: one line each. A cluster whose Ray raymer was not
        tried with is said, and used: jobs run with what the cluster has, whatever Ray is here.
    """

    def __init__(self, address: str = DEFAULT_ADDRESS) -> None:
        self.address = address.rstrip("/")
        _check_reachable(self.address)
        with _one_line(self.address):
            from ray.job_submission import JobSubmissionClient

            with _only_address(self.address):
                self._client: Any = JobSubmissionClient(self.address)
        theirs = getattr(self._client, "_server_ray_version", None)  # get_version() is that of the API
        if theirs is not None:
            say_if_untried(theirs)

    def submit(self, words: Sequence[str], package: Package, pip: Sequence[str] = ()) -> str:
        """Send `raymer WORDS` with its package, and return the id of the job; it runs whoever watches.

        `pip` names packages that the cluster lacks: Ray installs them for this job alone.
        """
        environment: dict[str, Any] = {"env_vars": dict(ENVIRONMENT)}
        if pip:
            environment["pip"] = [*pip]
        with package.staged() as folder, _one_line(self.address):
            submission: str = self._client.submit_job(
                entrypoint=command_line(words),
                runtime_env={"working_dir": str(folder), **environment},
                metadata={"raymer": " ".join(words)},
            )
            return submission

    def get(self, job_id: str) -> Job:
        """Return what the cluster knows of a job; RaymerError for an id it does not know."""
        with _one_line(self.address):
            return _job(self._client.get_job_info(job_id))

    def list(self) -> "list[Job]":
        """Return all jobs that were submitted, the latest first."""
        with _one_line(self.address):
            jobs = [_job(details) for details in self._client.list_jobs() if details.submission_id]
        return sorted(jobs, key=lambda job: job.started or 0.0, reverse=True)

    def logs(self, job_id: str) -> str:
        """Return what a job has printed so far, stdout and stderr together, without what Ray says of itself."""
        return own_lines(self._whole_log(job_id))

    def stop(self, job_id: str) -> bool:
        """Stop a job, and say whether it was still running; what it has put into its store stays."""
        with _one_line(self.address):
            return bool(self._client.stop_job(job_id))

    def follow(self, job_id: str, write: Callable[[str], None]) -> Job:
        """Hand what the job prints to `write` line by line as it comes, and return the job when it is over.

        What Ray says of itself is left out. A connection that breaks is made anew, and goes on behind what was read.
        """
        import aiohttp

        lines = OwnLines(write)
        read = 0

        async def tail() -> None:
            nonlocal read
            seen = 0
            async for text in self._client.tail_job_logs(job_id):
                seen += len(text)
                if seen > read:
                    lines.feed(text[read - seen :])
                    read = seen

        while True:
            with contextlib.suppress(RaymerError, aiohttp.ClientError), _one_line(self.address):
                asyncio.run(tail())
            job = self.get(job_id)
            if job.is_over:
                lines.feed(self._whole_log(job_id)[read:])
                lines.end()
                return job
            time.sleep(_PAUSE)

    def _whole_log(self, job_id: str) -> str:
        with _one_line(self.address):
            text: str = self._client.get_job_logs(job_id)
            return text


def command_line(words: Sequence[str]) -> str:
    """Return the shell line that a job runs: `python` is that of the head, the modules those of the package."""
    return shlex.join(["python", "-m", "raymer.cli.main", *words])


def _job(details: Any) -> Job:
    return Job(
        id=details.submission_id,
        state=str(details.status.value),
        command=details.metadata.get("raymer", details.entrypoint) if details.metadata else details.entrypoint,
        started=details.start_time / 1000 if details.start_time else None,
        ended=details.end_time / 1000 if details.end_time else None,
        message=details.message or "",
        exit_code=details.driver_exit_code,
    )


def _check_reachable(address: str) -> None:
    """Ray waits for minutes on a wrong address; a plain connection says within seconds."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        port = None
    if port is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"address={address!r} is no address of a jobs server: give http://HOST:PORT")
    try:
        socket.create_connection((parts.hostname, port), timeout=_TIMEOUT).close()
    except OSError as error:
        raise RaymerError(
            f"no jobs server at {address}: {error.strerror or error} (is the cluster up, and the tunnel open?)"
        ) from error


@contextlib.contextmanager
def _only_address(address: str) -> Iterator[None]:
    """Let `address` decide: Ray would rather take RAY_ADDRESS, whatever it is given."""
    name = "RAY_API_SERVER_ADDRESS"
    before = os.environ.get(name)
    os.environ[name] = address
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def _one_line(address: str) -> Iterator[None]:
    """Turn what Ray's client raises into one line."""
    from ray.exceptions import AuthenticationError

    try:
        yield
    except AuthenticationError as error:
        what = "wants a token" if "required" in str(error) else "refuses the token"
        raise RaymerError(f"the cluster at {address} {what}: {_TOKEN}") from error
    except (RuntimeError, ConnectionError, OSError) as error:  # requests' errors are OSErrors
        raise RaymerError(f"the cluster at {address} says: {_reason(error)}") from error
    except (TypeError, ValueError) as error:  # what Ray's client makes of an answer in another shape
        raise RaymerError(
            f"the cluster at {address} answers what this machine's Ray does not understand: install the cluster's here"
        ) from error


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(text[text.index("{") : text.rindex("}") + 1])["msg"]).splitlines()[0]
    return text[:300]
