"""Clips of unlike length as views of one table of frames, and the statistics of its bins."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from raymer.identity import content_hash


@dataclass(frozen=True, eq=False)
class Sequences:
    """Some clips of a table of frames. Nothing is copied and nothing is written: `frames` may be shared or mapped.

    Attributes
    ----------
    frames : ndarray of shape (total_frames, n_bins), float16, float32 or float64
        All frames; those that no clip here names are never read.
    starts, lengths : ndarray of shape (n_clips,), int64
        Clip i is frames[starts[i] : starts[i] + lengths[i]].
    is_spectrogram : bool
        Whether a frame is a moment of sound: then a network also sees the change from the frame before, and learns
        from short excerpts, unless it is told otherwise; of embeddings of windows it sees each clip whole, as it is.

    Raises
    ------
    ValueError
        For a clip without frames or outside the table, or arrays of other shapes and types.
    """

    frames: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]
    lengths: np.ndarray[Any, Any]
    is_spectrogram: bool = True

    def __post_init__(self) -> None:
        if self.frames.ndim != 2 or self.frames.shape[1] == 0 or self.frames.dtype.kind != "f":
            raise ValueError(f"frames must be floats (n_frames, n_bins), not {self.frames.dtype} {self.frames.shape}")
        if self.starts.ndim != 1 or self.starts.shape != self.lengths.shape:
            raise ValueError(f"{self.starts.shape} starts and {self.lengths.shape} lengths: one each a clip is needed")
        outside = (self.lengths < 1) | (self.starts < 0) | (self.starts + self.lengths > len(self.frames))
        if outside.any():
            i = int(np.flatnonzero(outside)[0])
            place = f"{self.lengths[i]} frames from frame {self.starts[i]} of {len(self.frames)}"
            raise ValueError(f"clip {i} has no frames or lies outside the table: {place}")

    @classmethod
    def from_offsets(cls, frames: np.ndarray[Any, Any], offsets: np.ndarray[Any, Any]) -> "Sequences":
        """Return the clips that lie end to end in `frames`; clip i ends where i + 1 begins: offsets (n_clips + 1,)."""
        return cls(frames, np.asarray(offsets[:-1], dtype=np.int64), np.diff(offsets).astype(np.int64))

    @classmethod
    def from_padded(cls, x: np.ndarray[Any, Any], lengths: np.ndarray[Any, Any]) -> "Sequences":
        """Return the clips of `x` (n_clips, n_frames, n_bins), of which the first `lengths` (n_clips,) frames count."""
        n_clips, n_frames, n_bins = x.shape
        return cls(x.reshape(n_clips * n_frames, n_bins), np.arange(n_clips, dtype=np.int64) * n_frames, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_bins(self) -> int:
        """Bins a frame."""
        return int(self.frames.shape[1])

    def select(self, rows: np.ndarray[Any, Any]) -> "Sequences":
        """Return the clips `rows` (whole numbers or a mask), still of the same frames."""
        return Sequences(self.frames, self.starts[rows], self.lengths[rows], self.is_spectrogram)

    def clip(self, i: int) -> np.ndarray[Any, Any]:
        """Return the frames (n_frames, n_bins) of clip `i`, a view."""
        view: np.ndarray[Any, Any] = self.frames[self.starts[i] : self.starts[i] + self.lengths[i]]
        return view

    def fingerprint(self) -> str:
        """Return a hash of the clips' frames, one clip at a time; equal clips give it wherever they lie."""
        digest = hashlib.sha256()
        for i in range(len(self)):
            digest.update(np.ascontiguousarray(self.clip(i)).data)
        return content_hash([digest.hexdigest(), self.frames.dtype.str, self.n_bins, self.lengths.tolist()])


@dataclass(frozen=True, eq=False)
class Normalisation:
    """How frames become the input of a network.

    Attributes
    ----------
    mean, sd : ndarray of shape (n_bins,), float32
        What is taken from each bin, and what it is then divided by.
    differences : bool
        Whether the change from the frame before follows each bin.
    """

    mean: np.ndarray[Any, Any]
    sd: np.ndarray[Any, Any]
    differences: bool = True

    @property
    def n_inputs(self) -> int:
        """Numbers that a network gets of each frame."""
        return len(self.mean) * (2 if self.differences else 1)


def per_bin(clips: Sequences) -> Normalisation:
    """Return mean and standard deviation of each bin over all frames of `clips` (paper B, 2.6: zero mean, unit sd).

    Give it the train clips alone; the paper took the whole data set, a mild leak. A bin that never changes (above a
    codec's cut-off, say) gets an sd of 1 and so becomes 0. Differences are those of spectrograms alone.

    Raises
    ------
    ValueError
        When a frame holds NaN or infinity (the clip is named), or no bin ever changes.
    """
    shift = clips.clip(0)[0].astype(np.float64)  # of the size of the values, so that small variances keep their digits
    total, squares = np.zeros(clips.n_bins), np.zeros(clips.n_bins)
    for i in range(len(clips)):
        values = clips.clip(i).astype(np.float64) - shift
        total += values.sum(axis=0)
        squares += np.einsum("ij,ij->j", values, values)
        if not np.isfinite(squares).all():
            raise ValueError(f"clip {i} holds NaN or infinity")
    n = int(clips.lengths.sum())
    variance = squares / n - (total / n) ** 2
    if not (variance > 0).any():
        raise ValueError("the frames are constant: there is nothing to learn from")
    sd = np.where(variance > 0, np.sqrt(np.maximum(variance, 0)), 1.0)
    mean = (shift + total / n).astype(np.float32)
    return Normalisation(mean, sd.astype(np.float32), clips.is_spectrogram)
