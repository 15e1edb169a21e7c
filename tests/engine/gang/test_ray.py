"""The gang on a real, embedded Ray: the same bits as without it, and kill -9 of anything loses nothing."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from raymer.corpora.base import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.results.store import ResultStore

pytestmark = pytest.mark.slow

EXPERIMENT = """
name: killed
title: killed
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 4}}
systems:
  - {system: SVR, method: svr}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 20, steps: 2000}}
  - {system: TNN-GBM, method: tnn-gbm, reducer: {width: 20, steps: 2000}}
  - {system: AE-SVR, method: ae-svr, reducer: {width: 20}}
"""
FITS = 4 * 4 * 2


class Bench:
    """An experiment whose stores can be filled by the command line in processes of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.orphans: list[psutil.Process] = []
        write_corpus(make_synthetic(200, 40, seed=2), root / "C")
        (root / "killed.yaml").write_text(EXPERIMENT)

    def start(self, store: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "raymer.cli.main", "run", str(self.root / "killed.yaml")]
        where = ["--corpus", "C", "--store", store, "--json"]  # relative: workers stand in folders of their own
        pipe = subprocess.PIPE
        return subprocess.Popen([*command, *where, *words], stdout=pipe, stderr=pipe, text=True, cwd=self.root)

    def finish(self, process: subprocess.Popen) -> tuple[list[dict], str]:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return json.loads(out), err

    def run(self, store: str, *words: str) -> tuple[list[dict], str]:
        return self.finish(self.start(store, *words))

    def files(self, store: str) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (self.root / store).rglob("fits/*/*.parquet")}

    def wait_for(self, store: str, count: int, process: subprocess.Popen) -> None:
        deadline = time.monotonic() + 180
        while len(self.files(store)) < count:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def bits(self, store: str) -> dict[str, tuple]:
        results = ResultStore(str(self.root / store))
        return {fit: (results.get(fit).scores, results.get(fit).predicted.tobytes()) for fit in results.done()}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Bench(tmp_path_factory.mktemp("gang"))
    yield bench
    # Ray's agents notice a killed raylet after a minute: they are waited for once, after all tests.
    _, alive = psutil.wait_procs(bench.orphans, timeout=120)
    assert alive == [], "a killed driver leaves nothing running"


@pytest.fixture(scope="module")
def serial(bench):
    rows, _ = bench.run("serial", "--serial")
    return rows, bench.bits("serial")


def table(rows):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def descendants(process: subprocess.Popen) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_same_bits_on_any_number_of_workers(bench, serial, workers):
    rows, err = bench.run(f"workers{workers}", "--workers", workers)
    assert f"{FITS} fits run, 0 found done" in err
    assert table(rows) == table(serial[0])
    assert bench.bits(f"workers{workers}") == serial[1]


def test_a_killed_driver_costs_only_what_was_in_flight(bench, serial):
    process = bench.start("driver", "--workers", "2")
    bench.wait_for("driver", FITS // 3, process)
    family = descendants(process)
    ranks = [p for p in family if "RayTrainWorker" in " ".join(p.cmdline())]
    bench.orphans += family
    process.send_signal(signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(ranks, timeout=40)
    assert alive == [], "the ranks die with their driver"
    before = bench.files("driver")
    assert FITS // 3 <= len(before) < FITS
    rows, err = bench.run("driver", "--serial")
    assert f"{FITS - len(before)} fits run, {len(before)} found done" in err
    assert {path: mark for path, mark in bench.files("driver").items() if path in before} == before
    assert table(rows) == table(serial[0])
    assert bench.bits("driver") == serial[1]


@pytest.mark.parametrize("victim", ["RayTrainWorker", "TrainController", "WorkList"])
def test_a_killed_part_of_the_gang_is_replaced(bench, serial, victim):
    process = bench.start(victim, "--workers", "2")
    bench.wait_for(victim, FITS // 4, process)
    found = [p for p in descendants(process) if victim in " ".join(p.cmdline())]
    assert found
    before = bench.files(victim)
    found[0].kill()
    rows, _ = bench.finish(process)
    assert len(bench.files(victim)) == FITS
    assert {path: mark for path, mark in bench.files(victim).items() if path in before} == before
    assert table(rows) == table(serial[0])
    assert bench.bits(victim) == serial[1]
