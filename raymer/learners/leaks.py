"""Does anything learnt cross a fold? A check for whatever turns a split into predictions (law 1)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raymer.learners.forget import forget
from raymer.learners.fresh import NoFreshProcessError, run_fresh
from raymer.learners.seeding import seed_globals

Evaluate = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(X (n, n_features), y (n,), train rows, test rows) -> predictions for the test rows."""

Rows = tuple[np.ndarray, np.ndarray]
RELATIVE = 1e-9
CANNOT_SEE = (
    "leaks in the data itself: a feature that is the label, clips there twice, one artist on both sides (raymer audit)",
    "what was done to X and y before they came here, such as a scaler fitted on all rows",
    "a choice between methods or settings that was made by looking at these very test scores",
)
"""What no change of the data given to `evaluate` can show."""


class Leaks(list[str]):
    """One line a leak that was found; empty where none was. `cannot_see` says what was not looked at, and why."""

    cannot_see: tuple[str, ...] = CANNOT_SEE


@dataclass
class _Bench:
    """Runs `evaluate` in fresh processes, or in this one where there are none."""

    evaluate: Evaluate
    seed: int
    seeded: bool = False
    is_fresh: bool = True
    why_not: str = ""
    in_place: set[str] = field(default_factory=set)
    keeps: bool = True
    """Whether it may keep something from call to call: until that was looked at, each call has a process of its own."""
    kept_of_changes: list[int] = field(default_factory=list)
    """Splits whose predictions on changed data hang on the calls before."""

    def calls(self, calls: Sequence[tuple[np.ndarray, np.ndarray, Rows]], number: int = 0) -> list[np.ndarray]:
        """Return the predictions of calls (X, y, split) that are made one after the other in one fresh process."""
        return self._run(lambda: self._one_by_one(calls), number)

    def _run(self, work: Callable[[], tuple[list[np.ndarray], set[str]]], number: int) -> list[np.ndarray]:
        seed = self.seed + (0 if self.seeded else number)
        if self.is_fresh:
            try:
                predicted, changed = run_fresh(work, seed)
                self.in_place |= changed
                return list(predicted)
            except NoFreshProcessError as error:
                self.is_fresh, self.why_not = False, str(error)
        predicted, changed = work()
        self.in_place |= changed
        return predicted

    def _one_by_one(self, calls: Sequence[tuple[np.ndarray, np.ndarray, Rows]]) -> tuple[list[np.ndarray], set[str]]:
        predicted, changed = [], set()
        for X, y, (train, test) in calls:
            if self.seeded:
                seed_globals(self.seed)
            given_X, given_y = X.copy(), y.copy()
            predicted.append(np.array(self.evaluate(given_X, given_y, train.copy(), test.copy())))
            if not _same(given_X, X):
                changed.add("X")
            if not _same(given_y, y):
                changed.add("y")
        return predicted, changed

    def one(self, X: np.ndarray, y: np.ndarray, split: Rows, number: int = 0) -> np.ndarray:
        """Return the predictions of one call, the first of a fresh process."""
        return self.calls([(X, y, split)], number)[0]

    def differing(self, tries: Sequence["_Try"]) -> Iterator["_Try"]:
        """Yield the tries whose predictions are others than they must be, each as the first call of a fresh process.

        Where nothing is kept from call to call, they are first made one after the other in one process, which is
        several times quicker, and only those that differ there have a process of their own.
        """
        is_shared = self.is_fresh and not self.keeps
        if is_shared:
            made = self._run(lambda: self._as_tried(tries), 0)
            tries = [one for one, after in zip(tries, made, strict=True) if one.differs(after)]
        for one in tries:
            try:
                after = self.one(one.X, one.y, one.split)
            except Exception:
                after = _STOPPED
            if one.differs(after):
                yield one
            elif is_shared:
                self.kept_of_changes.append(one.k)

    def _as_tried(self, tries: Sequence["_Try"]) -> tuple[list[np.ndarray], set[str]]:
        predicted, changed = [], set()
        for one in tries:
            try:
                (made,), here = self._one_by_one([(one.X, one.y, one.split)])
                changed |= here
            except Exception:
                made = _STOPPED
            predicted.append(made)
        return predicted, changed


_STOPPED = np.empty(0)
"""In the place of predictions: it worked on the data as they are, so what it must not look at has stopped it."""


@dataclass
class _Try:
    """Changed data (X, y) that must leave the predictions of split `k` as they are, on some of its test rows or all."""

    k: int
    X: np.ndarray
    y: np.ndarray
    split: Rows
    first: np.ndarray
    rows: np.ndarray | None = None

    def differs(self, after: np.ndarray) -> bool:
        if self.rows is None or after.shape != self.first.shape:
            return not _same(self.first, after)
        return not _same(self.first[self.rows], after[self.rows])


