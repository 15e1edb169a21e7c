"""The global generators around a fit: seeded for it and put back after it, in torch as well."""

import json
import random
import subprocess
import sys

import numpy as np
import pytest

from raymer.learners.seeding import seeded_globals


def draws():
    import torch

    return random.random(), np.random.rand(), torch.rand(2).tolist()


def test_equal_seeds_draw_equal_and_what_was_there_is_put_back():
    draws()
    states = random.getstate()[1], np.random.get_state()[1].tolist()
    with seeded_globals(3):
        first = draws()
    assert (random.getstate()[1], np.random.get_state()[1].tolist()) == states
    with seeded_globals(4):
        other = draws()
    with seeded_globals(3):
        assert draws() == first
    assert all(one != two for one, two in zip(first, other, strict=True))


def test_all_is_put_back_after_an_error():
    import torch

    states = random.getstate()[1], torch.random.get_rng_state().tolist()

    def fail():
        with seeded_globals(2**40):
            draws()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (random.getstate()[1], torch.random.get_rng_state().tolist()) == states


LOADED_WITHIN = """
import json, sys
from raymer.learners.seeding import seeded_globals

finders = list(sys.meta_path)
with seeded_globals(9):
    import colorsys
assert sys.meta_path == finders and "torch" not in sys.modules
said = []
for _ in range(2):
    with seeded_globals(9):
        import torch
        said.append(torch.rand(3).tolist())
    assert sys.meta_path == finders
print(json.dumps(said))
"""


def test_a_fit_that_is_first_to_load_torch_draws_what_it_draws_later():
    done = subprocess.run([sys.executable, "-c", LOADED_WITHIN], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, later = json.loads(done.stdout)
    assert first == later


def test_no_stack_is_formatted_where_there_is_no_accelerator(monkeypatch):
    """What torch.manual_seed does for each kind of device was a quarter of a small study with values tuned inside."""
    import traceback

    import torch

    if torch.accelerator.device_count():
        pytest.skip("this machine has one")
    monkeypatch.setattr(traceback, "format_stack", lambda *given: pytest.fail("the stack was formatted"))
    with seeded_globals(1):
        torch.rand(1)
