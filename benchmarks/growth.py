"""How time and memory grow: with the rows of a corpus, and with the results of a store.

    python -m benchmarks.growth [--results 10000 100000] [--rows 1000x260 10000x260 50000x260 10000x1024]

The results are made up (what a fit would predict that always says the mean) and written as fits write theirs, for 1,000
random splits, two targets and as many systems as it takes. Every line is a command of its own, started anew, with the
most memory that its process had.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.queue import TARGETS, timed, write_experiment
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.experiments.loading import load_experiment
from raymer.results.result import Result
from raymer.results.store import ResultStore
from raymer.studies.study import make_study

SPLITS = 1000


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--rows", nargs="*", default=["1000x260", "10000x260", "50000x260", "10000x1024"])
    given = parser.parse_args()
    for shape in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            rows, columns = map(int, shape.split("x"))
            grow_rows(Path(folder), rows, columns)
    for n in given.results:
        with tempfile.TemporaryDirectory() as folder:
            grow_results(Path(folder), n)


def grow_rows(root: Path, rows: int, columns: int) -> None:
    """Run ten fits that learn nothing, and ten of PCA and ridge, on a corpus of this shape."""
    in_own_process(write_rows, root, rows, columns)
    systems = ["{system: mean, method: no_information}", "{system: PCA, steps: [scale, {use: pca, width: 20}, ridge]}"]
    write_experiment(root / "many.yaml", 5, systems)
    places = ["many.yaml", "--corpus", "C", "--store", "S"]
    tell(f"{rows:,} x {columns:,}: audit", *timed(root, ["audit", "C"]))
    tell(f"{rows:,} x {columns:,}: run of 20 fits", *timed(root, ["run", *places]))


def grow_results(root: Path, n: int) -> None:
    """Ask of a store with n results what one asks of it."""
    write_corpus(make_synthetic(400, 4, seed=0), root / "C")
    per_system = SPLITS * len(TARGETS)
    systems = [f"{{system: SVR {k}, method: svr, predictor: {{C: {1 + 0.001 * k}}}}}" for k in range(n // per_system)]
    write_experiment(root / "many.yaml", SPLITS, systems)
    start = time.perf_counter()
    in_own_process(write_results, root)
    print(f"{n:,} results written in {time.perf_counter() - start:.0f} s", flush=True)
    places = ["many.yaml", "--corpus", "C", "--store", "S"]
    for title, words in (
        ("run, the first that sees them", ["run", *places]),
        ("run, nothing to do", ["run", *places]),
        ("status", ["status", "S"]),
        ("compare", ["compare", "many.yaml", "SVR 0", "SVR 1", "--corpus", "C", "--store", "S"]),
        ("report", ["report", *places, "--output", "R"]),
    ):
        tell(f"{n:,} results: {title}", *timed(root, words))


def in_own_process(work: Callable[..., None], *given: Any) -> None:
    """Do what needs memory elsewhere: a command is said to have had as much as the process that starts it ever had."""
    process = get_context("spawn").Process(target=work, args=given)
    process.start()
    process.join()


def write_rows(root: Path, rows: int, columns: int) -> None:
    """Write a made-up corpus of this shape."""
    write_corpus(make_synthetic(rows, columns, seed=0), root / "C")


def write_results(root: Path) -> None:
    """Write what each planned fit would have left behind."""
    corpus = load_corpus(root / "C")
    plan = make_study(load_experiment(str(root / "many.yaml")), corpus).plan
    store = ResultStore(str(root / "S"))
    store.claim(corpus.name, corpus.fingerprint, plan.input_fingerprint)
    row = {clip: k for k, clip in enumerate(plan.samples.clip_ids.tolist())}
    for fit in plan.fits:
        split, labels = plan.splits[fit.split], plan.samples.labels[fit.targets[0]]
        train, test = ([row[clip] for clip in part.tolist()] for part in (split.train, split.test))
        result = Result(
            fit=fit.to_dict(),
            clip_ids=split.test,
            targets=np.full(len(test), fit.targets[0]),
            epochs=np.zeros(len(test), np.int32),
            true=labels[test],
            predicted=np.full(len(test), labels[train].mean()),
            n_train=len(train),
            n_test=len(test),
            seconds={"reducer": 0.0, "predictor": 0.001, "shared": False},
            versions={},
        )
        store.put(fit.id, result)


def tell(title: str, seconds: float, memory: float) -> None:
    """Print a row."""
    print(f"| {title} | {seconds:.1f} s | {memory:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
