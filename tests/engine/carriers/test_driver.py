"""The driver: it begins by itself, calls help where that is worth it, and says how it ended."""

import signal
import threading

import pytest
from engine.carriers.carried import bring_odd, plan_of
from engine.carriers.fake_ray import fake_ray

from raymer.components.plugins import PLUGINS
from raymer.engine.carriers import driver, pace
from raymer.engine.carriers.here import Here
from raymer.engine.machine import SERIAL, Machine
from raymer.engine.run import run_plan
from raymer.errors import RaymerError, UsageError
from raymer.files import Files
from raymer.results.runs import read_runs
from raymer.results.store import ResultStore


@pytest.fixture
def odd(tmp_path):
    root = tmp_path / "odd"
    root.mkdir()
    bring_odd(root)
    yield root
    PLUGINS.drop("odd")


@pytest.fixture
def store(tmp_path):
    return ResultStore(str(tmp_path / "S"))


@pytest.fixture
def called(monkeypatch):
    """The numbers of processes that were called for; in their place stands a thread."""
    seen = []

    class Called(Here):
        def __init__(self, plan, store, count):
            super().__init__(plan, store)
            seen.append(count)

    monkeypatch.setattr(driver, "Processes", Called)
    return seen


@pytest.fixture
def slow(monkeypatch):
    """Let any work look long: its first unit counts from the start, as if it had run for some time."""
    monkeypatch.setattr(pace, "LOADING_SECONDS", -1000.0)


def last_run(store):
    return read_runs(Files(store.location))[0]


def test_little_work_is_done_by_the_driver_alone(odd, store, called):
    summary = run_plan(plan_of("", folds=3), store, machine=Machine(workers=4))
    assert (summary.ran, summary.failed, called) == (3, (), [])


def test_what_takes_longer_gets_as_many_processes_as_workers_are_wanted(odd, store, called, slow, monkeypatch):
    monkeypatch.setattr(driver, "LONG_SECONDS", 1e9)
    (odd / "latch").touch()
    seen = []

    def unlatch(progress):
        seen.append(progress)
        if called:
            (odd / "latch").unlink(missing_ok=True)

    planned = plan_of("Held", folds=5)
    assert run_plan(planned, store, machine=Machine(workers=3), on_progress=unlatch).ran == 5
    assert called == [2], "the driver is one of three"
    assert store.done() == {fit.id for fit in planned.fits}
    assert (seen[-1].done, seen[-1].total, seen[-1].running) == (5, 5, 0)
    assert sorted(record.id for one in seen for record in one.records) == sorted(fit.id for fit in planned.fits)


@pytest.mark.parametrize("machine", [SERIAL, Machine(workers=1)])
def test_whoever_wants_one_process_has_one(odd, store, called, slow, machine):
    (odd / "latch").touch()
    looked = []

    def unlatch(progress):
        looked.append(progress)
        if len(looked) > 3:
            (odd / "latch").unlink(missing_ok=True)

    assert run_plan(plan_of("Held"), store, machine=machine, on_progress=unlatch).ran == 2
    assert called == []


@pytest.mark.parametrize("machine", [Machine(workers=2), Machine(address="local"), Machine(address="auto")])
def test_long_work_is_handed_over_to_a_gang(odd, store, called, slow, monkeypatch, machine):
    (odd / "latch").touch()
    monkeypatch.setattr(driver, "LONG_SECONDS", 1.0)
    monkeypatch.setattr("raymer.engine.gang.watch.ask_for_nodes", lambda wanted: None)
    monkeypatch.setattr(driver, "check_reachable", lambda address: None)
    nodes = set()

    def unlatch(progress):
        nodes.update(holding.worker.node for holding in progress.holdings)
        if any(node.startswith("10.0.0.1") for node in nodes):
            (odd / "latch").unlink(missing_ok=True)

    with fake_ray() as ray:
        monkeypatch.setattr("raymer.engine.gang.train.count_fits", lambda records: None)
        planned = plan_of("Held", folds=4)
        assert run_plan(planned, store, machine=machine, on_progress=unlatch).ran == 4
    assert ray.is_waited_for
    assert called == []
    assert len(nodes) == 2, "the driver's unit, and the gang's"
    assert store.done() == {fit.id for fit in planned.fits}


def test_help_that_cannot_carry_fits_ends_the_run(odd, store, slow, monkeypatch):
    class Unable(Here):
        def __init__(self, plan, store, count):
            super().__init__(plan, store)

        def carry(self, work):
            (odd / "latch").unlink()
            raise RaymerError("no process can be had")

    (odd / "latch").touch()
    monkeypatch.setattr(driver, "Processes", Unable)
    monkeypatch.setattr(driver, "LONG_SECONDS", 1e9)
    with pytest.raises(RaymerError, match="no process can be had"):
        run_plan(plan_of("Held", folds=5), store, machine=Machine(workers=2))
    assert (last_run(store).state, last_run(store).reason) == ("stopped", "no process can be had")


@pytest.fixture
def heeds_ctrl_c():
    """What a shell starts in the background ignores Ctrl-C, and so would these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("ctrl_c", "raised"), [(True, KeyboardInterrupt), (False, SystemExit)])
def test_a_stopped_run_says_so_and_leaves_no_thread(odd, store, ctrl_c, raised, heeds_ctrl_c):
    if ctrl_c:
        (odd / "ctrl-c").touch()
    before = set(threading.enumerate())
    with pytest.raises(raised):
        run_plan(plan_of("Interrupted"), store, machine=SERIAL)  # in this process, however slow the machine is
    assert last_run(store).state == "stopped"
    assert set(threading.enumerate()) <= before
    assert store.done() == set()


def test_what_a_fit_prints_goes_to_stderr(odd, store, capsys):
    run_plan(plan_of("Nosy"), store, machine=SERIAL)
    printed = capsys.readouterr()
    assert "printed by a fit" not in printed.out
    assert "printed by a fit" in printed.err


def test_what_cannot_be_meant_is_refused_before_any_fit(odd, store):
    planned = plan_of("")
    for machine, message in [
        (Machine(gpus_per_fit=0.5), "no system here asks for a GPU"),
        (Machine(workers=0), "at least 1 is needed"),
        (Machine(address="elsewhere"), "none of here, local"),
    ]:
        with pytest.raises(UsageError, match=message):
            run_plan(planned, store, machine=machine)
    assert store.done() == set()
