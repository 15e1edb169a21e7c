"""From the tidy frame of scores to the paired scores of two methods."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raymer.stats.frame import check_columns, check_known, narrow
from raymer.stats.pairs import FloatArray, Pairs, named

SPLIT = ["repeat", "fold"]


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores of one method on one target, by split in the order of (repeat, fold).

    Parameters
    ----------
    method : str
        Its name.
    target, metric, epoch : str, str and int
        What was predicted, how it was scored, and the epoch that was asked for.
    splits : tuple of (int, int)
        J pairs (repeat, fold).
    ids : tuple of str or None
        J ids of splits, None where the scores do not hold them.
    values, n_train, n_test : arrays of shape (J,): units of the metric; clips of the two parts
    """

    method: str
    target: str
    metric: str
    epoch: int
    splits: tuple[tuple[int, int], ...]
    ids: tuple[str, ...] | None
    values: FloatArray
    n_train: FloatArray
    n_test: FloatArray


def pair(scores: pd.DataFrame, a: str, b: str, *, target: str, metric: str, epoch: int = 0) -> Pairs:
    """Extract the scores of methods `a` and `b` on their common splits.

    The answer does not depend on the order of the rows: splits are sorted by (repeat, fold). A method
    whose only epoch is 0 is not iterative, and its one score stands beside any epoch of the other.

    Parameters
    ----------
    scores : DataFrame, one row a fit score; columns method, target, metric, epoch, repeat, fold, value
        (units of the metric), n_train, n_test (songs), and perhaps split, its id: further columns are ignored
    a, b : str
        Names of the methods.
    target, metric : str
        What was predicted and how it was scored.
    epoch : int
        Which epoch of iterative methods.

    Raises
    ------
    ValueError
        for a missing column, an unknown name (with the nearest valid one), one method twice, splits that
        one method lacks (named), a split scored twice, a score that is not finite, split sizes that
        disagree, or fewer than two splits.
    """
    found = scored(scores, [a, b], target=target, metric=metric, epoch=epoch)
    return pair_up(found[a], found[b])


def scored(
    scores: pd.DataFrame, methods: Iterable[str], *, target: str, metric: str, epoch: int = 0
) -> dict[str, Scored]:
    """Return the scores of each method, for whoever pairs many: the frame is read once and not once a pair.

    Parameters and errors are those of :func:`pair` that concern one method.
    """
    check_columns(scores)
    methods = list(dict.fromkeys(methods))
    known = scores["method"].unique()
    for method in methods:
        check_known("method", method, known)
    rows = narrow(scores, target, metric)
    check_epoch(rows, epoch)
    own = dict(iter(rows.groupby("method", sort=False)))
    return {method: _one_method(own.get(method, rows.iloc[:0]), method, target, metric, epoch) for method in methods}


def pair_up(first: Scored, second: Scored) -> Pairs:
    """Set the scores of two methods side by side; errors are those of :func:`pair` that concern two."""
    a, b = first.method, second.method
    if a == b:
        raise ValueError(f"method {a!r} cannot be compared with itself")
    _check_same_splits(first, second)
    _check_same_sizes(first, second)
    return Pairs(
        a,
        b,
        first.target,
        first.metric,
        first.epoch,
        first.splits,
        first.values,
        second.values,
        first.n_train,
        first.n_test,
    )


def check_epoch(rows: pd.DataFrame, epoch: int) -> None:
    """Refuse an epoch at which no method was scored.

    Raises
    ------
    ValueError
        names the epoch and the nearest one that was scored.
    """
    known = _epochs(rows)
    if epoch not in known:
        raise ValueError(f"unknown epoch {epoch}; the nearest scored is {_nearest(epoch, known)}")


def _epochs(rows: pd.DataFrame) -> list[int]:
    return sorted(int(value) for value in rows["epoch"].unique())


def _nearest(epoch: int, known: list[int]) -> int:
    return min(known, key=lambda value: abs(value - epoch))


def _one_method(rows: pd.DataFrame, method: str, target: str, metric: str, epoch: int) -> Scored:
    if rows.empty:
        raise ValueError(f"method {method!r} has no scores of target {target!r} by metric {metric!r}")
    known = _epochs(rows)
    at = 0 if known == [0] else epoch
    if at not in known:
        raise ValueError(f"method {method!r} has no scores at epoch {epoch}; nearest: {_nearest(epoch, known)}")
    rows = rows[rows["epoch"] == at].sort_values(SPLIT)
    twice = rows[rows.duplicated(SPLIT)]
    if not twice.empty:
        raise ValueError(f"method {method!r} is scored more than once at (repeat, fold) {named(list(_splits(twice)))}")
    ids = tuple(rows["split"]) if "split" in rows else None
    values, n_train, n_test = (rows[column].to_numpy(np.float64) for column in ("value", "n_train", "n_test"))
    return Scored(method, target, metric, epoch, _splits(rows), ids, values, n_train, n_test)


def _splits(rows: pd.DataFrame) -> tuple[tuple[int, int], ...]:
    return tuple((int(repeat), int(fold)) for repeat, fold in zip(rows["repeat"], rows["fold"], strict=True))


def _check_same_splits(first: Scored, second: Scored) -> None:
    a, b = first.method, second.method
    of_a, of_b = set(first.splits), set(second.splits)
    lacking = [
        f"{method!r} lacks (repeat, fold) {named(sorted(missing))}"
        for method, missing in ((a, of_b - of_a), (b, of_a - of_b))
        if missing
    ]
    if lacking:
        raise ValueError(f"{a!r} and {b!r} were not scored on the same splits: {'; '.join(lacking)}")
    if first.ids is not None and second.ids is not None and first.ids != second.ids:
        pairs = zip(first.splits, first.ids, second.ids, strict=True)
        where = f"(repeat, fold) {named([place for place, one, two in pairs if one != two])}"
        raise ValueError(f"{a!r} and {b!r} were scored on other clips at {where}: not the same splits")


def _check_same_sizes(first: Scored, second: Scored) -> None:
    for name, unequal in (
        ("n_train", first.n_train != second.n_train),
        ("n_test", first.n_test != second.n_test),
    ):
        if unequal.any():
            bad = [split for split, differs in zip(first.splits, unequal, strict=True) if differs]
            where = f"{name} at (repeat, fold) {named(bad)}"
            raise ValueError(f"{first.method!r} and {second.method!r} differ in {where}: not the same splits")
