"""A table in memory: columns of numbers in one array, texts and lists beside it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from raymer.errors import RaymerError, UsageError


@dataclass(frozen=True)
class Mixed:
    """A column of numbers that also holds text: how many such cells, and the first."""

    count: int
    first: str
    row: int


@dataclass
class TableData:
    """What was read.

    Attributes
    ----------
    source : str
        The file, for messages.
    names : list of str
        All columns, in the file's order; those without a name are called unnamed_PLACE.
    nameless : set of str
    n_rows : int
    values : ndarray of shape (n_rows, len(numeric)), float64
        NaN where a cell is missing.
    numeric : list of str
        The columns of `values`.
    texts : dict of name to ndarray of shape (n_rows,), object
        str, or None where a cell is empty.
    lists : dict of name to ndarray of shape (n_rows, width), float64
        A row of NaN where a cell is missing.
    mixed : dict of name to Mixed
        Columns of text in which numbers stand too, and at least as many of them.
    words : tuple of str
        How the file was read where that is not the usual.
    index : tuple of str
        The columns that are a frame's named index.
    made_by : mapping
        The file and its hash: {"file": name, "sha256": ...}.
    """

    source: str
    names: list[str]
    nameless: set[str]
    n_rows: int
    values: np.ndarray
    numeric: list[str]
    texts: dict[str, np.ndarray]
    lists: dict[str, np.ndarray] = field(default_factory=dict)
    mixed: Mapping[str, Mixed] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    made_by: Mapping[str, str] = field(default_factory=dict)
    index: tuple[str, ...] = ()

    def number(self, name: str) -> np.ndarray:
        """Return the numeric column `name` as float64 (n_rows,), a view."""
        column: np.ndarray = self.values[:, self.numeric.index(name)]
        return column


def resolve(wanted: str, names: Sequence[str], source: str, what: str) -> str:
    """Return the column that `wanted` names: exactly, or without regard to case where one fits.

    Raises
    ------
    UsageError
        Where two fit but for their case.
    RaymerError
        Where none does; the nearest name is said.
    """
    if wanted in names:
        return wanted
    alike = [name for name in names if name.casefold() == wanted.strip().casefold()]
    if len(alike) > 1:
        raise UsageError(
            f"{source}: {what} {wanted!r} may be {' or '.join(map(repr, alike))}: write it as the file does"
        )
    if alike:
        return alike[0]
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else f"; it has {shown(names)}"
    raise RaymerError(f"{source}: column {wanted!r} is missing{hint}")


def shown(names: Sequence[str], most: int = 8) -> str:
    """Return names for a message, the middle left out where they are many."""
    if len(names) <= most:
        return ", ".join(names) or "none"
    return f"{', '.join(names[: most - 2])}, ... {names[-1]} ({len(names)} in all)"


def name_columns(header: Sequence[str], source: str) -> tuple[list[str], set[str]]:
    """Return the header's names and which of them were made up; a name that stands twice is refused.

    Raises
    ------
    UsageError
        Naming the two places.
    """
    names = [str(name).strip().lstrip("\ufeff") for name in header]
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name and name in seen:
            apart = "" if header[place - 1] == header[seen[name] - 1] else " (but for blanks)"
            raise UsageError(
                f"{source}: two columns are called {name!r}{apart}, the {ordinal(seen[name])} and the "
                f"{ordinal(place)}: rename or remove one"
            )
        seen[name] = place
    made = {
        place: f"unnamed_{place}"
        for place, name in enumerate(names, start=1)
        if not name or (name.startswith("Unnamed: ") and name[9:].isdigit()) or name == "__index_level_0__"
    }
    taken = [made.get(place, name) for place, name in enumerate(names, start=1)]
    return taken, set(made.values())


def ordinal(place: int) -> str:
    """Return "1st", "2nd", "11th", ..."""
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
