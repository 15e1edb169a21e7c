"""The versions of Ray that raymer was tried with, and what it takes from Ray's insides, tolerant of its absence."""

import contextlib
import importlib
import logging
from collections.abc import Iterator
from typing import Any

FIRST, LAST = (2, 58), (2, 60)
"""The first and the last minor whose gangs and searches passed, with all between: docs/cluster.md says what else was.

pyproject.toml asks for them.
"""

_logger = logging.getLogger("raymer")
_told: set[str] = set()


def untried(version: str) -> str | None:
    """Return a line where raymer was not tried with this version of Ray, None where it was."""
    if FIRST <= _minor(version) <= LAST:
        return None
    span = _words(FIRST) if FIRST == LAST else f"{_words(FIRST)} to {_words(LAST)}"
    return f"raymer was tried with Ray {span}, not with {version}"


def say_if_untried(version: str) -> None:
    """Say that line, once for a version."""
    line = untried(version)
    if line is not None and version not in _told:
        _told.add(version)
        _logger.warning("%s", line)


def inside(module: str, name: str) -> Any:
    """Return a name of Ray's that is not promised to stay, None where this Ray lacks it."""
    try:
        return getattr(importlib.import_module(f"ray.{module}"), name, None)
    except ImportError:
        return None


@contextlib.contextmanager
def standing_for(module: str, name: str, value: Any) -> Iterator[None]:
    """Let `value` stand in the place of such a name; where this Ray lacks it, nothing is changed."""
    before = inside(module, name)
    if before is None:
        yield
        return
    holder = importlib.import_module(f"ray.{module}")
    setattr(holder, name, value)
    try:
        yield
    finally:
        setattr(holder, name, before)


def _minor(version: str) -> tuple[int, ...]:
    """Return (2, 60) of "2.60.1"; what is no such thing, as of a build of one's own, is before all."""
    parts = version.split(".")[:2]
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


def _words(minor: tuple[int, int]) -> str:
    return ".".join(map(str, minor))
