"""Every end that a run may come to on one machine, and what it leaves: kills, signals, full disks, two runs at once.

    PYTHONPATH=tests python -m beds.ends                                  # all of them
    PYTHONPATH=tests python -m beds.ends --kind driver:ray --times 10
    PYTHONPATH=tests python -m beds.ends --to ends.jsonl                  # a line each as they come; all make the table

A run in a store of its own is ended at a random moment, begun again and ended again, until its fits are done; then the
store is compared with one that was made in one go, and it is looked for what is left: processes, temporary folders.
"""

import argparse
import contextlib
import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from beds.stores import bits_of, written_at

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.ending import LINE
from raymer.files import Files
from raymer.results.runs import read_fit_lines, read_runs

EXPERIMENT = """
name: ended
title: ended
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: %(folds)d}}
systems:
  - {system: SVR, steps: [%(slow)s, scale, svr]}
  - {system: TNN-SVR, steps: [%(slow)s, scale, {use: tnn, width: 20, steps: %(steps)d}, svr]}
  - {system: TNN-GBM, steps: [%(slow)s, scale, {use: tnn, width: 20, steps: %(steps)d}, gbm]}
  - {system: AE-SVR, steps: [%(slow)s, scale, {use: ae, width: 20}, svr]}
"""
SLOW = """
import time

from sklearn.base import BaseEstimator, TransformerMixin


class Slow(TransformerMixin, BaseEstimator):
    def __init__(self, seconds=0.0):
        self.seconds = seconds

    def fit(self, X, y=None):
        time.sleep(self.seconds)
        return self

    def transform(self, X):
        return X

    def __sklearn_tags__(self):
        return super().__sklearn_tags__()
"""
LOCAL = {"folds": 6, "steps": 8_000, "slow": '{use: "slow_classes:Slow"}'}
ON_RAY = {"folds": 10, "steps": 1_000, "slow": '{use: "slow_classes:Slow", seconds: 2.5}'}
"""On Ray fits mostly wait, so that its processes have the cores to start on, and it is worth it to call them."""
MODES = {"serial": ("--serial",), "processes": ("--workers", "2"), "ray": ("--address", "local", "--workers", "2")}
MODES["whole"] = ("--workers", "6")
WORKERS = {"processes": "popen_loky", "ray": "RayTrainWorker"}
SIGNALS = {"SIGTERM": (signal.SIGTERM, 143), "SIGINT": (signal.SIGINT, 130)}
ENDED = ("driver", "worker", *SIGNALS)
"""What ends a run whose store is then run into again; the other kinds have one of their own each."""
TIMES = {
    "driver:serial": 20,
    "driver:processes": 20,
    "driver:ray": 60,
    "worker:processes": 10,
    "worker:ray": 10,
    **{f"{name}:{mode}": times for name in SIGNALS for mode, times in (("serial", 3), ("processes", 3), ("ray", 4))},
    "full disk:serial": 5,
    "read-only:serial": 5,
    "two at once:processes": 5,
}
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


@dataclass
class End:
    """One end: of what and how, whether as it should be, seconds until all was gone or went on, processes left."""

    kind: str
    workers_were_up: bool = False
    fault: str = ""
    seconds: float | None = None
    processes_left: int = 0


