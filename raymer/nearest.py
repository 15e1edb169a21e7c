"""The nearest valid name, for the line that tells of an unknown one."""

import difflib
from collections.abc import Iterable

MOST = 24
"""Names that are told in full; of more, the first."""


def unknown(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return "unknown KIND 'NAME': did you mean ...?", or the valid names, the first of many, where none is near."""
    names = list(valid)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    others = f"choose one of {', '.join(names[:MOST])}{more}" if names else "there is none"
    hint = f"did you mean {near[0]!r}?" if near else others
    return f"unknown {kind} {name!r}: {hint}"
