"""Levels for repeated looks at growing means of splits, when their dependence is used."""

import math

import numpy as np
from scipy import optimize, stats

from raymer.stats.pairs import FloatArray

# Points at which the density of a score that has not stopped is kept.
GRID = 801


def information(counts: list[int], ratio: float) -> list[float]:
    """Return the information at each look as a share of that at the last.

    Under the model of the corrected test every two splits have the same covariance: the mean over the first J has a
    variance proportional to 1/J + r, r = n_test/n_train, and the covariance of an earlier with a later mean is the
    variance of the later. That is the joint distribution of group-sequential designs with information
    1 / (1/J + r) (Jennison and Turnbull 1999, chapter 3). With r = 1/9 the first 25 of 100 splits already hold
    80 % of it.

    Parameters
    ----------
    counts : list of int
        Splits at each look, rising.
    ratio : float
        n_test / n_train.
    """
    return [(1 / counts[-1] + ratio) / (1 / count + ratio) for count in counts]


def levels(shares: list[float], spent: list[float]) -> list[float]:
    """Return the two-sided level of each look at which exactly `spent` is spent by then.

    Follows the distribution of the score that has not stopped from look to look (Armitage, McPherson and Rowe 1969,
    Journal of the Royal Statistical Society A 132, 235-244) and solves each look for its boundary (Lan and DeMets
    1983, Biometrika 70, 659-663).

    Parameters
    ----------
    shares : list of float
        Share of the information at each look, rising to 1.
    spent : list of float
        Level spent up to and with each look, rising to the level of the whole plan.
    """
    points, mass = np.zeros(1), np.ones(1)
    found, share_before, spent_before = [], 0.0, 0.0
    for share, total in zip(shares, spent, strict=True):
        step = math.sqrt(share - share_before)
        boundary = float(optimize.brentq(_excess, 0.0, 12.0, args=(points, mass, step, total - spent_before)))
        found.append(float(2 * stats.norm.sf(boundary / math.sqrt(share))))
        points, mass = _go_on(points, mass, step, boundary)
        share_before, spent_before = share, total
    return found


def _excess(boundary: float, points: FloatArray, mass: FloatArray, step: float, wanted: float) -> float:
    beyond = stats.norm.sf((boundary - points) / step) + stats.norm.sf((boundary + points) / step)
    return float(np.sum(mass * beyond)) - wanted


def _go_on(points: FloatArray, mass: FloatArray, step: float, boundary: float) -> tuple[FloatArray, FloatArray]:
    inside = np.linspace(-boundary, boundary, GRID)
    width = np.full(GRID, inside[1] - inside[0])
    width[[0, -1]] /= 2
    reached = stats.norm.pdf((inside[:, None] - points) / step) @ mass / step
    return inside, np.asarray(reached * width, dtype=np.float64)
