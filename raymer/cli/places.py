"""Where the corpus and the store are: as the command line says, else the experiment, else the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raymer.cli.output import err
from raymer.errors import UsageError

VARIABLES = {"corpus": "RAYMER_CORPUS", "store": "RAYMER_STORE"}


def fill_in(given: dict[str, Any], kinds: Mapping[str, Any]) -> None:
    """Put the corpus and the store that the command line leaves out into the parameters of a verb.

    `kinds` are those that the verb takes, each with its type: `list[str]` where it may be given several times,
    `str | None` where the verb can do without.

    Raises
    ------
    UsageError
        Where nobody says.
    """
    experiment = str(given.get("experiment") or "")
    for kind, type_ in kinds.items():
        named = list(given[kind] or ()) if type_ == list[str] else [given[kind]]
        if len(named) > 1:
            continue  # of several corpora each is named
        place = find_place(kind, named[0] if named else None, experiment)
        if place is None and type_ != str | None:
            raise UsageError(
                f"no {kind}: give --{kind}, name it under `places:` in the experiment's YAML, or set {VARIABLES[kind]}"
            )
        given[kind] = [place] if type_ == list[str] else place


def find_place(kind: str, given: str | None, experiment: str) -> str | None:
    """Return where a corpus or store is, None where nobody says; what is not from the command line is printed."""
    from raymer.experiments.places import places_of

    option = f"--{kind}"
    of_yaml: str | None = getattr(places_of(experiment), kind)
    said = {option: given, experiment: of_yaml, VARIABLES[kind]: os.environ.get(VARIABLES[kind])}
    found = [(who, place) for who, place in said.items() if place]
    if not found:
        return None
    who, place = found[0]
    others = [f"{other} says {there}" for other, there in found[1:] if not _are_same(place, there)]
    if others:
        err.print(f"{kind}: {place}, as {who} says ({', '.join(others)})")
    elif who != option:
        err.print(f"{kind}: {place} ({who})")
    return place


def _are_same(one: str, other: str) -> bool:
    return one == other or ("://" not in one + other and Path(one).resolve() == Path(other).resolve())
