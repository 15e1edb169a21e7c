"""From an experiment's YAML to systems with their fits, and the scores they have."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from raymer.corpora.base import Corpus
from raymer.engine.fit import Fit, Plan, Samples, plan_each
from raymer.engine.sequences import sequence_samples
from raymer.errors import UsageError
from raymer.experiments.spec import ExperimentSpec, Published
from raymer.learners.methods import Method
from raymer.results.frame import read_scores
from raymer.results.store import ResultStore


@dataclass(frozen=True, eq=False)
class System:
    """One row of a table under one protocol: its method, its number of features and the fits behind it."""

    name: str
    protocol: str
    method: Method
    n_features: int
    published: Mapping[str, Published]
    fits: tuple[Fit, ...]


@dataclass(frozen=True, eq=False)
class Study:
    """An experiment on a corpus, planned."""

    spec: ExperimentSpec
    plan: Plan
    systems: tuple[System, ...]

    def scores(self, store: ResultStore) -> pd.DataFrame:
        """Return the tidy scores of all fits that are done, with `system` and `protocol` (a row a system and score)."""
        places = {split_id: (split.repeat, split.fold) for split_id, split in self.plan.splits.items()}
        scores = read_scores(store, self.plan.fits, places)
        rows = [
            (number, system.name, system.protocol, fit.id)
            for number, system in enumerate(self.systems)
            for fit in system.fits
        ]
        owners = pd.DataFrame(rows, columns=["row", "system", "protocol", "fit"])
        return owners.merge(scores, on="fit", how="inner")


def make_study(spec: ExperimentSpec, corpus: Corpus) -> Study:
    """Plan `spec` on `corpus`.

    Raises
    ------
    UsageError
        When the corpus is not the experiment's, or lacks its input or a target.
    """
    if corpus.name != spec.corpus:
        raise UsageError(f"experiment {spec.name} is about corpus {spec.corpus}, not {corpus.name}")
    if spec.is_curve:
        samples = sequence_samples(corpus, spec.input or "logmel", spec.targets)
    else:
        samples = Samples.of(corpus, spec.input, spec.targets)
    n_features = samples.features.shape[1]
    share = n_features / spec.published_features if spec.published_features else 1.0
    rows = [(name, rule, row) for name, rule in spec.protocols.items() for row in spec.systems]
    asked = [(spec.build(row, width_share=share), rule.build(row.folds)) for _, rule, row in rows]
    for method, _ in asked:
        if method.is_curve:
            from raymer.engine.curve_work import curve_method  # here, since it imports torch

            curve_method(method)  # refuses what the network would, before anything is run
    planned, fits = plan_each(samples, asked, spec.targets, spec.seed)
    systems = tuple(
        System(row.system, name, method, method.width or n_features, row.published, own)
        for (name, _, row), (method, _), own in zip(rows, asked, fits, strict=True)
    )
    return Study(spec, planned, systems)
