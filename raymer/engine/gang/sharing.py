"""Samples for many processes: what is small travels as it is, built frames lie once on every node."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from raymer.engine.data import SharedSpectrograms, put_spectrograms
from raymer.engine.fit import Samples


@dataclass(frozen=True)
class SharedSamples:
    """Samples that are cheap to send anywhere.

    Attributes
    ----------
    rest : reference to Samples
        Whole for a table; without the frames for sequences.
    frames : SharedSpectrograms, optional
        Where the frames of sequences are.
    """

    rest: Any
    frames: SharedSpectrograms | None = None

    def get(self) -> Samples:
        """Return the samples in this process; features are read-only and the same memory for a node's processes."""
        import ray

        samples: Samples = ray.get(self.rest)
        if self.frames is None:
            return samples
        return replace(samples, features=self.frames.get().frames)


def share_samples(samples: Samples) -> SharedSamples:
    """Make `samples` available to every process of the connected Ray, see :func:`put_spectrograms` for sequences."""
    import ray

    if samples.folder is None:
        return SharedSamples(ray.put(samples))
    rest = replace(samples, features=np.empty((0, samples.features.shape[1]), dtype=samples.features.dtype))
    return SharedSamples(ray.put(rest), put_spectrograms(samples.folder))
