"""The nearest valid name, for the line that tells of an unknown one."""

import difflib
from collections.abc import Iterable


def unknown(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return "unknown KIND 'NAME': did you mean ...?", or the valid names where none is near."""
    names = list(valid)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    others = f"choose one of {', '.join(names)}" if names else "there is none"
    hint = f"did you mean {near[0]!r}?" if near else others
    return f"unknown {kind} {name!r}: {hint}"
