"""How often each test finds a difference that is not there, and one that is.

Data sets of 400 songs are drawn anew each time, from features that are exchangeable. Two ridge regressions see ten
features each, no feature in common: neither can be better by construction. Both are scored (R2) on the same 100
random 9:1 splits, and every test is asked at the 5 % level. A second pass weakens the features of B by a known
amount and counts how often each test finds that.

Run from the root of the project: ``python -m benchmarks.calibration --datasets 1000``.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

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


def simulate(design: Design, datasets: int, seed: int, *, kfold: bool = False) -> Iterator[Pairs]:
    """Yield the paired scores of A and B on each of the data sets."""
    for stream in np.random.SeedSequence(seed).spawn(datasets):
        rng = np.random.default_rng(stream)
        features, labels = draw(design, rng)
        tested = (folds if kfold else random_splits)(design, rng)
        scores = [ridge_r2(half, labels, tested) for half in np.split(features, 2, axis=1)]
        yield pairs_from_arrays(*scores, n_train=design.songs - design.tested, n_test=design.tested)


def certain(pairs: Pairs) -> bool:
    """Whether the Bayesian test gives either method 97.5 %, which at rope=0 is the corrected test at 5 %."""
    answer = correlated_bayes(pairs, rope=0.0)
    return max(answer.p_left, answer.p_right) > 1 - ALPHA / 2


def stopped_for_difference(pairs: Pairs) -> bool:
    """Whether four looks with O'Brien-Fleming-like shares find a difference at any of them."""
    return "difference at" in decide(pairs, shared_looks(pairs.count)).reason


def stopped_by_model(pairs: Pairs) -> bool:
    """Whether four looks with levels from the model of the splits find a difference at any of them."""
    return "difference at" in decide(pairs, modelled_looks(pairs.count, round(pairs.ratio, 9))).reason


def stopped_at(pairs: Pairs) -> int:
    """Return after how many splits the modelled looks stop."""
    test = decide(pairs, modelled_looks(pairs.count, round(pairs.ratio, 9))).test
    return int(test.df) + 1 if test else pairs.count


@cache
def shared_looks(splits: int) -> tuple[Look, ...]:
    """Plan four looks that assume nothing of their dependence."""
    return plan_looks(splits, 4, alpha=ALPHA)


@cache
def modelled_looks(splits: int, ratio: float) -> tuple[Look, ...]:
    """Plan four looks whose levels follow from the covariance that the corrected test assumes."""
    return plan_looks(splits, 4, alpha=ALPHA, ratio=ratio)


def peeked(pairs: Pairs) -> bool:
    """Whether the corrected test, asked after every ten splits at the full level, ever finds a difference."""
    return any(nadeau_bengio(pairs.first(count)).p < ALPHA for count in range(10, pairs.count + 1, 10))


TESTS: dict[str, Callable[[Pairs], bool]] = {
    "welch": lambda pairs: welch(pairs).p < ALPHA,
    "paired_t": lambda pairs: paired_t(pairs).p < ALPHA,
    "nadeau_bengio": lambda pairs: nadeau_bengio(pairs).p < ALPHA,
    "correlated_bayes": certain,
    "four looks, shared level": stopped_for_difference,
    "four looks, by model": stopped_by_model,
    "unplanned peeking": peeked,
}


def rates(samples: list[Pairs]) -> dict[str, float]:
    """Return the share of data sets on which each test finds a difference."""
    return {name: float(np.mean([finds(pairs) for pairs in samples])) for name, finds in TESTS.items()}


def corpora_rates(samples: list[Pairs], corpora: int) -> tuple[float, float]:
    """Return the share of groups of corpora on which the two tests over corpora find a difference."""
    groups = [samples[start : start + corpora] for start in range(0, len(samples) - corpora + 1, corpora)]
    answers = [hierarchical({str(i): one for i, one in enumerate(group)}) for group in groups]
    equal = float(np.mean([answer.test.p < ALPHA for answer in answers]))
    return equal, float(np.mean([answer.random_effects.p < ALPHA for answer in answers]))


def report(title: str, samples: list[Pairs]) -> None:
    """Print the rates of all tests, with their standard error, and how well the variance is estimated."""
    print(f"\n{title}")
    for name, rate in rates(samples).items():
        print(f"  {name:<28}{100 * rate:6.1f} %  +- {100 * math.sqrt(rate * (1 - rate) / len(samples)):.1f}")
    means = np.array([pairs.difference for pairs in samples])
    believed = math.sqrt(float(np.mean([corrected_variance(pairs) for pairs in samples])))
    stops = [stopped_at(pairs) for pairs in samples]
    print(f"  splits used by four looks, by model: {np.mean(stops):.0f} of {samples[0].count} on average")
    print(f"  mean difference {means.mean():+.4f}; its real spread {means.std(ddof=1):.4f}, corrected {believed:.4f}")


def foretold(samples: list[Pairs]) -> float:
    """Return the power that the planning formula gives for the mean difference and spread of these samples."""
    sd = math.sqrt(float(np.mean([np.var(pairs.differences, ddof=1) for pairs in samples])))
    difference = abs(float(np.mean([pairs.difference for pairs in samples])))
    return power_at(difference, sd=sd, splits=samples[0].count, ratio=samples[0].ratio, alpha=ALPHA)


def main() -> None:
    """Run the simulations and print the rates."""
    parser = argparse.ArgumentParser(description="Type-I error and power of the tests of raymer.stats.")
    parser.add_argument("--datasets", type=int, default=1000, help="data sets a simulation (default 1000)")
    parser.add_argument("--songs", type=int, default=400, help="songs a data set (default 400)")
    parser.add_argument("--loss", type=float, default=0.15, help="true difference in R2 for the power (default 0.15)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    start = time.perf_counter()
    tested = given.songs // 10
    songs = tested * 10
    equal = Design(songs, 100, tested, 0.0)
    print(f"{given.datasets} data sets of {songs} songs, level {ALPHA:.0%}")
    null = list(simulate(equal, given.datasets, given.seed))
    report("found though equal: 100 random 9:1 splits", null)
    for corpora in (2, 5):
        equally, weighted = corpora_rates(null, corpora)
        print(f"  over {corpora} corpora: {100 * equally:.1f} %, random effects {100 * weighted:.1f} %")
    report(
        "found though equal: one 10-fold",
        list(simulate(Design(songs, 10, tested, 0.0), given.datasets, given.seed + 1, kfold=True)),
    )
    report("found though equal: ten times 10-fold", list(simulate(equal, given.datasets, given.seed + 2, kfold=True)))
    worse = list(simulate(Design(songs, 100, tested, given.loss), given.datasets, given.seed + 3))
    report(f"power: B explains {given.loss:g} less, 100 random 9:1 splits", worse)
    print(f"  power of the corrected test as foretold by power_at: {100 * foretold(worse):.1f} %")
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
