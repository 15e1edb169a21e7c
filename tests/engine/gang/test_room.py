"""How many workers a node has room for."""

import pytest

from raymer.engine.gang.room import Room


@pytest.mark.parametrize(
    ("share", "cpus", "gpus", "workers"),
    [
        (0.0, 4, 2, 4),
        (0.1, 64, 1, 10),  # 1.0 // 0.1 is 9 in floating point
        (0.2, 64, 2, 10),
        (0.3, 64, 2, 6),  # three on each: a worker's share lies on one GPU
        (1 / 3, 64, 1, 3),
        (1.0, 64, 3, 3),
        (2.0, 64, 5, 2),
        (0.1, 4, 1, 4),
        (0.1, 4, 0, 0),
    ],
)
def test_shares_of_a_gpu(share, cpus, gpus, workers):
    assert Room.of(share).on({"CPU": float(cpus), "GPU": float(gpus)}) == workers


def test_only_what_is_asked_for_is_asked_of_ray():
    assert Room.of(0.0).per_worker == {"CPU": 1.0}
    assert Room.of(0.25).per_worker == {"CPU": 1.0, "GPU": 0.25}
