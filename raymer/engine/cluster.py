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
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
}


@contextlib.contextmanager
def connected(address: str = "local", workers: int | None = None) -> Iterator[int]:
    """Connect to Ray, yield the number of workers to use, and disconnect.

    Parameters
    ----------
    address : str
        "local" starts an embedded Ray on this machine, reachable from this machine only; "auto" finds a cluster that
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
        raise UsageError(f"--workers {workers}: at least 1 is needed")
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray").setLevel(logging.ERROR)
    _check_reachable(address)
    import ray

    try:
        _start(address, workers)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise RaymerError(f"no Ray at {address!r}: {str(error).splitlines()[0]}") from error
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Ray tells of dead workers by print; stdout is for our records
            yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


def _start(address: str, workers: int | None) -> None:
    import ray

    if address == "local":
        ray.init(
            address="local",
            num_cpus=max(workers or 1, os.cpu_count() or 1),
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    else:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)


def _check_reachable(address: str) -> None:
    """Ray waits for minutes on a wrong address; a plain connection says within seconds."""
    if address in ("local", "auto"):
        return
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise UsageError(f"--address {address!r} is none of local, auto, HOST:PORT, ray://HOST:PORT")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise RaymerError(f"no Ray at {address!r}: {error.strerror or error}") from error
