"""Triplets as indices: what the sampled modes of TripletReducer train on.

Mining knows labels only, the loss knows distances only; between them stand three index arrays.
"""

import numpy as np

from raymer.learners.gaps import LabelGaps
from raymer.learners.triplet_joint import JointGaps

Triplets = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows of the anchors, positives and negatives: three int64 arrays of one length."""

WINDOW = 15
PAIRS = 10


def mine_paper(gaps: LabelGaps | JointGaps, n_triplets: int, rng: np.random.Generator) -> Triplets:
    """Draw triplets by paper A's steps 1 to 5 (section III-A).

    The anchor is uniform over the songs that have a positive and a negative; then its positive and its negative are
    uniform over all it has.
    """
    anchor = rng.choice(gaps.anchors, size=n_triplets)
    positive = gaps.positive(anchor, rng.integers(gaps.n_positives[anchor]))
    negative = gaps.negative(anchor, rng.integers(gaps.n_negatives[anchor]))
    return gaps.order[anchor], gaps.order[positive], gaps.order[negative]


def mine_reference(labels: np.ndarray, d_p: float, d_n: float, rng: np.random.Generator) -> Triplets:
    """Draw triplets by the rule of the authors' notebook, for comparison only.

    For the label of every song: among the songs within dP of it, in the order of the rows, a window of 15 neighbours;
    10 pairs of the window become anchor and positive, and each meets 10 songs that lie dN or more from the *label*.
    The anchor need not be the label's own song, so a "positive" may lie up to 2 dP from its anchor and a "negative"
    nearer than dN. (The notebook splits off a part of the triplets as a validation set; we do not.)
    """
    parts = [_reference_triplets(labels, label, d_p, d_n, rng) for label in labels]
    anchor, positive, negative = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(anchor) == 0:
        raise ValueError(
            f"no label has two songs within dP={d_p:g} and one at dN={d_n:g} or more: widen dP or lower dN"
        )
    return anchor, positive, negative


def _reference_triplets(labels: np.ndarray, label: float, d_p: float, d_n: float, rng: np.random.Generator) -> Triplets:
    near = np.flatnonzero(np.abs(labels - label) <= d_p)
    far = np.flatnonzero(np.abs(labels - label) >= d_n)
    if len(near) > WINDOW:
        start = rng.integers(len(near) - WINDOW)
        near = near[start : start + WINDOW]
    first, second = np.triu_indices(len(near), k=1)
    chosen = rng.permutation(len(first))[:PAIRS]
    far = rng.permutation(far)[:PAIRS]
    anchor = np.repeat(near[first[chosen]], len(far))
    positive = np.repeat(near[second[chosen]], len(far))
    return anchor, positive, np.tile(far, len(chosen))
