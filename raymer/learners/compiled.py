"""Loops in machine code: compiled once on a machine, loaded from then on, by every process."""

from collections.abc import Callable
from typing import Any

import numba


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return what makes a function numba's, with its machine code kept between processes.

    It is kept beside the module, in the user's cache where that folder cannot be written, or where NUMBA_CACHE_DIR
    says. Where none can be, each process compiles for itself: slower to begin, and the same otherwise.

    Parameters
    ----------
    **options
        As `numba.njit` takes them.
    """

    def compile_or_load(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba's word for: no place to keep it
            return numba.njit(**options)(function)

    return compile_or_load
