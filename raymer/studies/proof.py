"""A stored result held against what its fit was asked: the clips of its split, and their labels in the corpus."""

from collections.abc import Callable
from functools import cache

import numpy as np

from raymer.protocols.splits import Split
from raymer.results.result import REMEDY, Result
from raymer.results.store import ResultStore, StoreError
from raymer.studies.fit import Fit, Plan
from raymer.studies.samples import Samples


def proven(store: ResultStore, plan: Plan) -> Callable[[str], Result]:
    """Return what reads the result of a fit of `plan` by its id; it raises as `ResultStore.get` and `check_result`."""

    @cache
    def fits() -> dict[str, Fit]:
        return {fit.id: fit for fit in plan.fits}

    def read(fit_id: str) -> Result:
        fit, result = fits()[fit_id], store.get(fit_id)
        check_result(result, fit, plan.splits[fit.split], plan.inputs[fit.samples], store.where(fit_id))
        return result

    return read


def check_result(result: Result, fit: Fit, split: Split, samples: Samples, where: str) -> None:
    """Raise StoreError where a result is not of its fit's targets, its split's test clips and their labels.

    Parameters
    ----------
    result : Result
        Already known to say that it is of `fit`.
    fit : Fit
    split : Split
        That of the fit.
    samples : Samples
        That the fit was run on.
    where : str
        What the error calls its file.
    """
    n = len(split.test)
    blocks = len(result.clip_ids) // max(n, 1)
    if (result.n_train, result.n_test) != (len(split.train), n) or blocks * n != len(result.clip_ids) or not blocks:
        raise StoreError(f"{where} has not as many clips as split {fit.split}: {REMEDY}")
    if (result.clip_ids.reshape(blocks, n) != split.test).any():
        raise StoreError(f"{where} predicts other clips than split {fit.split} tests: {REMEDY}")
    targets, epochs = (column.reshape(blocks, n) for column in (result.targets, result.epochs))
    of = list(zip(targets[:, 0].tolist(), epochs[:, 0].tolist(), strict=True))
    scored = set(result.epochs.tolist())
    is_whole = (targets == targets[:, :1]).all() and (epochs == epochs[:, :1]).all()
    if not is_whole or len(set(of)) != blocks or set(of) != {(name, epoch) for name in fit.targets for epoch in scored}:
        raise StoreError(f"{where} has not each target of its fit ({', '.join(fit.targets)}) once an epoch: {REMEDY}")
    order = np.argsort(samples.clip_ids)
    rows = order[np.searchsorted(samples.clip_ids, split.test, sorter=order)]
    for (target, _), true in zip(of, result.true.reshape(blocks, n), strict=True):
        if not np.array_equal(true, samples.labels[target][rows]):
            raise StoreError(f"{where} has other labels of {target} than corpus {samples.corpus}: {REMEDY}")
