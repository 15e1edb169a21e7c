"""How often each test finds a difference that is not there, and one that is.

Data sets of 400 songs are drawn anew each time, from features that are exchangeable. Two ridge regressions see ten
features each, no feature in common: neither can be better by construction. Both are scored (R2) on the same 100
random 9:1 splits, and every test is asked at the 5 % level. A second pass weakens the features of B by a known
amount and counts how often each test finds that.

Run from the root of the project: ``python -m benchmarks.calibration --datasets 1000``; with ``--workers 8`` or
``--address HOST:PORT`` data sets are drawn and tested by Ray tasks, connected as the engine connects. Every data set
has a seed of its own, so the figures are the same on any number of workers and in one process.

Scores are not stored as fits of an experiment: a fit's file alone costs more than the two ridge regressions of a
split, which share one matrix of products over all 100 splits.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raymer.stats import (
    Look,
    Pairs,
    corrected_variance,
    correlated_bayes,
    decide,
    hierarchical,
    nadeau_bengio,
    paired_t,
    pairs_from_arrays,
    plan_looks,
    power_at,
    welch,
)

FloatArray = NDArray[np.float64]
Plan = tuple[Look, ...]
ALPHA = 0.05
FEATURES = 10
R2_OF_A = 0.4
PENALTY = 1.0


@dataclass(frozen=True)
class Design:
    """One simulation: songs, splits, songs in each test part, and the true loss of R2 from A to B."""

    songs: int
    splits: int
    tested: int
    loss: float
    kfold: bool = False


@dataclass(frozen=True, eq=False)
class Sample:
    """One data set: the paired scores, what each test found, and after how many splits modelled looks stop."""

    pairs: Pairs
    found: dict[str, bool]
    stopped: int


Run = Callable[[Design, int, int], list[Sample]]
"""From a design, the number of data sets and a seed to the samples."""


def draw(design: Design, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw features (songs, 2 * FEATURES) and labels (songs,) of variance 1, B's half explaining `loss` less."""
    explained = np.array([R2_OF_A, R2_OF_A - design.loss])
    weights = np.repeat(np.sqrt(explained / FEATURES), FEATURES)
    features = rng.standard_normal((design.songs, 2 * FEATURES))
    noise = math.sqrt(1 - explained.sum()) * rng.standard_normal(design.songs)
    return features, features @ weights + noise


