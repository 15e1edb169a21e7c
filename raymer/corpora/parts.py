"""Targets of a corpus, and where it comes from: both stand in corpus.json as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from raymer.records import STRICT


@dataclass(frozen=True)
class Target:
    """What is predicted: a number on a scale from `low` to `high`, or one of several classes."""

    __pydantic_config__ = STRICT

    name: str
    kind: Literal["number", "class"] = "number"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Origin:
    """Who made a corpus and of what: the importer's name, the data's terms, the files read and their hashes.

    Attributes
    ----------
    importer : str
        A name of `raymer corpora`, or "frame", "arrays", "synthetic" where there was no file; "" is unknown.
    licence, where : str
    sources : tuple of mapping
        {"file": name, "sha256": digits} of every table that was read.
    """

    __pydantic_config__ = STRICT

    importer: str = ""
    licence: str = "yours"
    where: str = "yours"
    sources: tuple[Mapping[str, Any], ...] = ()
