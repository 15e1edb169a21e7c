"""One thread a fit: speed and bits hang on it, and fits stand side by side."""

import contextlib
from collections.abc import Iterator

from threadpoolctl import threadpool_limits


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Pin numpy's, scikit-learn's and torch's arithmetic to one thread, for the whole of a fit or a run of them.

    Entering it takes some milliseconds; torch is imported before the limit is set, so that its pools are under it too.
    """
    with one_torch_thread(), threadpool_limits(1):
        yield


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