def find_leaks(evaluate: Evaluate, X: np.ndarray, y: np.ndarray, splits: Sequence[Rows], *, seed: int = 0) -> Leaks:
    """Return one line a leak that `evaluate` is caught at; an empty list means none.

    Things that must not change a prediction are changed, on every split: the labels of the test rows, the features of
    the other test rows, and what was evaluated before. What a prediction must be is what the first call in a fresh copy
    of this process says. All splits are evaluated one after the other in two orders, on these data and on the same rows
    dealt anew, so that a scaler that is fitted once, weights that are kept, a result that is cached by its split or
    given for another split differ from that. Where they do, each call on changed data has a fresh process of its own;
    where nothing is kept, those calls share one, and what differs there is asked again as the first of its own.
    Estimators that `evaluate` brings fitted are made to forget.

    Parameters
    ----------
    evaluate : callable
        Trains on the train rows and predicts the test rows; seeded, so that two equal calls are meant to be equal.
        Where it is not, that is one line ("unseeded: ..."), and the leaks are looked for with the global generators
        begun anew before each call, if that makes it repeatable.
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
        Numbers, or classes.
    splits : sequence of (train rows, test rows)
        Two at least; each test part has two rows or more.
    seed : int
        Of the changes that are tried.

    Returns
    -------
    Leaks
        A list of str, each with its kind before a colon: "test labels", "test features", "state", "in place", "blind"
        (the given features have no effect, so nothing can be seen), "unseeded" and "nan". Its `cannot_see` says what
        could not be looked at.

    Raises
    ------
    ValueError
        For fewer than two splits.
    Exception
        What `evaluate` raises on the data as they are.
    """
    if len(splits) < 2:
        raise ValueError("two splits are needed: a state that is kept shows on the second")
    splits = [(np.asarray(train), np.asarray(test)) for train, test in splits]
    bench = _Bench(evaluate, seed)
    leaks = Leaks()
    first = [bench.one(X, y, split) for split in splits]
    empty = [k for k, predicted in enumerate(first) if _has_nan(predicted)]
    if empty:
        leaks.append(
            f"nan: predictions of {len(empty)} of {len(splits)} splits hold NaN, the first is split {empty[0]}"
        )
    if not _is_repeatable(bench, X, y, splits[0], first[0]):
        leaks.append("unseeded: two equal calls differ; give every generator a seed")
        bench.seeded = True
        first = [bench.one(X, y, split) for split in splits]
        if not _is_repeatable(bench, X, y, splits[0], first[0]):
            leaks.cannot_see = (*CANNOT_SEE, "anything else: its predictions differ from call to call")
            return leaks
    rng = np.random.default_rng(seed)
    state = list(_state(bench, X, y, splits, first, rng))
    bench.keeps = bool(state)
    looks = (
        _test_labels(bench, X, y, splits, first, rng),
        _test_features(bench, X, y, splits, first, rng),
        _blind(bench, X, y, splits, first, rng),
        state,
        _brought_along(bench, X, y, splits, first),
    )
    for look in looks:
        leaks.extend(look)
    if bench.kept_of_changes and not state:
        k = bench.kept_of_changes[0]
        leaks.append(
            f"state: after calls on changed data, the predictions of split {k} differ from what a first call says"
        )
    leaks += [
        f"in place: {name} is changed where it stands, and the next fold gets it so" for name in sorted(bench.in_place)
    ]
    if not bench.is_fresh:
        leaks.cannot_see = (*CANNOT_SEE, f"state from before the first call: {bench.why_not}")
    return leaks


def _is_repeatable(bench: _Bench, X: np.ndarray, y: np.ndarray, split: Rows, first: np.ndarray) -> bool:
    return not bench.is_fresh or _same(first, bench.one(X, y, split, number=1))


def _test_labels(
    bench: _Bench, X: np.ndarray, y: np.ndarray, splits: Sequence[Rows], first: Sequence[np.ndarray], rng: Any
) -> Iterator[str]:
    tries = [
        _Try(k, X, labels, split, first[k])
        for k, split in enumerate(splits)
        for labels in _other_labels(X, y, split[1], rng)
    ]
    for one in bench.differing(tries):
        yield f"test labels: predictions change when the labels of the test rows change (split {one.k})"
        return


