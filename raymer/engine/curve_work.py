"""A unit of curve fits: one network trained, and every method that shares it scored at each k-th epoch."""

import time
from typing import Any

import numpy as np

from raymer.engine.fit import Samples, Unit
from raymer.engine.versions import versions
from raymer.errors import UsageError
from raymer.learners.curve_methods import CURVES
from raymer.learners.curves import CurveMethod, train_curves
from raymer.learners.methods import Method
from raymer.learners.sequences import Sequences, per_bin
from raymer.protocols.metrics import METRICS
from raymer.protocols.splits import Split
from raymer.results.checkpoint import Checkpoint
from raymer.results.store import Result


def curve_method(method: Method) -> CurveMethod:
    """Return what trains `method`; UsageError for parameters that it refuses."""
    params = dict(method.reducer.params) if method.reducer else {}
    network = {name: value for name, value in params.items() if name not in ("epochs", "every")}
    machine = {f"svm_{name}": value for name, value in method.regressor.params}
    return CurveMethod.of(method.name, {**network, **machine})


def run_curves(unit: Unit, samples: Samples, split: Split, checkpoint: Checkpoint | None) -> dict[str, Result]:
    """Train the network that the fits of `unit` share and return the result of each fit, by its id.

    Parameters
    ----------
    unit : fits that share a reducer; all of one split and the same targets
    samples : Samples
        With offsets.
    split : Split
    checkpoint : Checkpoint, optional
        From which a killed training goes on; it is dropped at the end.

    Raises
    ------
    UsageError
        When the samples are no sequences.
    """
    if samples.offsets is None:
        raise UsageError(f"methods {', '.join(CURVES)} need spectrograms, not the table {samples.input}")
    row_of = {clip: row for row, clip in enumerate(samples.clip_ids.tolist())}
    train, test = (np.array([row_of[clip] for clip in part.tolist()]) for part in (split.train, split.test))
    clips = Sequences(samples.features, samples.offsets[:, 0], samples.offsets[:, 1] - samples.offsets[:, 0])
    first = unit[0]
    reducer = dict(first.method.reducer.params) if first.method.reducer else {}
    methods = [curve_method(fit.method) for fit in unit]
    start = time.perf_counter()
    # One list of predictions a method: (epoch, predictions), in the order they come.
    found: dict[str, list[tuple[int, np.ndarray]]] = {fit.method.name: [] for fit in unit}
    for point in train_curves(
        methods,
        clips.select(train),
        label_matrix(samples, first.targets, train),
        clips.select(test),
        seed=first.reducer_seed,
        epochs=reducer["epochs"],
        every=reducer["every"],
        checkpoint=checkpoint.path if checkpoint else None,
        normalisation=per_bin(clips) if methods[0].normalisation == "dataset" else None,
    ):
        found[point.method].append((point.epoch, point.predicted))
        if checkpoint and point.method == methods[-1].name:
            checkpoint.keep()
    seconds = time.perf_counter() - start
    if checkpoint:
        checkpoint.drop()
    true = label_matrix(samples, first.targets, test)  # only now: test labels come after all predictions
    return {
        fit.id: _result(fit.to_dict(), fit.targets, found[fit.method.name], true, split, seconds, shared=k > 0)
        for k, fit in enumerate(unit)
    }


def label_matrix(samples: Samples, targets: tuple[str, ...], rows: np.ndarray) -> np.ndarray:
    """Return labels (n, n_targets), or classes (n,)."""
    columns = [samples.labels[target][rows] for target in targets]
    if columns[0].dtype.kind == "U":
        if len(columns) > 1:
            raise UsageError(f"targets {', '.join(targets)}: classes are predicted one target at a time")
        return np.asarray(columns[0])
    return np.stack(columns, axis=1)


def _result(
    fit: dict[str, Any],
    targets: tuple[str, ...],
    points: list[tuple[int, np.ndarray]],
    true: np.ndarray,
    split: Split,
    seconds: float,
    *,
    shared: bool,
) -> Result:

    columns = true.reshape(len(true), -1)
    scores, blocks = [], []
    for epoch, predicted in points:
        by_target = np.asarray(predicted).reshape(len(true), -1)
        for k, target in enumerate(targets):
            metrics = METRICS["class" if columns.dtype.kind == "U" else "number"]
            if columns.dtype.kind != "U" and not np.isfinite(by_target[:, k]).all():
                raise FloatingPointError(f"epoch {epoch}: predictions of {target} are not finite")
            for name, metric in metrics.items():
                value = metric(columns[:, k], by_target[:, k])
                scores.append({"target": target, "epoch": epoch, "metric": name, "value": value})
            blocks.append((target, epoch, columns[:, k], by_target[:, k]))
    n = len(true)
    return Result(
        fit=fit,
        scores=tuple(scores),
        clip_ids=np.tile(split.test, len(blocks)),
        targets=np.repeat([block[0] for block in blocks], n),
        epochs=np.repeat([block[1] for block in blocks], n).astype(np.int32),
        true=np.concatenate([block[2] for block in blocks]),
        predicted=np.concatenate([block[3] for block in blocks]),
        n_train=len(split.train),
        n_test=n,
        seconds={"reducer": seconds, "regressor": 0.0, "shared": shared},
        versions=versions(),
    )
