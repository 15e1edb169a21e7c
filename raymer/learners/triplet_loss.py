"""The triplet loss max(D(a, p) - D(a, n) + margin, 0) and its gradient, in closed form (paper A, eq. 1).

D is the squared Euclidean distance, so the gradient of one active triplet with respect to its three embeddings is
2 (z_n - z_p), 2 (z_p - z_a) and 2 (z_a - z_n): no autograd is needed, and what is summed over triplets is the gradient
of a weighted graph.
"""

from typing import Any

import numpy as np

from raymer.learners.compiled import compiled

REORDER = {"reassoc", "contract", "nsz"}
"""Sums may be taken in any order, so that loops become vector instructions; NaN and infinity keep their meaning."""


@compiled(error_model="numpy", fastmath=REORDER)
def triplet_gradient(z: Any, margin: Any, gradient: Any) -> Any:
    """Return the mean loss over triplets and write the gradient with respect to the embeddings.

    `z` is float32 (3 B, width): the anchors, then the positives, then the negatives of B triplets. `gradient` has
    its shape and is overwritten. A rectified unit that is silent (z = 0) passes no gradient back.
    """
    n, width = z.shape[0] // 3, z.shape[1]
    scale = np.float32(2.0 / n)
    zero = np.float32(0.0)
    loss = 0.0
    for i in range(n):
        near, far = zero, zero
        for k in range(width):
            to_positive = z[i, k] - z[n + i, k]
            to_negative = z[i, k] - z[2 * n + i, k]
            near += to_positive * to_positive
            far += to_negative * to_negative
        excess = near - far + margin
        step = scale if excess > 0 else zero
        if excess > 0:
            loss += excess
        for k in range(width):
            a, p, q = z[i, k], z[n + i, k], z[2 * n + i, k]
            gradient[i, k] = step * (q - p) if a > 0 else zero
            gradient[n + i, k] = step * (p - a) if p > 0 else zero
            gradient[2 * n + i, k] = step * (a - q) if q > 0 else zero
    return loss / n


@compiled(error_model="numpy", fastmath=REORDER)
def count_active(negatives: np.ndarray, bounds: np.ndarray, active: np.ndarray, counts: np.ndarray) -> None:
    """Compare every negative's distance with every bound: count for both sides how often it is the smaller.

    `negatives` and `active` are float32 (n_negatives,), `bounds` and `counts` float32 with a length that is a
    multiple of four. Counts are kept as floats (exact below 2**24) and bounds taken four at a time, so that the
    compiler turns the inner loop into a few vector instructions.
    """
    active[:] = 0
    one, zero = np.float32(1.0), np.float32(0.0)
    for i in range(0, bounds.shape[0], 4):
        b0, b1, b2, b3 = bounds[i], bounds[i + 1], bounds[i + 2], bounds[i + 3]
        c0 = c1 = c2 = c3 = zero
        for j in range(negatives.shape[0]):
            distance = negatives[j]
            x0 = one if distance < b0 else zero
            x1 = one if distance < b1 else zero
            x2 = one if distance < b2 else zero
            x3 = one if distance < b3 else zero
            c0 += x0
            c1 += x1
            c2 += x2
            c3 += x3
            active[j] += x0 + x1 + x2 + x3
        counts[i], counts[i + 1], counts[i + 2], counts[i + 3] = c0, c1, c2, c3


@compiled(error_model="numpy")
def exact_weights(distance: Any, ranges: Any, margin: Any, weights: Any) -> Any:
    """Return the exact loss of a batch and write the weights of its pairs.

    The loss is the expectation of the paper's sampling, taken over all triplets of the batch:
    L = mean over anchors a of 1 / (|P_a| |N_a|) sum over p, n of max(D_ap - D_an + margin, 0).
    dL/dD_ap is the number of active negatives of (a, p), and dL/dD_an minus the number of active positives of (a, n),
    both over |P_a| |N_a| and the number of anchors. Counting needs no sorting: the negatives of an anchor are two runs
    of its row, since the batch is in label order, and every positive makes one pass over them.

    Parameters
    ----------
    distance : ndarray of shape (B, B), float32
        Squared distances of the embeddings, rows in label order.
    ranges : ndarray of shape (B, 4), int64
        As in LabelGaps, within the batch.
    margin : float32
    weights : ndarray of shape (B, B), float32
        Overwritten with dL/dD, not symmetrised. All zero when the batch has no anchor.
    """
    n = distance.shape[0]
    weights[:] = 0
    negatives, active = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.float32)
    bounds, counts = np.empty(n + 3, dtype=np.float32), np.empty(n + 3, dtype=np.float32)
    n_anchors = 0
    loss: Any = 0.0
    for a in range(n):
        low, high, before, after = ranges[a]
        n_near, n_far = high - low, before + n - after
        if n_near == 1 or n_far == 0:
            continue
        n_anchors += 1
        row = distance[a]
        negatives[:before] = row[:before]
        negatives[before:n_far] = row[after:]
        padded = (n_near + 3) // 4 * 4
        bounds[:n_near] = row[low:high] + margin
        bounds[n_near:padded] = -1.0  # no squared distance is below
        bounds[a - low] = -1.0  # the anchor is not its own positive
        count_active(negatives[:n_far], bounds[:padded], active[:n_far], counts[:padded])
        share = np.float32(1.0 / ((n_near - 1) * n_far))
        weights[a, low:high] = share * counts[:n_near]
        weights[a, :before] = -share * active[:before]
        weights[a, after:] = -share * active[before:n_far]
        total: Any = 0.0
        for i in range(n_near):
            total += counts[i] * bounds[i]
        for j in range(n_far):
            total -= active[j] * negatives[j]
        loss += share * total
    if n_anchors == 0:
        return 0.0
    weights *= np.float32(1.0 / n_anchors)
    return loss / n_anchors


@compiled(error_model="numpy")
def squared_distances(gram: np.ndarray, distance: np.ndarray) -> None:
    """Write |z_i|^2 + |z_j|^2 - 2 z_i.z_j, never below zero, from the Gram matrix (B, B), float32."""
    n = gram.shape[0]
    squares = np.empty(n, dtype=np.float32)
    for i in range(n):
        squares[i] = gram[i, i]
    for i in range(n):
        for j in range(n):
            distance[i, j] = max(squares[i] + squares[j] - np.float32(2.0) * gram[i, j], np.float32(0.0))


@compiled(error_model="numpy", fastmath=REORDER)
def laplacian(weights: np.ndarray, result: np.ndarray) -> None:
    """Write 2 (diag(W 1) - W) with W = weights + weights^T: times Z it is the gradient of the exact loss."""
    n = weights.shape[0]
    two = np.float32(2.0)
    for i in range(n):
        degree = np.float32(0.0)
        for j in range(n):
            pair = two * (weights[i, j] + weights[j, i])
            result[i, j] = -pair
            degree += pair
        result[i, i] += degree


@compiled()
def silence(z: np.ndarray, gradient: np.ndarray) -> None:
    """Set the gradient to zero where the rectified unit is silent; both float32 (B, width)."""
    for i in range(z.shape[0]):
        for k in range(z.shape[1]):
            if not z[i, k] > 0:
                gradient[i, k] = np.float32(0.0)
