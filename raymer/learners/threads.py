"""One thread a fit: speed and bits hang on it, and fits stand side by side."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from joblib import cpu_count
from threadpoolctl import ThreadpoolController, threadpool_limits

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Where libraries look for their number of threads when they are loaded."""


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Pin numpy's, scikit-learn's and torch's arithmetic to one thread, for the whole of a fit or a run of them.

    Entering it takes some milliseconds, and loads nothing: torch takes seconds, and few fits need it. What is loaded
    within finds one thread in its environment, and has all afterwards.
    """
    has_torch = "torch" in sys.modules
    with one_torch_thread() if has_torch else _one_for_what_is_loaded(), threadpool_limits(1):
        yield


@contextlib.contextmanager
def _one_for_what_is_loaded() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in VARIABLES}
    known = {library.filepath for library in ThreadpoolController().lib_controllers}
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        threads = int(before["OMP_NUM_THREADS"] or cpu_count(only_physical_cores=True))
        for library in ThreadpoolController().lib_controllers:
            if library.filepath not in known:
                library.set_num_threads(threads)
        torch: Any = sys.modules.get("torch")
        if torch is not None:
            torch.set_num_threads(threads)


@contextlib.contextmanager
def one_torch_thread() -> Iterator[None]:
    """Pin torch's arithmetic on the CPU alone: cheap, for a network that is used by itself."""
    import torch  # here: whoever only reads a store does without its two seconds

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
