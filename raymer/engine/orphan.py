"""A worker whose parent is gone writes no more: who started it was killed, and nobody waits for its fits."""

import os
import threading
from collections.abc import Callable

LOOK_SECONDS = 0.5


def end_with_parent(parent: int | None = None, last: Callable[[], object] | None = None) -> None:
    """Look on from a thread, and end this process once its parent has ended.

    In an embedded Ray the parent is the raylet, which the system ends with the driver; on a cluster it lives on, and
    Ray itself ends the workers of a driver that is gone. What is in flight is dropped: a result is whole or not there.

    Parameters
    ----------
    parent : int, optional
        The parent's number, where it may have ended before this call.
    last : callable, optional
        What is done first, such as deleting what the parent would have deleted.
    """
    lived = os.getppid() if parent is None else parent

    def look() -> None:
        while os.getppid() == lived:
            threading.Event().wait(LOOK_SECONDS)
        if last is not None:
            last()
        os._exit(1)

    threading.Thread(target=look, name="raymer-orphan", daemon=True).start()
