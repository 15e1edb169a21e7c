"""Opening an ONNX model in a process of its own first: its constants are worked out then, and may ask for all memory.

It is run as a script, `onnx_trial.py BYTES < FILE`, and imports nothing of raymer: `session` begins it. The memory is
looked at from outside the work: where onnxruntime is refused some, it leaves that constant for later, and says nothing.
A limit of the system's would also hold for all threads of a process, and in ours others need memory too.
"""

import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

CPU_SECONDS, LOOK_SECONDS = 600, 0.01
PREFIX, TOO_MUCH = "refused: ", "it asks for too much memory"


def options() -> Any:
    """Return how a model is opened, here and where it is used: on one thread, and silently."""
    import onnxruntime

    made = onnxruntime.SessionOptions()
    made.intra_op_num_threads = made.inter_op_num_threads = 1
    made.log_severity_level = 4  # what is wrong is raised, and said once
    return made


def _resident() -> int:
    """Return the bytes of memory that this process has; 0 where the system does not tell."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() if told.exists() else 0


def _watch(most: int) -> None:
    while _resident() <= most:
        threading.Event().wait(LOOK_SECONDS)
    os.write(1, f"{PREFIX}{TOO_MUCH}".encode())
    os._exit(1)


def main() -> None:
    """Open the model that comes in, with so many more bytes of memory, and say what onnxruntime said against it."""
    import onnxruntime

    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    highest = resource.getrlimit(resource.RLIMIT_CPU)[1]
    wanted = CPU_SECONDS if highest == resource.RLIM_INFINITY else min(CPU_SECONDS, highest)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted, highest))
    threading.Thread(target=_watch, args=(_resident() + int(sys.argv[1]),), daemon=True).start()
    try:
        onnxruntime.InferenceSession(data, options(), providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime's own errors have no common base
        print(f"{PREFIX}{error}")


if __name__ == "__main__":
    main()
