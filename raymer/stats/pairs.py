"""The paired scores of two methods: what every test in this room takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# Scores that differ only in the last bits differ by the order of a sum, not by merit; a t-test on such
# differences would report rounding as a finding.
ROUNDING = 64 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Scores of two methods on the same J splits, in the order of (repeat, fold).

    Parameters
    ----------
    method_a, method_b : str
        Names of the two methods.
    target, metric, epoch : str, str and int
        What was predicted, how it was scored, after how many epochs (0: not iterative).
    splits : tuple of (int, int)
        J pairs (repeat, fold).
    scores_a, scores_b : arrays of shape (J,), float64, in units of the metric; copied and made read-only
    n_train, n_test : arrays of shape (J,), songs in the train and the test part of each split

    Raises
    ------
    ValueError
        for vectors of unequal length, fewer than two splits, a score that is not finite, or sizes that are
        not positive.
    """

    method_a: str
    method_b: str
    target: str
    metric: str
    epoch: int
    splits: tuple[tuple[int, int], ...]
    scores_a: FloatArray
    scores_b: FloatArray
    n_train: FloatArray
    n_test: FloatArray

    def __post_init__(self) -> None:
        """Copy, freeze and check the vectors."""
        for field in ("scores_a", "scores_b", "n_train", "n_test"):
            vector = np.array(getattr(self, field), dtype=np.float64)
            vector.setflags(write=False)
            object.__setattr__(self, field, vector)
        _check_vectors(self)

    @property
    def count(self) -> int:
        """Number of splits, J."""
        return len(self.splits)

    @property
    def differences(self) -> FloatArray:
        """Score of A minus score of B on each split, shape (J,)."""
        return self.scores_a - self.scores_b

    @property
    def difference(self) -> float:
        """Mean of the differences, A minus B; exactly 0 when the scores are identical."""
        return 0.0 if self.identical else float(np.mean(self.differences))

    @property
    def ratio(self) -> float:
        """Mean over splits of n_test / n_train: 1/9 for 9:1 splits, 1/(k-1) for k folds, up to rounding.

        The actual sizes are used, so that a corpus which k does not divide, or groups of unequal size,
        need no special case.
        """
        return float(np.mean(self.n_test / self.n_train))

    @property
    def songs(self) -> float:
        """Mean number of songs that one split divides, n_train + n_test."""
        return float(np.mean(self.n_train + self.n_test))

    @property
    def identical(self) -> bool:
        """Whether both methods scored the same on every split, up to rounding."""
        return bool(np.max(np.abs(self.differences)) <= self._rounding)

    @property
    def constant(self) -> bool:
        """Whether the difference is the same on every split, up to rounding."""
        return bool(np.ptp(self.differences) <= self._rounding)

    @property
    def _rounding(self) -> float:
        return ROUNDING * float(max(np.max(np.abs(self.scores_a)), np.max(np.abs(self.scores_b))))

    def first(self, count: int) -> "Pairs":
        """Return the pairs of the first `count` splits in the order of (repeat, fold).

        Raises
        ------
        ValueError
            when `count` is below two or above the number of splits.
        """
        if not 2 <= count <= self.count:
            raise ValueError(f"cannot take the first {count} of {self.count} splits; 2 to {self.count} are possible")
        return Pairs(
            self.method_a,
            self.method_b,
            self.target,
            self.metric,
            self.epoch,
            self.splits[:count],
            self.scores_a[:count],
            self.scores_b[:count],
            self.n_train[:count],
            self.n_test[:count],
        )


def pairs_from_arrays(
    scores_a: ArrayLike, scores_b: ArrayLike, *, n_train: ArrayLike, n_test: ArrayLike, a: str = "A", b: str = "B"
) -> Pairs:
    """Make pairs from plain vectors, split i being (repeat i, fold 0).

    Parameters
    ----------
    scores_a, scores_b : vectors of shape (J,), scores on the same splits
    n_train, n_test : float or ndarray
        Songs in each part; one number for all splits, or vectors of shape (J,).
    a, b : str
        Names of the methods.

    Raises
    ------
    ValueError
        as :class:`Pairs` does.
    """
    first, second = np.asarray(scores_a, dtype=np.float64), np.asarray(scores_b, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"scores of {a!r} and {b!r} must be vectors of one length: {first.shape}, {second.shape}")
    sizes = [np.broadcast_to(np.asarray(size, dtype=np.float64), first.shape) for size in (n_train, n_test)]
    splits = tuple((repeat, 0) for repeat in range(len(first)))
    return Pairs(a, b, "", "", 0, splits, first, second, sizes[0], sizes[1])


def _check_vectors(pairs: Pairs) -> None:
    shape = (pairs.count,)
    vectors = (pairs.scores_a, pairs.scores_b, pairs.n_train, pairs.n_test)
    if any(vector.shape != shape for vector in vectors):
        raise ValueError(f"every vector of pairs needs one entry a split: {[v.shape for v in vectors]}, splits {shape}")
    if pairs.count < 2:
        raise ValueError(
            f"{pairs.method_a!r} and {pairs.method_b!r} share {pairs.count} split(s) of target {pairs.target!r}; "
            "a comparison needs at least two, since one has no spread"
        )
    for method, scores in ((pairs.method_a, pairs.scores_a), (pairs.method_b, pairs.scores_b)):
        if not np.all(np.isfinite(scores)):
            bad = [split for split, score in zip(pairs.splits, scores, strict=True) if not np.isfinite(score)]
            raise ValueError(f"method {method!r} has scores that are not finite at (repeat, fold) {named(bad)}")
    for name, sizes in (("n_train", pairs.n_train), ("n_test", pairs.n_test)):
        if not np.all(sizes > 0) or not np.all(np.isfinite(sizes)):
            raise ValueError(f"{name} must be a positive number of songs on every split")


def named(splits: list[tuple[int, int]], most: int = 5) -> str:
    """Write out the first few splits and say how many more there are."""
    shown = ", ".join(str(split) for split in splits[:most])
    return shown if len(splits) <= most else f"{shown} and {len(splits) - most} more"
