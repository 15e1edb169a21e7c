"""Connecting to Ray: an embedded cluster on this machine, or one that runs already."""

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Iterator

from raymer.errors import RaymerError, UsageError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "15",  # default 60: recovery from a dead node took 79 s
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",  # a process a gang; a node that goes is dealt with when it is gone
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # else each pool of actors warns in Ray's own words of what Ray Data does itself
}

_address: str | None = None  # what `connected` has connected this process to
_is_kept = False


@contextlib.contextmanager
def connected(address: str = "local", workers: int | None = None) -> Iterator[int]:
    """Connect to Ray, yield the number of workers to use, and disconnect.

    A connection to the same address that exists already, from `one_connection` or around this one, is used and kept.

    Parameters
    ----------
    address : str
        "local" starts an embedded Ray on this machine, which listens on 127.0.0.1 alone; "auto" finds a cluster that
        runs here; otherwise a cluster's address, "host:port" or "ray://host:port". It is always passed on: without
        one Ray may attach to a stale cluster.
    workers : int, optional
        Default: as many as the cluster has CPUs.

    Raises
    ------
    UsageError
        For a `workers` below 1 or an address that cannot be one.
    RaymerError
        When Ray cannot be started or reached.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"workers={workers}: at least 1 is needed")
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray").setLevel(logging.ERROR)
    global _address
    import ray

    is_ours = _address != address or not ray.is_initialized()
    if is_ours:
        _check_reachable(address)
        try:
            _start(address, workers)
        except Exception as error:  # a node that is slow to start raises a bare one
            raise RaymerError(f"no Ray at {address!r}: {_reason(error)}") from error
        _address = address
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Ray tells of dead workers by print; stdout is for our records
            yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        if is_ours and not _is_kept:
            _disconnect()


@contextlib.contextmanager
def one_connection() -> Iterator[None]:
    """Let every `connected` within share a connection, since Ray takes seconds to start: the first makes it.

    It ends with this block; where nothing connects, nothing is started.
    """
    global _is_kept
    _is_kept = True
    try:
        yield
    finally:
        _is_kept = False
        if _address is not None:
            _disconnect()


def _disconnect() -> None:
    global _address
    import ray

    _address = None
    ray.shutdown()


def _start(address: str, workers: int | None) -> None:
    import ray

    if address == "local":
        with _on_loopback():
            ray.init(
                address="local",
                num_cpus=max(workers or 1, os.cpu_count() or 1),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    else:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)


@contextlib.contextmanager
def _on_loopback() -> Iterator[None]:
    """Let what an embedded Ray opens listen on 127.0.0.1 alone, as it does of itself on macOS and Windows.

    On Linux Ray takes the machine's outward address even where 127.0.0.1 is asked for; this constant decides it.
    """
    from ray._private import ray_constants

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


def _check_reachable(address: str) -> None:
    """Ray waits for minutes on a wrong address; a plain connection says within seconds."""
    if address in ("local", "auto"):
        return
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise UsageError(f"address={address!r} is none of local, auto, HOST:PORT, ray://HOST:PORT")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise RaymerError(f"no Ray at {address!r}: {error.strerror or error}") from error


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
