"""The global generators of random, numpy and torch: what draws from them is a function of its fit's identity too."""

import contextlib
import importlib.util
import random
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np


def seed_globals(seed: int) -> None:
    """Begin Python's, numpy's and (where it is loaded) torch's global generators from `seed`."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        _seed_torch(torch, seed)


@contextlib.contextmanager
def seeded_globals(seed: int) -> Iterator[None]:
    """Seed the global generators of random, numpy and torch, and put them back as they were.

    A fit that is the first to load torch finds it seeded as well: else its draws would hang on what ran before it.
    """
    torch: Any = sys.modules.get("torch")
    before, before_numpy = random.getstate(), np.random.get_state()
    before_torch = torch.random.get_rng_state() if torch else None
    seed_globals(seed)
    try:
        with contextlib.nullcontext() if torch else _seeded_when_loaded(seed):
            yield
    finally:
        random.setstate(before)
        np.random.set_state(before_numpy)
        if torch:
            torch.random.set_rng_state(before_torch)


def _seed_torch(torch: Any, seed: int) -> None:
    """As torch.manual_seed, which formats the stack for each kind of device: a millisecond where there is none."""
    if _has_accelerator(torch):
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


@cache
def _has_accelerator(torch: Any) -> bool:
    return bool(torch.accelerator.device_count())


@contextlib.contextmanager
def _seeded_when_loaded(seed: int) -> Iterator[None]:
    finder = _TorchFinder(seed)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


class _TorchFinder:
    """Has torch seeded as soon as it is loaded; asked before all other finders, and once."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """Return the spec of torch as the others find it; None for any other module."""
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec: Any = importlib.util.find_spec(name)
        if spec is not None:
            load = spec.loader.exec_module

            def load_and_seed(module: ModuleType) -> None:
                load(module)
                _seed_torch(module, self._seed)

            spec.loader.exec_module = load_and_seed
        return spec
