"""From an experiment to systems with their fits, and the scores they have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raymer.corpora.base import Corpus
from raymer.errors import UsageError
from raymer.experiments.spec import JOIN, Experiment, Published
from raymer.learners.representation import make_representation
from raymer.learners.step import find_component
from raymer.learners.system import System
from raymer.protocols.splits import Split
from raymer.results.frame import make_parts, read_scores
from raymer.results.store import ResultStore
from raymer.studies.fit import Asked, Fit, Plan, plan_each
from raymer.studies.measures import check_defined, check_probabilities, metrics_of, n_scores, unseen_words
from raymer.studies.proof import proven
from raymer.studies.samples import Samples, intersected, make_samples


@dataclass(frozen=True, eq=False)
class PlannedSystem:
    """One row of a table under one protocol: its system, what it reads, its number of features and its fits.

    `n_scores` is how many scores a target has when all fits are done: one a split, or one a repeat where predictions
    are pooled.
    """

    name: str
    protocol: str
    input: str
    system: System
    n_features: int
    published: Mapping[str, Published]
    fits: tuple[Fit, ...]
    n_scores: int


@dataclass(frozen=True, eq=False)
class Study:
    """An experiment on a corpus, planned.

    Attributes
    ----------
    spec : Experiment
    plan : Plan
    systems : tuple of PlannedSystem
        For each protocol the rows of the experiment, in their order.
    coverage : mapping of input to int
        Clips that have it; the study runs on those that have all.
    metrics : mapping of target to tuple of str
        The experiment's metrics for its kind: the first decides, the others are shown beside it.
    """

    spec: Experiment
    plan: Plan
    systems: tuple[PlannedSystem, ...]
    coverage: Mapping[str, int]
    metrics: Mapping[str, tuple[str, ...]]

    def scores(self, store: ResultStore) -> pd.DataFrame:
        """Return the tidy scores of all fits that are done, a row a system and score.

        Columns are those of `read_scores`, with `row` (place among the systems), `system`, `protocol` and `input`.
        """
        places = {split_id: (split.repeat, split.fold) for split_id, split in self.plan.splits.items()}
        parts = [make_parts(system.fits, places, self.spec.aggregate) for system in self.systems]
        read = proven(store, self.plan)
        scores = read_scores(store, list({part.id: part for own in parts for part in own}.values()), self.metrics, read)
        rows = [
            (number, system.name, system.protocol, system.input, part.id)
            for number, system in enumerate(self.systems)
            for part in parts[number]
        ]
        owners = pd.DataFrame(rows, columns=["row", "system", "protocol", "input", "fit"])
        return owners.merge(scores, on="fit", how="inner")

    @property
    def input_names(self) -> set[str]:
        """The corpus' inputs that its systems read, those of joined tables one by one."""
        return {name for system in self.systems for name in system.input.split(JOIN)}

    def samples_of(self, row: int) -> Samples:
        """Return what the system at `row` reads."""
        return self.plan.inputs[self.systems[row].fits[0].samples]

    def coverage_words(self) -> str:
        """Say how many clips have all inputs, where one lacks some; else nothing."""
        kept = len(self.plan.samples.clip_ids)
        if len(self.coverage) < 2 or all(count == kept for count in self.coverage.values()):
            return ""
        return f"{kept} of {max(self.coverage.values())} clips have {' and '.join(self.coverage)}"

    def clip_notes(self) -> tuple[str, ...]:
        """Say what became of the clips: how many have all inputs, what protocols say of them, classes not learnt."""
        unseen = [unseen_words(self.plan, target) for target in self.spec.targets]
        return tuple(note for note in (self.coverage_words(), *self.plan.notes, *unseen) if note)


