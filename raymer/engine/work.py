"""One unit of work, the same in every process: train what its fits share, then each fit, then write its file."""

import time
import traceback
from collections.abc import Callable

import numpy as np

from raymer.engine.fit import Fit, Samples, Unit
from raymer.engine.versions import versions
from raymer.learners.methods import make_regressor, make_representation
from raymer.protocols.metrics import METRICS
from raymer.protocols.splits import Split
from raymer.results.store import Result, ResultStore, StoreError

Note = Callable[[Fit, float, str | None], None]
"""Told of every fit that ended: the fit, its own seconds, and the message of its failure if it failed."""


def _silent(fit: Fit, seconds: float, message: str | None) -> None:
    """Note nothing."""


def run_unit(unit: Unit, samples: Samples, split: Split, store: ResultStore, note: Note = _silent) -> list[str]:
    """Run the fits of a unit, write a result or a failure for each, and return the ids that failed.

    A fit that raises costs its own result only (law 4); a store that cannot be written stops the work. Fits that have
    a result (the work list was made anew after a crash) are left alone; `note` hears of the others.
    """
    failed: list[str] = []
    pending = [fit for fit in unit if not store.has(fit.id)]
    start = time.perf_counter()

    def fail(fit: Fit, error: Exception) -> None:
        note(fit, time.perf_counter() - start, _record_failure(fit, error, store))
        failed.append(fit.id)

    def keep(fit: Fit, result: Result) -> None:
        store.put(fit.id, result)
        reducer = 0.0 if result.seconds["shared"] else result.seconds["reducer"]
        note(fit, reducer + result.seconds["regressor"], None)

    if pending and pending[0].method.is_curve:
        _run_curve_unit(tuple(pending), samples, split, store, keep, fail)
    elif pending:
        _run_table_unit(tuple(pending), samples, split, keep, fail)
    return failed


def _run_table_unit(
    unit: Unit,
    samples: Samples,
    split: Split,
    keep: Callable[[Fit, Result], None],
    fail: Callable[[Fit, Exception], None],
) -> None:
    try:
        division = _Division(samples, split)
        representation = _Representation(unit[0], division)
    except Exception as error:
        for fit in unit:
            fail(fit, error)
        return
    for k, fit in enumerate(unit):
        try:
            result = _run_fit(fit, division, representation, shared=k > 0)
        except Exception as error:
            fail(fit, error)
            continue
        keep(fit, result)


def _run_curve_unit(
    unit: Unit,
    samples: Samples,
    split: Split,
    store: ResultStore,
    keep: Callable[[Fit, Result], None],
    fail: Callable[[Fit, Exception], None],
) -> None:
    from raymer.engine.curve_work import run_curves

    try:
        with store.checkpoint(unit[0].reducer_id or unit[0].id) as checkpoint:
            results = run_curves(unit, samples, split, checkpoint)
    except Exception as error:
        for fit in unit:
            fail(fit, error)
        return
    for fit in unit:
        keep(fit, results[fit.id])


def run_fit(fit: Fit, samples: Samples, split: Split) -> Result:
    """Run one fit by itself and return its result; nothing is written."""
    if fit.method.is_curve:
        from raymer.engine.curve_work import run_curves

        return run_curves((fit,), samples, split, None)[fit.id]
    division = _Division(samples, split)
    return _run_fit(fit, division, _Representation(fit, division), shared=False)


class _Division:
    """The rows of a split. Test labels are handed out by one method, after predictions exist."""

    def __init__(self, samples: Samples, split: Split) -> None:
        row_of = {clip: row for row, clip in enumerate(samples.clip_ids.tolist())}
        self._samples = samples
        self._train = np.array([row_of[clip] for clip in split.train.tolist()])
        self._test = np.array([row_of[clip] for clip in split.test.tolist()])
        self.feature_names = samples.feature_names
        self.test_ids = split.test
        # Indexing copies: what a learner does to its rows reaches nobody else's.
        self.x_train, self.x_test = samples.features[self._train], samples.features[self._test]

    def train_labels(self, target: str) -> np.ndarray:
        """Labels (n_train,) of the train rows."""
        return np.asarray(self._samples.labels[target][self._train])

    def test_labels(self, target: str) -> np.ndarray:
        """Labels (n_test,) of the test rows: for scoring only."""
        return np.asarray(self._samples.labels[target][self._test])


class _Representation:
    """Scaler and reducer, fitted on train rows only, and what they make of both parts."""

    def __init__(self, fit: Fit, division: _Division) -> None:
        start = time.perf_counter()
        pipeline = make_representation(fit.method.reducer, fit.reducer_seed)
        labels = division.train_labels(fit.targets[0]) if fit.method.is_supervised else None
        self.train = pipeline.fit_transform(division.x_train, labels)
        self.test = pipeline.transform(division.x_test)
        self.seconds = time.perf_counter() - start


def _run_fit(fit: Fit, division: _Division, representation: _Representation, *, shared: bool) -> Result:
    start = time.perf_counter()
    regressor = make_regressor(fit.method.regressor, fit.regressor_seed, division.feature_names)
    target = fit.targets[0]
    regressor.fit(representation.train, division.train_labels(target))
    predicted = np.asarray(regressor.predict(representation.test), dtype=np.float64)
    seconds = time.perf_counter() - start
    if not np.isfinite(predicted).all():
        raise FloatingPointError(f"{np.sum(~np.isfinite(predicted))} of {len(predicted)} predictions are not finite")
    true = division.test_labels(target)
    scores = tuple(
        {"target": target, "epoch": 0, "metric": name, "value": metric(true, predicted)}
        for name, metric in METRICS["number"].items()
    )
    return Result(
        fit=fit.to_dict(),
        scores=scores,
        clip_ids=division.test_ids,
        targets=np.full(len(true), target),
        epochs=np.zeros(len(true), dtype=np.int32),
        true=true,
        predicted=predicted,
        n_train=len(representation.train),
        n_test=len(true),
        seconds={"reducer": representation.seconds, "regressor": seconds, "shared": shared},
        versions=versions(),
    )


def _record_failure(fit: Fit, error: Exception, store: ResultStore) -> str:
    """Write the failure of a fit and return its one line; what is wrong with the store itself is raised again."""
    if isinstance(error, StoreError):
        raise error
    message = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    store.fail(fit.id, fit.to_dict(), message, "".join(traceback.format_exception(error)))
    return message
