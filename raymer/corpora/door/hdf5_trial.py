"""Reading an HDF5 file in a process of its own first: its library may loop for ever, or end, over a damaged one.

It is run as a script, `hdf5_trial.py FILE SECONDS`, and imports nothing of raymer: `try_hdf5` begins it.
"""

import resource
import sys
import time
from typing import Any

import h5py


def _begin() -> None:
    """Let what comes next take so many seconds of processor time; then the system ends the process."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(time.process_time()) + int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def _look(name: str, item: Any) -> None:
    _begin()
    if not isinstance(item, h5py.Dataset) or item.is_virtual or item.external is not None:
        return
    if h5py.check_string_dtype(item.dtype) is not None:
        item[...]
    elif item.shape and item.shape[0]:
        item[0]


def main() -> None:
    """Read the file; what the library says of it is said again where it is read for good."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _begin()
    try:
        with h5py.File(sys.argv[1], "r") as file:
            file.visititems(_look)
    except Exception:  # noqa: BLE001 - whatever it raises, it neither loops nor ends the process
        return


if __name__ == "__main__":
    main()
