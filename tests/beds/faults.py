"""Kills at random: what a run loses when driver, worker, controller, work list or a node's raylet is killed (kill -9).

    PYTHONPATH=tests python -m beds.faults --kills 60 --seed 0

Every round runs a small experiment into a new store on the bed of two nodes and kills three times, each time a process
at a random moment, and the run goes on (a killed driver is started again, a killed node comes back). Then the store is
compared with one that was made without Ray.
"""

import argparse
import itertools
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil
from beds.bed import Bed, two_nodes
from beds.slow import SLOW
from beds.stores import bits_of, written_at

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.files import Files
from raymer.results.runs import read_fit_lines, read_runs

EXPERIMENT = """
name: killed
title: killed
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 6}}
systems:
  - {system: SVR, steps: [SLOW, scale, svr]}
  - {system: TNN-SVR, steps: [SLOW, scale, {use: tnn, width: 20, steps: 200}, svr]}
  - {system: TNN-GBM, steps: [SLOW, scale, {use: tnn, width: 20, steps: 200}, gbm]}
  - {system: AE-SVR, steps: [SLOW, scale, {use: ae, width: 20}, svr]}
""".replace("SLOW", '{use: "slow_classes:Slow", seconds: 3}')
"""What shares a representation takes three seconds: long enough that a gang is worth calling, and finds fits left."""
PLUGIN = "slow_classes.py"
FITS = 4 * 6 * 2
TITLES = {"worker": "RayTrainWorker", "controller": "TrainController", "queue": "WorkList", "raylet": "raylet/raylet"}
KINDS = ("driver", *TITLES)
SHOTS = 3
PATIENCE = 900.0


@dataclass(frozen=True)
class Kill:
    """One kill: of what, how many fits were done then, and the seconds until the next was (None: it was the last)."""

    kind: str
    fits_before: int
    seconds: float | None


