"""What list, store and log cost: fits that learn nothing, run, counted, found done and reported; and a million planned.

    python -m benchmarks.queue [--fits 10000] [--workers 2] [--planned 1000000]

A fit predicts the mean of its train labels and goes the whole way: the list, the split's rows, a result file, the log,
the scores. Every line is a command of its own, started anew, with the most memory that it had (its other processes not
counted). `--address local` has them carried by an embedded Ray.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.experiments.loading import load_experiment
from raymer.studies.study import make_study

TARGETS = ("valence", "arousal")
EXPERIMENT = """
name: many
title: many
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
    parser.add_argument("--address", default="here")
    parser.add_argument("--planned", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_corpus(make_synthetic(400, 4, seed=0), root / "C")
        run_many(root, given.fits, ["--workers", str(given.workers), "--address", given.address])
        plan_many(root, given.planned)


def run_many(root: Path, n: int, machine: list[str]) -> None:
    """Run n fits, and ask of their store what one asks."""
    write_experiment(root / "many.yaml", n // len(TARGETS), ["{system: mean, method: no_information}"])
    places = ["many.yaml", "--corpus", "C", "--store", "S"]
    print(f"| {n:,} fits | s | MiB |\n|---|---|---|")
    for title, words in (
        ("run", ["run", *places, *machine]),
        ("run again: nothing to do", ["run", *places]),
        ("status", ["status", "S"]),
        ("report", ["report", *places, "--output", "R"]),
    ):
        seconds, memory = timed(root, words)
        print(f"| {title} | {seconds:.1f} | {memory:.0f} |", flush=True)


def plan_many(root: Path, n: int) -> None:
    """Plan n fits: 1,000 splits, two targets, as many systems as it takes."""
    systems = [f"{{system: SVR {k}, method: svr, predictor: {{C: {1 + 0.001 * k}}}}}" for k in range(n // 2000)]
    write_experiment(root / "planned.yaml", 1000, systems)
    start = time.perf_counter()
    planned = make_study(load_experiment(str(root / "planned.yaml")), load_corpus(root / "C")).plan
    memory = psutil.Process().memory_info().rss / 2**20
    print(f"\na plan of {len(planned.fits):,} fits: {time.perf_counter() - start:.1f} s, {memory:.0f} MiB")


def write_experiment(path: Path, splits: int, systems: list[str]) -> None:
    """Write an experiment of random splits."""
    path.write_text(EXPERIMENT.format(splits=splits) + "".join(f"  - {system}\n" for system in systems))


def timed(root: Path, words: list[str]) -> tuple[float, float]:
    """Run a verb of raymer's and return its wall seconds and the most memory that its process had, in MiB."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "raymer.cli.main", *words]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"raymer {' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
