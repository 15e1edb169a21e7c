"""What became of a case: refused in one clear line, accepted rightly, or one of the faults."""

import re
from dataclasses import dataclass
from pathlib import Path

from beds.fuzz.case import Case
from beds.fuzz.process import CODE, DONE, STDERR, STDOUT, UNRIGHT

GOOD = ("refused", "accepted")
FAULTS = ("traceback", "crash", "no answer", "wrong acceptance", "wrong refusal", "unclear line")
LONGEST = 1000
_INSIDE = re.compile(r"\b(KeyError|TypeError|IndexError|AttributeError|RecursionError|MemoryError|AssertionError)\b")
_TYPER = re.compile(r"^(Usage: raymer|╭─ Error)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Verdict:
    """What a case came to.

    Attributes
    ----------
    family, number, kind : of the case
    verdict : str
        One of GOOD or FAULTS.
    said : str
        The last of what it said on stderr.
    """

    family: str
    number: int
    kind: str
    verdict: str
    said: str


def judge(case: Case, folder: Path, exitcode: int | None) -> tuple[str, str]:
    """Return the verdict on a case whose process has ended with `exitcode` (None: it was stopped), and what it said."""
    err = _text(folder / STDERR)
    last = err.strip()[-LONGEST:]
    if exitcode is None:
        return "no answer", last
    if "Traceback (most recent call last)" in err:
        return "traceback", last
    if not (folder / CODE).is_file():
        return "crash", f"exit code {exitcode}; {last}"
    code = int((folder / CODE).read_text())
    if code == UNRIGHT:
        return "wrong acceptance", last
    if code == DONE:
        return ("wrong acceptance" if case.expected == "refused" else "accepted"), last
    if code not in (1, 2) or _unclear(err, case.names):
        return "unclear line", f"exit code {code}; {last}"
    return ("wrong refusal" if case.expected == "accepted" else "refused"), last


def _unclear(err: str, names: tuple[str, ...]) -> bool:
    """Say whether the refusal is not what a person can use.

    That is: no line or a long one, one that holds a name of Python's own errors, or none of the words `names`.
    """
    if _TYPER.search(err):  # what the command line refuses by itself: it names the argument
        return False
    lines = [line for line in err.splitlines() if line.startswith("raymer: ")]
    said = lines or [line for line in err.splitlines() if line.startswith(("failed: ", "broken: "))]
    if not said or len(lines) > 1 or not all(any(name in line for name in names) or not names for line in said):
        return True
    return any(len(line) > LONGEST or _INSIDE.search(line) or _CONTROL.search(line) for line in said)


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


def controls(folder: Path) -> bool:
    """Say whether control characters reached the terminal."""
    return any(_CONTROL.search(_text(folder / name).replace("\r\n", "\n")) for name in (STDOUT, STDERR))
