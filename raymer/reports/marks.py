"""What is drawn, marked with the systems it is of and the numbers it stands for: the page picks and says them."""

from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from matplotlib.artist import Artist
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Mark:
    """`said` is shown on hovering; `systems` are rows of Study.systems by place, or by label."""

    said: str
    systems: tuple[int | str, ...]


_MARKS: WeakKeyDictionary[Artist, Mark] = WeakKeyDictionary()


def mark(artist: Artist, said: str, systems: Iterable[int | str] = ()) -> None:
    """Mark what was drawn; on paper nothing is seen of it."""
    _MARKS[artist] = Mark(said, tuple(systems))


def name_marks(figure: Figure) -> dict[str, Mark]:
    """Give each marked artist of a figure an id, and return the marks by it."""
    named = {}
    for number, artist in enumerate(figure.findobj(lambda one: one in _MARKS)):
        artist.set_gid(f"mark-{number}")
        named[f"mark-{number}"] = _MARKS[artist]
    return named
