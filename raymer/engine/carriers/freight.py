"""What the fits of a plan need, in a folder that processes of this machine read: arrays are mapped, not copied."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cloudpickle
import joblib
import numpy as np

from raymer.engine.guests import guests_for
from raymer.features.store import load_spectrograms
from raymer.protocols.splits import Split
from raymer.results.store import ResultStore
from raymer.studies.fit import Plan
from raymer.studies.samples import Samples

GUESTS, ARRAYS = "guests.pickle", "arrays.joblib"


@dataclass(frozen=True, eq=False)
class Loaded:
    """What `load` returns: the inputs by fingerprint, the splits by id, and the store."""

    inputs: Mapping[str, Samples]
    splits: Mapping[str, Split]
    store: ResultStore


def put(plan: Plan, store: ResultStore, folder: Path) -> None:
    """Write the inputs and splits of a plan, and the classes of somebody else's, for `load` on this machine."""
    inputs = {mark: _without_mapped(samples) for mark, samples in plan.inputs.items()}
    (folder / GUESTS).write_bytes(cloudpickle.dumps((guests_for(cloudpickle), store.location)))
    joblib.dump((inputs, dict(plan.splits)), folder / ARRAYS)


def load(folder: Path) -> Loaded:
    """Return what `put` wrote; arrays are read-only, and the same memory for all processes."""
    guests, location = cloudpickle.loads((folder / GUESTS).read_bytes())
    guests.let_in()
    inputs, splits = joblib.load(folder / ARRAYS, mmap_mode="r")
    return Loaded(
        {mark: _with_mapped(samples) for mark, samples in inputs.items()},
        splits,
        ResultStore(location, has_answered=True),
    )


def _without_mapped(samples: Samples) -> Samples:
    """Leave out frames that lie in a file already: it is mapped again."""
    if samples.folder is None or not isinstance(samples.features, np.memmap):
        return samples
    return replace(samples, features=np.empty((0, samples.features.shape[1]), dtype=samples.features.dtype))


def _with_mapped(samples: Samples) -> Samples:
    if samples.folder is None or len(samples.features):
        return samples
    return replace(samples, features=load_spectrograms(samples.folder, memory_share=0.0).frames)
