"""A real, embedded Ray, and processes: the same bits as without, and kill -9 of anything loses nothing."""

import contextlib
import signal
import subprocess
import time

import killing
import psutil
import pytest
from killing import Bench, descendants

from raymer.files import Files
from raymer.results.runs import read_runs
from raymer.results.store import ResultStore

pytestmark = pytest.mark.slow

EXPERIMENT = """
name: killed
title: killed
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 4}}
systems:
  - {system: SVR, steps: [{use: "held_classes:Held"}, scale, svr]}
  - {system: TNN-SVR, steps: [{use: "held_classes:Held"}, scale, {use: tnn, width: 20, steps: 2000}, svr]}
  - {system: TNN-GBM, steps: [{use: "held_classes:Held"}, scale, {use: tnn, width: 20, steps: 2000}, gbm]}
  - {system: AE-SVR, steps: [{use: "held_classes:Held"}, scale, {use: ae, width: 20}, svr]}
"""
FITS = 4 * 4 * 2
ENOUGH = FITS // 3

LATCH = """
import time
from pathlib import Path

from sklearn.base import BaseEstimator, TransformerMixin

ROOT = Path({root!r})


class Held(TransformerMixin, BaseEstimator):
    # While the file `latch` is there and a third of the fits of the store it names is done, every other fit waits: so
    # help is called, and a kill finds fits running.
    def fit(self, X, y=None):
        latch = ROOT / "latch"
        while latch.exists() and len(list((ROOT / latch.read_text()).glob("fits/*/*.parquet"))) >= {enough}:
            time.sleep(0.05)
        return self

    def transform(self, X):
        return X

    def __sklearn_tags__(self):
        return super().__sklearn_tags__()  # said by itself: it needs no labels
"""


def wait_for(bench: Bench, store: str, count: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 180
    while len(bench.files(store)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def bits(bench: Bench, store: str) -> dict[str, tuple]:
    results = ResultStore(str(bench.root / store))
    return {fit: (results.get(fit).clip_ids.tolist(), results.get(fit).predicted.tobytes()) for fit in results.done()}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    root = tmp_path_factory.mktemp("gang")
    (root / "held_classes.py").write_text(LATCH.format(root=str(root), enough=ENOUGH))
    with killing.bench(root, "run", EXPERIMENT, "--plugin", "held_classes.py") as bench:
        yield bench


class Latched:
    """A run whose fits wait, once a third is done, until `release`."""

    def __init__(self, bench: Bench, store: str, *words: str) -> None:
        self.bench, self.store, self.path = bench, store, bench.root / "latch"
        self.path.write_text(store)
        self.process = bench.start(store, *words)

    def wait_for_gang(self) -> None:
        """Return when a worker of a gang has a unit, so that the list was handed over."""
        deadline = time.monotonic() + 240
        while not any("(" in worker["node"] for worker in self._workers()):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def release(self) -> None:
        self.path.unlink()

    def _workers(self) -> list:
        files = Files(self.bench.root / self.store)
        return [worker for run in read_runs(files) for worker in run.workers]


@pytest.fixture
def latched(bench):
    """Start a latched run: a function of the store and the words."""
    yield lambda store, *words: Latched(bench, store, *words)
    (bench.root / "latch").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def serial(bench):
    rows, _ = bench.run("serial", "--serial")
    return rows, bits(bench, "serial")


def table(rows):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def find(process: subprocess.Popen, title: str) -> psutil.Process:
    """Return a process of the run with this title, once there is one: a gang may be starting anew."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        for one in descendants(process):
            with contextlib.suppress(psutil.NoSuchProcess):
                if title in " ".join(one.cmdline()):
                    return one
        time.sleep(0.1)
    raise AssertionError(f"no process called {title}")


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.bed), "2"])
def test_the_same_bits_on_any_number_of_workers(bench, serial, latched, workers):
    run = latched(f"workers{workers}", "--address", "local", "--workers", workers)
    run.wait_for_gang()
    run.release()
    rows, err = bench.finish(run.process)
    assert f"{FITS} fits run, 0 found done" in err
    assert table(rows) == table(serial[0])
    assert bits(bench, f"workers{workers}") == serial[1]


@pytest.mark.parametrize(
    ("words", "title", "seconds"),
    [(("--address", "local"), "RayTrainWorker", 40), ((), "loky.backend.popen_loky", 10)],
)
def test_a_killed_driver_costs_only_what_was_in_flight(bench, serial, latched, words, title, seconds):
    store = f"driver{seconds}"
    run = latched(store, "--workers", "2", *words)
    if words:
        run.wait_for_gang()
    find(run.process, title)
    family = descendants(run.process)
    theirs = [one for one in family if title in " ".join(one.cmdline())]
    bench.orphans += family
    wait_for(bench, store, ENOUGH, run.process)
    run.process.send_signal(signal.SIGKILL)
    run.process.communicate()
    _, alive = psutil.wait_procs(theirs, timeout=seconds)
    assert alive == [], "what runs fits dies with its driver"
    before = bench.files(store)
    assert ENOUGH <= len(before) < FITS, "what was in flight waits for the latch"
    run.release()
    rows, err = bench.run(store, "--serial")
    assert f"{FITS - len(before)} fits run, {len(before)} found done" in err
    assert {path: mark for path, mark in bench.files(store).items() if path in before} == before
    assert table(rows) == table(serial[0])
    assert bits(bench, store) == serial[1]


def test_killed_parts_of_the_gang_are_replaced(bench, serial, latched):
    """One run, in which a worker, Train's controller and the work list are killed in turn."""
    run, marks = latched("parts", "--address", "local", "--workers", "2"), {}
    run.wait_for_gang()
    for part, victim in enumerate(["RayTrainWorker", "TrainController", "WorkList"]):
        wait_for(bench, "parts", max(FITS * (part + 1) // 5, len(marks) + 1), run.process)
        found = find(run.process, victim)
        marks = bench.files("parts")
        found.kill()
        if part == 0:
            run.release()
    rows, _ = bench.finish(run.process)
    assert len(bench.files("parts")) == FITS
    assert {path: mark for path, mark in bench.files("parts").items() if path in marks} == marks
    assert table(rows) == table(serial[0])
    assert bits(bench, "parts") == serial[1]
