"""Ten thousand fits that train nothing: what list, store and log cost, and the driver's memory; then a million planned.

    python -m benchmarks.queue [--fits 10000] [--workers 2] [--planned 1000000]

A no-op fit goes the whole way (the list, the split's rows, a result file, the log), but nothing is trained or scored.
Its seconds count from the first fit that ended. Of the million, which stand in a store as empty files, `raymer status`
says what is done, by system: it plans them all and lists the store.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from raymer.corpora.base import load_corpus, write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.engine.carriers.queue import Progress
from raymer.engine.gang import train
from raymer.engine.machine import Machine
from raymer.engine.run import run_plan
from raymer.experiments.spec import load_experiment
from raymer.learners.presets import preset
from raymer.protocols.splits import KFold
from raymer.results.result import Result
from raymer.results.store import ResultStore
from raymer.studies.fit import Fit, Plan, plan
from raymer.studies.samples import make_samples
from raymer.studies.study import make_study
from raymer.studies.versions import versions

TARGETS = ("valence", "arousal")
SPLITS = 1000
EXPERIMENT = """
name: million
title: million
corpus: synthetic
targets: [valence, arousal]
protocols: {{splits: {{kind: random, count: {splits}}}}}
systems:
"""


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--planned", type=int, default=1_000_000)
    arguments = parser.parse_args()
    run_no_op_fits(arguments.fits, arguments.workers)
    count_many(arguments.planned)


def run_no_op_fits(n: int, workers: int) -> None:
    planned = many(n)
    watch = _Watch()
    train._drain = drain_without_training
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        summary = run_plan(planned, ResultStore(folder), machine=Machine(workers=workers), on_progress=watch.note)
        whole = time.perf_counter() - start
    seconds = watch.last - watch.first
    each = 1000 * seconds * workers / summary.ran
    print(f"{summary.ran} no-op fits on {workers} workers: {seconds:.1f} s from the first, {whole:.1f} s in all")
    print(f"{summary.ran / seconds:.0f} fits a second; {each:.1f} ms of a worker a fit")
    print(f"the driver's memory: {watch.memory[0]:.0f} MiB at the first fit, {max(watch.memory):.0f} MiB at most")


def drain_without_training(config: dict[str, Any]) -> None:
    """Do what a worker does, with nothing in the place of training and scoring."""
    from raymer.engine.gang import train
    from raymer.studies import unit

    def run_nothing(fits: Any, samples: Any, split: Any, keep: Any = None) -> Iterator[tuple[Fit, Result]]:
        division = unit._Division(samples, split)
        zeros = np.zeros(len(division.test_ids))
        for k, fit in enumerate(fits):
            yield (
                fit,
                Result(
                    fit=fit.to_dict(),
                    scores=tuple(
                        {"target": fit.targets[0], "epoch": 0, "metric": name, "value": 0.0}
                        for name in ("r2", "pearson")
                    ),
                    clip_ids=division.test_ids,
                    targets=np.full(len(zeros), fit.targets[0]),
                    epochs=zeros.astype(np.int32),
                    true=zeros,
                    predicted=zeros,
                    n_train=division.n_train,
                    n_test=len(zeros),
                    seconds={"reducer": 0.0, "predictor": 0.0, "shared": k > 0},
                    versions=versions(),
                ),
            )

    unit.run_fits = run_nothing
    train._drain(config)


def many(n: int) -> Plan:
    samples = make_samples(make_synthetic(400, 4, seed=0), None, "table", TARGETS)
    methods = [preset("svr", {}, {"C": 1.0 + 0.001 * k}) for k in range(n // (10 * len(TARGETS)))]
    return plan(samples, [(method, KFold(10)) for method in methods], TARGETS)


def count_many(n: int) -> None:
    """Plan n fits, put empty files in the place of their results, and let `raymer status` count them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_corpus(make_synthetic(400, 4, seed=0), root / "C")
        systems = [
            f"  - {{system: SVR {k}, method: svr, predictor: {{C: {1.0 + 0.001 * k}}}}}"
            for k in range(n // (SPLITS * len(TARGETS)))
        ]
        (root / "million.yaml").write_text(EXPERIMENT.format(splits=SPLITS) + "\n".join(systems))
        start = time.perf_counter()
        planned = make_study(load_experiment(str(root / "million.yaml")), load_corpus(root / "C")).plan
        memory = psutil.Process().memory_info().rss / 2**20
        print(f"a plan of {len(planned.fits)} fits: {time.perf_counter() - start:.1f} s, {memory:.0f} MiB")
        corpus = load_corpus(root / "C")
        ResultStore(root / "S").claim(corpus.name, corpus.fingerprint, planned.input_fingerprint)
        for name in {fit.id[:2] for fit in planned.fits}:
            (root / "S" / "fits" / name).mkdir(parents=True)
        for fit in planned.fits:
            (root / "S" / "fits" / fit.id[:2] / f"{fit.id}.parquet").touch()
        _status(root)


def _status(root: Path) -> None:
    command = [sys.executable, "-m", "raymer.cli.main", "status", "S", "-e", "million.yaml", "-c", "C", "--json"]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE)
    assert process.stdout is not None
    record = json.load(process.stdout)
    _, _, usage = os.wait4(process.pid, 0)
    seconds, memory = time.perf_counter() - start, usage.ru_maxrss / 1024
    print(f"raymer status: {record['done']} of {record['fits']} done: {seconds:.1f} s, {memory:.0f} MiB at most")


class _Watch:
    """Notes when fits ended and how much memory the driver has, once a second."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self.memory: list[float] = []

    def note(self, progress: Progress) -> None:
        now = time.perf_counter()
        if progress.done and not self.first:
            self.first = now
        if self.first and (not self.memory or now - self.last > 1.0 or progress.done == progress.total):
            self.last = now
            self.memory.append(psutil.Process().memory_info().rss / 2**20)


if __name__ == "__main__":
    main()