@dataclass
class Round:
    """What came of a store: its ends, and what its results lack, have twice or say otherwise; what lies about."""

    ends: list[End] = field(default_factory=list)
    lost: int = 0
    overwritten: int = 0
    run_twice: int = 0
    same_bits: bool = True
    folders_left: int = 0
    half_files: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, twice or left, and every end was as it should be."""
        counts = (self.lost, self.overwritten, self.run_twice, self.folders_left, self.half_files)
        return self.same_bits and not any(counts) and not any(end.fault or end.processes_left for end in self.ends)


class Running:
    """A run that has been started, and all processes that it has started."""

    def __init__(self, root: Path, store: str, mode: str) -> None:
        self.mode, self.mark = mode, f"{root.name}-{time.monotonic_ns()}"
        self.log = root / f"{store}-{self.mark}.log"  # each its own: what a killed run has started may say more later
        env = {**os.environ, "TMPDIR": str(folder_of(root, store)), "RAYMER_BED": self.mark}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command(store, mode), cwd=root, env=env, stdout=subprocess.DEVNULL, stderr=log
            )

    def family(self) -> list[psutil.Process]:
        """Return every process of the run, by descent and by what its environment says."""
        found = {}
        with contextlib.suppress(psutil.NoSuchProcess):
            found = {one.pid: one for one in psutil.Process(self.process.pid).children(recursive=True)}
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if one.pid != self.process.pid and one.environ().get("RAYMER_BED") == self.mark:
                    found[one.pid] = one
        return list(found.values())

    def workers(self) -> list[psutil.Process]:
        """Return the processes that do fits, but for the driver."""
        found = []
        for one in self.family():
            with contextlib.suppress(psutil.Error):
                if WORKERS.get(self.mode, "\0") in " ".join(one.cmdline()):
                    found.append(one)
        return found

    def said(self) -> str:
        return self.log.read_text()


def folder_of(root: Path, store: str) -> Path:
    """Return the folder for temporary files of all runs on a store."""
    folder = root / f"tmp-{store}"
    folder.mkdir(exist_ok=True)
    return folder


def command(store: str, mode: str) -> list[str]:
    """Return the command line of a run."""
    words = [sys.executable, "-m", "raymer.cli.main", "run", "ended.yaml", "--corpus", "C", "--json", "--store", store]
    return [*words, "--plugin", "slow_classes.py", *MODES[mode]]


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


def rounds(field_: Field, waiting: list[str], players: int) -> Iterator[Round]:
    """Yield round after round until no kind waits; so many stores are at it at once."""
    made: queue.Queue[Round | BaseException | None] = queue.Queue()
    for _ in range(players):
        threading.Thread(target=_play, args=(field_, waiting, made), daemon=True).start()
    while players:
        one = made.get()
        if isinstance(one, BaseException):
            raise one
        if one is None:
            players -= 1
        else:
            yield one


def _play(field_: Field, waiting: list[str], made: "queue.Queue[Round | BaseException | None]") -> None:
    try:
        while waiting:
            kind = field_.next_of(waiting, ("two", "full", "read"))
            if kind is None:
                made.put(field_.play(waiting))
                continue
            one = field_.at_once(kind) if kind.startswith("two") else field_.on_a_disk(kind)
            if one is None:
                waiting.append(kind)
            else:
                made.put(one)
        made.put(None)
    except BaseException as error:
        made.put(error)


def table(made: list[Round]) -> list[str]:
    """Return what was seen as Markdown: a row a kind, and a sentence on all."""
    rows = [
        "| ended | times | with workers up | as it should | processes left | seconds: median, most |",
        "|---" * 6 + "|",
    ]
    ends = [end for one in made for end in one.ends]
    for kind in dict.fromkeys([*TIMES, *(end.kind for end in ends)]):
        own = [end for end in ends if end.kind == kind]
        seconds = [end.seconds for end in own if end.seconds is not None]
        if own:
            said = f"{np.median(seconds):.1f}, {max(seconds):.1f}" if seconds else ""
            up, right = sum(end.workers_were_up for end in own), sum(not end.fault for end in own)
            left = sum(end.processes_left for end in own)
            rows.append(f"| {kind} | {len(own)} | {up} | {right} | {left} | {said} |")
    counts = {
        "fits lost": sum(one.lost for one in made),
        "results written twice": sum(one.overwritten for one in made),
        "fits run twice": sum(one.run_twice for one in made),
        "stores that differ": sum(not one.same_bits for one in made),
        "temporary folders left": sum(one.folders_left for one in made),
        "half files left": sum(one.half_files for one in made),
    }
    said = ", ".join(f"{name}: {count}" for name, count in counts.items())
    return [*rows, "", f"{len(ends)} ends in {len(made)} stores; {said}."]


def read(path: Path | None) -> list[Round]:
    """Return the rounds that a file holds."""
    lines = path.read_text().splitlines() if path and path.exists() else []
    loaded = [json.loads(line) for line in lines]
    return [Round(**{**one, "ends": [End(**end) for end in one["ends"]]}) for one in loaded]


def _rounds_of(left: dict[str, int], seed: int, stores: int) -> Iterator[Round]:
    """Yield the rounds of so many of each kind, those without Ray first."""
    for has_ray, said in ((False, LOCAL), (True, ON_RAY)):
        own = {kind: times for kind, times in left.items() if kind.endswith(":ray") is has_ray}
        turns = range(max(own.values(), default=0))
        wanted = [kind for turn in turns for kind, times in own.items() if turn < times]  # in turn
        wanted.sort(key=lambda kind: kind if kind.startswith("worker") else "")  # several in one run
        if wanted:
            with tempfile.TemporaryDirectory(prefix="ends-", dir="/tmp") as folder:
                field_ = Field(Path(folder), seed, said)
                try:
                    yield from rounds(field_, wanted[::-1], stores)
                finally:
                    field_.end_all()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="beds.ends", description=__doc__.splitlines()[0])
    parser.add_argument("--kind", action="append", choices=TIMES, help="this kind alone; again for more")
    parser.add_argument("--times", type=int, help="so many of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stores", type=int, default=2, help="so many at once: what Ray leaves to end takes a minute")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no new store after so many")
    parser.add_argument("--to", type=Path, help="add each store's outcome to this file; the table is of all it holds")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    made, begin = read(asked.to), time.monotonic()
    left = {kind: asked.times or TIMES[kind] for kind in asked.kind or TIMES}
    for one in _rounds_of(left, asked.seed, asked.stores):
        made.append(one)
        print(json.dumps(asdict(one)), flush=True)
        if asked.to:
            with asked.to.open("a") as file:
                file.write(f"{json.dumps(asdict(one))}\n")
        if time.monotonic() - begin > 60 * asked.minutes:
            break
    print("\n".join(table(made)))
    sys.exit(not all(one.is_clean for one in made))


if __name__ == "__main__":
    main()
