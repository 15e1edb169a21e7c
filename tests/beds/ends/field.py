"""Ending runs: a store at a time, its runs killed, told to end, stopped by their disk, or two at once."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from beds.ends.outcome import End, Round
from beds.ends.running import EXPERIMENT, Running, command, folder_of
from beds.slow import SLOW
from beds.stores import bits_of, written_at

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.ending import LINE
from raymer.files import Files
from raymer.results.runs import read_fit_lines, read_runs

SIGNALS = {"SIGTERM": (signal.SIGTERM, 143), "SIGINT": (signal.SIGINT, 130)}
ENDED = ("driver", "worker", *SIGNALS)
"""What ends a run whose store is then run into again; the other kinds have one of their own each."""
SHOTS, TRIES = 6, 5
"""Ends in one store, at most; runs that were over before they were to be ended, until no more of that kind is tried."""
PATIENCE, LEFT_SECONDS = 900.0, 180.0
ON_A_DISK = """
mount -t tmpfs -o size={size} tmpfs {disk} || exit 77
{run} 2> {disk}.first.err & pid=$!
{meanwhile}
wait $pid; echo $? > {disk}.first.code
mount -o remount,rw,size=64m {disk}
{run} 2> {disk}.second.err; echo $? > {disk}.second.code
find {disk} -name "*.tmp*" > {disk}.half
cp -r {disk}/S {store}
"""


class Field:
    """A small experiment whose runs are ended."""

    def __init__(self, root: Path, seed: int, said: Mapping[str, Any]) -> None:
        self.root, self.rng = root, np.random.default_rng(seed)
        write_corpus(make_synthetic(200, 40, seed=2), root / "C")
        (root / "ended.yaml").write_text(EXPERIMENT % said)
        (root / "slow_classes.py").write_text(SLOW)
        self.numbers, self.begun = itertools.count(), []
        self.misses: Counter[str] = Counter()
        self.taking = threading.Lock()
        whole = self.start("whole", "whole")
        assert whole.process.wait(timeout=PATIENCE) == 0, whole.said()
        self.expected = self.bits("whole")
        assert len(self.expected) == 4 * 2 * said["folds"]

    def start(self, store: str, mode: str) -> Running:
        self.begun.append(Running(self.root, store, mode))
        return self.begun[-1]

    def end_all(self) -> None:
        """Kill what still runs of a bed that is told to end."""
        for run in self.begun:
            if run.process.poll() is None:
                run.process.kill()

    def bits(self, store: str) -> dict[str, object]:
        return bits_of(self.root / store)

    def times(self, store: str) -> dict[str, int]:
        return written_at(self.root / store)

    def play(self, waiting: list[str]) -> Round:
        """Take kinds from `waiting` and end the runs of one new store so, until its fits are done."""
        store, made, marks = f"S{next(self.numbers)}", Round(), {}
        leaving: list[threading.Thread] = []
        while (
            len(self.times(store)) < len(self.expected)
            and len(made.ends) < SHOTS
            and (kind := self.next_of(waiting, ENDED))
        ):
            ends = self._end_run(store, kind, marks, leaving, waiting)
            made.ends += ends
            if ends:
                continue
            if self.misses.update([kind]) or self.misses[kind] < TRIES:
                waiting.insert(0, kind)  # it was done before: later, and not for ever
        last = self.start(store, "whole")
        if last.process.wait(timeout=PATIENCE) != 0:
            made.ends.append(End("the last run", fault=last.said()[-500:]))
        for thread in leaving:
            thread.join()
        return self._checked(store, made, marks)

    def next_of(self, waiting: list[str], kinds: tuple[str, ...]) -> str | None:
        """Take the kind that is next, where it is one of `kinds`."""
        with self.taking:
            return waiting.pop() if waiting and waiting[-1].startswith(kinds) else None

    def _end_run(
        self,
        store: str,
        kind: str,
        marks: dict[str, int],
        leaving: list[threading.Thread],
        waiting: list[str],
    ) -> list[End]:
        """Begin a run and end it so; where workers are killed it goes on, and several may die."""
        what, mode = kind.split(":")
        before = len(self.times(store))
        run = self.start(store, mode)
        at_once = what != "worker" and self.rng.random() < 1 / 6
        self._wait(
            run, lambda: at_once or bool(run.workers()) or (mode == "serial" and len(self.times(store)) > before)
        )
        time.sleep(float(self.rng.uniform(0, 4 if at_once else 1.5)))
        family, start = run.family(), time.monotonic()
        if what == "worker":
            ends = self._kill_workers(run, store, kind, marks, waiting)
            if ends and run.process.returncode != 0:
                ends[-1].fault = run.said()[-500:]
        elif run.process.poll() is None:
            self._mark(store, marks)
            ends = [End(kind, workers_were_up=bool(run.workers()))]
            number, code = SIGNALS.get(what, (signal.SIGKILL, -9))
            run.process.send_signal(number)
            ended = run.process.wait(timeout=PATIENCE)
            is_early = at_once and ended == -number and not run.said()  # Python was still starting
            if not is_early and (ended != code or (what in SIGNALS and not self._was_told(run))):
                ends[0].fault = f"code {run.process.returncode}: {run.said()[-500:]}"
        else:
            return []  # it was done before
        if ends:
            leaving.append(threading.Thread(target=_watch, args=(run, family, ends[-1], start, what == "worker")))
            leaving[-1].start()
        return ends

    def _kill_workers(
        self, run: Running, store: str, kind: str, marks: dict[str, int], waiting: list[str]
    ) -> list[End]:
        """Kill a worker, and another once the run has gone on, and so forth; return when it is done."""
        ends: list[End] = []
        wanted: str | None = kind
        while wanted:
            self._wait(run, lambda: bool(run.workers()))
            workers, done = run.workers(), len(self.times(store))
            if run.process.poll() is not None or not workers:
                if ends:
                    waiting.append(wanted)
                break
            self._mark(store, marks)
            start = time.monotonic()
            with contextlib.suppress(psutil.NoSuchProcess):
                workers[int(self.rng.integers(len(workers)))].kill()
            ends.append(End(kind, workers_were_up=True))
            self._wait(run, lambda done=done: len(self.times(store)) > done)
            ends[-1].seconds = time.monotonic() - start
            wanted = self.next_of(waiting, (kind,)) if len(ends) < SHOTS else None
        run.process.wait(timeout=PATIENCE)
        return ends

    def _mark(self, store: str, marks: dict[str, int]) -> None:
        marks |= {fit: mark for fit, mark in self.times(store).items() if fit not in marks}

    def _was_told(self, run: Running) -> bool:
        """Say whether the line for such an end came last, or nothing did: the run may have been done before."""
        lines = [line for line in run.said().splitlines() if not line.startswith("ended: ")]
        return "Traceback" not in run.said() and "***" not in run.said() and lines[-1:] in ([LINE], [])

    def _wait(self, run: Running, condition) -> None:
        deadline = time.monotonic() + PATIENCE
        while run.process.poll() is None and not condition():
            assert time.monotonic() < deadline, run.said()
            time.sleep(0.05)

    def on_a_disk(self, kind: str) -> Round | None:
        """Run on a file system that takes no more after a while, and again once it does."""
        store, made = f"S{next(self.numbers)}", Round()
        is_full = kind.startswith("full")
        size, seconds = (f"{self.rng.integers(80, 400)}k", 0.0) if is_full else ("64m", self.rng.uniform(2, 8))
        disk = f"D{store}"
        wait = f"while kill -0 $pid 2> /dev/null && ! mount -o remount,ro {disk} 2> /dev/null; do sleep 0.01; done"
        run = " ".join(command(f"{disk}/S", "serial")) + " > /dev/null"
        script = ON_A_DISK.format(
            disk=disk, size=size, run=run, store=store, meanwhile="" if is_full else f"sleep {seconds}; {wait}"
        )
        (self.root / disk).mkdir()
        env = {**os.environ, "TMPDIR": str(folder_of(self.root, store))}
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=self.root, env=env, capture_output=True)
        assert done.returncode == 0, f"a file system of its own needs `unshare` and root: {done.stderr.decode()}"
        left = {name: (self.root / f"{disk}.{name}").read_text() for name in ("first.code", "second.code", "first.err")}
        first, second = left["first.code"].strip(), left["second.code"].strip()
        said = [line for line in left["first.err"].splitlines() if not line.startswith("ended: ")]
        if first == "0":
            return None  # it was done before
        words = "cannot be written: " + ("No space left on device" if is_full else "Read-only file system")
        is_right = (first, second) == ("1", "0") and len(said) == 1 and said[0].endswith(words)
        made.ends.append(End(kind, fault="" if is_right else f"{first}, {second}: {said[-3:]}"))
        made.half_files = len((self.root / f"{disk}.half").read_text().splitlines())
        return self._checked(store, made, {})

    def at_once(self, kind: str) -> Round:
        """Start two runs on one store, the second a little later."""
        store, made = f"S{next(self.numbers)}", Round()
        runs = []
        for _ in range(2):
            runs.append(self.start(store, kind.split(":")[1]))
            time.sleep(float(self.rng.uniform(0, 4)))
        codes = [run.process.wait(timeout=PATIENCE) for run in runs]
        made.ends.append(End(kind, fault="" if codes == [0, 0] else f"{codes}: {runs[-1].said()[-500:]}"))
        return self._checked(store, made, {})

    def _checked(self, store: str, made: Round, marks: dict[str, int]) -> Round:
        found, files = self.bits(store), Files(self.root / store)
        lines = [line["id"] for run in read_runs(files, last=1000) for line in read_fit_lines(files, run.id)]
        made.lost = len(self.expected.keys() - found.keys())
        after = self.times(store)
        made.overwritten = sum(after.get(fit) != mark for fit, mark in marks.items())
        made.run_twice = len(lines) - len(set(lines))
        made.same_bits = found == self.expected
        made.folders_left = len(list(folder_of(self.root, store).glob("raymer-*")))
        made.half_files += len(list((self.root / store).rglob("*.tmp")))
        shutil.rmtree(self.root / store)
        shutil.rmtree(folder_of(self.root, store), ignore_errors=True)
        return made


def _watch(run: Running, family: list[psutil.Process], end: End, start: float, is_over: bool) -> None:
    """See how long what a run had started lives on after its end."""
    known = {one.pid: one for one in [*family, *run.family()]}
    _, alive = psutil.wait_procs(list(known.values()), timeout=LEFT_SECONDS)
    late = [one for one in run.family() if one.pid not in known]  # started by one of them meanwhile
    _, later = psutil.wait_procs(late, timeout=LEFT_SECONDS)
    end.processes_left = len(alive) + len(later)
    if not is_over:
        end.seconds = time.monotonic() - start