def random_splits(design: Design, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the test songs of each random split, shape (splits, tested)."""
    order = np.argsort(rng.random((design.splits, design.songs)), axis=1)
    return order[:, : design.tested]


def folds(design: Design, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the test songs of repeated k-fold, shape (splits, tested)."""
    repeats = design.splits * design.tested // design.songs
    order = np.argsort(rng.random((repeats, design.songs)), axis=1)
    return order.reshape(design.splits, design.tested)


def ridge_r2(features: FloatArray, labels: FloatArray, tested: NDArray[np.intp]) -> FloatArray:
    """Fit ridge with an intercept on the train part of every split and return the test R2, shape (splits,).

    The normal equations of a train part are those of all songs less those of its test part, so that no train
    matrix is ever built.
    """
    x = np.column_stack([np.ones(len(features)), features])
    x_test, y_test = x[tested], labels[tested]
    gram = x.T @ x - np.matmul(x_test.transpose(0, 2, 1), x_test)
    moment = x.T @ labels - np.matmul(x_test.transpose(0, 2, 1), y_test[:, :, None])[:, :, 0]
    ridge = PENALTY * np.diag([0.0] + [1.0] * features.shape[1])
    weights = np.linalg.solve(gram + ridge, moment[:, :, None])
    residual = y_test - np.matmul(x_test, weights)[:, :, 0]
    total = y_test - y_test.mean(axis=1, keepdims=True)
    return np.asarray(1 - (residual**2).sum(axis=1) / (total**2).sum(axis=1), dtype=np.float64)


def simulate(design: Design, streams: Sequence[np.random.SeedSequence]) -> list[Sample]:
    """Draw a data set from each stream, score A and B on its splits and ask every test."""
    modelled = plan_looks(design.splits, 4, alpha=ALPHA, ratio=design.tested / (design.songs - design.tested))
    tests = tests_for(plan_looks(design.splits, 4, alpha=ALPHA), modelled)
    samples = []
    for stream in streams:
        rng = np.random.default_rng(stream)
        features, labels = draw(design, rng)
        tested = (folds if design.kfold else random_splits)(design, rng)
        first, second = (ridge_r2(half, labels, tested) for half in np.split(features, 2, axis=1))
        pairs = pairs_from_arrays(first, second, n_train=design.songs - design.tested, n_test=design.tested)
        found = {name: finds(pairs) for name, finds in tests.items()}
        samples.append(Sample(pairs, found, stopped_at(pairs, modelled)))
    return samples


def run_here(design: Design, datasets: int, seed: int) -> list[Sample]:
    """Simulate in this process."""
    return simulate(design, np.random.SeedSequence(seed).spawn(datasets))


@contextmanager
def runner(address: str | None, workers: int | None) -> Iterator[Run]:
    """Yield what runs a simulation: on Ray where an address or a number of workers is given, else in this process."""
    if address is None and workers is None:
        yield run_here
        return
    import ray

    from raymer.engine.cluster import connected

    shown = sys.stdout
    with connected(address or "local", workers) as n_workers, redirect_stdout(shown):
        task = ray.remote(num_cpus=1)(_simulate_alone)

        def run_there(design: Design, datasets: int, seed: int) -> list[Sample]:
            streams = np.random.SeedSequence(seed).spawn(datasets)
            chunks = [streams[start :: 4 * n_workers] for start in range(min(datasets, 4 * n_workers))]
            done = ray.get([task.remote(design, chunk) for chunk in chunks])
            samples: list[Sample] = [done[k % len(chunks)][k // len(chunks)] for k in range(datasets)]
            return samples

        yield run_there


def _simulate_alone(design: Design, streams: Sequence[np.random.SeedSequence]) -> list[Sample]:
    """Simulate on one thread: the matrices are small, and tasks lie side by side."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return simulate(design, streams)


def certain(pairs: Pairs) -> bool:
    """Whether the Bayesian test gives either method 97.5 %, which at rope=0 is the corrected test at 5 %."""
    answer = correlated_bayes(pairs, rope=0.0)
    return max(answer.p_left, answer.p_right) > 1 - ALPHA / 2


def peeked(pairs: Pairs) -> bool:
    """Whether the corrected test, asked after every ten splits at the full level, ever finds a difference."""
    return any(nadeau_bengio(pairs.first(count)).p < ALPHA for count in range(10, pairs.count + 1, 10))


def tests_for(shared: Plan, modelled: Plan) -> dict[str, Callable[[Pairs], bool]]:
    """Return what asks each test whether it finds a difference; the plans are of four looks.

    `shared` assumes nothing of how the looks hang together; the levels of `modelled` follow from the covariance that
    the corrected test assumes.
    """
    return {
        "welch": lambda pairs: welch(pairs).p < ALPHA,
        "paired_t": lambda pairs: paired_t(pairs).p < ALPHA,
        "nadeau_bengio": lambda pairs: nadeau_bengio(pairs).p < ALPHA,
        "correlated_bayes": certain,
        "four looks, shared level": lambda pairs: "difference at" in decide(pairs, shared).reason,
        "four looks, by model": lambda pairs: "difference at" in decide(pairs, modelled).reason,
        "unplanned peeking": peeked,
    }


def stopped_at(pairs: Pairs, plan: Plan) -> int:
    """Return after how many splits the planned looks stop."""
    test = decide(pairs, plan).test
    return int(test.df) + 1 if test else pairs.count


def rates(samples: list[Sample]) -> dict[str, float]:
    """Return the share of data sets on which each test finds a difference."""
    return {name: float(np.mean([sample.found[name] for sample in samples])) for name in samples[0].found}


def corpora_rates(samples: list[Sample], corpora: int) -> tuple[float, float]:
    """Return the share of groups of corpora on which the two tests over corpora find a difference."""
    groups = [samples[start : start + corpora] for start in range(0, len(samples) - corpora + 1, corpora)]
    answers = [hierarchical({str(i): one.pairs for i, one in enumerate(group)}) for group in groups]
    equal = float(np.mean([answer.test.p < ALPHA for answer in answers]))
    return equal, float(np.mean([answer.random_effects.p < ALPHA for answer in answers]))


def report(title: str, samples: list[Sample]) -> None:
    """Print the rates of all tests, with their standard error, and how well the variance is estimated."""
    print(f"\n{title}")
    for name, rate in rates(samples).items():
        print(f"  {name:<28}{100 * rate:6.1f} %  +- {100 * math.sqrt(rate * (1 - rate) / len(samples)):.1f}")
    means = np.array([sample.pairs.difference for sample in samples])
    believed = math.sqrt(float(np.mean([corrected_variance(sample.pairs) for sample in samples])))
    stops = [sample.stopped for sample in samples]
    print(f"  splits used by four looks, by model: {np.mean(stops):.0f} of {samples[0].pairs.count} on average")
    print(f"  mean difference {means.mean():+.4f}; its real spread {means.std(ddof=1):.4f}, corrected {believed:.4f}")


def foretold(samples: list[Sample]) -> float:
    """Return the power that the planning formula gives for the mean difference and spread of these samples."""
    first = samples[0].pairs
    sd = math.sqrt(float(np.mean([np.var(sample.pairs.differences, ddof=1) for sample in samples])))
    difference = abs(float(np.mean([sample.pairs.difference for sample in samples])))
    return power_at(difference, sd=sd, splits=first.count, ratio=first.ratio, alpha=ALPHA)


def report_all(run: Run, datasets: int, songs: int, loss: float, seed: int) -> None:
    """Run the four simulations and print their rates."""
    tested = songs // 10
    equal = Design(songs, 100, tested, 0.0)
    print(f"{datasets} data sets of {songs} songs, level {ALPHA:.0%}")
    null = run(equal, datasets, seed)
    report("found though equal: 100 random 9:1 splits", null)
    for corpora in (2, 5):
        equally, weighted = corpora_rates(null, corpora)
        print(f"  over {corpora} corpora: {100 * equally:.1f} %, random effects {100 * weighted:.1f} %")
    once = Design(songs, 10, tested, 0.0, kfold=True)
    report("found though equal: one 10-fold", run(once, datasets, seed + 1))
    ten_times = Design(songs, 100, tested, 0.0, kfold=True)
    report("found though equal: ten times 10-fold", run(ten_times, datasets, seed + 2))
    worse = run(Design(songs, 100, tested, loss), datasets, seed + 3)
    report(f"power: B explains {loss:g} less, 100 random 9:1 splits", worse)
    print(f"  power of the corrected test as foretold by power_at: {100 * foretold(worse):.1f} %")


def main() -> None:
    """Run the simulations and print the rates."""
    parser = argparse.ArgumentParser(description="Type-I error and power of the tests of raymer.stats.")
    parser.add_argument("--datasets", type=int, default=1000, help="data sets a simulation (default 1000)")
    parser.add_argument("--songs", type=int, default=400, help="songs a data set (default 400)")
    parser.add_argument("--loss", type=float, default=0.15, help="true difference in R2 for the power (default 0.15)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, help="Ray workers (default: this process, without Ray)")
    parser.add_argument("--address", help="a Ray to run on: local, auto, HOST:PORT")
    given = parser.parse_args()
    start = time.perf_counter()
    with runner(given.address, given.workers) as run:
        report_all(run, given.datasets, given.songs // 10 * 10, given.loss, given.seed)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
