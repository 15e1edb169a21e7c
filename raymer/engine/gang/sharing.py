"""Samples for many processes: what is small travels as it is, built frames lie once on every node."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from raymer.engine.data import SharedSpectrograms, put_spectrograms
from raymer.studies.samples import Samples


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


@dataclass(frozen=True)
class SharedInputs:
    """All inputs of a plan, by fingerprint."""

    inputs: Mapping[str, SharedSamples]

    def get(self) -> dict[str, Samples]:
        """Return the inputs in this process, see SharedSamples.get."""
        return {mark: shared.get() for mark, shared in self.inputs.items()}


def share_inputs(inputs: Mapping[str, Samples]) -> SharedInputs:
    """Make the inputs of a plan available to every process of the connected Ray."""
    return SharedInputs({mark: share_samples(samples) for mark, samples in inputs.items()})


def share_samples(samples: Samples) -> SharedSamples:
    """Make `samples` available to every process of the connected Ray, see :func:`put_spectrograms` for sequences."""
    import ray

    if samples.folder is None:
        return SharedSamples(ray.put(samples))
    rest = replace(samples, features=np.empty((0, samples.features.shape[1]), dtype=samples.features.dtype))
    return SharedSamples(ray.put(rest), put_spectrograms(samples.folder))
