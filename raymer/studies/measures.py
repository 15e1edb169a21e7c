"""Which metrics go with which targets, and what of them is undefined on the planned splits: said before any fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from raymer.errors import UsageError
from raymer.learners.build import make_predictor
from raymer.learners.predictors import HEAD
from raymer.learners.system import System
from raymer.protocols.metrics import Metric
from raymer.protocols.scoring import find_metric, metrics_for
from raymer.protocols.splits import Split
from raymer.results.frame import Metrics
from raymer.studies.fit import Fit, Plan
from raymer.studies.samples import Samples

WORDS = {"number": "a number", "class": "a class"}
PARTS = {"fold": "folds", "pooled": "repeats"}


def metrics_of(
    names: Sequence[str], samples: Samples, targets: Sequence[str], *, named: bool = True
) -> dict[str, tuple[str, ...]]:
    """Return the metrics of each target: those of `names` that are for its kind, in their order.

    Parameters
    ----------
    names : sequence of str
    samples : Samples
    targets : sequence of str
    named : bool
        Whether somebody asked for them by name: one that no target has is then refused.

    Raises
    ------
    UsageError
        For a target without a metric, or a metric without a target.
    """
    found = {}
    for target in targets:
        kind = samples.kind(target)
        found[target] = tuple(name for name in names if find_metric(name).kind == kind)
        if not found[target]:
            raise UsageError(
                f"metric {' and '.join(names)} does not go with target {target}, which is {WORDS[kind]}: choose "
                f"{', '.join(metrics_for(kind))}"
            )
    for name in names if named else ():
        if not any(name in own for own in found.values()):
            raise UsageError(f"metric {name} goes with none of the targets {', '.join(targets)}: leave it out")
    return found


def n_scores(fits: Sequence[Fit], plan: Plan, aggregate: str) -> int:
    """Return how many scores a target of `fits`, those of one system, has: one a split, or one a repeat."""
    splits = {fit.split for fit in fits}
    return len(splits) if aggregate == "fold" else len({plan.splits[split].repeat for split in splits})


def check_probabilities(label: str, system: System, samples: Samples, metrics: Metrics) -> None:
    """Refuse a metric of probabilities where the system's predictor has none; `label` names it in the message."""
    for target, names in metrics.items():
        wanted = [name for name in names if find_metric(name).needs == "probabilities"]
        if not wanted or system.predictor.use == HEAD:
            continue
        if not callable(getattr(make_predictor(system.predictor, 0, samples.kind(target)), "predict_proba", None)):
            raise UsageError(
                f"system {label}: metric {wanted[0]} of {target} needs probabilities, and {system.predictor.use} has "
                "none: take a predictor that has them (logistic, gbm, knn) or a metric of labels (balanced_accuracy)"
            )


def check_defined(protocol: str, fits: Sequence[Fit], plan: Plan, metrics: Metrics, aggregate: str = "fold") -> None:
    """Refuse metrics that the labels of the planned test parts leave undefined, whatever will be predicted.

    Parameters
    ----------
    protocol : str
        Its name, for the message.
    fits : sequence of Fit
        Those of one system under it.
    plan : Plan
    metrics : mapping of target to names of metrics
    aggregate : {"fold", "pooled"}

    Raises
    ------
    UsageError
        One line: the metric, the target, in how many folds and why, and a way on.
    """
    splits = [plan.splits[split] for split in dict.fromkeys(fit.split for fit in fits)]
    for target, names in metrics.items():
        tested = list(_tested(splits, plan.samples, target, aggregate))
        for name in names:
            lacking = [part for part in tested if not find_metric(name).is_defined_on(part.labels, part.classes)]
            if lacking:
                where = f"{len(lacking)} of {len(tested)} {PARTS[aggregate]} of protocol {protocol}"
                why = f"{lacking[0].place}: {_why(find_metric(name), lacking[0])}"
                way_on = _way_on(find_metric(name), tested if aggregate == "fold" else ())
                raise UsageError(f"metric {name} of {target} is undefined in {where} ({why}): {way_on}")


@dataclass(frozen=True, eq=False)
class _Tested:
    """Labels (n,) that are scored together, the classes that were there to be learnt, and where they stand."""

    place: str
    labels: np.ndarray
    classes: list[str]


def _tested(splits: Sequence[Split], samples: Samples, target: str, aggregate: str) -> Iterator[_Tested]:
    row_of = {clip: row for row, clip in enumerate(samples.clip_ids.tolist())}
    labels = samples.labels[target]

    def of(clips: np.ndarray) -> np.ndarray:
        return np.asarray(labels[[row_of[clip] for clip in clips.tolist()]])

    groups: dict[int, list[Split]] = {}
    for number, split in enumerate(splits):
        groups.setdefault(number if aggregate == "fold" else split.repeat, []).append(split)
    has_classes = samples.kind(target) == "class"
    for own in groups.values():
        classes = {name for split in own for name in np.unique(of(split.train)).tolist()} if has_classes else ()
        where = f"repeat {own[0].repeat}" if aggregate == "pooled" else f"fold {own[0].fold} of repeat {own[0].repeat}"
        yield _Tested(where, np.concatenate([of(split.test) for split in own]), sorted(classes))


def _why(metric: Metric, part: _Tested) -> str:
    n = len(part.labels)
    if n == 1:
        return "one clip"
    if len(np.unique(part.labels)) == 1:
        return f"the labels of its {n} clips are all {part.labels[0]}"
    missing = sorted({*part.classes} - {*part.labels.tolist()}) if metric.kind == "class" else []
    return f"no clip of {', '.join(missing[:3])}" if missing else f"{n} clips"


def _way_on(metric: Metric, tested: Sequence[_Tested]) -> str:
    """Return what may be done instead; pooling the test parts in `tested` is named where it would help."""
    another = "a metric that is defined there (accuracy, macro_f1)" if metric.kind == "class" else "rmse or mae"
    if not _is_pooled_defined(metric, tested):
        return f"take {another}, or leave the target out"
    stratified = "stratified splits, " if metric.kind == "class" else ""
    return f"take fewer folds, {stratified}{another}, or pool the predictions of a repeat (aggregate: pooled)"


def _is_pooled_defined(metric: Metric, tested: Sequence[_Tested]) -> bool:
    if len(tested) < 2:
        return False
    classes = {name for part in tested for name in part.classes}
    return metric.is_defined_on(np.concatenate([part.labels for part in tested]), sorted(classes))


def unseen_words(plan: Plan, target: str) -> str:
    """Say in how many splits a class is tested that the train part has not; nothing where there is none."""
    labels, samples = plan.samples.labels[target], plan.samples
    if labels.dtype.kind != "U":
        return ""
    class_of = dict(zip(samples.clip_ids.tolist(), labels.tolist(), strict=True))
    clips: dict[str, int] = {}
    n_splits = 0
    for split in plan.splits.values():
        known = {class_of[clip] for clip in split.train.tolist()}
        strange = [name for clip in split.test.tolist() if (name := class_of[clip]) not in known]
        n_splits += bool(strange)
        for name in strange:
            clips[name] = clips.get(name, 0) + 1
    if not clips:
        return ""
    counts = ", ".join(f"{name} {count}" for name, count in sorted(clips.items()))
    return (
        f"{target}: in {n_splits} of {len(plan.splits)} splits a class is tested that the train part has not, so that "
        f"no fit could predict it (clips: {counts})"
    )
