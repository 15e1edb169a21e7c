"""The work list: nothing lost, nothing counted twice, whoever dies."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.engine.queue import PATIENCE, FitRecord, Worker, WorkQueue


@dataclass(frozen=True)
class Method:
    name: str = "svr"


@dataclass(frozen=True)
class Named:
    id: str
    method: Method = field(default_factory=Method)


def make(n):
    return [(Named(f"f{k}"),) for k in range(n)]


def worker(gang="a", pid=0):
    return Worker(gang, "here", pid)


def record(fit, outcome="done"):
    return FitRecord(fit, "svr", ("valence",), "s", 0.1, outcome)


def names(unit):
    return [fit.id for fit in unit]


def test_units_go_out_in_order_and_once():
    queue = WorkQueue(make(3))
    taken = [queue.take(worker())]
    while (unit := queue.finish_and_take(worker(), taken[-1][0].id, [record(taken[-1][0].id)])) is not None:
        taken.append(unit)
    assert [unit[0].id for unit in taken] == ["f0", "f1", "f2"]
    progress = queue.progress()
    assert (progress.done, progress.running, progress.waiting) == (3, 0, 0)
    assert names(progress.records) == ["f0", "f1", "f2"]
    assert queue.progress().records == (), "each record is told once"


def test_a_stopped_list_lends_nothing():
    queue = WorkQueue(make(3))
    queue.take(worker())
    queue.stop("no space")
    queue.stop("later")
    assert queue.take(worker(pid=1)) is None
    assert queue.progress().stopped == "no space"


def test_a_worker_waits_while_others_may_give_back():
    queue = WorkQueue(make(1))
    assert names(queue.take(worker("a"))) == ["f0"]
    assert queue.take(worker("b")) == ()
    queue.poll({"b"})
    assert names(queue.take(worker("b"))) == ["f0"]
    queue.finish(worker("b"), "f0", [])
    assert queue.take(worker("b")) is None


def test_a_lost_gang_gives_back_and_gets_nothing_more():
    queue = WorkQueue(make(3))
    queue.take(worker("a"))
    queue.poll({"b"})
    assert queue.take(worker("a")) is None, "it was taken for dead"
    assert names(queue.take(worker("b"))) == ["f0"]
    queue.finish(worker("a"), "f0", [record("f0")])  # a late word: the unit is lent to another
    assert queue.progress().done == 0
    queue.finish(worker("b"), "f0", [record("f0", "failed")])
    queue.finish(worker("b"), "f0", [record("f0", "failed")])
    assert queue.progress().failed == ("f0",)


def test_a_leaving_gang_keeps_what_it_holds():
    queue = WorkQueue(make(3))
    queue.take(worker("a"))
    assert queue.poll({"a", "b"}, leaving={"a"}).running == 1
    assert queue.finish_and_take(worker("a"), "f0", [record("f0")]) is None
    assert queue.progress().done == 1


def test_a_list_made_anew_strikes_off_what_is_finished_meanwhile():
    queue = WorkQueue(make(3), done=5)
    queue.finish(worker("a"), "f1", [record("f1")])
    assert names(queue.take(worker("b"))) == ["f0"]
    assert names(queue.finish_and_take(worker("b"), "f0", [])) == ["f2"]
    assert (queue.progress().done, queue.progress().total) == (7, 8)


def test_a_unit_whose_workers_die_again_and_again_goes_last():
    queue = WorkQueue(make(2))
    for _ in range(PATIENCE):
        assert names(queue.take(worker("a"))) == ["f0"], "first it is not to be late"
        queue.poll(set())
        queue.poll({"a"})
    assert names(queue.take(worker("a"))) == ["f1"]


EVENTS = st.tuples(st.sampled_from(["work", "die", "word"]), st.sampled_from("abc"), st.integers(0, 2))


@given(st.lists(EVENTS, max_size=60), st.integers(0, 60))
def test_nothing_is_lost_whatever_the_gangs_do(events, restart):
    """Gangs die, dead workers still talk, the list itself is made anew; at the end one gang drains what is left."""
    queue, held, stored = WorkQueue(make(12)), {}, set()
    for step, (event, gang, pid) in enumerate(events):
        if step == restart:
            left = [unit for unit in make(12) if unit[0].id not in stored]
            queue = WorkQueue(left, done=12 - len(left))
        one = worker(gang, pid)
        if event == "die":
            queue.poll(set("abc") - {gang})
            queue.poll(set("abc"))
            held = {holder: unit for holder, unit in held.items() if holder.gang != gang}
        elif one in held:
            unit = held.pop(one)
            stored.add(unit[0].id)
            queue.finish(one, unit[0].id, [record(unit[0].id)])
        elif event == "word":
            queue.finish(one, "f3", [record("f3")] if "f3" in stored else [])  # of a process long given up
        elif unit := queue.take(one):
            held[one] = unit
        if event == "word":
            stored.add("f3")
    queue.poll({"z"})
    while unit := queue.take(worker("z")):
        stored.add(unit[0].id)
        queue.finish(worker("z"), unit[0].id, [record(unit[0].id)])
    assert stored == {f"f{k}" for k in range(12)}
    assert (queue.progress().done, queue.progress().running, queue.progress().waiting) == (12, 0, 0)


@pytest.mark.parametrize("n", [0, 1])
def test_small_lists(n):
    queue = WorkQueue(make(n))
    assert (queue.take(worker()) is None) == (n == 0)
