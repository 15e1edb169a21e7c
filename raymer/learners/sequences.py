"""Excerpts of clips as the network's input: normalised bins, then their first difference where it is wanted."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from raymer.learners.clips import Normalisation, Sequences


class Cutter:
    """Cuts excerpts out of clips as input for the network: normalised bins, and their first difference if wanted.

    Parameters
    ----------
    clips : Sequences
    normalisation : Normalisation

    Raises
    ------
    ValueError
        When the statistics are of another number of bins.
    """

    def __init__(self, clips: Sequences, normalisation: Normalisation) -> None:
        if normalisation.mean.shape != (clips.n_bins,) or normalisation.sd.shape != (clips.n_bins,):
            raise ValueError(f"statistics of {normalisation.mean.size} bins, frames of {clips.n_bins}")
        self._clips = clips
        self._mean = normalisation.mean
        self._factor = 1 / normalisation.sd
        self._differences, self._n_inputs = normalisation.differences, normalisation.n_inputs
        self._x = torch.empty(0)
        self._scratch = np.empty((0, clips.n_bins), dtype=np.float32)

    def cut(self, rows: np.ndarray[Any, Any], first: np.ndarray[Any, Any], n_frames: int) -> tuple[Tensor, Tensor]:
        """Return frames first[k], first[k] + 1, ... of each clip rows[k].

        The difference at a frame is to the frame before it in the clip, also where the excerpt begins; it is 0 at the
        clip's first frame (paper B, 2.6: "change from previous value").

        Parameters
        ----------
        rows, first : ndarray of shape (n,), int
        n_frames : int
            At most so many a clip; a clip that ends earlier is followed by zeros.

        Returns
        -------
        x : Tensor of shape (n, n_frames, n_inputs), float32, on the CPU
            n_inputs is n_bins, or with differences twice that. A view of a buffer that the next call writes over.
        lengths : Tensor of shape (n,), int64
            Frames that are not padding.
        """
        n_bins = self._clips.n_bins
        size = len(rows) * n_frames * self._n_inputs
        if len(self._x) < size:
            self._x = torch.empty(size)
        if len(self._scratch) <= n_frames:
            self._scratch = np.empty((n_frames + 1, n_bins), dtype=np.float32)
        x = self._x[:size].view(len(rows), n_frames, self._n_inputs)
        lengths = np.minimum(self._clips.lengths[rows] - first, n_frames)
        out = x.numpy()
        for k, (row, at, length) in enumerate(zip(rows.tolist(), first.tolist(), lengths.tolist(), strict=True)):
            before = min(at, 1) if self._differences else 0  # the frame before, for the difference
            values = self._normalised(row, at - before, length + before)
            out[k, :length, :n_bins] = values[before:]
            if self._differences:
                out[k, 0, n_bins:] = 0
                np.subtract(values[1:], values[:-1], out=out[k, 1 - before : length, n_bins:])
            out[k, length:] = 0
        return x, torch.from_numpy(lengths)

    def whole(self, max_clips: int, max_frames: int) -> Iterator[tuple[np.ndarray[Any, Any], Tensor, Tensor]]:
        """Yield all clips whole, in blocks of like length: (rows, x, lengths), the last two as `cut` returns them.

        A block has at most `max_clips` clips and, padding included, `max_frames` frames; but always one clip.
        """
        order = np.argsort(-self._clips.lengths, kind="stable")
        while len(order):
            longest = int(self._clips.lengths[order[0]])
            rows, order = np.split(order, [max(1, min(max_clips, max_frames // longest))])
            yield rows, *self.cut(rows, np.zeros(len(rows), dtype=np.int64), longest)

    def _normalised(self, row: int, first: int, n_frames: int) -> np.ndarray[Any, Any]:
        start = int(self._clips.starts[row]) + first
        values = self._scratch[:n_frames]
        np.subtract(self._clips.frames[start : start + n_frames], self._mean, out=values, casting="same_kind")
        np.multiply(values, self._factor, out=values)
        return values
