"""What holds of every carrier, whatever runs the fits; Ray is played by threads (fake_ray.py)."""

import contextlib
import os
import threading
from collections import Counter
from types import SimpleNamespace

import psutil
import pytest
from engine.carriers.carried import CARRIERS, bring_odd, plan_of
from engine.carriers.fake_ray import fake_ray

from raymer.components.plugins import PLUGINS
from raymer.engine.carriers.processes import Processes
from raymer.engine.carriers.queue import WorkQueue
from raymer.results.store import ResultStore
from raymer.studies.fit import units
from raymer.studies.unit import run_fit

PATIENCE = 120


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    root = tmp_path_factory.mktemp("odd")
    bring_odd(root)
    yield root
    PLUGINS.drop("odd")


@pytest.fixture(autouse=True)
def odd_is_in(odd):
    """What a test brings is put out after it: the file is let in again for each."""
    bring_odd(odd)
    for name in ("latch", "holds", "killed"):
        (odd / name).unlink(missing_ok=True)


@pytest.fixture(scope="module", params=CARRIERS)
def carried(request, odd, tmp_path_factory):
    """A plan with fits that work, fail, print and look around, and what a carrier made of it."""
    root = tmp_path_factory.mktemp("carried")
    bring_odd(odd)
    planned, store = plan_of("", "Failing", "Nosy", folds=4), ResultStore(str(root / "S"))
    work, printed = WorkQueue(units(planned.fits)), root / "stdout"
    with fake_ray() if request.param == "gangs" else contextlib.nullcontext(), _stdout_into(printed):
        CARRIERS[request.param](planned, store).carry(work)
    name = request.param
    return SimpleNamespace(name=name, plan=planned, store=store, progress=work.progress(), printed=printed.read_text())


@contextlib.contextmanager
def _stdout_into(path):
    """Send what any process prints on stdout into a file."""
    kept = os.dup(1)
    with path.open("w") as file:
        os.dup2(file.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def fits(carried, step):
    return [fit for fit in carried.plan.fits if any(one.use == step for one in fit.system.steps)]


def test_every_result_is_there_with_the_bits_of_a_fit_by_itself(carried):
    failing = {fit.id for fit in fits(carried, "odd:Failing")}
    assert carried.store.done() == {fit.id for fit in carried.plan.fits} - failing
    for fit in carried.plan.fits[:3]:
        alone = run_fit(fit, carried.plan.samples, carried.plan.splits[fit.split])
        assert carried.store.get(fit.id).predicted.tobytes() == alone.predicted.tobytes()


def test_a_failed_fit_is_on_record_and_the_rest_goes_on(carried):
    failing = {fit.id for fit in fits(carried, "odd:Failing")}
    assert set(carried.progress.failed) == failing
    failures = carried.store.failures()
    assert {failure["message"] for failure in failures} == {"ValueError: nothing can be learnt"}
    assert {failure["id"] for failure in failures} == failing


def test_each_fit_is_run_once_and_told_of_once(carried):
    counts = Counter(record.id for record in carried.progress.records)
    assert counts == Counter(fit.id for fit in carried.plan.fits)
    assert (carried.progress.done, carried.progress.total) == (8, 12)
    assert carried.progress.is_over
    assert carried.progress.stopped is None


def test_records_say_who_ran_what(carried):
    pids = {record.pid for record in carried.progress.records}
    assert len(pids) == 1
    assert (os.getpid() in pids) == (carried.name != "processes")
    assert all(record.seconds > 0 for record in carried.progress.records)


def test_a_fit_has_one_thread(carried):
    assert {fit.id for fit in fits(carried, "odd:Nosy")} <= carried.store.done(), carried.store.failures()


def test_what_a_fit_prints_is_not_among_our_records(carried):
    if carried.name != "processes":
        pytest.skip("in its own process the driver sees to that: test_driver.py")
    assert "printed by a fit" not in carried.printed


@pytest.mark.parametrize("name", CARRIERS)
def test_a_store_that_cannot_be_written_stops_the_run(name, tmp_path):
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / "fits").write_text("a file where results would lie")
    planned = plan_of("")
    work = WorkQueue(units(planned.fits))
    with fake_ray() if name == "gangs" else contextlib.nullcontext():
        CARRIERS[name](planned, ResultStore(str(tmp_path / "S"))).carry(work)
    assert "cannot be written" in (work.state().stopped or "")


def wait_until(condition, thread):
    deadline = threading.Event()
    for _ in range(PATIENCE * 20):
        if condition():
            return
        assert thread.is_alive()
        deadline.wait(0.05)
    raise AssertionError("it has not happened")


def held_by(odd):
    return int((odd / "holds").read_text() or 0) if (odd / "holds").exists() else 0


def test_a_stopped_run_ends_processes_in_the_middle_of_a_fit(odd, tmp_path):
    (odd / "latch").touch()
    planned, store = plan_of("Held"), ResultStore(str(tmp_path))
    work = WorkQueue(units(planned.fits))
    raised = []

    def carry():
        try:
            Processes(planned, store, 1).carry(work)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=carry, daemon=True)
    thread.start()
    wait_until(lambda: held_by(odd), thread)
    process = psutil.Process(held_by(odd))
    work.stop("stopped")
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert raised == []
    psutil.wait_procs([process], timeout=PATIENCE)
    assert not process.is_running()
    assert store.done() == set(), "nothing half is left"


def test_a_process_that_dies_costs_what_it_held_alone(odd, tmp_path):
    planned, store = plan_of("", "Deadly"), ResultStore(str(tmp_path))
    work = WorkQueue(units(planned.fits))
    Processes(planned, store, 1).carry(work)
    assert (odd / "killed").exists()
    assert store.done() == {fit.id for fit in planned.fits}
    assert Counter(record.id for record in work.progress().records) == Counter(fit.id for fit in planned.fits)
