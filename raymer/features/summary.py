"""A clip's spectrogram as one row of a table: how loud each band is, how much it varies, and how fast it changes."""

import numpy as np

from raymer.corpora.base import Input
from raymer.features.store import Spectrograms

INPUT_NAME = "logmel-summary"
"""The name of the input that holds them, and of the kind of features."""

STATISTICS = ("mean", "sd", "step")


def summarise(spectrograms: Spectrograms) -> Input:
    """Return the table of all clips: mean and standard deviation of each bin over time, and that of its steps.

    A step is the change from a frame to the next. The mean of the steps is left out: it is last frame less first
    over their number, which says where a clip was cut.

    Parameters
    ----------
    spectrograms : Spectrograms
        Of `n_bins` bins; a clip of one frame has deviations of 0.

    Returns
    -------
    Input
        values (n_clips, 3 * n_bins), float64, in the unit of the frames (dB for log-mel): the means of all bins, then
        their deviations, then those of their steps, as `logmel03_mean`, `logmel03_sd`, `logmel03_step`.
    """
    n_bins = spectrograms.frames.shape[1]
    values = np.empty((len(spectrograms.clip_ids), len(STATISTICS), n_bins))
    for row, of_clip in enumerate(values):
        frames = spectrograms.clip(row).astype(np.float64)
        steps = np.diff(frames, axis=0) if len(frames) > 1 else np.zeros_like(frames)
        of_clip[:] = frames.mean(axis=0), frames.std(axis=0), steps.std(axis=0)
    digits = len(str(n_bins - 1))
    columns = tuple(f"logmel{k:0{digits}d}_{statistic}" for statistic in STATISTICS for k in range(n_bins))
    return Input(INPUT_NAME, spectrograms.clip_ids, values.reshape(len(values), -1), columns)
