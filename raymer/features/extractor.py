"""What a kind of features must offer so that it can be built, sharded and found again."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np


class Extractor(Protocol):
    """A frozen record of parameters that turns an audio file into rows of numbers: LogMel, OpenSmileIs13, ..."""

    @property
    def kind(self) -> str:
        """Name of the kind, the first part of the folder's name."""

    @property
    def shard_size(self) -> int:
        """Clips a shard: a few seconds of work, the most that a killed process loses."""

    @property
    def dtype(self) -> str:
        """Of the values: "float32" or "float16"."""

    @property
    def width(self) -> int:
        """Number of columns."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""

    def parameters(self) -> dict[str, Any]:
        """Return everything that the values depend on, JSON-ready."""

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that take part."""

    def longest(self, path: Path) -> int:
        """Return an upper bound of a file's rows without decoding it."""

    def extract(self, path: Path) -> np.ndarray:
        """Return the values (n_rows, width) of a file; raises AudioError where it cannot be used."""