@dataclass(frozen=True)
class Outcome:
    """What a round's kills did: results missing, results written a second time, fits run a second time, the table."""

    kills: tuple[Kill, ...]
    lost: int
    overwritten: int
    run_twice: int
    same_bits: bool

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost or written twice, and the table is that of a run without Ray."""
        return (self.lost, self.overwritten, self.same_bits) == (0, 0, True)


class Range:
    """A small experiment whose runs are shot at."""

    def __init__(self, root: Path, bed: Bed) -> None:
        self.root, self.bed = root, bed
        write_corpus(make_synthetic(200, 40, seed=2), root / "C")
        (root / "killed.yaml").write_text(EXPERIMENT)
        (root / PLUGIN).write_text(SLOW)
        whole = self.start("whole", "--workers", "6")
        assert whole.wait(timeout=PATIENCE) == 0, self.said("whole")
        self.expected = self.bits("whole")
        assert len(self.expected) == FITS

    def start(self, store: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "raymer.cli.main", "run", "killed.yaml", "--corpus", "C", "--store", store]
        command += ["--plugin", PLUGIN]
        log = (self.root / f"{store}.log").open("a")
        return subprocess.Popen([*command, "--json", *words], cwd=self.root, env=self.bed.env, stdout=log, stderr=log)

    def said(self, store: str) -> str:
        return (self.root / f"{store}.log").read_text()[-2000:]

    def bits(self, store: str) -> dict[str, object]:
        return bits_of(self.root / store)

    def files(self, store: str) -> dict[str, int]:
        return written_at(self.root / store)

    def play(self, store: str, shots: Sequence[tuple[str, int, float]]) -> Outcome:
        """Run into a new store, and for each of `shots` kill what it says, so many seconds after so many fits."""
        process, kills, marks = self.start(store, "--address", self.bed.address), [], {}
        for kind, after, pause in shots:
            self._wait_for_fits(process, store, after)
            time.sleep(pause)
            victim = self._victim(kind, process, store)
            if victim is None:  # the run was over before
                break
            before, start = self.files(store), time.monotonic()
            marks |= {fit: mark for fit, mark in before.items() if fit not in marks}
            process = self._kill(kind, victim, process, store)
            self._wait_for_fits(process, store, len(before) + 1)
            went_on = len(self.files(store)) > len(before)
            kills.append(Kill(kind, len(before), time.monotonic() - start if went_on else None))
            if kind == "raylet":
                self.bed.start_second()
        assert process.wait(timeout=PATIENCE) == 0, self.said(store)
        after_all, found, lines = self.files(store), self.bits(store), self._lines(store)
        return Outcome(
            tuple(kills),
            lost=len(self.expected.keys() - found.keys()),
            overwritten=sum(after_all[fit] != mark for fit, mark in marks.items()),
            run_twice=len(lines) - len(set(lines)),
            same_bits=found == self.expected,
        )

    def _victim(self, kind: str, process: subprocess.Popen, store: str) -> psutil.Process | None:
        if kind == "driver":
            return psutil.Process(process.pid) if process.poll() is None else None
        self._wait(process, store, lambda: bool(self._find(kind)))
        return next(iter(self._find(kind)), None) if process.poll() is None else None

    def _kill(self, kind: str, victim: psutil.Process, process: subprocess.Popen, store: str) -> subprocess.Popen:
        """Kill it and return the driver, which is another if it was the victim."""
        if kind == "raylet":
            self.bed.kill_second()
            return process
        victim.kill()
        if kind != "driver":
            return process
        process.wait()
        return self.start(store, "--address", self.bed.address)

    def _lines(self, store: str) -> list[str]:
        files = Files(self.root / store)
        return [line["id"] for run in read_runs(files, last=100) for line in read_fit_lines(files, run.id)]

    def _find(self, kind: str) -> list[psutil.Process]:
        return self.bed.find(TITLES[kind], second_only=kind == "raylet")

    def _wait_for_fits(self, process: subprocess.Popen, store: str, count: int) -> None:
        self._wait(process, store, lambda: len(self.files(store)) >= count)

    def _wait(self, process: subprocess.Popen, store: str, condition) -> None:
        """Wait until `condition` holds, or the run is over."""
        deadline = time.monotonic() + PATIENCE
        while not condition() and process.poll() != 0:
            assert process.poll() is None, self.said(store)
            assert time.monotonic() < deadline, self.said(store)
            time.sleep(0.05)


def rounds(seed: int) -> Iterator[list[tuple[str, int, float]]]:
    """Yield the shots of round after round: kinds in turn, one shot in each third of the run, at random moments."""
    rng, kinds = np.random.default_rng(seed), itertools.cycle(KINDS)
    third = (FITS - 6) // SHOTS
    while True:
        yield [(next(kinds), k * third + int(rng.integers(0, third)), float(rng.uniform(0, 1))) for k in range(SHOTS)]


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the outcomes as Markdown: a row a kind, and a sentence on the rounds."""
    rows = ["| killed | times | seconds until the next fit was done: median, most |", "|---|---|---|"]
    kills = [kill for one in outcomes for kill in one.kills]
    for kind in KINDS:
        own = [kill for kill in kills if kill.kind == kind]
        seconds = [kill.seconds for kill in own if kill.seconds is not None]
        if seconds:
            rows.append(f"| {kind} | {len(own)} | {np.median(seconds):.0f}, {max(seconds):.0f} |")
    counts = {
        "fits lost": sum(one.lost for one in outcomes),
        "results written twice": sum(one.overwritten for one in outcomes),
        "fits run twice": sum(one.run_twice for one in outcomes),
        "tables that differ": sum(not one.same_bits for one in outcomes),
    }
    said = ", ".join(f"{name}: {count}" for name, count in counts.items())
    return [*rows, "", f"{len(kills)} kills in {len(outcomes)} runs of {FITS} fits; {said}."]


def main() -> None:
    """Kill from the command line and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the bed is taken down too
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, two_nodes() as bed:
        field, plan = Range(Path(folder), bed), rounds(arguments.seed)
        while sum(len(one.kills) for one in outcomes) < arguments.kills:
            outcomes.append(field.play(f"S{len(outcomes)}", next(plan)))
            print(json.dumps(asdict(outcomes[-1])), flush=True)
    print("\n".join(table(outcomes)))
    sys.exit(not all(one.is_clean for one in outcomes))


if __name__ == "__main__":
    main()
