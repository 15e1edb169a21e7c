"""The nearest valid name, for the line that tells of an unknown one."""

import difflib
from collections.abc import Iterable


def unknown(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return "unknown KIND 'NAME': did you mean ...?", or the valid names where none is near."""
    names = list(valid)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(names)}"
    return f"unknown {kind} {name!r}: {hint}"
