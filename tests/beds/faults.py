"""Kills at random: what a run loses when driver, worker, controller, work list or a node's raylet is killed (kill -9).

    PYTHONPATH=tests python -m beds.faults --kills 60 --seed 0

Every round runs a small experiment into a new store on the bed of two nodes, kills one process at a random moment, lets
the run go on (a killed driver is started again) and compares the store with one that was made without Ray.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from beds.bed import Bed, two_nodes

from raymer.corpora.base import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.files import Files
from raymer.results.runs import read_fit_lines, read_runs
from raymer.results.store import ResultStore

EXPERIMENT = """
name: killed
title: killed
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 6}}
systems:
  - {system: SVR, method: svr}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 20, steps: 2000}}
  - {system: TNN-GBM, method: tnn-gbm, reducer: {width: 20, steps: 2000}}
  - {system: AE-SVR, method: ae-svr, reducer: {width: 20}}
"""
FITS = 4 * 6 * 2
TITLES = {"worker": "RayTrainWorker", "controller": "TrainController", "queue": "WorkList", "raylet": "raylet/raylet"}
KINDS = ("driver", *TITLES)
PATIENCE = 900.0


@dataclass(frozen=True)
class Outcome:
    """What one kill did: results missing, results written a second time, fits run a second time, and the table."""

    kind: str
    fits_before: int
    lost: int
    overwritten: int
    run_twice: int
    same_bits: bool
    seconds: float


class Range:
    """A small experiment whose runs are shot at."""

    def __init__(self, root: Path, bed: Bed) -> None:
        self.root, self.bed = root, bed
        write_corpus(make_synthetic(200, 40, seed=2), root / "C")
        (root / "killed.yaml").write_text(EXPERIMENT)
        serial = self.start("serial", "--serial")
        assert serial.wait(timeout=PATIENCE) == 0, self.said("serial")
        self.expected = self.bits("serial")
        assert len(self.expected) == FITS

    def start(self, store: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "raymer.cli.main", "run", "killed.yaml", "--corpus", "C", "--store", store]
        log = (self.root / f"{store}.log").open("a")
        return subprocess.Popen([*command, "--json", *words], cwd=self.root, env=self.bed.env, stdout=log, stderr=log)

    def said(self, store: str) -> str:
        return (self.root / f"{store}.log").read_text()[-2000:]

    def bits(self, store: str) -> dict[str, tuple]:
        results = ResultStore(str(self.root / store))
        return {fit: (results.get(fit).scores, results.get(fit).predicted.tobytes()) for fit in results.done()}

    def files(self, store: str) -> dict[str, int]:
        return {path.stem: path.stat().st_mtime_ns for path in (self.root / store).rglob("fits/*/*.parquet")}

    def shoot(self, kind: str, store: str, after: int, pause: float) -> Outcome:
        """Run into a new store, kill what `kind` says `pause` seconds after `after` fits are done, and go on."""
        process = self.start(store, "--address", self.bed.address)
        self._wait(process, store, lambda: len(self.files(store)) >= after)
        time.sleep(pause)
        if kind == "driver":
            victim = psutil.Process(process.pid)
        else:
            self._wait(process, store, lambda: bool(self._find(kind)) or process.poll() == 0)
            victim = next(iter(self._find(kind)), None)  # None: the run was over before
        before, started = self.files(store), time.monotonic()
        if kind == "raylet":
            self.bed.kill_second()
        elif victim is not None:
            victim.kill()
        if kind == "driver":
            process.wait()
            process = self.start(store, "--address", self.bed.address)
        assert process.wait(timeout=PATIENCE) == 0, self.said(store)
        seconds = time.monotonic() - started
        if kind == "raylet":
            self.bed.start_second()
        after_all, found = self.files(store), self.bits(store)
        lines = self._lines(store)
        return Outcome(
            kind,
            len(before),
            lost=len(self.expected.keys() - found.keys()),
            overwritten=sum(after_all[fit] != mark for fit, mark in before.items()),
            run_twice=len(lines) - len(set(lines)),
            same_bits=found == self.expected,
            seconds=seconds,
        )

    def _lines(self, store: str) -> list[str]:
        files = Files(self.root / store)
        return [line["id"] for run in read_runs(files, last=100) for line in read_fit_lines(files, run.id)]

    def _find(self, kind: str) -> list[psutil.Process]:
        return self.bed.find(TITLES[kind], second_only=kind == "raylet")

    def _wait(self, process: subprocess.Popen, store: str, condition) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert process.poll() in (None, 0), self.said(store)
            assert time.monotonic() < deadline, self.said(store)
            time.sleep(0.05)


def shots(kills: int, seed: int) -> list[tuple[str, int, float]]:
    """Return (kind, fits done before, seconds waited then) of each kill: kinds in turn, moments at random."""
    rng = np.random.default_rng(seed)
    return [(KINDS[k % len(KINDS)], int(rng.integers(0, FITS - 8)), float(rng.uniform(0, 1))) for k in range(kills)]


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the outcomes as the rows of a Markdown table, a row a kind."""
    rows = [
        "| killed | times | fits lost | results overwritten | fits run twice | other table | median s to the end |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        own = [one for one in outcomes if one.kind == kind]
        if own:
            counts = [sum(one.lost for one in own), sum(one.overwritten for one in own)]
            counts += [sum(one.run_twice for one in own), sum(not one.same_bits for one in own)]
            seconds = float(np.median([one.seconds for one in own]))
            rows.append(f"| {kind} | {len(own)} | {' | '.join(map(str, counts))} | {seconds:.0f} |")
    return rows


def main() -> None:
    """Kill from the command line and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, two_nodes() as bed:
        field = Range(Path(folder), bed)
        for number, (kind, after, pause) in enumerate(shots(arguments.kills, arguments.seed)):
            outcomes.append(field.shoot(kind, f"S{number}", after, pause))
            print(json.dumps({"kill": number, **vars(outcomes[-1])}), flush=True)
    print("\n".join(table(outcomes)))
    if any(one.lost or one.overwritten or not one.same_bits for one in outcomes):
        sys.exit(1)


if __name__ == "__main__":
    main()
