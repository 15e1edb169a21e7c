"""What a kind of features must offer so that it can be built, sharded and found again."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from raymer.features.audio import AudioError


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


class TableExtractor:
    """A base for extractors of one's own that make one row a clip: a subclass says `columns` and `extract`.

    Its parameters are the attributes that `__init__` sets, which must be JSON-ready. The table becomes an input of
    the corpus under `input_name`, by default the class' name in lower case.
    """

    columns: tuple[str, ...] = ()
    shard_size = 16
    dtype = "float32"

    @property
    def kind(self) -> str:
        """Name of the kind: the class' name in lower case."""
        return type(self).__name__.lower()

    @property
    def input_name(self) -> str:
        """Name of the input that the corpus gets."""
        return self.kind

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def parameters(self) -> dict[str, Any]:
        """Return everything that the values depend on: what `__init__` has set."""
        return dict(vars(self))

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes the values; by default none is known."""
        return {}

    def longest(self, path: Path) -> int:
        """Return the greatest number of rows that a file can have: one."""
        return 1

    def extract(self, path: Path) -> np.ndarray:
        """Return the row (1, width), float32, of a file; raises AudioError for one that cannot be used."""
        raise AudioError(f"{type(self).__name__} has no extract(path)")