def make_study(spec: Experiment, corpus: Corpus) -> Study:
    """Plan `spec` on `corpus`.

    Raises
    ------
    UsageError
        When the corpus is not the experiment's, or lacks an input or a target; for a system that cannot predict a
        target, or asks for more features than there are.
    """
    if corpus.name != spec.corpus:
        raise UsageError(f"experiment {spec.name} is about corpus {spec.corpus}, not {corpus.name}")
    drafts = [spec.build(row) for row in spec.systems]
    for row, draft in zip(spec.systems, drafts, strict=True):
        check_targets(row.system, draft, corpus, spec.targets)
        make_representation(draft)  # refuses what the network would, before anything is run
    inputs = _inputs(spec, drafts, corpus)
    samples = [inputs[spec.input_of(row), draft.accepts] for row, draft in zip(spec.systems, drafts, strict=True)]
    coverage = {one.input: len(one.clip_ids) for one in samples}
    samples = intersected(samples)
    systems = [spec.build(row, width_share=_share(spec, one)) for row, one in zip(spec.systems, samples, strict=True)]
    rows = [(name, rule, k) for name, rule in spec.protocols.items() for k in range(len(systems))]
    asked = [Asked(systems[k], samples[k], rule.build(spec.systems[k].folds)) for _, rule, k in rows]
    planned, fits = plan_each(asked, spec.targets, spec.seed)
    for k, row in enumerate(spec.systems):
        check_width(row.system, systems[k], samples[k], planned, fits[k])
        check_values(row.system, systems[k], samples[k])
    made = tuple(
        PlannedSystem(
            spec.systems[k].system,
            name,
            samples[k].input,
            systems[k],
            systems[k].width or samples[k].n_features,
            spec.systems[k].published,
            own,
            n_scores(own, planned, spec.aggregate),
        )
        for (name, _, k), own in zip(rows, fits, strict=True)
    )
    metrics = metrics_of(spec.metrics, planned.samples, spec.targets, named=spec.metric is not None)
    for row, system in zip(spec.systems, systems, strict=True):
        check_probabilities(row.system, system, planned.samples, metrics)
    for name in spec.protocols:
        own = next(one.fits for one in made if one.protocol == name)
        check_defined(name, own, planned, metrics, spec.aggregate)
    return Study(spec, planned, made, coverage, metrics)


def splits_of(study: Study, protocol: str) -> list[Split]:
    """Return the splits of one of its protocols, in the order of (repeat, fold).

    Raises
    ------
    UsageError
        When its systems have different ones (other numbers of folds).
    """
    rows = [{fit.split for fit in system.fits} for system in study.systems if system.protocol == protocol]
    if any(row != rows[0] for row in rows):
        raise UsageError(f"protocol {protocol}: the systems have different numbers of folds, so different splits")
    found = [study.plan.splits[split] for split in rows[0]]
    return sorted(found, key=lambda split: (split.repeat, split.fold))


def _inputs(spec: Experiment, systems: Sequence[System], corpus: Corpus) -> dict[tuple[str | None, str], Samples]:
    found: dict[tuple[str | None, str], Samples] = {}
    for row, system in zip(spec.systems, systems, strict=True):
        key = (spec.input_of(row), system.accepts)
        if key not in found:
            try:
                found[key] = make_samples(corpus, key[0], system.accepts, spec.targets)
            except UsageError as error:
                raise UsageError(f"system {row.system}: {error}") from error
    return found


def _share(spec: Experiment, samples: Samples) -> float:
    return samples.n_features / spec.published_features if spec.published_features else 1.0


def check_targets(label: str, system: System, corpus: Corpus, targets: Sequence[str]) -> None:
    """Refuse a system that cannot learn or predict one of the targets; `label` names it in the message."""
    for target in targets:
        kind = corpus.target(target).kind
        for step in system.steps:
            if kind not in find_component(step.use, "step").kinds:
                other = "classes" if kind == "number" else "numbers"
                raise UsageError(f"system {label}: {step.use} learns from {other}, and {target} is a {kind}")
        if system.predictor.use == "head":
            continue
        try:
            find_component(system.predictor.use, "predictor").class_for(kind)
        except UsageError as error:
            raise UsageError(f"system {label}: {error} ({target})") from error


def check_values(label: str, system: System, samples: Samples) -> None:
    """Refuse missing features where no step of the system fills them; `label` names it in the message."""
    if samples.accepts == "frames" or system.takes_missing:
        return
    missing = np.isnan(samples.features).sum(axis=0)
    if missing.any():
        columns = np.flatnonzero(missing)
        first = ", ".join(f"{samples.feature_names[k]} {missing[k]}" for k in columns[:3])
        raise UsageError(
            f"system {label}: {missing.sum()} values of {len(columns)} features are missing ({first} ...): begin its "
            "steps with {use: impute}, the median of the train rows, or import again without them"
        )


def check_width(label: str, system: System, samples: Samples, plan: Plan, fits: Sequence[Fit]) -> None:
    """Refuse a width that no fit could have; one rule for all reducers of raymer's own on tables."""
    step = system.main_step
    if step is None or system.network is not None or system.width is None or ":" in step.use:
        return
    rows = min(len(plan.splits[fit.split].train) for fit in fits)
    least, what = min((samples.n_features, "features"), (rows, "clips in the smallest train part"))
    if step.use == "rp":
        least, what = samples.n_features, "features"
    if system.width > least:
        raise UsageError(
            f"system {label}: width {system.width} is more than the {least} {what}: give a width "
            f"(reducer: {{width: {max(1, least // 2)}}})"
        )
