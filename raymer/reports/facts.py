"""How an experiment was run, in words."""

import os
import platform
from collections.abc import Mapping
from typing import Any

import pandas as pd

from raymer import __version__


def protocol_words(rule: Mapping[str, Any]) -> str:
    """Return a protocol's rule (`SplitProtocol.to_dict`) in words."""
    numbers = {key: value for key, value in rule.items() if isinstance(value, int | float)}
    keys = ", ".join(
        (key if value else f"no {key}") if isinstance(value, bool) else f"{key.replace('_', ' ')} {value:g}"
        for key, value in numbers.items()
    )
    return f"{rule['kind'].replace('_', ' ')} splits: {keys}"


def time_spent(scores: pd.DataFrame) -> str:
    """Return the sum of the fits' own seconds; training that fits share counts once. `scores` is Study.scores."""
    fits = scores.drop_duplicates("fit")
    shared = fits["shared"].astype(bool)
    seconds = float(fits["predictor_seconds"].sum() + fits.loc[~shared, "reducer_seconds"].sum())
    return f"{_duration(seconds)} of one core in {len(fits)} fits, representations that fits share counted once"


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
