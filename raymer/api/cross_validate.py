"""cross_validate: systems on splits from Python, without a YAML file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from raymer.api.estimators import AsSystem, as_system
from raymer.api.scores import Scores
from raymer.api.splitters import as_protocol
from raymer.arguments import checked
from raymer.corpora.base import Corpus
from raymer.engine.machine import HERE, Machine
from raymer.engine.run import run_plan
from raymer.errors import RaymerError, UsageError
from raymer.learners.system import System
from raymer.protocols.scoring import DEFAULT, check_metrics
from raymer.results.frame import make_parts, read_scores
from raymer.results.store import ResultStore
from raymer.scratch import scratch
from raymer.studies.fit import Asked, plan_each
from raymer.studies.measures import check_defined, check_probabilities, metrics_of
from raymer.studies.proof import proven
from raymer.studies.samples import intersected, make_samples
from raymer.studies.study import check_targets, check_values, check_width


@checked
def cross_validate(
    corpus: Corpus,
    systems: Mapping[str, AsSystem] | Sequence[AsSystem] | AsSystem,
    protocol: Any,
    *,
    targets: Sequence[str] | str | None = None,
    inputs: Mapping[str, str] | str | None = None,
    metric: str | Sequence[str] | None = None,
    seed: int = 0,
    store: str | Path | None = None,
    address: str | None = HERE,
    workers: int | None = None,
) -> Scores:
    """Train and score every system on every split and return the scores.

    Parameters
    ----------
    corpus : Corpus
    systems : mapping of label to system, or sequence of systems
        A system is a preset's name ("svr", "tnn-svr"), a System, steps as a YAML has them, or an estimator or pipeline
        of scikit-learn's kind as it is. Without labels they are called by their names, which must differ then.
    protocol : KFold, GroupKFold, ..., or a splitter of scikit-learn's
    targets : str or sequence of str, optional
        Default: all of the corpus.
    inputs : str or mapping of label to str, optional
        What all systems, or each, read; needed where the corpus has several inputs.
    metric : str or sequence of str, optional
        Default: R2 for numbers, accuracy for classes. Each target is scored by those of its kind.
    seed : int
        All seeds derive from it and from what is fitted.
    store : path, optional
        Where results are kept, and found again; a folder that goes away when None.
    address : str or None
        As `Machine` has it; None runs in this process alone.
    workers : int, optional

    Returns
    -------
    Scores
        Its `method` is the system's label; `compare` takes it as it is.

    Raises
    ------
    UsageError
        For what cannot be planned.
    RaymerError
        When a fit failed: the message names the first and its reason.
    """
    machine = Machine(address or HERE, workers, serial=address is None)
    chosen = _labelled(systems)
    if not chosen:
        raise UsageError("no system is named: give cross_validate one, such as 'svr'")
    wanted = [targets] if isinstance(targets, str) else list(targets or [target.name for target in corpus.targets])
    for label, system in chosen.items():
        check_targets(label, system, corpus, wanted)
    samples = intersected(
        [make_samples(corpus, _input(inputs, label), system.accepts, wanted) for label, system in chosen.items()]
    )
    rule = as_protocol(protocol)
    asked = [Asked(system, own, rule) for system, own in zip(chosen.values(), samples, strict=True)]
    planned, fits = plan_each(asked, wanted, seed)
    for label, row, own in zip(chosen, asked, fits, strict=True):
        check_width(label, row.system, row.samples, planned, own)
        check_values(label, row.system, row.samples)
    names = (metric,) if isinstance(metric, str) else tuple(metric or DEFAULT)
    check_metrics(names)
    metrics = metrics_of(names, samples[0], wanted, named=metric is not None)
    for label, system in chosen.items():
        check_probabilities(label, system, samples[0], metrics)
    check_defined("the splits", fits[0], planned, metrics)
    with scratch("study") as folder:
        results = ResultStore(str(store or folder / "store"))
        results.claim(corpus.name, corpus.fingerprint, planned.input_fingerprint)
        summary = run_plan(planned, results, machine=machine)
        if summary.failed:
            failure = results.failures(summary.failed)[0]
            raise RaymerError(f"{len(summary.failed)} fits failed, the first ({failure['id']}): {failure['message']}")
        places = {split_id: (split.repeat, split.fold) for split_id, split in planned.splits.items()}
        label_of = [(label, fit) for label, own in zip(chosen, fits, strict=True) for fit in own]
        parts = make_parts(planned.fits, places)
        read = read_scores(results, parts, metrics, proven(results, planned)).set_index("fit", drop=False)
    frames = [read.loc[[fit.id]].assign(method=label) for label, fit in label_of]
    return Scores.of(pd.concat(frames, ignore_index=True), metrics[wanted[0]][0])


def _labelled(systems: Mapping[str, AsSystem] | Sequence[AsSystem] | AsSystem) -> dict[str, System]:
    if isinstance(systems, str):
        systems = [systems]
    if isinstance(systems, Mapping):
        return {str(label): as_system(given) for label, given in systems.items()}
    if not isinstance(systems, list | tuple):
        systems = [systems]
    made = [as_system(given) for given in systems]
    names = [system.name for system in made]
    if len(set(names)) < len(names):
        raise UsageError("two systems have one name: give them labels, {label: system, ...}")
    return dict(zip(names, made, strict=True))


def _input(inputs: Mapping[str, str] | str | None, label: str) -> str | None:
    return inputs.get(label) if isinstance(inputs, Mapping) else inputs
