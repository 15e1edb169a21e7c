"""cross_validate: an experiment from Python, without a YAML file."""

import tempfile
from collections.abc import Sequence

import pandas as pd

from raymer.corpora.base import Corpus
from raymer.engine.fit import Samples, plan
from raymer.engine.machine import Machine
from raymer.engine.run import run_plan
from raymer.errors import RaymerError, UsageError
from raymer.learners.methods import Method
from raymer.protocols.splits import SplitProtocol
from raymer.results.frame import read_scores
from raymer.results.store import ResultStore


def cross_validate(
    corpus: Corpus,
    methods: Sequence[str | Method],
    protocol: SplitProtocol,
    *,
    targets: Sequence[str] | None = None,
    input_name: str | None = None,
    seed: int = 0,
    store: str | None = None,
    address: str | None = "local",
    workers: int | None = None,
) -> pd.DataFrame:
    """Train and score every method on every split and return the scores as a tidy frame.

    Parameters
    ----------
    corpus : Corpus
    methods : sequence of str or Method
        Names such as "svr" or "tnn-svr", or `Method.of(name, reducer={...}, regressor={...})`. No name twice: the
        frame tells methods apart by it.
    protocol : KFold, GroupKFold
    targets : sequence of str, optional
        Default: all of the corpus.
    input_name : str, optional
        Needed where the corpus has several inputs.
    seed : int
        All seeds derive from it and from what is fitted.
    store : str, optional
        Where results are kept, and found again; a folder that goes away when None.
    address : str or None
        The Ray to run on, "local" an embedded one; None runs in this process, without Ray.
    workers : int, optional

    Returns
    -------
    DataFrame
        As `read_scores` documents; `compare` takes it as it is.

    Raises
    ------
    RaymerError
        When a fit failed: the message names the first and its reason.
    """
    machine = Machine(address or "local", workers, serial=address is None)
    chosen = [method if isinstance(method, Method) else Method.of(method) for method in methods]
    names = [method.name for method in chosen]
    if len(set(names)) < len(names):
        raise UsageError("two methods have one name: run them apart, the scores could not be told from each other")
    wanted = list(targets or [target.name for target in corpus.targets])
    samples = Samples.of(corpus, input_name, wanted)
    planned = plan(samples, [(method, protocol) for method in chosen], wanted, seed)
    with tempfile.TemporaryDirectory(prefix="raymer-") as folder:
        results = ResultStore(store or folder)
        results.claim(corpus.name, corpus.fingerprint, planned.input_fingerprint)
        summary = run_plan(planned, results, machine=machine)
        if summary.failed:
            failure = results.failures(summary.failed)[0]
            raise RaymerError(f"{len(summary.failed)} fits failed, the first ({failure['id']}): {failure['message']}")
        places = {split_id: (split.repeat, split.fold) for split_id, split in planned.splits.items()}
        return read_scores(results, planned.fits, places)
