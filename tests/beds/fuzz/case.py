"""What one bad input is: how it is made, the door it goes through, and what would be right."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Expected = Literal["refused", "accepted", "either"]


def _anything(folder: Path, stdout: str) -> bool:
    return True


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes
    ----------
    kind : str
        What is bad about it, in words; cases of one kind differ in where.
    make : callable of the case's own empty folder
        Puts the input there. It runs in the case's process, and is no part of what is judged.
    door : tuple of str, or callable
        Words of the command line; or a call of the Python API. Both run with that folder as the working directory.
    expected : str
        "refused" (one line, exit 1 or 2), "accepted" (exit 0), or "either" where both are right.
    is_right : callable of (folder, stdout)
        Whether what came out of an acceptance is right.
    names : tuple of str
        Words of which a refusal must hold one: the file or the argument that is bad.
    done : tuple of int
        Exit codes of an acceptance: `predict` ends with 1 where it named a broken file and predicted the others.
    """

    kind: str
    make: Callable[[Path], None]
    door: tuple[str, ...] | Callable[[], object]
    expected: Expected = "either"
    is_right: Callable[[Path, str], bool] = _anything
    names: tuple[str, ...] = ()
    done: tuple[int, ...] = (0,)


class Family(Protocol):
    """A module of `beds.fuzz.families`: one kind of input, such as YAML or stores.

    Every module there is a family by being there. `SIZE` is how many cases a whole run has of it; `prepare` makes once,
    in a process of its own, what its cases are spoilt from; `case` returns case `number`, whose chance comes from `rng`
    alone, so that `--only FAMILY:NUMBER` makes it again.
    """

    SIZE: int

    def prepare(self, whole: Path) -> None: ...

    def case(self, rng: random.Random, number: int, whole: Path) -> Case: ...
