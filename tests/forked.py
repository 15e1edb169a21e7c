"""The command line in forks of one process that has imported it, each with a file system of its own that is full.

Starting Python and importing takes two seconds a command, and tests of full disks give many. A fork begins where the
imports are done; from there it is the command line, in a process of its own. A verb that starts processes itself is
given a start of its own all the same (`fresh`).
"""

import atexit
import ctypes
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

NEW_MOUNTS = 0x20000
REFUSED = 77
"""The code of a command that was not run, since this machine lets nobody mount."""


@dataclass(frozen=True)
class Job:
    """One command: what a shell does before it and after it, where it stands, and its words.

    `before` stands in a mount namespace of its own. Where it ends with REFUSED, or another code than 0, that is the
    command's code, and it is not run.
    """

    before: str
    folder: str
    words: Sequence[str]
    after: str
    said: str
    fresh: bool = False


class Forks:
    """The process that forks; make it by `forks`."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process

    def run(self, job: Job) -> subprocess.CompletedProcess:
        """Run a command and return its code and what it said."""
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, err = (Path(f"{job.said}.{name}").read_text() for name in ("out", "err"))
        return subprocess.CompletedProcess(job.words, code, out, err)


@contextmanager
def forks() -> Iterator[Forks]:
    """Start the process that forks, and end it."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Forks(process)
        process.stdin.close()


def main() -> None:
    """Fork for each job that comes, and say its code."""
    import raymer

    for module in pkgutil.walk_packages(raymer.__path__, "raymer."):
        importlib.import_module(module.name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _do(Job(**json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _do(job: Job) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{job.said}.{name}", os.O_WRONLY | os.O_CREAT), number)
    if ctypes.CDLL(None).unshare(NEW_MOUNTS):
        os._exit(REFUSED)
    alone = f"mount --make-rprivate / || exit {REFUSED}"
    if code := subprocess.run(["sh", "-c", f"{alone}\n{job.before}"], check=False).returncode:
        os._exit(code)
    os.chdir(job.folder)
    if job.fresh:
        command = [sys.executable, "-m", "raymer.cli.main", *job.words]
        code = subprocess.run(command, check=False).returncode
    else:
        code = _through(job.words)
    subprocess.run(["sh", "-c", job.after], check=True)
    os._exit(code)


def _through(words: Sequence[str]) -> int:
    from raymer.cli.main import main as raymer_main

    sys.argv = ["raymer", *words]
    try:
        raymer_main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    atexit._run_exitfuncs()  # what Python does at its end, which a fork leaves out
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
