"""What a process of `Processes` does: it gets ready, and runs the units that it is sent.

Nothing heavy is imported before `begin` has run: until then Ctrl-C would be answered by a traceback.
"""

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from raymer.engine.orphan import end_with_parent

if TYPE_CHECKING:
    from raymer.engine.carriers.freight import Loaded
    from raymer.engine.carriers.queue import FitRecord, Worker
    from raymer.studies.fit import Unit

_pinned = contextlib.ExitStack()  # one thread a fit, for as long as this process lives


def begin(parent: int, folder: str) -> None:
    """Make this process one that leaves Ctrl-C to its parent, prints to stderr alone, and dies with its parent.

    `folder` is what the parent would have deleted at its end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout.flush()
    os.dup2(2, 1)  # stdout is for the records of the command
    end_with_parent(parent, lambda: shutil.rmtree(folder, ignore_errors=True))
    _take_growth_for_none()


def _take_growth_for_none() -> None:
    """Keep loky from replacing a process that has grown by 300 MB, as each has that loads torch: that costs seconds.

    Without psutil loky does not look, and this is what it then goes by.
    """
    from joblib.externals.loky import process_executor

    process_executor._USE_PSUTIL = False


def get_ready(folder: str) -> int:
    """Load what units need, and return the number of this process."""
    _loaded(folder)
    return os.getpid()


def run(folder: str, units: "Sequence[Unit]", worker: "Worker") -> "list[FitRecord]":
    """Run units on what lies in `folder`; see `run_units`."""
    from raymer.engine.carriers.units import run_units

    loaded = _loaded(folder)
    return run_units(units, loaded.inputs, loaded.splits, loaded.store, worker)


@cache
def _loaded(folder: str) -> "Loaded":
    from raymer.engine.carriers.freight import load
    from raymer.learners.threads import one_thread

    _pinned.enter_context(one_thread())
    return load(Path(folder))
