"""raymer beside what one would write by hand: cross_validate of scikit-learn on joblib, with memory or not, and on Ray.

    python -m benchmarks.peers --corpus C [--rounds 2] [--jobs 2] [--tasks table splits]
                               [--peers NAME ...] [--without-kills]

Two tasks on DEAM: `table` is table IV of the first paper (18 systems, ten folds, two targets), `splits` 100 random
splits of SVR against PCA-SVR. All have the same splits, systems and settings; TNN and AE are their scikit-learn
estimators. Every peer is a command of its own, started anew, in turn, each round; its wall and CPU seconds are those of
the whole command with its children (of Ray without Ray's own processes, which are nobody's children). Then it is killed
(kill -9) half-way, and the seconds that the same command takes afterwards are shown.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PEERS = ("raymer", "joblib", "joblib with memory", "ray.util.joblib")
TASKS = {
    "table": ("cheuk2020-deam", ["run", "cheuk2020-deam"], None),
    "splits": (
        "cheuk2020-deam-significance",
        ["compare", "cheuk2020-deam-significance", "svr", "pca-svr"],
        ("SVR", "PCA-SVR"),
    ),
}
"""By name: the experiment, raymer's words, and the systems that count (all where None)."""


@dataclass(frozen=True)
class Run:
    """What a command took, and what it left: wall and CPU seconds, and bytes on disk."""

    wall: float
    cpu: float
    kept: int


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--without-kills", action="store_true")
    parser.add_argument("--peer", choices=PEERS[1:], help=argparse.SUPPRESS)  # what this file starts itself as
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        by_hand(arguments.peer, arguments.tasks[0], arguments.corpus, arguments.jobs, arguments.folder)
        return
    print(f"load {os.getloadavg()[0]:.1f} before, one thread's matmul {matmul_rate():.0f} GFLOP/s\n")
    for task in arguments.tasks:
        compare(task, arguments, with_kills=not arguments.without_kills)
    print(f"load {os.getloadavg()[0]:.1f} after")


def compare(task: str, given: argparse.Namespace, *, with_kills: bool) -> None:
    """Print a table: a row a peer, in turn each round; raymer is always among them."""
    corpus, jobs = given.corpus, given.jobs
    runs: dict[str, list[Run]] = {peer: [] for peer in PEERS if peer in ("raymer", *given.peers)}
    for _ in range(given.rounds):
        for peer in runs:
            with tempfile.TemporaryDirectory(prefix="peers-") as folder:
                runs[peer].append(timed(command(peer, task, corpus, jobs, folder), Path(folder)))
                print(f"  {task}, {peer}: {runs[peer][-1].wall:.1f} s", file=sys.stderr, flush=True)
    print(f"| {task} | wall, s | times raymer's | CPU, s | kept, MB | after a kill half-way, s |")
    print("|---|---|---|---|---|---|")
    fastest = {peer: min(run.wall for run in own) for peer, own in runs.items()}
    for peer, own in runs.items():
        walls = ", ".join(f"{run.wall:.1f}" for run in own)
        again = f"{after_kill(peer, task, corpus, jobs, fastest[peer] / 2):.1f}" if with_kills else "not tried"
        ratio = fastest[peer] / fastest["raymer"]
        cpu = min(run.cpu for run in own)
        print(f"| {peer} | {walls} | {ratio:.2f} | {cpu:.1f} | {own[-1].kept / 1e6:.1f} | {again} |", flush=True)
    print()


def command(peer: str, task: str, corpus: str, jobs: int, folder: str) -> list[str]:
    """Return the words that start a peer, which keeps what it keeps in `folder`."""
    if peer == "raymer":
        words = [sys.executable, "-m", "raymer.cli.main", *TASKS[task][1]]
        return [*words, "--corpus", corpus, "--store", f"{folder}/S", "--workers", str(jobs)]
    words = [sys.executable, "-m", "benchmarks.peers", "--corpus", corpus, "--jobs", str(jobs), "--tasks", task]
    return [*words, "--peer", peer, "--folder", folder]


def timed(words: list[str], folder: Path) -> Run:
    """Run a command to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    kept = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Run(wall, usage.ru_utime + usage.ru_stime, kept)


def after_kill(peer: str, task: str, corpus: str, jobs: int, seconds: float) -> float:
    """Kill a peer after so many seconds, with all that it has started, and return the wall seconds of its next run."""
    folder = Path(tempfile.mkdtemp(prefix="peers-"))
    words = command(peer, task, corpus, jobs, str(folder))
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    try:
        return timed(words, folder).wall
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def by_hand(peer: str, task: str, corpus: str, jobs: int, folder: str) -> None:
    """Do the task with scikit-learn alone, as one would write it, and print the mean scores."""
    import joblib
    from sklearn.model_selection import cross_validate

    if peer == "ray.util.joblib":
        import ray
        from ray.util.joblib import register_ray

        ray.init(num_cpus=jobs, include_dashboard=False, log_to_driver=False)
        register_ray()
    memory = joblib.Memory(folder, verbose=0) if peer == "joblib with memory" else None
    with joblib.parallel_config(backend="ray" if peer == "ray.util.joblib" else "loky"):
        for label, pipeline, X, y, splits in tasks_of(task, corpus, memory):
            found = cross_validate(pipeline, X, y, cv=splits, scoring="r2", n_jobs=jobs)["test_score"]
            print(f"{label}: {np.mean(found):.3f}")


def tasks_of(task: str, corpus: str, memory: Any) -> Iterator[tuple[str, Any, np.ndarray, np.ndarray, list[Any]]]:
    """Yield each system and target: its name, its pipeline, X, y and the rows of each split."""
    from sklearn.pipeline import Pipeline

    from raymer.corpora.folder import load_corpus
    from raymer.experiments.loading import load_experiment
    from raymer.learners.build import make_predictor, make_steps
    from raymer.studies.study import make_study, splits_of

    experiment, _, wanted = TASKS[task]
    study = make_study(load_experiment(experiment), load_corpus(corpus))
    samples = study.plan.samples
    row_of = {clip: row for row, clip in enumerate(samples.clip_ids.tolist())}
    splits = [
        tuple(np.array([row_of[clip] for clip in part.tolist()]) for part in (split.train, split.test))
        for split in splits_of(study, study.systems[0].protocol)
    ]
    for planned in study.systems:
        if wanted is not None and planned.name not in wanted:
            continue
        steps = [*make_steps(planned.system.steps, 0), make_predictor(planned.system.predictor, 0, "number")]
        pipeline = Pipeline([(str(k), step) for k, step in enumerate(steps)], memory=memory)
        for target, y in samples.labels.items():
            yield f"{planned.name} {planned.n_features} {target}", pipeline, samples.features, y, splits


def matmul_rate() -> float:
    """Return the GFLOP/s of one thread in a product of float32 matrices of 1,000 x 1,000."""
    from threadpoolctl import threadpool_limits

    a = np.ones((1000, 1000), dtype=np.float32)
    with threadpool_limits(1):
        a @ a
        start = time.perf_counter()
        for _ in range(10):
            a @ a
        return 10 * 2e9 / (time.perf_counter() - start) / 1e9


if __name__ == "__main__":
    main()
