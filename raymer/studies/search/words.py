"""A configuration in words."""

from collections.abc import Mapping
from typing import Any


def params_text(params: Mapping[str, Any]) -> str:
    """Return a configuration as `reducer.d_p 0.1, reducer.width 50`."""
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in params.items()
    )
