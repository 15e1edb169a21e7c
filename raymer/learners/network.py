"""The recurrent network: GRU layers, the mean over time, and for direct prediction a linear layer (paper B, 2.6)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from raymer.learners.gru import FastGRU
from raymer.learners.sequences import Cutter, Normalisation, Sequences
from raymer.learners.threads import one_torch_thread

BLOCK_CLIPS = 64
BLOCK_FRAMES = 2**18  # with 80 inputs and 50 units, 140 MB


class RecurrentNet(nn.Module):
    """From frames to one feature vector a clip, and from that, where there is a head, to outputs.

    Parameters
    ----------
    n_inputs : int
        Features a frame.
    hidden : sequence of int
        Units of the GRU layers; the last is the width of the features. The paper has (100, 50).
    n_outputs : int
        Of the head; 0 for none.
    seed : int
        Of the weights at the start (torch's own initialisation); the global random state is left alone.
    """

    def __init__(self, n_inputs: int, hidden: Sequence[int], n_outputs: int, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.gru = FastGRU(n_inputs, hidden)
            self.head = nn.Linear(hidden[-1], n_outputs) if n_outputs else None

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the mean over time of the last layer (eq. 4), over each clip's own frames.

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


@one_torch_thread()
@torch.no_grad()
def clip_features(net: RecurrentNet, clips: Sequences, normalisation: Normalisation) -> np.ndarray[Any, Any]:
    """Return the features (n_clips, width), float32, of whole clips.

    On the CPU those of a clip do not hang on the clips beside it, to the bit: each is averaged by itself, in float64.

    Raises
    ------
    ValueError
        When a clip's features are not finite, because its frames are not.
    """
    device = next(net.parameters()).device
    features = np.empty((len(clips), net.gru.hidden_sizes[-1]), dtype=np.float32)
    for rows, x, lengths in Cutter(clips, normalisation).whole(BLOCK_CLIPS, BLOCK_FRAMES):
        y = net.gru(x.to(device)).cpu()
        for row, outputs, length in zip(rows.tolist(), y, lengths.tolist(), strict=True):
            features[row] = outputs[:length].mean(0, dtype=torch.float64).numpy()
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(broken):
        raise ValueError(f"clip {broken[0]} holds NaN or infinity")
    return features


def head_outputs(net: RecurrentNet, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the head's outputs (n_clips, n_outputs), float64, for `features` (n_clips, width)."""
    if net.head is None:
        raise ValueError("this network has no head: it was trained on similarity")
    weight, bias = (p.detach().cpu().numpy().astype(np.float64) for p in (net.head.weight, net.head.bias))
    outputs: np.ndarray[Any, Any] = features.astype(np.float64) @ weight.T + bias
    return outputs
