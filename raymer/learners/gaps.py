"""Which songs are positives and which are negatives of an anchor (paper A, section II-B).

With labels scaled to [-1, 1], a song is a positive of an anchor when their labels differ by at most dP, and a negative
when they differ by at least dN; what lies between is the gap and is used for nothing. In label order the positives of
an anchor are one run of songs round it, and its negatives are all songs before one place and all songs from another:
four places an anchor say everything. Classes are the same: in class order the positives of a song are its class's run,
and its negatives all songs before and after that.
"""

from dataclasses import dataclass

import numpy as np

from raymer.learners.compiled import compiled

CLASS_GAPS = (0.0, 1.0)
"""dP and dN between classes coded as whole numbers: no gap within a class, one or more between two."""


@compiled()
def fill_ranges(labels: np.ndarray, d_p: float, d_n: float, ranges: np.ndarray) -> None:
    """Write (positives from, positives to, negatives before, negatives from) of every song into `ranges`.

    `labels` is ascending, float64 (n,); `ranges` is int64 (n, 4). Differences, not sums, are compared, so that the
    relation is symmetric to the last bit.
    """
    n = labels.shape[0]
    low = high = before = after = 0
    for a in range(n):
        while labels[a] - labels[low] > d_p:
            low += 1
        while high < n and labels[high] - labels[a] <= d_p:
            high += 1
        while before < n and labels[a] - labels[before] >= d_n:
            before += 1
        while after < n and labels[after] - labels[a] < d_n:
            after += 1
        ranges[a, 0] = low
        ranges[a, 1] = high
        ranges[a, 2] = before
        ranges[a, 3] = after


def scale_labels(y: np.ndarray) -> np.ndarray:
    """Return labels (n,) scaled to [-1, 1] by their own minimum and maximum, float64 (paper A, section II-B).

    Raises
    ------
    ValueError
        When all labels are equal: then no song is a negative of another.
    """
    y = np.asarray(y, dtype=np.float64)
    low, high = y.min(), y.max()
    if not high > low:
        raise ValueError(
            f"triplets need labels that differ: all {len(y)} labels are {low:g}, so no song is a negative of another"
        )
    return np.asarray(2.0 * (y - low) / (high - low) - 1.0)


@dataclass(frozen=True)
class LabelGaps:
    """The positives and negatives of every song, in label order.

    Attributes
    ----------
    order : ndarray of shape (n,), int64
        Row of the song at each place of the label order.
    ranges : ndarray of shape (n, 4), int64
        Of the song at each place: positives are the places [0]:[1] but its own, negatives the places :[2] and [3]:.
    anchors : ndarray of shape (n_anchors,), int64
        The places that have at least one positive and one negative.
    """

    order: np.ndarray
    ranges: np.ndarray
    anchors: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, d_p: float, d_n: float) -> "LabelGaps":
        """Find them for `labels` (n,), already scaled to [-1, 1].

        Songs without a positive or without a negative are never anchors; they still serve as positives and negatives
        of others. How many there are is `n - len(anchors)`.

        Raises
        ------
        ValueError
            When no song at all has both.
        """
        order = np.argsort(labels, kind="stable")
        ranges = np.empty((len(labels), 4), dtype=np.int64)
        fill_ranges(np.ascontiguousarray(labels[order]), d_p, d_n, ranges)
        gaps = cls(order, ranges, np.empty(0, dtype=np.int64))
        anchors = np.flatnonzero((gaps.n_positives > 0) & (gaps.n_negatives > 0))
        if len(anchors) == 0:
            raise ValueError(
                f"none of the {len(labels)} songs has both a positive (within dP={d_p:g}) and a negative "
                f"(dN={d_n:g} or more away) on labels scaled to [-1, 1]: widen dP or lower dN"
            )
        return cls(order, ranges, anchors)

    @classmethod
    def of_classes(cls, codes: np.ndarray) -> "LabelGaps":
        """Find them for classes coded as whole numbers, float64 (n,): positives are of one class, negatives of another.

        Raises
        ------
        ValueError
            When all songs are of one class, or no class has two.
        """
        counts = np.unique(codes, return_counts=True)[1]
        if len(counts) < 2:
            raise ValueError(f"triplets need two classes: all {len(codes)} songs are of one, so none is a negative")
        if counts.max() < 2:
            raise ValueError(f"none of the {len(counts)} classes has two songs, so no song has a positive")
        return cls.of(codes, *CLASS_GAPS)

    @property
    def n_positives(self) -> np.ndarray:
        """Number of positives of the song at each place, itself not counted; int64 (n,)."""
        return np.asarray(self.ranges[:, 1] - self.ranges[:, 0] - 1)

    @property
    def n_negatives(self) -> np.ndarray:
        """Number of negatives of the song at each place; int64 (n,)."""
        return np.asarray(self.ranges[:, 2] + len(self.order) - self.ranges[:, 3])

    def positive(self, anchor: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Return the place of the positive number `which` of each place `anchor`; all int64 (n_triplets,)."""
        place = self.ranges[anchor, 0] + which
        return np.asarray(place + (place >= anchor))  # the anchor is not its own positive

    def negative(self, anchor: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Return the place of the negative number `which` of each place `anchor`; all int64 (n_triplets,)."""
        before, after = self.ranges[anchor, 2], self.ranges[anchor, 3]
        return np.where(which < before, which, which - before + after)
