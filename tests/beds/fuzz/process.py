"""One case in a process of its own, forked from one that has imported everything, with limits on time and memory."""

import io
import multiprocessing
import os
import resource
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.process import BaseProcess
from pathlib import Path

from beds.fuzz.case import Case

CPU_SECONDS = 30
MEMORY_BYTES = 3 << 30
"""Beyond what the process has at its fork."""
FILE_BYTES = 1 << 30
STDOUT, STDERR, CODE = ".stdout", ".stderr", ".code"
DONE, UNRIGHT = 0, 99
"""The codes of a case that was accepted, and whose outcome is right or is not."""


def start(case: Case, folder: Path) -> BaseProcess:
    """Start the process of a case in its folder, which is made; it leaves STDOUT, STDERR and CODE there."""
    folder.mkdir(parents=True)
    process = multiprocessing.get_context("fork").Process(target=_run, args=(case, folder), daemon=False)
    process.start()
    return process


def _run(case: Case, folder: Path) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ |= {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / ".cache"), "COLUMNS": "150"}
    out, err = (os.open(folder / name, os.O_WRONLY | os.O_CREAT) for name in (STDOUT, STDERR))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    case.make(folder)
    _limit()
    code = _through(case, folder)
    Path(folder / CODE).write_text(str(code))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _limit() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _through(case: Case, folder: Path) -> int:
    """Go through the door and return the exit code, what was said written to the standard streams."""
    from raymer.errors import RaymerError

    said = io.StringIO()
    try:
        if callable(case.door):
            with redirect_stdout(said):
                case.door()
            code = 0
        else:
            code = _command(case.door)
            sys.stdout.flush()
            said.write(Path(folder / STDOUT).read_text(errors="replace"))
    except RaymerError as error:
        print(f"raymer: {error}", file=sys.stderr)
        return error.exit_code
    except BaseException:
        with redirect_stderr(sys.__stderr__):
            traceback.print_exc()
        return 70
    if code not in case.done:
        return code
    sys.stderr.flush()
    return DONE if case.is_right(folder, said.getvalue()) else UNRIGHT


def _command(words: tuple[str, ...]) -> int:
    from raymer.cli.main import app

    try:
        app(list(words), prog_name="raymer")
    except SystemExit as end:
        return int(end.code or 0) if not isinstance(end.code, str) else 1
    return 0
