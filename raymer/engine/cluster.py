"""Connecting to Ray: an embedded cluster on this machine, or one that runs already."""

import contextlib
import logging
import os
import random
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

from raymer.ending import kept_handlers
from raymer.engine.machine import EMBEDDED, HERE
from raymer.engine.ray_versions import inside, say_if_untried, standing_for
from raymer.engine.token import keep_token
from raymer.errors import RaymerError, UsageError
from raymer.scratch import room_short

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "15",  # default 60: recovery from a dead node took 79 s
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",  # a process a gang; a node that goes is dealt with when it is gone
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
}

QUIET_POOLS = {"RAY_BACKEND_LOG_LEVEL": "fatal"}
"""Where Ray Data runs: each of its pools of actors warns of what Ray Data does itself. Elsewhere it would only say a
line, that it was set."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")

_address: str | None = None  # what this process is connected to
_is_kept = False
_users = 0
_sayings = contextlib.ExitStack()  # ends when Ray is down
_changing = threading.RLock()  # a run's end takes Ray down beside whatever comes next


@contextlib.contextmanager
def connected(address: str = EMBEDDED, workers: int | None = None, *, for_data: bool = False) -> Iterator[int]:
    """As `connection`; what Ray prints, such as of dead workers, goes to stderr, since stdout is for our records."""
    with connection(address, workers, for_data=for_data) as count, contextlib.redirect_stdout(sys.stderr):
        yield count


@contextlib.contextmanager
def connection(address: str = EMBEDDED, workers: int | None = None, *, for_data: bool = False) -> Iterator[int]:
    """Connect to Ray, yield the number of workers to use, and disconnect.

    A connection to the same address that exists already, from `one_connection` or elsewhere in this process, is used
    and kept.

    Parameters
    ----------
    address : str
        "local" starts an embedded Ray on this machine, which listens on 127.0.0.1 alone, and so does "here"; "auto"
        finds a cluster that runs here; otherwise a cluster's address, "host:port" or "ray://host:port". It is always
        passed on: without one Ray may attach to a stale cluster.
    workers : int, optional
        Default: as many as the cluster has CPUs.
    for_data : bool
        Whether Ray Data is to run.

    Raises
    ------
    UsageError
        For a `workers` below 1 or an address that cannot be one.
    RaymerError
        When Ray cannot be started or reached.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"workers={workers}: at least 1 is needed")
    for name, value in (QUIET | QUIET_POOLS if for_data else QUIET).items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray").setLevel(logging.ERROR)
    global _users
    import ray

    with _changing:
        _connect(EMBEDDED if address == HERE else address, workers)
        _users += 1
    try:
        yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        with _changing:
            _users -= 1
            _end_unless_used()


@contextlib.contextmanager
def one_connection() -> Iterator[None]:
    """Let every `connected` within share a connection, since Ray takes seconds to start: the first makes it.

    It ends with this block, or with the last that uses it; where nothing connects, nothing is started.
    """
    global _is_kept
    _is_kept = True
    try:
        yield
    finally:
        with _changing:
            _is_kept = False
            _end_unless_used()


def _connect(address: str, workers: int | None) -> None:
    global _address
    import ray

    if _address == address and ray.is_initialized():
        return
    check_reachable(address)
    keep_token(make=address == EMBEDDED)
    try:
        _start(address, workers)
        say_if_untried(ray.__version__)
    except BaseException as error:
        _sayings.close()
        if isinstance(error, RaymerError) or not isinstance(error, Exception):
            raise
        said = (address == EMBEDDED and room_short(os.environ.get("TMPDIR"))) or _reason(error)
        raise RaymerError(f"no Ray at {address!r}: {said}") from error  # a slow node raises a bare one
    _address = address


def _end_unless_used() -> None:
    if not _users and not _is_kept and _address is not None:
        _disconnect()


def _disconnect() -> None:
    global _address
    import ray

    _address = None
    with kept_handlers():
        ray.shutdown()
    _sayings.close()


def _start(address: str, workers: int | None) -> None:

    _sayings.enter_context(_on_stderr())
    with kept_handlers():  # Ray's print a stack
        _init(address, workers)


def _init(address: str, workers: int | None) -> None:
    import ray

    if address == EMBEDDED:
        with _on_loopback(), _own_generator():
            ray.init(
                address=EMBEDDED,
                num_cpus=max(workers or 1, os.cpu_count() or 1),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    else:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)


@contextlib.contextmanager
def _on_stderr() -> Iterator[None]:
    """Let Ray's own thread say on stderr what it prints on stdout, such as of an actor that died.

    It may do so until Ray is down, when the table has been printed: a line more, and `--json` is no JSON.
    """
    say = inside("_private.worker", "print_to_stdstream")

    def say_on_stderr(said: dict[str, Any], *words: Any, **named: Any) -> None:
        say({**said, "is_err": True}, *words, **named)

    with standing_for("_private.worker", "print_to_stdstream", say_on_stderr):
        yield


@contextlib.contextmanager
def _on_loopback() -> Iterator[None]:
    """Let what an embedded Ray opens listen on 127.0.0.1 alone, as it does of itself on macOS and Windows.

    On Linux Ray takes the machine's outward address even where 127.0.0.1 is asked for; this constant decides it. A Ray
    that no longer has it is taken down again where it took that address.
    """
    import ray

    with standing_for("_private.ray_constants", "ENABLE_RAY_CLUSTER", False):
        yield
    taken = ray.util.get_node_ip_address()
    if taken not in LOOPBACK:
        ray.shutdown()
        raise RaymerError(f"Ray {ray.__version__} listens on {taken}, where others could reach it: use serial=True")


@contextlib.contextmanager
def _own_generator() -> Iterator[None]:
    """Let Ray draw ports by itself: a fit in another thread may have seeded the generator of the process (law 2)."""
    with standing_for("_private.node", "random", random.Random()):
        yield


def check_reachable(address: str) -> None:
    """Raise where nothing answers: Ray waits for minutes on a wrong address, a plain connection says within seconds."""
    if address in (HERE, EMBEDDED):
        return
    found = _running() if address == "auto" else address
    if found is None:
        return
    host, colon, port = found.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise UsageError(f"address={address!r} is none of here, local, auto, HOST:PORT, ray://HOST:PORT")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise RaymerError(f"no Ray at {address!r}: {error.strerror or error}") from error


def _running() -> str | None:
    """Return the address of the cluster that runs on this machine, as Ray finds it; it may have ended since.

    None where only starting tells, with a Ray that has no such question.
    """
    find = inside("_private.services", "get_ray_address_from_environment")
    if find is None:
        return None
    try:
        return str(find("auto", None))
    except ConnectionError as error:
        raise RaymerError("no Ray at 'auto': no cluster runs on this machine") from error


def _reason(error: BaseException) -> str:
    """Return one line on why Ray refused; it hides a wrong token behind a failure to connect."""
    causes: list[str] = []
    one: BaseException | None = error
    while one is not None:
        causes.append(f"{type(one).__name__} {one}")
        one = one.__cause__ or one.__context__
    if any("AuthenticationError" in cause for cause in causes):
        return (
            "the token is missing or wrong: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to a file "
            "with the token of the cluster's nodes"
        )
    text = str(error) or type(error).__name__
    return " ".join(text.split()) if text.startswith("Version mismatch") else text.splitlines()[0]
