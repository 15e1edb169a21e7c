"""The versions that a result is stored with."""

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

LIBRARIES = ("raymer", "numpy", "scipy", "scikit-learn", "torch", "numba", "lightgbm")


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of Python and of the libraries a fit may use; a foreign class' own counts in its fit."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
