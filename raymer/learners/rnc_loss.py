"""The Rank-N-Contrast loss and its gradient in closed form (Zha et al., NeurIPS 2023, eq. 1).

For an anchor i and each other song j of a batch, j is to be more like i than all songs k whose labels are at least as
far from i's:

    L = mean over i and j of -log( exp(s_ij) / sum over k with |y_i - y_k| >= |y_i - y_j| of exp(s_ik) ),
    s_ij = -|z_i - z_j| / tau.

In the order of label gaps the sums are one running sum a row, from the farthest song to the nearest, and the gradient
is another one back; songs with equal gaps share theirs. So a batch of n costs n sorts and n^2 steps, not n^3.
"""

from typing import Any

import numpy as np

from raymer.learners.compiled import compiled
from raymer.learners.triplet_loss import REORDER

DECIMALS = 9
"""Gaps of labels scaled to [-1, 1] that differ by less are equal: 5.2 - 5.1 and 5.3 - 5.2 are."""


def label_gaps(labels: np.ndarray) -> np.ndarray:
    """Return the gaps (n, n), float64, of labels (n, n_targets): the sum over targets of their differences."""
    gaps = np.zeros((len(labels), len(labels)))
    for column in labels.T:
        gaps += np.abs(column[:, None] - column[None, :])
    return np.round(gaps, DECIMALS)


@compiled(error_model="numpy", fastmath=REORDER)
def pair_distances(z: np.ndarray, distance: np.ndarray) -> None:
    """Write |z_i - z_j| for embeddings (n, width) into `distance` (n, n); from differences, so near songs are exact."""
    n, width = z.shape
    for i in range(n):
        distance[i, i] = 0
        for j in range(i):
            total: Any = np.float32(0.0)
            for k in range(width):
                step = z[i, k] - z[j, k]
                total += step * step
            distance[i, j] = distance[j, i] = np.sqrt(total)


@compiled(error_model="numpy")
def rank_weights(distance: np.ndarray, gaps: np.ndarray, order: np.ndarray, tau: float, weights: np.ndarray) -> float:
    """Return the loss of a batch and write the weights of its pairs.

    Parameters
    ----------
    distance : ndarray of shape (n, n)
        |z_i - z_j|.
    gaps : ndarray of shape (n, n), float64
        Of the labels.
    order : ndarray of shape (n, n), int64
        Each row's places by rising gap.
    tau : float
    weights : ndarray of shape (n, n), the type of `distance`
        Overwritten with the derivative of the loss by the squared distance, not symmetrised: 2 (diag(W 1) - W) Z with
        W = weights + weights^T is its gradient by Z. Songs at no distance pull nowhere.
    """
    n = distance.shape[0]
    share = 1.0 / (n * (n - 1))
    log_sum = np.empty(n)  # of the songs at least as far as the one at each place
    loss = 0.0
    for i in range(n):
        gap, by_gap, away = gaps[i], order[i], distance[i]
        highest, total = -np.inf, 0.0  # total is in units of exp(highest)
        last = n
        while last > 0:
            first = last
            level = gap[by_gap[last - 1]]
            while first > 0 and gap[by_gap[first - 1]] == level:
                first -= 1
                k = by_gap[first]
                if k == i:
                    continue
                s = -away[k] / tau
                if s > highest:
                    total = total * np.exp(highest - s) + 1.0
                    highest = s
                else:
                    total += np.exp(s - highest)
            log_sum[first:last] = highest + np.log(total)
            last = first
        weights[i, i] = 0
        pulled = 0.0  # in units of exp(-level of the sums)
        before = 0.0
        first = 0
        while first < n:
            last = first
            level = gap[by_gap[first]]
            now = log_sum[first]
            pulled *= np.exp(now - before) if pulled > 0 else 0.0
            before = now
            while last < n and gap[by_gap[last]] == level:
                pulled += 0.0 if by_gap[last] == i else 1.0
                last += 1
            for place in range(first, last):
                k = by_gap[place]
                if k == i:
                    continue
                s = -away[k] / tau
                loss += now - s
                slope = share * (1.0 - np.exp(s - now) * pulled)
                weights[i, k] = slope / (2.0 * tau * away[k]) if away[k] > 0 else 0.0
            first = last
    return float(loss * share)
