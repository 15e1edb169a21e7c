"""The final model: one method of an experiment, fitted on all clips of the corpus."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus
from raymer.engine.curve_work import curve_method, label_matrix
from raymer.engine.fit import Fit, Plan, Samples, plan, units
from raymer.engine.gang.queue import Progress
from raymer.engine.machine import LOCAL, Machine
from raymer.engine.models.card import make_card
from raymer.engine.models.model import Model
from raymer.engine.models.source import Source, sequence_source, summary_row, table_source
from raymer.engine.naming import find_system
from raymer.engine.run import run_plan
from raymer.engine.study import Study, System
from raymer.errors import RaymerError, UsageError
from raymer.learners.methods import make_regressor, make_representation
from raymer.learners.novelty import Novelty
from raymer.learners.saved_curve import CurvePredictor
from raymer.learners.saved_table import TablePredictor
from raymer.learners.sequences import Sequences
from raymer.learners.threads import one_thread
from raymer.nearest import unknown
from raymer.protocols.splits import Split
from raymer.results.store import ResultStore

INTERVALS = (
    "Intervals are split-conformal: a prediction plus and minus a quantile of the absolute errors that the same method "
    "made on clips it had not seen. They hold their share of new clips on average, not for each clip, and only if new "
    "clips are drawn as the corpus was; every clip gets the same width."
)


class AllClips:
    """The protocol of a final model: one split whose train part is every clip, and no test part."""

    def splits(self, clip_ids: np.ndarray, groups: np.ndarray) -> list[Split]:
        """Return the one split of `clip_ids` (n_clips,)."""
        return [Split(0, 0, clip_ids, clip_ids[:0])]

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return {"kind": "all"}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the stored fits of a system say: a record for the card, and the absolute errors, sorted, by target."""

    record: Mapping[str, Any]
    errors: Mapping[str, np.ndarray]
    clips: int


def choose_system(study: Study, name: str, protocol: str | None = None) -> int:
    """Return the row of `study.systems` that `name` means, under `protocol` or the experiment's first.

    Raises
    ------
    UsageError
        For a name that fits none or several, or an unknown protocol.
    """
    protocols = list(study.spec.protocols)
    if protocol is not None and protocol not in protocols:
        raise UsageError(unknown("protocol", protocol, protocols))
    place = protocols.index(protocol) if protocol is not None else 0
    return place * len(study.spec.systems) + find_system(name, study.spec.systems)


def evaluate(
    study: Study,
    row: int,
    store: ResultStore,
    *,
    machine: Machine = LOCAL,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Evaluation:
    """Return scores and out-of-fold errors of system `row` at its last epoch; fits that `store` lacks are run first.

    Raises
    ------
    RaymerError
        When a fit fails: scores of the others would not be the protocol's.
    """
    system = study.systems[row]
    part = Plan(study.plan.samples, system.fits, study.plan.splits)
    summary = run_plan(part, store, machine=machine, on_progress=on_progress)
    if summary.failed:
        failure = store.failures(summary.failed)[0]
        raise RaymerError(f"{len(summary.failed)} fits failed, the first ({failure['id']}): {failure['message']}")
    errors, clips = _out_of_fold(system, store)
    scores = study.scores(store)
    scores = scores[scores["row"] == row]
    scores = scores[scores["epoch"] == scores["epoch"].max()]
    record = {
        "protocol": system.protocol,
        "rule": _rule(study, system.protocol),
        "splits": len({fit.split for fit in system.fits}),
        "clips": clips,
        "scores": [
            {"target": target, "metric": metric, "mean": float(values.mean()), "sd": float(values.std(ddof=0))}
            for (target, metric), values in scores.groupby(["target", "metric"], sort=False)["value"]
        ],
        "intervals": INTERVALS if errors else "",
    }
    return Evaluation(record, errors, clips)


def _rule(study: Study, protocol: str) -> dict[str, Any]:
    return study.spec.protocols[protocol].build().to_dict()


def _out_of_fold(system: System, store: ResultStore) -> tuple[dict[str, np.ndarray], int]:
    """Return the sorted absolute errors of each number, and how many clips they are of."""
    parts: dict[str, list[np.ndarray]] = {}
    clips: set[str] = set()
    for fit in system.fits:
        result = store.get(fit.id)
        clips.update(result.clip_ids.tolist())
        for target in fit.targets if result.true.dtype.kind == "f" else ():
            at = (result.targets == target) & (result.epochs == result.epochs.max())
            parts.setdefault(target, []).append(np.abs(result.true[at] - result.predicted[at]))
    return {target: np.sort(np.concatenate(errors)) for target, errors in parts.items()}, len(clips)


def fit_final(study: Study, corpus: Corpus, row: int, evaluation: Evaluation | None = None) -> Model:
    """Fit system `row` of `study` on all clips for every target, in this process and on one thread.

    Seeds derive from identity as in every fit: that of the split whose train part is every clip.

    Parameters
    ----------
    study : Study
    corpus : Corpus
        The one that `study` was planned on.
    row : int
        As `choose_system` returns it.
    evaluation : Evaluation, optional
        As `evaluate` returns it: the model's scores and intervals.
    """
    system, samples = study.systems[row], study.plan.samples
    fits = plan(samples, [(system.method, AllClips())], study.spec.targets, study.spec.seed).fits
    with one_thread():
        if system.method.is_curve:
            source: Source | None = sequence_source(corpus, samples.input)
            predictor: TablePredictor | CurvePredictor = _fit_curve(fits[0], samples)
            novelty = Novelty.fit(np.stack([summary_row(clip) for clip in _clips(samples)]))
        else:
            source = table_source(corpus, samples.input)
            predictor = _fit_table(fits, samples)
            novelty = Novelty.fit(samples.features)
    return Model(
        card=make_card(study, corpus, system, fits, source, evaluation.record if evaluation else None),
        predictor=predictor,
        source=source,
        novelty=novelty,
        errors=evaluation.errors if evaluation else {},
        error_clips=evaluation.clips if evaluation else 0,
    )


def _fit_table(fits: tuple[Fit, ...], samples: Samples) -> TablePredictor:
    representations, regressors = {}, {}
    for unit in units(fits):
        first = unit[0]
        pipeline = make_representation(first.method.reducer, first.reducer_seed)
        labels = samples.labels[first.targets[0]] if first.method.is_supervised else None
        features = pipeline.fit_transform(samples.features.copy(), labels)
        for fit in unit:
            (target,) = fit.targets
            regressor = make_regressor(fit.method.regressor, fit.regressor_seed, samples.feature_names)
            representations[target] = pipeline
            regressors[target] = regressor.fit(features, samples.labels[target])
    return TablePredictor(fits[0].method, representations, regressors)


def _fit_curve(fit: Fit, samples: Samples) -> CurvePredictor:
    assert samples.offsets is not None
    assert fit.method.reducer is not None
    clips = Sequences(samples.features, samples.offsets[:, 0], samples.offsets[:, 1] - samples.offsets[:, 0])
    labels = label_matrix(samples, fit.targets, np.arange(len(clips)))
    epochs = int(dict(fit.method.reducer.params)["epochs"])
    method = curve_method(fit.method)
    return CurvePredictor.fit(method, fit.targets, clips, labels, seed=fit.reducer_seed, epochs=epochs)


def _clips(samples: Samples) -> list[np.ndarray]:
    """Return the frames of each clip, views."""
    assert samples.offsets is not None
    return [samples.features[start:end] for start, end in samples.offsets.tolist()]
