"""A worker whose parent is gone writes no more: who started it was killed, and nobody waits for its fits."""

import os
import threading

LOOK_SECONDS = 2.0


def end_with_parent() -> None:
    """Look on every two seconds from a thread, and end this process once its parent has ended.

    In an embedded Ray the parent is the raylet, which the system ends with the driver; on a cluster it lives on, and
    Ray itself ends the workers of a driver that is gone. What is in flight is dropped: a result is whole or not there.
    """
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            threading.Event().wait(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=look, name="raymer-orphan", daemon=True).start()
