"""The final model: one system of an experiment, fitted on all clips of the corpus."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from raymer.corpora.base import Corpus
from raymer.errors import RaymerError, UsageError
from raymer.learners.build import make_predictor
from raymer.learners.fitted import FittedSystem
from raymer.learners.novelty import Novelty
from raymer.learners.representation import make_representation
from raymer.learners.seeding import seeded_globals
from raymer.learners.stage import Representation
from raymer.learners.system import System
from raymer.learners.threads import one_thread
from raymer.learners.tuning import Tuning
from raymer.models.card import make_card
from raymer.models.model import Model
from raymer.models.source import sequence_source, summary_row, table_source
from raymer.nearest import unknown
from raymer.protocols.clips import Clips
from raymer.protocols.splits import Split, SplitProtocol
from raymer.results.result import Result
from raymer.results.store import ResultStore
from raymer.studies.fit import Fit, Grouping, Plan, Unit, plan, units
from raymer.studies.naming import find_system
from raymer.studies.proof import proven
from raymer.studies.samples import Samples
from raymer.studies.study import PlannedSystem, Study

INTERVALS = (
    "Intervals are split-conformal: a prediction plus and minus a quantile of the absolute errors that the same method "
    "made on clips it had not seen. They hold their share of new clips on average, not for each clip, and only if new "
    "clips are drawn as the corpus was; every clip gets the same width."
)


class AllClips:
    """The protocol of a final model: one split whose train part is every clip, and no test part.

    Inner splits of what is tuned divide no group where `like`, the protocol of the scores, divides none.
    """

    tests_nothing = True

    def __init__(self, like: SplitProtocol) -> None:
        if hasattr(like, "group"):
            self.group = like.group

    def splits(self, clips: Clips) -> list[Split]:
        """Return the one split of `clips`."""
        return [Split(0, 0, clips.ids, clips.ids[:0])]

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


def plan_evaluation(study: Study, row: int) -> Plan:
    """Return the fits that `evaluate` reads: those of the system at `row`."""
    return Plan(study.plan.inputs, study.systems[row].fits, study.plan.splits)


def evaluate(study: Study, row: int, store: ResultStore) -> Evaluation:
    """Return scores and out-of-fold errors of the system at `row` at its last epoch, from its stored fits.

    Raises
    ------
    RaymerError
        When a fit is missing: scores of the others would not be the protocol's.
    """
    system, done = study.systems[row], store.done()
    missing = [fit.id for fit in system.fits if fit.id not in done]
    if missing:
        raise RaymerError(f"{len(missing)} fits of {system.name} have no result in {store.location}: run them first")
    errors, clips = _out_of_fold(system, proven(store, study.plan))
    scores = study.scores(store)
    scores = scores[scores["row"] == row]
    scores = scores[scores["epoch"] == scores["epoch"].max()]
    record = {
        "protocol": system.protocol,
        "rule": _rule(study, system.protocol),
        "splits": len({fit.split for fit in system.fits}),
        "clips": clips,
        "aggregate": study.spec.aggregate,
        "scores": [
            _summary(str(target), str(metric), values)
            for (target, metric), values in scores.groupby(["target", "metric"], sort=False)["value"]
        ],
        "intervals": INTERVALS if errors else "",
    }
    return Evaluation(record, errors, clips)


def _summary(target: str, metric: str, values: "pd.Series[float]") -> dict[str, Any]:
    """Return mean and standard deviation over the scores, None where one is undefined: no mean hides it."""
    undefined = int(values.isna().sum())
    return {
        "target": target,
        "metric": metric,
        "mean": None if undefined else float(values.mean()),
        "sd": None if undefined or len(values) < 2 else float(values.std(ddof=0)),
        "scores": len(values),
        "undefined": undefined,
    }


def _rule(study: Study, protocol: str) -> dict[str, Any]:
    return study.spec.protocols[protocol].build().to_dict()


def _out_of_fold(system: PlannedSystem, read: Callable[[str], Result]) -> tuple[dict[str, np.ndarray], int]:
    """Return the sorted absolute errors of each number, and how many clips they are of."""
    parts: dict[str, list[np.ndarray]] = {}
    clips: set[str] = set()
    for fit in system.fits:
        result = read(fit.id)
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
    system, samples = study.systems[row], study.samples_of(row)
    rule = study.spec.protocols[system.protocol].build()
    fits = plan(samples, [(system.system, AllClips(rule))], study.spec.targets, study.spec.seed).fits
    everything = np.arange(len(samples.clip_ids))
    with one_thread():
        predictor = _fit(fits, samples)
        if samples.accepts == "frames":
            source = sequence_source(corpus, samples.input)
            clips = samples.data(everything)
            novelty = Novelty.fit(np.stack([summary_row(clips.clip(k)) for k in range(len(clips))]))
        else:
            source = table_source(corpus, samples.input)
            novelty = Novelty.fit(samples.features)
    return Model(
        card=make_card(study, corpus, row, fits, source, evaluation.record if evaluation else None, predictor.tuned),
        predictor=predictor,
        source=source,
        novelty=novelty,
        errors=evaluation.errors if evaluation else {},
        error_clips=evaluation.clips if evaluation else 0,
    )


def _fit(fits: tuple[Fit, ...], samples: Samples) -> FittedSystem:
    made = _Making(samples, fits[0].grouping)
    for unit in units(fits):
        made.fit(unit)
    targets = [target for fit in fits for target in fit.targets]
    return FittedSystem(
        fits[0].system,
        {target: made.representations[target] for target in targets},
        {target: made.predictors[target] for target in targets},
        {target: made.tuned[target] for target in targets if target in made.tuned},
    )


class _Making:
    """What is being fitted on all clips, target by target."""

    def __init__(self, samples: Samples, grouping: Grouping | None) -> None:
        self._samples = samples
        self._rows = np.arange(len(samples.clip_ids))
        groups = None if grouping is None else samples.clips.groups_by(grouping.column)
        self._tuning = Tuning(samples.data(self._rows), groups, samples.feature_names)
        self.representations: dict[str, Representation] = {}
        self.predictors: dict[str, Any] = {}
        self.tuned: dict[str, Mapping[str, Any]] = {}

    def fit(self, unit: Unit) -> None:
        """Fit the representation that the fits of a unit share, and the predictor of each."""
        first, samples = unit[0], self._samples
        system = first.system
        if system.tunes_representation:  # then the unit is one fit of one target
            system = self._chosen(first, first.targets[0])
        learnt = make_representation(system, samples.everything)
        data = samples.data(self._rows)  # a copy each time: a step may write into it
        stage = learnt.fit(data, self._labels(first), seed=first.representation_seed)
        for fit in unit:
            for target in fit.targets:
                self.representations[target], self.predictors[target] = learnt, None
                chosen = self._chosen(fit, target) if system.is_tuned else system
                if chosen.predictor.use != "head":
                    self.predictors[target] = self._predictor(fit, target, chosen, stage.train)

    def _labels(self, fit: Fit) -> np.ndarray | None:
        columns = [np.array(self._samples.labels[target]) for target in fit.targets]
        if fit.system.joint:
            from raymer.learners.sequence_network import labels_as_learnt

            return labels_as_learnt(columns)
        return columns[0] if fit.system.is_supervised else None

    def _predictor(self, fit: Fit, target: str, system: System, features: np.ndarray) -> Any:
        seed, names = fit.predictor_seed(target), self._samples.feature_names if system.main_step is None else ()
        made = make_predictor(system.predictor, seed, self._samples.kind(target), names)
        with seeded_globals(seed):
            return made.fit(np.array(features), np.array(self._samples.labels[target]))

    def _chosen(self, fit: Fit, target: str) -> System:
        """Return the system with the values that inner splits of all clips choose."""
        seeds = (fit.representation_seed, fit.predictor_seed(target))
        labels, kind = np.array(self._samples.labels[target]), self._samples.kind(target)
        chosen, self.tuned[target] = self._tuning.choose(fit.system, target, labels, kind, seeds=seeds)
        return chosen
