"""The gang on a real, embedded Ray: the same bits as without it, and kill -9 of anything loses nothing."""

import contextlib
import signal
import subprocess
import time

import killing
import psutil
import pytest
from killing import Bench, descendants

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
    # While the file `latch` is there and a third of the fits is done, every other fit waits: a kill finds it running.
    def fit(self, X, y=None):
        while (ROOT / "latch").exists() and len(list(ROOT.glob("driver/fits/*/*.parquet"))) >= {enough}:
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


@pytest.fixture
def latch(bench):
    """While this file is there, fits wait once a third is done."""
    path = bench.root / "latch"
    path.touch()
    yield path
    path.unlink(missing_ok=True)


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


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_same_bits_on_any_number_of_workers(bench, serial, workers):
    rows, err = bench.run(f"workers{workers}", "--workers", workers)
    assert f"{FITS} fits run, 0 found done" in err
    assert table(rows) == table(serial[0])
    assert bits(bench, f"workers{workers}") == serial[1]


def test_a_killed_driver_costs_only_what_was_in_flight(bench, serial, latch):
    process = bench.start("driver", "--workers", "2")
    wait_for(bench, "driver", ENOUGH, process)
    family = descendants(process)
    ranks = [p for p in family if "RayTrainWorker" in " ".join(p.cmdline())]
    bench.orphans += family
    process.send_signal(signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(ranks, timeout=40)
    assert alive == [], "the ranks die with their driver"
    before = bench.files("driver")
    assert ENOUGH <= len(before) < FITS, "what was in flight waits for the latch"
    latch.unlink()
    rows, err = bench.run("driver", "--serial")
    assert f"{FITS - len(before)} fits run, {len(before)} found done" in err
    assert {path: mark for path, mark in bench.files("driver").items() if path in before} == before
    assert table(rows) == table(serial[0])
    assert bits(bench, "driver") == serial[1]


def test_killed_parts_of_the_gang_are_replaced(bench, serial):
    """One run, in which a worker, Train's controller and the work list are killed in turn."""
    process, marks = bench.start("parts", "--workers", "2"), {}
    for part, victim in enumerate(["RayTrainWorker", "TrainController", "WorkList"]):
        wait_for(bench, "parts", max(FITS * (part + 1) // 5, len(marks) + 1), process)
        found = find(process, victim)
        marks = bench.files("parts")
        found.kill()
    rows, _ = bench.finish(process)
    assert len(bench.files("parts")) == FITS
    assert {path: mark for path, mark in bench.files("parts").items() if path in marks} == marks
    assert table(rows) == table(serial[0])
    assert bits(bench, "parts") == serial[1]
