"""Names for the systems of an experiment: by method, by row of the table, by width where two share the rest."""

import difflib
from collections import Counter
from collections.abc import Sequence

from raymer.errors import UsageError
from raymer.experiments.spec import JOIN, SystemSpec


def system_labels(systems: Sequence[SystemSpec]) -> tuple[str, ...]:
    """Return one name a system, the shortest that no other has.

    The method's name where it is the only one, else `METHOD@WIDTH`, else `METHOD@INPUT`, else the system's name, else
    `METHOD#ROW` with rows counted from 1. A system that is written as steps has a method's name too: that of its
    reducer and its predictor.
    """
    forms = [_forms(system, row) for row, system in enumerate(systems, 1)]
    counts = Counter(form for own in forms for form in set(own))
    return tuple(next(form for form in own if counts[form] == 1) for own in forms)


def find_system(name: str, systems: Sequence[SystemSpec]) -> int:
    """Return the position of the system that `name` means, whatever its case.

    Understood are a method's name, a system's name, either with `@WIDTH` or `@INPUT`, and `METHOD#ROW`.

    Raises
    ------
    UsageError
        For a name that fits no system (with the nearest that does) or several (with what tells them apart).
    """
    forms = [_forms(system, row) for row, system in enumerate(systems, 1)]
    hits = [row for row, own in enumerate(forms) if name.casefold() in {form.casefold() for form in own}]
    labels = system_labels(systems)
    if not hits:
        known = {form.casefold(): form for own in forms for form in reversed(own)}
        near = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
        hint = f"did you mean {known[near[0]]!r}?" if near else f"choose one of {', '.join(labels)}"
        raise UsageError(f"unknown system {name!r}: {hint}")
    if len(hits) > 1:
        choices = ", ".join(labels[row] for row in hits)
        raise UsageError(f"{name!r} names {len(hits)} systems: say which, {choices}")
    return hits[0]


def _forms(system: SystemSpec, row: int) -> list[str]:
    built = system.build()
    width, method = built.width, system.method or built.name
    wide = [f"{method}@{width}", f"{system.system}@{width}"] if width is not None else []
    name = system.input or ("all" if system.inputs == "all" else JOIN.join(system.inputs))
    read = [f"{method}@{name}", f"{system.system}@{name}"] if name else []
    return [method, *wide[:1], *read[:1], system.system, *wide[1:], *read[1:], f"{method}#{row}"]
