"""The work list: nothing lost, nothing counted twice, whoever dies."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.engine.queue import WorkQueue


@dataclass(frozen=True)
class Named:
    id: str


def make(n):
    return [(Named(f"f{k}"),) for k in range(n)]


def test_units_go_out_in_order_and_once():
    queue = WorkQueue(make(3))
    queue.join(0, 1)
    taken = [queue.take(0)]
    while (unit := queue.finish_and_take(0, taken[-1][0].id, [])) is not None:
        taken.append(unit)
    assert [unit[0].id for unit in taken] == ["f0", "f1", "f2"]
    assert (queue.progress().done, queue.progress().running) == (3, 0)


def test_a_stopped_list_lends_nothing():
    queue = WorkQueue(make(3))
    queue.take(0)
    queue.stop("no space")
    queue.stop("later")
    assert queue.take(1) is None
    assert queue.progress().stopped == "no space"


def test_a_late_word_from_a_dead_rank_counts_nothing():
    queue = WorkQueue(make(2))
    queue.take(0)
    queue.join(0, 1)  # the gang was started anew
    assert queue.take(0)[0].id == "f0"
    queue.finish(0, "f1", [])
    assert queue.progress().done == 0
    queue.finish(0, "f0", ["f0"])
    queue.finish(0, "f0", ["f0"])
    assert queue.progress().failed == ("f0",)


@given(st.lists(st.tuples(st.sampled_from(["join", "work"]), st.integers(0, 3), st.integers(1, 4)), max_size=60))
def test_nothing_is_lost_whatever_the_ranks_do(events):
    """Ranks die and join again, gangs shrink; at the end one rank drains what is left."""
    queue = WorkQueue(make(12))
    held, finished = {}, []
    for event, rank, size in events:
        if event == "join":
            queue.join(rank, size)
            held = {holder: unit for holder, unit in held.items() if holder != rank and holder < size}
        elif rank in held:
            finished.append(held[rank][0].id)
            queue.finish(rank, held.pop(rank)[0].id, [])
        elif (unit := queue.take(rank)) is not None:
            held[rank] = unit
    for rank in range(4):
        queue.join(rank, 4)
    while (unit := queue.take(0)) is not None:
        finished.append(unit[0].id)
        queue.finish(0, unit[0].id, [])
    assert sorted(finished) == sorted(f"f{k}" for k in range(12))
    assert queue.progress().done == 12


@pytest.mark.parametrize("n", [0, 1])
def test_small_lists(n):
    queue = WorkQueue(make(n))
    assert (queue.take(0) is None) == (n == 0)
