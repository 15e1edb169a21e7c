"""How an experiment was run, in words."""

import os
import platform
from collections.abc import Mapping
from typing import Any

import pandas as pd

from raymer import __version__


def protocol_words(rule: Mapping[str, Any]) -> str:
    """Return a protocol's rule (`SplitProtocol.to_dict`) in words."""
    keys = ", ".join(_key_words(key, value) for key, value in rule.items() if key != "kind" and _is_short(value))
    return f"{rule['kind'].replace('_', ' ')} splits{': ' if keys else ''}{keys}"


def _is_short(value: Any) -> bool:
    return isinstance(value, int | float | str)


def _key_words(key: str, value: Any) -> str:
    name = key.replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {value}" if isinstance(value, str) else f"{name} {value:g}"


def time_spent(scores: pd.DataFrame) -> str:
    """Return the sum of the fits' own seconds; training that fits share counts once. `scores` is Study.scores."""
    parts = scores.drop_duplicates("fit")
    seconds, count = float(parts["spent_seconds"].sum()), int(parts["fits"].sum())
    return f"{_duration(seconds)} of one core in {count} fits, representations that fits share counted once"


def made_here() -> str:
    """Return what made the page, and on which machine; results do not say on which machine they were made."""
    return (
        f"made by raymer {__version__} on {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, "
        f"Python {platform.python_version()}; the fits may have run elsewhere"
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
