"""Gangs without Ray: whatever is killed, nothing is lost; a real Ray and real kills are in tests/engine/gang."""

import threading

import pytest
from engine.carriers.carried import CARRIERS, bring_odd, plan_of
from engine.carriers.fake_ray import FakeGang, fake_ray

from raymer.components.plugins import PLUGINS
from raymer.engine.carriers.queue import WorkQueue
from raymer.errors import RaymerError
from raymer.results.store import ResultStore
from raymer.studies.fit import units


@pytest.fixture
def odd(tmp_path):
    (tmp_path / "odd").mkdir()
    bring_odd(tmp_path / "odd")
    yield tmp_path / "odd"
    PLUGINS.drop("odd")


@pytest.fixture
def begun(odd, tmp_path):
    """A gang in the middle of a fit that is held, with the list it was handed over."""
    (odd / "latch").touch()
    planned, store = plan_of("Held", "", folds=3), ResultStore(str(tmp_path / "S"))
    work = WorkQueue(units(planned.fits))
    with fake_ray(cpus=2) as ray:
        thread = threading.Thread(target=CARRIERS["gangs"](planned, store).carry, args=(work,), daemon=True)
        thread.start()
        _wait(lambda: (odd / "holds").exists())
        yield ray, work, thread
        (odd / "latch").unlink(missing_ok=True)
        thread.join(30)
    assert not thread.is_alive()
    assert store.done() == {fit.id for fit in planned.fits}
    progress = work.progress()
    assert (progress.done, progress.running, progress.waiting) == (6, 0, 0)


def _wait(condition):
    pause = threading.Event()
    for _ in range(1500):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it has not happened")


def test_it_is_handed_over_what_waits_when_a_worker_is_there(begun):
    _, work, _ = begun
    progress = work.state()
    assert progress.total == 6
    assert all(holding.worker.gang.startswith("gang-") for holding in progress.holdings)


def test_a_killed_worker_is_replaced_and_what_it_held_is_run_again(begun, odd):
    ray, work, _ = begun
    ray.gangs[0].kill()
    _wait(lambda: len(ray.gangs) > 2)
    (odd / "latch").unlink()


def test_a_killed_list_is_filled_again(begun, odd):
    ray, work, _ = begun
    ray.lists[0].kill()
    (odd / "latch").unlink()


def test_gangs_that_only_die_are_given_up(odd, tmp_path):
    planned = plan_of("")
    work = WorkQueue(units(planned.fits))
    with fake_ray() as ray:
        ray.is_deadly = True
        with pytest.raises(RaymerError, match="no gang of workers can start on Ray .RuntimeError: a worker died"):
            CARRIERS["gangs"](planned, ResultStore(str(tmp_path / "S"))).carry(work)
    assert work.state().done == 0


def test_ray_is_taken_down_only_when_no_gang_waits_for_it(odd, tmp_path, monkeypatch):
    """A thread that waits for Ray beyond its end ends this process, with 1 and perhaps before its table is printed."""
    planned = plan_of("", folds=3)
    monkeypatch.setattr(FakeGang, "seconds_to_end", 0.5)
    with fake_ray() as ray:
        CARRIERS["gangs"](planned, ResultStore(str(tmp_path / "S"))).carry(WorkQueue(units(planned.fits)))
    assert ray.gangs
    assert ray.left == []


def test_what_the_driver_has_done_meanwhile_is_not_handed_over(odd, tmp_path):
    planned, store = plan_of("", folds=3), ResultStore(str(tmp_path / "S"))
    work = WorkQueue(units(planned.fits))
    held = CARRIERS["here"](planned, store)
    held.carry(work)
    with fake_ray() as ray:
        CARRIERS["gangs"](planned, store).carry(work)
    assert ray.gangs == [], "nothing was left to begin one for"
