"""What a job printed, without what Ray says of itself between."""

import re
from collections.abc import Callable

_RAYS_OWN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\s+INFO \w+\.py:\d+ -- |Running entrypoint for job \S+: ")
"""How lines begin that Ray logs (LOGGER_FORMAT in its ray_constants.py) and with which it heads a job's log.

Its warnings and errors are passed on: they may be why a job did not come to its work.
"""


class OwnLines:
    """Hands on text that comes in pieces, but for the lines that Ray says of itself.

    A line is held until it is whole, since its beginning alone may not tell whose it is.

    Parameters
    ----------
    write : callable
        Given whole lines, and at the end what is left.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._begun = ""

    def feed(self, text: str) -> None:
        """Take the next piece."""
        *lines, self._begun = (self._begun + text).split("\n")
        self._hand_on("".join(f"{line}\n" for line in lines if not _RAYS_OWN.match(line)))

    def end(self) -> None:
        """Hand on a last line that no newline has ended."""
        if not _RAYS_OWN.match(self._begun):
            self._hand_on(self._begun)
        self._begun = ""

    def _hand_on(self, text: str) -> None:
        if text:
            self._write(text)


def own_lines(text: str) -> str:
    """Return a whole text without what Ray says of itself."""
    kept: list[str] = []
    lines = OwnLines(kept.append)
    lines.feed(text)
    lines.end()
    return "".join(kept)