def _test_features(
    bench: _Bench, X: np.ndarray, y: np.ndarray, splits: Sequence[Rows], first: Sequence[np.ndarray], rng: Any
) -> Iterator[str]:
    tries = []
    for k, (train, test) in enumerate(splits):
        half = rng.permutation(len(test)) < len(test) // 2
        for changed in (half, ~half):
            features = X.copy()
            features[test[changed]] = 10 * np.ptp(X) * rng.normal(size=features[test[changed]].shape)
            tries.append(_Try(k, features, y, (train, test), first[k], ~changed))
        outside = np.setdiff1d(np.arange(len(y)), np.concatenate([train, test]))
        if len(outside):
            features, labels = X.copy(), y.copy()
            features[outside] = 10 * np.ptp(X) * rng.normal(size=features[outside].shape)
            labels[outside] = rng.permutation(labels[outside])
            tries.append(_Try(k, features, labels, (train, test), first[k]))
    for one in bench.differing(tries):
        if one.rows is None:
            yield f"other rows: predictions change with rows that are neither train nor test (split {one.k})"
        else:
            yield f"test features: predictions change when the features of other test rows change (split {one.k})"
        return


def _blind(
    bench: _Bench, X: np.ndarray, y: np.ndarray, splits: Sequence[Rows], first: Sequence[np.ndarray], rng: Any
) -> Iterator[str]:
    """Say so where no prediction follows the features that were given, and it is no constant either."""
    if all(len(np.unique(predicted)) < 2 or _has_nan(predicted) for predicted in first):
        return
    dealt = X[rng.permutation(len(X))]
    if all(_same(first[k], bench.one(dealt, y, split)) for k, split in enumerate(splits)):
        yield "blind: predictions stay the same when the features of all rows change: it answers from data of its own"


def _state(
    bench: _Bench, X: np.ndarray, y: np.ndarray, splits: Sequence[Rows], first: Sequence[np.ndarray], rng: Any
) -> Iterator[str]:
    order = rng.permutation(len(y))
    other_X, other_y = X[order], y[order]
    forward = [*((X, y, split) for split in splits), *((other_X, other_y, split) for split in splits)]
    one_way, back = bench.calls(forward), bench.calls(forward[::-1])[::-1]
    number = len(splits)
    for k in range(number):
        for after in (one_way[k], back[k]):
            if not _same(first[k], after):
                of = [j for j in range(number) if j != k and _same(first[j], after)]
                what = f"are those of split {of[0]}" if of else "differ from what a first call says"
                yield f"state: after other splits were evaluated, the predictions of split {k} {what}"
                return
    for k in range(number):
        if not _same(one_way[number + k], back[number + k]):
            kept = _same(one_way[number + k], first[k])
            what = "a result is kept by its split and given again" if kept else "predictions hang on what came before"
            yield f"state: on other data {what} (split {k})"
            return


def _brought_along(
    bench: _Bench, X: np.ndarray, y: np.ndarray, splits: Sequence[Rows], first: Sequence[np.ndarray]
) -> Iterator[str]:
    """Take the fitted estimators that came with `evaluate` from it, in a fresh process, and see if that matters."""
    if not bench.is_fresh:
        return
    train, test = splits[0]

    def work() -> tuple[list[str], np.ndarray | None]:
        names = forget(bench.evaluate)
        if not names:
            return names, None
        try:
            return names, np.array(bench.evaluate(X.copy(), y.copy(), train.copy(), test.copy()))
        except Exception:
            return names, np.array([])

    try:
        names, predicted = run_fresh(work, bench.seed)
    except NoFreshProcessError:
        return
    if predicted is not None and not _same(first[0], predicted):
        yield f"state: it came with a fitted {names[0]} from before, and predictions hang on it"


def _other_labels(X: np.ndarray, y: np.ndarray, test: np.ndarray, rng: Any) -> Iterator[np.ndarray]:
    """Yield labels (n,) that are changed on the test rows only: dealt anew and far off, mirrored, told by a feature."""
    labels = y.copy()
    if y.dtype.kind != "f":
        classes = np.unique(y)
        turned = classes[(np.searchsorted(classes, y[test]) + 1) % len(classes)]
        for new in (turned, rng.permutation(y[test]), np.full(len(test), classes[0])):
            labels[test] = new
            yield labels.copy()
        return
    labels[test] = rng.permutation(labels[test]) + 10 * np.ptp(y)
    yield labels.copy()
    labels[test] = 2 * y.mean() - y[test]
    yield labels.copy()
    along = X[test].reshape(len(test), -1) @ rng.normal(size=X[test].reshape(len(test), -1).shape[1])
    labels[test] = y.mean() + 10 * np.ptp(y) * (along - along.mean()) / max(float(along.std()), 1e-12)
    yield labels


def _same(before: np.ndarray, after: np.ndarray) -> bool:
    if before.shape != after.shape:
        return False
    if before.dtype.kind in "fc" or after.dtype.kind in "fc":
        return bool(np.allclose(before, after, rtol=RELATIVE, atol=0.0, equal_nan=True))
    return bool(np.array_equal(before, after))


def _has_nan(predicted: np.ndarray) -> bool:
    return predicted.dtype.kind == "f" and bool(np.isnan(predicted).any())
