"""One stored fit again: law 2, checked on demand."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus
from raymer.errors import UsageError
from raymer.experiments.spec import JOIN
from raymer.features.folders import built_features
from raymer.learners.threads import one_thread
from raymer.protocols.splits import Split
from raymer.records import whole
from raymer.results.result import REMEDY
from raymer.results.store import ResultStore
from raymer.studies.fit import Fit
from raymer.studies.proof import check_result
from raymer.studies.samples import Samples, make_samples
from raymer.studies.unit import run_fit
from raymer.studies.versions import versions


@dataclass(frozen=True)
class Rerun:
    """A fit run again: whether predictions, of which all scores are made, equal the stored ones to the bit."""

    fit: str
    system: str
    target: str
    identical: bool
    difference: str

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


def rerun_fit(store: ResultStore, corpus: Corpus, fit_id: str) -> Rerun:
    """Run the fit `fit_id` of `store` again in this process; nothing is written.

    Raises
    ------
    UsageError
        When the store has no such fit, or the corpus has other features or labels than the fit was run on.
    StoreError
        When the file is not what it is named after, or was changed.
    """
    stored = store.get(fit_id)
    with whole(store.where(fit_id), REMEDY):  # that it is named after what it holds makes it no fit yet
        fit = Fit.from_dict(stored.fit)
    split = store.get_split(fit.split)
    joined = [name for name in store.inputs() if name not in corpus.inputs and JOIN in name]
    samples = _samples(corpus, fit, fit_id, split, joined)
    check_result(stored, fit, split, samples, store.where(fit_id))
    with one_thread():
        again = run_fit(fit, samples, split)
    differences = [
        name
        for name, before, after in (
            ("predictions", stored.predicted.tobytes(), again.predicted.tobytes()),
            ("probabilities", _bits(stored.probabilities), _bits(again.probabilities)),
            ("test clips", stored.clip_ids.tolist(), again.clip_ids.tolist()),
        )
        if before != after
    ]
    changed = [
        f"{name} {old} -> {versions().get(name, 'unknown')}"
        for name, old in stored.versions.items()
        if versions().get(name) != old
    ]
    difference = ", ".join(differences + (changed if differences else []))
    return Rerun(fit_id, fit.system.name, ", ".join(fit.targets), not differences, difference)


def _bits(values: np.ndarray | None) -> bytes | None:
    return None if values is None else values.tobytes()


def _samples(corpus: Corpus, fit: Fit, fit_id: str, split: Split, joined: list[str]) -> Samples:
    """Find the input whose content is what the fit was run on: its identity holds content, not names.

    The fits of a search inside an outer train part were run on that part alone.
    """
    clips = [*split.train.tolist(), *split.test.tolist()]
    accepts = fit.system.accepts
    built = [path.name for path in built_features(corpus.folder)] if corpus.folder else []
    for name in built if accepts == "frames" else [*corpus.inputs, *joined]:
        whole = make_samples(corpus, name, accepts, fit.targets)
        for samples in (whole, whole.only(clips)):
            if (samples.fingerprint, samples.labels_of(fit.targets)) == (fit.samples, fit.labels):
                return samples
    raise UsageError(f"corpus {corpus.name} has not the features and labels that fit {fit_id} was run on")
