"""Reading a model in a process of its own first, where it is made of classes whose parts raymer cannot check.

Compiled code of somebody else's may end the process over a file that was changed. Then it is this one that ends, and
the model is refused in a line.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from raymer.components.plugins import PLUGINS, Plugin
from raymer.errors import RaymerError, UsageError

CPU_SECONDS, SECONDS = 120, 900
MEMORY = 4 << 30
"""Bytes that reading may take beyond what the libraries took."""
_CODE = "from raymer.models.loading import main; main()"


def try_reading(folder: Path) -> None:
    """Read the model in `folder`, and ask it, in a process of its own with limits on its time and memory.

    Classes that were handed over as objects in Python cannot be sent there; with them nothing is tried.

    Raises
    ------
    UsageError, RaymerError
        What that process said, or that it ended.
    """
    if PLUGINS.classes:
        return
    given = {"folder": str(folder), "plugins": [asdict(plugin) for plugin in PLUGINS]}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-P", "-c", _CODE]
    try:
        done = subprocess.run(
            command, input=json.dumps(given), capture_output=True, text=True, env=environment, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RaymerError(_refusal(folder, f"reading it took more than {SECONDS} s")) from None
    answer = _answer(done.stdout)
    if answer is None:
        raise RaymerError(_refusal(folder, f"reading it ended the process that tried it ({_end(done.returncode)})"))
    if answer["error"]:
        raise (UsageError if answer["exit_code"] == UsageError.exit_code else RaymerError)(answer["error"])


def _refusal(folder: Path, why: str) -> str:
    return f"model {folder} is not loaded: {why}; fetch it anew or fit it again"


def _end(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _answer(text: str) -> dict[str, Any] | None:
    lines = text.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"error", "exit_code"} <= set(found) else None


def tried(read: Callable[[Path], object]) -> None:
    """Have the model that stdin names read, and print what became of it: in the process that `try_reading` begins."""
    given = json.load(sys.stdin)
    PLUGINS.bring([Plugin(**plugin) for plugin in given["plugins"]])
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    most = pages * resource.getpagesize() + MEMORY
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    if pages:
        _limit(resource.RLIMIT_AS, most)
    answer = {"error": "", "exit_code": 0}
    try:
        read(Path(given["folder"]))
    except RaymerError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    print(json.dumps(answer))


def _limit(what: int, most: int) -> None:
    """Let this process have `most` of something, or what it may have at all where that is less."""
    highest = resource.getrlimit(what)[1]
    most = most if highest == resource.RLIM_INFINITY else min(most, highest)
    resource.setrlimit(what, (most, most))
