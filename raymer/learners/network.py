"""The network: an encoder of clips, and for direct prediction a linear layer (paper B, 2.6)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from raymer.learners.annotations import Coding
from raymer.learners.clips import Normalisation, Sequences
from raymer.learners.gru import FastGRU
from raymer.learners.sequences import Cutter
from raymer.learners.stage import Head
from raymer.learners.threads import one_torch_thread

BLOCK_CLIPS = 64
BLOCK_NUMBERS = 2**24  # inputs of a block, padding included: 64 MB


class GRUEncoder(nn.Module):
    """GRU layers and the mean over time of the last (paper B, eq. 4).

    Parameters
    ----------
    n_inputs : int
        Features a frame.
    hidden : sequence of int
        Units of the layers; the last is the width of the features. The paper has (100, 50).
    """

    def __init__(self, n_inputs: int, hidden: Sequence[int] = (100, 50)) -> None:
        super().__init__()
        self.gru = FastGRU(n_inputs, hidden)
        self.width = int(hidden[-1])

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the mean outputs of the last layer over each clip's own frames.

        Parameters
        ----------
        x : Tensor of shape (n_clips, n_frames, n_inputs), float32
        lengths : Tensor of shape (n_clips,), int64, on the device of `x`
            What follows them is padding: it must be finite and has no effect.

        Returns
        -------
        Tensor of shape (n_clips, hidden[-1]).
        """
        y = self.gru(x)
        steps = torch.arange(x.shape[1], device=x.device)
        inside = steps < lengths[:, None]
        if not bool(inside.all()):
            y = y * inside[:, :, None]
        total: Tensor = y.sum(1)
        return total / lengths[:, None]

    def whole(self, x: Tensor, lengths: Tensor) -> Iterator[Tensor]:
        """Yield the features of each clip, averaged by itself in float64: they do not hang on the clips beside it."""
        for outputs, length in zip(self.gru(x).cpu(), lengths.tolist(), strict=True):
            yield outputs[:length].mean(0, dtype=torch.float64)


class ClipNet(nn.Module):
    """An encoder, from frames to one feature vector a clip, and where there is a head, from that to outputs.

    Parameters
    ----------
    make_encoder : callable
        From the number of features a frame to an encoder: a module with `width` that turns (x, lengths) into features
        (n_clips, width), as GRUEncoder does.
    n_inputs : int
    n_outputs : int
        Of the head; 0 for none.
    seed : int
        Of the weights at the start (torch's own initialisation); the global random state is left alone.
    """

    def __init__(self, make_encoder: Callable[[int], Any], n_inputs: int, n_outputs: int, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = make_encoder(n_inputs)
            self.width = int(self.encoder.width)
            self.head = nn.Linear(self.width, n_outputs) if n_outputs else None

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the features (n_clips, width) of excerpts, as GRUEncoder.forward takes them."""
        features: Tensor = self.encoder(x, lengths)
        return features


def head_of(net: ClipNet, coding: Coding) -> Head | None:
    """Return the head of `net` as it is now, None where it has none."""
    if net.head is None:
        return None
    weight, bias = (p.detach().cpu().numpy().astype(np.float64) for p in (net.head.weight, net.head.bias))
    return Head(weight, bias, coding)


@one_torch_thread()
@torch.no_grad()
def clip_features(net: ClipNet, clips: Sequences, normalisation: Normalisation) -> np.ndarray[Any, Any]:
    """Return the features (n_clips, width), float32, of whole clips.

    On the CPU those of a clip do not hang on the clips beside it, to the bit: each is averaged by itself, in float64.

    Raises
    ------
    ValueError
        When a clip's features are not finite, because its frames are not.
    """
    device = next(net.parameters()).device
    features = np.empty((len(clips), net.width), dtype=np.float32)
    together = callable(getattr(net.encoder, "whole", None))
    frames = BLOCK_NUMBERS // normalisation.n_inputs
    block = (BLOCK_CLIPS, frames) if together else (1, frames)
    for rows, x, lengths in Cutter(clips, normalisation).whole(*block):
        x, lengths = x.to(device), lengths.to(device)
        found = net.encoder.whole(x, lengths) if together else net.encoder(x, lengths).cpu()
        for row, values in zip(rows.tolist(), found, strict=True):
            features[row] = values.numpy()
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(broken):
        raise ValueError(f"clip {broken[0]} holds NaN or infinity")
    return features
