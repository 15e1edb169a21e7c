"""What a search must show, in parts that can be run one by one; every store is thrown away.

    python -m benchmarks.search samplers --corpus C [--trials 64] [--seeds 5]   TPE against random: medians of the best
    python -m benchmarks.search overhead --corpus C                             wall against the fits' own seconds
    python -m benchmarks.search stopping --corpus C [--seeds 5]                 with and without: fits run, and the best
    python -m benchmarks.search resume --corpus C [--kill-at 20]                kill -9, the same command again
    python -m benchmarks.search nested [--clips 300] [--outer 10]               shuffled labels: flat best and estimate

`samplers`, `overhead`, `stopping` and `resume` take the experiment search-deam-tnn.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from raymer.corpora.folder import load_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.engine.machine import Machine
from raymer.engine.search.nested import run_nested
from raymer.engine.search.run import executor, run_search
from raymer.experiments.loading import load_experiment, parse_experiment
from raymer.results.store import ResultStore
from raymer.studies.search.journal import found, load_study
from raymer.studies.search.plan import plan_search

EXPERIMENT = "search-deam-tnn"
START = 20.0  # seconds of start that are not counted

SHUFFLED = """
name: shuffled
title: Labels that have nothing to do with the features
corpus: synthetic
targets: [valence]
metric: METRIC
protocols: {folds: {kind: kfold, folds: 10}}
systems: [{system: TNN-SVR, method: tnn-svr, reducer: {steps: 50}}]
search:
  system: TNN-SVR
  space: {reducer: {d_p: {}, d_n: {}, margin: {}, width: {high: 40}}}
"""


def search(options, store, **changes):
    """Run the search on Ray and return its outcome."""
    planned = plan_search(load_experiment(EXPERIMENT), load_corpus(options.corpus), trials=options.trials, **changes)
    return run_search(planned, ResultStore(store), machine=Machine(workers=options.workers, serial=options.serial))


def samplers(options):
    best: dict[str, list[float]] = {"tpe": [], "random": []}
    for seed in range(options.seeds):
        for sampler, values in best.items():
            with tempfile.TemporaryDirectory() as store:
                values.append(search(options, store, sampler=sampler, seed=seed).best_value)
            print(f"seed {seed}, {sampler}: best {values[-1]:.4f}", flush=True)
    for sampler, values in best.items():
        print(f"{sampler}: median of the best {np.median(values):.4f} over {len(values)} seeds")


def overhead(options):
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as store:
        outcome = search(options, store)
    wall = time.monotonic() - start
    ideal = outcome.fit_seconds / options.workers
    counted = max(0.0, wall - ideal - START)
    print(f"{len(outcome.trials)} trials, {outcome.fits_run} fits run, {outcome.fits_stopped} spared: {wall:.1f} s")
    print(f"the fits' own seconds over {options.workers} workers: {ideal:.1f} s")
    print(f"beside them, {START:.0f} s of start not counted: {counted:.1f} s, {counted / wall:.1%} of the wall")


def stopping(options):
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as store:
            whole = search(options, store, stopping=False, seed=seed)
        with tempfile.TemporaryDirectory() as store:
            raced = search(options, store, stopping=True, seed=seed)
        fits = raced.fits_run + raced.fits_stopped
        print(
            f"seed {seed}: best {whole.best_value:.4f} of {whole.fits_run} fits without stopping, "
            f"{raced.best_value:.4f} of {raced.fits_run} with it, {raced.fits_stopped / fits:.0%} spared",
            flush=True,
        )


def resume(options):
    with tempfile.TemporaryDirectory() as store:
        command = [sys.executable, "-m", "raymer.cli.main", "tune", EXPERIMENT, "--json", "--workers"]
        command += [str(options.workers), "-c", options.corpus, "-s", store, "--trials", str(options.trials)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while ended(store) < options.kill_at:
            time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = {path: path.stat().st_mtime_ns for path in Path(store).rglob("fits/*/*.parquet")}
        record = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        kept = all(path.stat().st_mtime_ns == mark for path, mark in before.items())
        study = load_study(record["journal"])
        space = plan_search(load_experiment(EXPERIMENT), load_corpus(options.corpus)).space
        trials = found(study, space).trials
        repeated = int(trials.duplicated(list(space)).sum())
        files = len(list(Path(store).rglob("fits/*/*.parquet")))
        print(f"killed at {options.kill_at} trials with {len(before)} fits; again: {record['trials']} trials in all")
        print(
            f"{repeated} repeated; {files} fits in the store, {int(trials['folds'].sum())} folds scored; kept: {kept}"
        )


def ended(store):
    journals = list(Path(store).glob("searches/*.journal"))
    return len([trial for trial in load_study(journals[0]).trials if trial.state.is_finished()]) if journals else 0


def nested(options):
    corpus = make_synthetic(options.clips, 40, seed=5)
    clips = corpus.clips.copy()
    clips["valence"] = np.random.default_rng(7).permutation(clips["valence"])
    for metric in ("r2", "pearson"):
        spec = parse_experiment(SHUFFLED.replace("METRIC", metric), "shuffled")
        planned = plan_search(spec, replace(corpus, clips=clips), trials=options.trials)
        with (
            tempfile.TemporaryDirectory() as store,
            executor(Machine(workers=options.workers, serial=options.serial)) as execute,
        ):
            outcome = run_nested(planned, options.outer, ResultStore(store), execute, on_progress=lambda progress: None)
        low, high = outcome.interval
        print(f"{metric}: flat best {outcome.flat.best_value:+.4f}", end=", ")
        print(f"nested {outcome.estimate:+.4f}, interval {low:+.4f} to {high:+.4f}, optimism {outcome.optimism:+.4f}")


def main() -> None:
    """Run one part from the command line."""
    parts = {"samplers": samplers, "overhead": overhead, "stopping": stopping, "resume": resume, "nested": nested}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--corpus")
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-at", type=int, default=20)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--outer", type=int, default=10)
    parser.add_argument("--serial", action="store_true")
    options = parser.parse_args()
    if options.part != "nested" and options.corpus is None:
        parser.error("this part needs --corpus")
    parts[options.part](options)


if __name__ == "__main__":
    main()
