"""From the tidy frame of scores to the paired scores of two methods."""

import pandas as pd

from raymer.stats.frame import check_columns, check_known, narrow
from raymer.stats.pairs import Pairs, named

SPLIT = ["repeat", "fold"]


def pair(scores: pd.DataFrame, a: str, b: str, *, target: str, metric: str, epoch: int = 0) -> Pairs:
    """Extract the scores of methods `a` and `b` on their common splits.

    The answer does not depend on the order of the rows: splits are sorted by (repeat, fold). A method
    whose only epoch is 0 is not iterative, and its one score stands beside any epoch of the other.

    Parameters
    ----------
    scores : DataFrame, one row a fit score; columns method, target, metric, epoch, repeat, fold, value
        (units of the metric), n_train, n_test (songs), and perhaps split, its id: further columns are ignored
    a, b : names of the methods
    target, metric : what was predicted and how it was scored
    epoch : which epoch of iterative methods

    Raises
    ------
    ValueError
        for a missing column, an unknown name (with the nearest valid one), one method twice, splits that
        one method lacks (named), a split scored twice, a score that is not finite, split sizes that
        disagree, or fewer than two splits.
    """
    check_columns(scores)
    if a == b:
        raise ValueError(f"method {a!r} cannot be compared with itself")
    for method in (a, b):
        check_known("method", method, scores["method"])
    rows = narrow(scores, target, metric)
    check_epoch(rows, epoch)
    first, second = (_one_method(rows, method, epoch) for method in (a, b))
    _check_same_splits(first, second, a, b)
    _check_same_sizes(first, second, a, b)
    return Pairs(
        a,
        b,
        target,
        metric,
        epoch,
        _splits(first),
        first["value"].to_numpy(),
        second["value"].to_numpy(),
        first["n_train"].to_numpy(),
        first["n_test"].to_numpy(),
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


def _one_method(rows: pd.DataFrame, method: str, epoch: int) -> pd.DataFrame:
    mine = rows[rows["method"] == method]
    if mine.empty:
        where = f"target {rows['target'].iloc[0]!r} by metric {rows['metric'].iloc[0]!r}"
        raise ValueError(f"method {method!r} has no scores of {where}")
    known = _epochs(mine)
    at = 0 if known == [0] else epoch
    if at not in known:
        raise ValueError(f"method {method!r} has no scores at epoch {epoch}; nearest: {_nearest(epoch, known)}")
    mine = mine[mine["epoch"] == at].sort_values(SPLIT)
    twice = mine[mine.duplicated(SPLIT)]
    if not twice.empty:
        raise ValueError(f"method {method!r} is scored more than once at (repeat, fold) {named(list(_splits(twice)))}")
    return mine


def _splits(rows: pd.DataFrame) -> tuple[tuple[int, int], ...]:
    return tuple((int(repeat), int(fold)) for repeat, fold in zip(rows["repeat"], rows["fold"], strict=True))


def _check_same_splits(first: pd.DataFrame, second: pd.DataFrame, a: str, b: str) -> None:
    of_a, of_b = set(_splits(first)), set(_splits(second))
    lacking = [
        f"{method!r} lacks (repeat, fold) {named(sorted(missing))}"
        for method, missing in ((a, of_b - of_a), (b, of_a - of_b))
        if missing
    ]
    if lacking:
        raise ValueError(f"{a!r} and {b!r} were not scored on the same splits: {'; '.join(lacking)}")
    if "split" in first and "split" in second:
        pairs = zip(_splits(first), first["split"], second["split"], strict=True)
        other = [place for place, one, two in pairs if one != two]
        if other:
            where = f"(repeat, fold) {named(other)}"
            raise ValueError(f"{a!r} and {b!r} were scored on other clips at {where}: not the same splits")


def _check_same_sizes(first: pd.DataFrame, second: pd.DataFrame, a: str, b: str) -> None:
    for size in ("n_train", "n_test"):
        unequal = first[size].to_numpy() != second[size].to_numpy()
        if unequal.any():
            bad = [split for split, differs in zip(_splits(first), unequal, strict=True) if differs]
            raise ValueError(f"{a!r} and {b!r} differ in {size} at (repeat, fold) {named(bad)}: not the same splits")
