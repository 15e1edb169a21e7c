"""Planning a comparison: only the fits that two (or more) systems of an experiment need, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from raymer.corpora.base import Corpus
from raymer.errors import UsageError
from raymer.experiments.spec import Experiment, ProtocolSpec, SystemSpec
from raymer.nearest import unknown
from raymer.protocols.scoring import find_metric
from raymer.protocols.splits import KFold, Split
from raymer.results.frame import AVERAGE, average_over_targets
from raymer.results.store import ResultStore
from raymer.studies.fit import Plan
from raymer.studies.naming import find_system, system_labels
from raymer.studies.study import Study, make_study

FOLDS = KFold().folds

CHANGED_SPLITS = ("kfold", "group_kfold", "random", "group_random", "repeated_kfold", "repeated_group_kfold")
"""Kinds of protocols that can have another number of splits."""

Place = tuple[int, int]


@dataclass(frozen=True, eq=False)
class PlannedComparison:
    """Systems of an experiment on the same splits.

    Attributes
    ----------
    study : Study
        The experiment, narrowed to these systems and one protocol.
    labels : tuple of str
        A name a system, in the order asked for; the `method` of its scores.
    protocol : ProtocolSpec
    targets : tuple of str
        What is compared; `average` stands for the mean over all.
    """

    study: Study
    labels: tuple[str, ...]
    protocol: ProtocolSpec
    targets: tuple[str, ...]

    @property
    def metrics(self) -> dict[str, str]:
        """The metric that decides, by target."""
        own = {target: names[0] for target, names in self.study.metrics.items()}
        return {target: own.get(target) or next(iter(own.values())) for target in self.targets}

    @property
    def systems(self) -> tuple[SystemSpec, ...]:
        """The rows of the experiment that are compared."""
        return self.study.spec.systems

    @property
    def splits(self) -> tuple[Split, ...]:
        """All splits, in the order of (repeat, fold)."""
        return tuple(sorted(self.study.plan.splits.values(), key=lambda split: (split.repeat, split.fold)))

    def plan(self, targets: Sequence[str] | None = None, count: int | None = None) -> Plan:
        """Return the fits that `targets` need on the first `count` splits (None: all)."""
        wanted = set(self.targets if targets is None else targets)
        first = {split.id for split in self.splits[:count]}
        fits = tuple(
            fit
            for fit in self.study.plan.fits
            if fit.split in first and (AVERAGE in wanted or wanted & set(fit.targets))
        )
        return replace(self.study.plan, fits=fits)

    def scores(self, store: ResultStore, count: int | None = None) -> pd.DataFrame:
        """Return the tidy scores of the first `count` splits, `method` being the label, with `average` if asked for."""
        chosen = self.study.scores(store)
        if count is not None:
            places: set[Place] = {(split.repeat, split.fold) for split in self.splits[:count]}
            inside = [place in places for place in zip(chosen["repeat"], chosen["fold"], strict=True)]
            chosen = chosen[inside].copy()
        chosen["method"] = chosen["row"].map(dict(enumerate(self.labels)))
        if AVERAGE in self.targets and AVERAGE not in self.study.spec.targets:
            return pd.concat([chosen, average_over_targets(chosen, len(self.study.spec.targets))], ignore_index=True)
        return chosen


def plan_comparison(
    spec: Experiment,
    corpus: Corpus,
    names: Sequence[str],
    *,
    protocol: str | None = None,
    splits: int | None = None,
    targets: Sequence[str] | None = None,
    metric: str | None = None,
) -> PlannedComparison:
    """Plan the comparison of the systems called `names`.

    Parameters
    ----------
    spec, corpus
    names : sequence of str
        As :func:`find_system` takes them; all systems when empty.
    protocol : str, optional
        One of the experiment's; may be left out where there is one only.
    splits : int, optional
        Another number of splits than the protocol's, see :func:`with_splits`.
    targets : sequence of str, optional
        Default: all of the experiment. `average` is the mean over all.
    metric : str, optional
        Instead of the experiment's; all `targets` must be of its kind.

    Raises
    ------
    UsageError
        For a name, protocol, target, metric or number of splits that cannot be, and as `make_study` does.
    """
    rows = [find_system(name, spec.systems) for name in names] or list(range(len(spec.systems)))
    labels = system_labels(spec.systems)
    chosen = tuple(labels[row] for row in rows)
    if len(set(rows)) < len(rows):
        raise UsageError(f"{', '.join(names)}: a system cannot be compared with itself")
    if len(rows) < 2:
        raise UsageError(f"experiment {spec.name} has one system: there is nothing to compare it with")
    _check_targets(spec, targets or ())
    name, rule = choose_protocol(spec, protocol)
    systems = tuple(spec.systems[row] for row in rows)
    if splits is not None:
        rule, before = with_splits(rule, splits), rule
        if rule.kind != before.kind:
            systems = tuple(system.model_copy(update={"folds": None}) for system in systems)
    if len({system.folds or rule.folds or FOLDS for system in systems}) > 1:
        raise UsageError(
            f"{' and '.join(chosen)} have different numbers of folds: give splits=N to put them on the same"
        )
    changed: dict[str, Any] = {"systems": systems, "protocols": {name: rule}}
    if metric is not None:
        changed["metric"] = decided_by(spec, metric, corpus)
    wanted = tuple(targets or spec.targets)
    planned = PlannedComparison(make_study(spec.model_copy(update=changed), corpus), chosen, rule, wanted)
    _check_metrics(planned, metric)
    return planned


def decided_by(spec: Experiment, metric: str, corpus: Corpus) -> tuple[str, ...]:
    """Return the metrics of an experiment with `metric` alone for its kind of target."""
    kind = find_metric(metric).kind
    there = {corpus.target(target).kind for target in spec.targets}
    others = [name for name in spec.metrics if find_metric(name).kind in there - {kind}]
    return (metric, *others)


def _check_metrics(planned: PlannedComparison, metric: str | None) -> None:
    """Refuse a target that the metric asked for is not for, and a mean over targets that are scored by several."""
    own = planned.study.metrics
    for target in planned.targets:
        if metric is not None and target in own and own[target][0] != metric:
            raise UsageError(
                f"metric {metric} is for a {find_metric(metric).kind}, and {target} is none: name the targets it is for"
            )
    if AVERAGE in planned.targets and AVERAGE not in own and len({names[0] for names in own.values()}) > 1:
        raise UsageError(f"targets={AVERAGE}: the targets are scored by different metrics, whose mean says nothing")


def with_splits(rule: ProtocolSpec, splits: int) -> ProtocolSpec:
    """Return the protocol with this number of splits.

    Random splits and repeats are cut short or carried on. One k-fold becomes random splits whose test part is as
    large as a fold, grouped if its folds are.

    Raises
    ------
    UsageError
        For fewer than two splits, no whole number of repeats, and protocols whose splits are what they are.
    """
    if splits < 2:
        raise UsageError(f"splits={splits}: a comparison needs at least 2")
    if rule.kind not in CHANGED_SPLITS:
        raise UsageError(f"splits={splits}: protocol {rule.kind} has the splits it has")
    if rule.kind in ("random", "group_random"):
        return rule.model_copy(update={"count": splits})
    folds = rule.folds or FOLDS
    if rule.kind in ("repeated_kfold", "repeated_group_kfold"):
        if splits % folds:
            raise UsageError(f"splits={splits}: repeats of {folds} folds make a multiple of {folds} splits")
        return rule.model_copy(update={"repeats": splits // folds})
    keys: dict[str, Any] = {"count": splits, "train_share": 1 - 1 / folds, "seed": rule.seed, "group": rule.group}
    return ProtocolSpec(kind="group_random" if rule.kind == "group_kfold" else "random", **keys)


def _check_targets(spec: Experiment, targets: Sequence[str]) -> None:
    for target in targets:
        if target not in (*spec.targets, AVERAGE):
            raise UsageError(unknown("target", target, (*spec.targets, AVERAGE)))


def choose_protocol(spec: Experiment, name: str | None) -> tuple[str, ProtocolSpec]:
    """Return the protocol called `name` with its name, or the only one; UsageError where that is not clear."""
    if name is None:
        if len(spec.protocols) > 1:
            raise UsageError(
                f"experiment {spec.name} has protocols {', '.join(spec.protocols)}: name one (protocol=NAME)"
            )
        name = next(iter(spec.protocols))
    if name not in spec.protocols:
        raise UsageError(unknown("protocol", name, spec.protocols))
    return name, spec.protocols[name]
