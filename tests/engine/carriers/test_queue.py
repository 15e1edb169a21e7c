"""The work list: nothing lost, nothing counted twice, whoever dies."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.engine.carriers.queue import MOST_UNITS, PATIENCE, SHARE, FitRecord, Worker, WorkQueue, units_next


@dataclass(frozen=True)
class System:
    name: str = "svr"
    wants_gpu: bool = False


@dataclass(frozen=True)
class Named:
    id: str
    system: System = field(default_factory=System)
    cost: tuple[float, float] = (0.0, 1.0)


def make(n):
    return [(Named(f"f{k}"),) for k in range(n)]


def worker(gang="a", pid=0):
    return Worker(gang, "here", pid)


def record(fit, outcome="done"):
    return FitRecord(fit, "svr", ("valence",), "s", 0.1, outcome)


def names(units):
    return [fit.id for unit in units for fit in unit]


def test_units_go_out_in_order_and_once():
    queue = WorkQueue(make(3))
    taken = [queue.take(worker())]
    while (units := queue.finish_and_take(worker(), names(taken[-1]), [record(*names(taken[-1]))])) is not None:
        taken.append(units)
    assert [names(units) for units in taken] == [["f0"], ["f1"], ["f2"]]
    progress = queue.progress()
    assert (progress.done, progress.running, progress.waiting) == (3, 0, 0)
    assert [one.id for one in progress.records] == ["f0", "f1", "f2"]
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
    queue.finish(worker("b"), ["f0"], [])
    assert queue.take(worker("b")) is None


def test_a_gang_that_asks_before_the_list_has_heard_of_it_is_lent_units():
    queue = WorkQueue(make(2))
    queue.poll({"a"})
    assert names(queue.take(worker("new"))) == ["f0"]
    queue.poll({"a"})
    assert queue.take(worker("new")) is None, "now it was to be alive, and is not"


def test_a_lost_gang_gives_back_and_gets_nothing_more():
    queue = WorkQueue(make(3))
    queue.take(worker("a"))
    queue.poll({"b"})
    assert queue.take(worker("a")) is None, "it was taken for dead"
    assert names(queue.take(worker("b"))) == ["f0"]
    queue.finish(worker("a"), ["f0"], [record("f0")])  # a late word: the unit is lent to another
    assert queue.progress().done == 0
    queue.finish(worker("b"), ["f0"], [record("f0", "failed")])
    queue.finish(worker("b"), ["f0"], [record("f0", "failed")])
    assert queue.progress().failed == ("f0",)


def test_a_leaving_gang_keeps_what_it_holds():
    queue = WorkQueue(make(3))
    queue.take(worker("a"))
    assert queue.poll({"a", "b"}, leaving={"a"}).running == 1
    assert queue.finish_and_take(worker("a"), ["f0"], [record("f0")]) is None
    assert queue.progress().done == 1


def test_a_list_made_anew_strikes_off_what_is_finished_meanwhile():
    queue = WorkQueue(make(3), done=5)
    queue.finish(worker("a"), ["f1"], [record("f1")])
    assert names(queue.take(worker("b"))) == ["f0"]
    assert names(queue.finish_and_take(worker("b"), ["f0"], [])) == ["f2"]
    assert (queue.progress().done, queue.progress().total) == (7, 8)


def test_a_unit_whose_workers_die_again_and_again_goes_last():
    queue = WorkQueue(make(2))
    for _ in range(PATIENCE):
        assert names(queue.take(worker("a"))) == ["f0"], "first it is not to be late"
        queue.poll(set())
        queue.poll({"a"})
    assert names(queue.take(worker("a"))) == ["f1"]


def test_what_wants_a_gpu_goes_only_to_those_that_have_one():
    queue = WorkQueue([(Named("g0", System(wants_gpu=True)),), *make(2), (Named("g1", System(wants_gpu=True)),)])
    assert queue.progress().queued == (2, 2)
    without, having = Worker("cpu", "here", 0, for_gpu=False), Worker("gpu", "there", 0)
    assert names(queue.take(having)) == ["g0"]
    assert names(queue.take(without)) == ["f0"]
    assert names(queue.finish_and_take(without, ["f0"], [])) == ["f1"]
    assert names(queue.finish_and_take(having, ["g0"], [])) == ["g1"]
    assert queue.finish_and_take(without, ["f1"], []) is None, "what is lent to a GPU is not for it, if it came back"
    queue.poll({"other"})
    assert queue.progress().queued == (0, 1)
    queue.poll({"gpu"})
    assert names(queue.take(having)) == ["g1"]


def test_whoever_has_a_gpu_helps_out_when_nothing_wants_it():
    queue = WorkQueue(make(1))
    assert names(queue.take(Worker("gpu", "there", 0))) == ["f0"]


def test_short_units_are_lent_several_at_once_but_the_end_is_shared():
    queue = WorkQueue(make(40))
    first = queue.take(worker(pid=0), most=8)
    assert names(first) == [f"f{k}" for k in range(8)]
    assert len(queue.take(worker(pid=1), most=8)) == 32 // (SHARE * 2)
    assert [holding.fits for holding in queue.progress().holdings] == [8, 4]
    queue.finish(worker(pid=0), names(first)[:3], [record(fit) for fit in names(first)])
    progress = queue.progress()
    assert (progress.done, progress.running, len(progress.records)) == (3, 9, 3)
    queue.poll(set())
    queue.poll({"a"})
    assert names(queue.take(worker(), most=8))[0] in ("f3", "f8"), "what a lost worker held comes first, in its order"
    lengths = []
    while units := queue.take(worker(pid=len(lengths)), most=8):
        lengths.append(len(units))
    assert lengths[-1] == 1


def test_what_a_worker_does_not_finish_is_not_lost_when_it_takes_more():
    queue = WorkQueue(make(40))
    held = names(queue.take(worker(), most=4))
    assert names(queue.finish_and_take(worker(), held[:1], [record(held[0])], 3)) == held[1:]
    assert (queue.progress().done, queue.progress().running, queue.progress().waiting) == (1, 3, 36)


def test_how_many_are_asked_for_follows_from_their_seconds():
    assert units_next(1, 5.0) == 1
    assert units_next(1, 0.001) == 2, "it is doubled at most"
    assert units_next(16, 0.01) == MOST_UNITS
    assert units_next(20, 0.2) == 10


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
            firsts = names(held.pop(one))
            stored.update(firsts)
            queue.finish(one, firsts, [record(first) for first in firsts])
        elif event == "word":
            queue.finish(one, ["f3"], [record("f3")] if "f3" in stored else [])  # of a process long given up
        elif units := queue.take(one, most=1 + pid):
            held[one] = units
        if event == "word":
            stored.add("f3")
    queue.poll({"z"})
    while units := queue.take(worker("z")):
        stored.update(names(units))
        queue.finish(worker("z"), names(units), [record(first) for first in names(units)])
    assert stored == {f"f{k}" for k in range(12)}
    assert (queue.progress().done, queue.progress().running, queue.progress().waiting) == (12, 0, 0)


@pytest.mark.parametrize("n", [0, 1])
def test_small_lists(n):
    queue = WorkQueue(make(n))
    assert (queue.take(worker()) is None) == (n == 0)


def test_what_came_back_is_not_lent_to_whom_it_may_kill():
    queue = WorkQueue(make(2))
    careful = Worker("here", "here", 1, for_returned=False)
    assert names(queue.take(worker())) == ["f0"]
    queue.lose(worker())
    assert names(queue.take(careful)) == ["f1"]
    assert queue.finish_and_take(careful, ["f1"], [record("f1")]) == (), "others may take it: it waits"
    assert names(queue.take(worker())) == ["f0"]


def test_what_is_handed_over_is_told_of_and_counts():
    queue = WorkQueue(make(4))
    queue.take(worker())
    assert [unit[0].id for unit in queue.hand_over()] == ["f1", "f2", "f3"]
    assert (queue.state().total, queue.state().waiting) == (4, 3)
    far = WorkQueue(make(4)[1:])
    far.finish(worker("b"), ["f1"], [record("f1")])
    queue.tell(far.progress())
    queue.finish(worker(), ["f0"], [record("f0")])
    progress = queue.progress()
    assert (progress.total, progress.done, progress.waiting) == (4, 2, 2)
    assert [one.id for one in progress.records] == ["f1", "f0"]
    assert not progress.is_over
    assert queue.take(worker()) is None
