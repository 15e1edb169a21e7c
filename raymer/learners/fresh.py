"""Calls in a fresh copy of this process, so that nothing they leave behind is there for the next."""

import contextlib
import importlib
import multiprocessing
import pickle
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from raymer.learners.seeding import seed_globals

IDLE_SECONDS = 60.0
"""A copy that takes no processor time for so long has hung on a lock of a thread that was not copied."""
HEAVY = ("lightgbm", "numba", "pandas", "scipy", "sklearn", "torch", "raymer")


class NoFreshProcessError(Exception):
    """A fresh copy cannot be made here, or it died or hung."""


def run_fresh(work: Callable[[], Any], seed: int) -> Any:
    """Return work() as a copy of this process computes it, by one thread, global generators begun from `seed`.

    The copy is a fork: a closure, a cache in a module, a fitted object are as they were here, and what the call
    makes of them goes away with the copy. Nothing needs to be pickled but the result.

    Raises
    ------
    NoFreshProcessError
        Where there is no fork (Windows, macOS), or the copy died or hung.
    Exception
        What `work` raised.
    """
    if not sys.platform.startswith("linux"):
        raise NoFreshProcessError("fresh processes need Linux's fork")
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(work, seed, there))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that a fork leaves behind: see IDLE_SECONDS
        process.start()
    there.close()
    try:
        _wait(here, process.pid or 0)
        is_made, value, loaded = pickle.loads(here.recv_bytes())  # bytes of our own copy
    except EOFError as error:
        raise NoFreshProcessError("a fresh process died") from error
    finally:
        if process.is_alive():
            process.join(1.0)
        if process.is_alive():
            process.kill()
        process.join()
        here.close()
    for name in loaded:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)  # here, so that the next copy need not load it again
    if not is_made:
        raise value
    return value


def _answer(work: Callable[[], Any], seed: int, there: Any) -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    seed_globals(seed)
    before = set(sys.modules)
    with threadpool_limits(1):
        try:
            value = work()
            message = pickle.dumps((True, value, _loaded_since(before)))
        except Exception as error:
            message = _as_bytes(error)
    with contextlib.suppress(BrokenPipeError):
        there.send_bytes(message)
    there.close()


def _loaded_since(before: set[str]) -> list[str]:
    return [name for name in sys.modules if name not in before and name.split(".")[0] in HEAVY]


def _as_bytes(error: Exception) -> bytes:
    try:
        message = pickle.dumps((False, error, []))
        pickle.loads(message)
    except Exception:
        message = pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}"), []))
    return message


def _wait(here: Any, pid: int) -> None:
    used, since = -1.0, time.monotonic()
    while not here.poll(1.0):
        now = _processor_time(pid)
        if now != used:
            used, since = now, time.monotonic()
        elif time.monotonic() - since > IDLE_SECONDS:
            raise NoFreshProcessError(f"a fresh process did nothing for {IDLE_SECONDS:.0f} s")


def _processor_time(pid: int) -> float:
    """Return the ticks that a process and its children took, -1 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return -1.0
    return float(sum(map(int, fields[11:15])))
