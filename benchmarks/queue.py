"""Ten thousand fits that train next to nothing: what list, store and log cost, and the driver's memory.

    python -m benchmarks.queue [--fits 10000] [--workers 2] [--planned 1000000]

The fits are SVRs on 20 clips with 4 features. Seconds count from the first fit that ended. Then a plan of a million
fits: seconds and peak memory of planning it and of `raymer status` on it (in a process of its own).
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import psutil

from raymer.corpora.synthetic import make_synthetic
from raymer.engine.fit import Plan, Samples, plan
from raymer.engine.queue import Progress
from raymer.engine.run import run_plan
from raymer.learners.methods import Method
from raymer.protocols.random_splits import RandomSplits
from raymer.protocols.splits import KFold
from raymer.results.store import ResultStore

TARGETS = ("valence", "arousal")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--planned", type=int, default=1_000_000)
    arguments = parser.parse_args()
    run_small_fits(arguments.fits, arguments.workers)
    for measured in (plan_many, count_many):
        process = multiprocessing.get_context("spawn").Process(target=measured, args=(arguments.planned,))
        process.start()
        process.join()


def run_small_fits(n: int, workers: int) -> None:
    planned = many(n, KFold(10), 10)
    watch = _Watch()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        summary = run_plan(planned, ResultStore(folder), workers=workers, on_progress=watch.note)
        whole = time.perf_counter() - start
    seconds = watch.last - watch.first
    print(f"{summary.ran} fits on {workers} workers: {seconds:.1f} s after the first, {whole:.1f} s with Ray's start")
    print(
        f"{summary.ran / seconds:.0f} fits a second; {1000 * seconds * workers / summary.ran:.1f} ms of a worker a fit"
    )
    print(f"the driver's memory: {watch.memory[0]:.0f} MiB at the first fit, {max(watch.memory):.0f} MiB at most")


def plan_many(n: int) -> None:
    start = time.perf_counter()
    planned = many(n, RandomSplits(count=1000), 1000)
    print(f"a plan of {len(planned.fits)} fits: {time.perf_counter() - start:.1f} s, {_peak():.0f} MiB at most")


def count_many(n: int) -> None:
    """Count what a store of n results has of a plan: what `raymer status` does, on files that are empty."""
    planned = many(n, RandomSplits(count=1000), 1000)
    with tempfile.TemporaryDirectory() as folder:
        for name in {fit.id[:2] for fit in planned.fits}:
            Path(folder, "fits", name).mkdir(parents=True)
        for fit in planned.fits:
            Path(folder, "fits", fit.id[:2], f"{fit.id}.parquet").touch()
        start = time.perf_counter()
        done = ResultStore(folder).done()
        found = sum(fit.id in done for fit in planned.fits)
        print(f"{found} of them found done: {time.perf_counter() - start:.1f} s, {_peak():.0f} MiB at most")


def many(n: int, protocol, splits: int) -> Plan:
    samples = Samples.of(make_synthetic(20, 4, seed=0), None, TARGETS)
    methods = [Method.of("svr", {}, {"C": 1.0 + 0.001 * k}) for k in range(n // (splits * len(TARGETS)))]
    return plan(samples, [(method, protocol) for method in methods], TARGETS)


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


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
