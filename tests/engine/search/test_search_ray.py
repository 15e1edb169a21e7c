"""Searches on Ray Tune: one worker gives what no Ray gives, and kill -9 of driver or worker repeats nothing."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import killing
import psutil
import pytest
from killing import Bench, descendants

from raymer.results.store import ResultStore
from raymer.studies.search.journal import load_study

pytestmark = pytest.mark.slow

EXPERIMENT = """
name: killed
title: killed
corpus: synthetic
targets: [valence]
protocols: {folds: {folds: 4}}
systems: [{system: TNN-SVR, method: tnn-svr, reducer: {width: 10, steps: 300}}]
search:
  system: TNN-SVR
  trials: 8
  space: {reducer: {d_p: {}, d_n: {}, width: {high: 20}}}
"""
TRIALS = 8


def wait_for(bench: Bench, store: str, trials: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 240
    while over(bench, store) < trials:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def over(bench: Bench, store: str) -> int:
    journals = list((bench.root / store).glob("searches/*.journal"))
    return journals[0].read_text().count('"stopped"') if journals else 0


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with killing.bench(tmp_path_factory.mktemp("search"), "tune", EXPERIMENT) as bench:
        yield bench


@pytest.fixture(scope="module")
def serial(bench):
    return bench.run("serial", "--serial")[0]


def history(record: dict) -> list[tuple]:
    trials = [trial for trial in load_study(record["journal"]).trials if trial.values]
    return [(trial.params, trial.values, trial.user_attrs["folds"], trial.user_attrs["stopped"]) for trial in trials]


def actors(process: subprocess.Popen) -> list[psutil.Process]:
    """The actors that run folds; a process has no title for a moment now and then, so they are looked for again."""
    found: list[psutil.Process] = []
    deadline = time.monotonic() + 20
    while not found and time.monotonic() < deadline:
        for one in descendants(process):
            with contextlib.suppress(psutil.NoSuchProcess):  # a zombie, or gone since
                if "FoldByFold" in " ".join(one.cmdline()):
                    found.append(one)
    assert found
    return found


def tune_folders() -> set[Path]:
    """Where Ray Tune keeps the state of searches."""
    return set(Path(tempfile.gettempdir()).glob("raymer-tune-*"))


def test_a_killed_driver_repeats_nothing(bench, serial):
    others = tune_folders()
    process = bench.start("driver", "--workers", "1")
    wait_for(bench, "driver", 3, process)
    kept = tune_folders() - others
    assert [(one.stat().st_uid, one.stat().st_mode & 0o777) for one in kept] == [(os.getuid(), 0o700)]
    assert not any(path.suffix in (".pkl", ".pickle") for path in (bench.root / "driver").rglob("*"))
    family = descendants(process)
    bench.orphans += family
    workers = actors(process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == [], "the workers die with their driver"
    for path in (path for folder in kept for path in folder.rglob("*") if path.is_file()):
        path.write_bytes(b"not to be read again")
    before = bench.files("driver")
    again, _ = bench.run("driver", "--serial")
    assert again["trials"] == TRIALS
    assert history(again) == history(serial)
    assert ResultStore(str(bench.root / "driver")).done() == ResultStore(str(bench.root / "serial")).done()
    assert {path: mark for path, mark in bench.files("driver").items() if path in before} == before
    assert again["fits_run"] == len(bench.files("driver")) - len(before)
    for folder in kept:
        shutil.rmtree(folder, ignore_errors=True)  # another run on this machine may have swept it


def test_a_killed_worker_costs_nothing_and_one_worker_is_as_none(bench, serial):
    process = bench.start("worker", "--workers", "1")
    wait_for(bench, "worker", 2, process)
    workers = actors(process)
    workers[0].kill()
    record, _ = bench.finish(process)
    assert (record["trials"], record["failed"]) == (TRIALS, [])
    assert history(record) == history(serial)
    assert record["best_params"] == serial["best_params"]
    assert ResultStore(str(bench.root / "worker")).done() == ResultStore(str(bench.root / "serial")).done()
