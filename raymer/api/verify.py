"""verify: whether a store, a corpus or a model is whole, file by file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus
from raymer.corpora.folder import load_corpus
from raymer.corpora.manifest import MANIFEST as CORPUS_FILE
from raymer.corpora.remote import local_copy
from raymer.errors import RaymerError, UsageError
from raymer.features.folders import built_features
from raymer.features.manifest import MANIFEST as FEATURES_FILE
from raymer.features.manifest import REMEDY as BUILD_AGAIN
from raymer.features.shards import content_of, read_shard
from raymer.features.store import finished_manifest, load_spectrograms
from raymer.files import Files, is_uri
from raymer.learners.checkpoint import read_snapshot
from raymer.models.loading import load_model
from raymer.models.model import CARD
from raymer.protocols.metrics import Metric
from raymer.protocols.scoring import find_metric, metric_names
from raymer.protocols.splits import Split
from raymer.results.cache import read_cache
from raymer.results.result import REMEDY, Result
from raymer.results.runs import read_fit_lines, read_runs
from raymer.results.scoring import score
from raymer.results.store import ResultStore
from raymer.studies.search.journal import load_study
from raymer.studies.search.place import FOLDER as SEARCHES
from raymer.studies.search.worth import read_worth

STORE_FILE = "store.json"


@dataclass
class Verified:
    """What was looked at below one place, and what is wrong with it, a line each."""

    path: str
    kind: str
    checked: int = 0
    faults: list[str] = field(default_factory=list)

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {"path": self.path, "kind": self.kind, "checked": self.checked, "faults": list(self.faults)}

    def check(self, look: Callable[[], object]) -> None:
        """Count one file, and take down what raymer refuses of it."""
        self.checked += 1
        try:
            look()
        except RaymerError as error:
            self.faults.append(str(error))


def verify(location: str | Path, corpus: Corpus | None = None) -> Verified:
    """Read everything below `location` and return what is wrong with it.

    Parameters
    ----------
    location : str or Path
        A store of results, a corpus folder or a saved model: told apart by what they hold. Stores and corpora may be
        URIs.
    corpus : Corpus, optional
        Whose labels the results of a store are held against.

    Raises
    ------
    UsageError
        When it is none of these, or the store holds results of another corpus.
    """
    files = Files(location, "place")
    for name, kind in ((STORE_FILE, _store), (CORPUS_FILE, _corpus), (CARD, _model)):
        if files.has(name):
            return kind(str(location), corpus)
    files_of = f"{STORE_FILE}, {CORPUS_FILE} or {CARD}"
    raise UsageError(f"{location} is no store, no corpus and no model: no {files_of} is there")


def _store(location: str, corpus: Corpus | None) -> Verified:
    store, found = ResultStore(location), Verified(location, "store")
    found.check(store.check_exists)
    if found.faults:
        return found
    owner = store.owner()
    if corpus is not None and owner != (corpus.name, corpus.fingerprint):
        raise UsageError(f"store {location} holds results of corpus {owner}, not of {corpus.name}")
    labels = None if corpus is None else _labels(corpus)
    sound: dict[str, Result] = {}

    def result(fit_id: str) -> None:
        made = store.get(fit_id)
        _check_split(made, store.get_split(str(made.fit.get("split"))), store.where(fit_id))
        if labels is not None:
            _check_labels(made, labels, store.where(fit_id))
        sound[fit_id] = made

    for fit_id in sorted(store.done()):
        found.check(partial(result, fit_id))
    for split in store.splits():
        found.check(partial(store.get_split, split))
    for name in store.failed():
        found.check(partial(store.failures, [name]))
    for name in metric_names():
        if store.get_scores(name) is not None:
            found.check(partial(_check_scores, store, find_metric(name), sound))
    _logs(store, found)
    return found


def _logs(store: ResultStore, found: Verified) -> None:
    """Read what stands beside the results: records of runs, checkpoints and searches."""
    files = Files(store.location)
    found.check(lambda: [read_fit_lines(files, run.id) for run in read_runs(files, last=1 << 30)])
    if not files.is_local:
        return
    for path in sorted(Path(files.path("checkpoints")).glob("*.safetensors")):
        found.check(partial(read_snapshot, path))
    for path in sorted(Path(files.path(SEARCHES)).glob("*.journal")):
        found.check(partial(load_study, path))
        found.check(partial(read_worth, path))


def _labels(corpus: Corpus) -> dict[str, dict[str, Any]]:
    ids = corpus.clips["clip_id"].tolist()
    return {target.name: dict(zip(ids, corpus.clips[target.name].tolist(), strict=True)) for target in corpus.targets}


def _check_split(result: Result, split: Split, where: str) -> None:
    tested = np.tile(split.test, len(result.clip_ids) // max(1, len(split.test)))
    if result.n_train != len(split.train) or not np.array_equal(result.clip_ids, tested):
        raise RaymerError(f"{where} predicts other clips than its split tests: {REMEDY}")


def _check_labels(result: Result, labels: dict[str, dict[str, Any]], where: str) -> None:
    for clip, target, true in zip(result.clip_ids.tolist(), result.targets.tolist(), result.true.tolist(), strict=True):
        if labels.get(target, {}).get(clip) != true:
            raise RaymerError(f"{where} has another label of {target} of clip {clip!r} than the corpus: {REMEDY}")


def _check_scores(store: ResultStore, metric: Metric, results: dict[str, Result]) -> None:
    """Make the scores again that are kept of single fits; those of files written since stand for nothing."""
    for row in read_cache(store, metric).itertuples():
        made = results.get(str(row.part))
        if made is None or row.fits != 1:
            continue
        again = {(one.target, one.epoch): one.value for one in score(metric, [made])}
        value = again.get((row.target, row.epoch))
        if not (value == row.value or (value is None and np.isnan(row.value))):
            raise RaymerError(
                f"store {store.location}: scores of {metric.name} are not those of the predictions (fit {row.part}): "
                "delete the folder scores, they are made again"
            )


def _corpus(location: str, corpus: Corpus | None) -> Verified:
    found = Verified(location, "corpus")
    found.check(lambda: load_corpus(location))
    folder = local_copy(location, CORPUS_FILE) if is_uri(location) else Path(location)
    for features in built_features(folder):
        found.check(partial(_check_features, features))
    return found


def _check_features(folder: Path) -> None:
    """Hold every value of a features folder against the hashes of its manifest, and the mapped file against both."""
    manifest = finished_manifest(folder)
    for item in manifest.shards:
        if content_of(read_shard(folder / item.file)) != item.content:
            raise RaymerError(f"{folder / item.file} holds other values than {FEATURES_FILE} says: {BUILD_AGAIN}")
    whole = load_spectrograms(folder, memory_share=1.0)
    mapped = folder / f"frames-{manifest.content}.npy"
    if mapped.is_file() and not np.array_equal(load_spectrograms(folder, memory_share=0.0).frames, whole.frames):
        raise RaymerError(f"{mapped} holds other values than the shards: delete it, it is made again")


def _model(location: str, corpus: Corpus | None) -> Verified:
    found = Verified(location, "model")
    found.check(lambda: load_model(location))
    return found
