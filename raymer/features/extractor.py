"""What a kind of features must offer so that it can be built, sharded and found again."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from raymer.features.audio import AudioError, decoder_versions, read_audio


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
        """Return an upper bound of a file's rows without decoding it; 0 where none is known."""

    def extract(self, path: Path) -> np.ndarray:
        """Return the values (n_rows, width) of a file; raises AudioError where it cannot be used."""


class _Own:
    """What extractors of one's own share: their parameters are the attributes that `__init__` sets."""

    shard_size = 16
    dtype = "float32"
    is_spectrogram = False

    @property
    def kind(self) -> str:
        """Name of the kind: the class' name in lower case."""
        return type(self).__name__.lower()

    def parameters(self) -> dict[str, Any]:
        """Return everything that the values depend on: what `__init__` has set, but for names that begin with _."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes the values; by default none is known."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to workers: a loaded model (`_model`, a cached property) stays behind."""
        return self.parameters()

    def extract(self, path: Path) -> np.ndarray:
        """Return the rows of a file; a subclass has it."""
        raise AudioError(f"{type(self).__name__} has no extract(path)")


class TableExtractor(_Own):
    """A base for extractors of one's own that make one row a clip: a subclass says `columns` and `extract`.

    Its parameters are the attributes that `__init__` sets, which must be JSON-ready. The table becomes an input of
    the corpus under `input_name`, by default the class' name in lower case.
    """

    columns: tuple[str, ...] = ()

    @property
    def input_name(self) -> str:
        """Name of the input that the corpus gets."""
        return self.kind

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def longest(self, path: Path) -> int:
        """Return the greatest number of rows that a file can have: one."""
        return 1


class FramesExtractor(_Own):
    """A base for extractors of one's own that make a sequence of vectors: a subclass says `width` and `frames`.

    Its parameters are the attributes that `__init__` sets, which must be JSON-ready. A model that is slow to load is
    best a `functools.cached_property` whose name begins with _: it is loaded once in each worker.

    Attributes
    ----------
    width : int
        Numbers a frame.
    sample_rate : int
        Hz that clips are brought to.
    is_spectrogram : bool
        Whether a frame is a moment of sound; see `raymer.features.store.Spectrograms`.
    """

    width = 0
    sample_rate = 22050
    columns: tuple[str, ...] = ()

    def frames(self, samples: np.ndarray) -> np.ndarray:
        """Return the frames (n_frames, width) of samples (n_samples,), float32 and mono; or one vector (width,)."""
        raise AudioError(f"{type(self).__name__} has no frames(samples)")

    def versions(self) -> dict[str, str]:
        """Return the versions of what decodes; add those of what computes the values."""
        return decoder_versions()

    def parameters(self) -> dict[str, Any]:
        """Return everything that the values depend on: what `__init__` has set, the rate and the width."""
        return {**super().parameters(), "sample_rate": self.sample_rate, "width": self.width}

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to workers: what `__init__` has set."""
        return super().parameters()

    def longest(self, path: Path) -> int:
        """Return 0: no bound is known before the file is read."""
        return 0

    def extract(self, path: Path) -> np.ndarray:
        """Return the frames (n_frames, width) of a file; raises AudioError for one that cannot be used."""
        return self.frames(read_audio(path, self.sample_rate))
