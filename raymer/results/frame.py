"""Scores as one tidy frame: a row a score, made from the headers of a store."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import pandas as pd

from raymer.results.store import ResultStore

AVERAGE = "average"
"""The target that stands for the mean over all targets of a split."""


class _Planned(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def system(self) -> Any: ...


COLUMNS = (
    *("fit", "method", "target", "epoch", "metric", "repeat", "fold", "value"),
    *("n_train", "n_test", "reducer_seconds", "predictor_seconds", "shared"),
)


def read_scores(store: ResultStore, fits: Iterable[_Planned], places: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """Return the scores of those of `fits` that are done.

    Parameters
    ----------
    store : ResultStore
    fits : iterable
        Things with an `id`, a `split` and a `system`, whose name is the `method` of its scores.
    places : mapping of split id to (repeat, fold)

    Returns
    -------
    DataFrame
        Columns `fit`, `method`, `target`, `epoch`, `metric`, `repeat`, `fold`, `value`, `n_train`, `n_test`,
        `reducer_seconds`, `predictor_seconds`, `shared`: a row a score, in the order of `fits`.
    """
    done = store.done()
    rows = []
    for fit in fits:
        if fit.id not in done:
            continue
        header = store.header(fit.id)
        repeat, fold = places[fit.split]
        seconds = (header.seconds["reducer"], header.seconds["predictor"], header.seconds["shared"])
        for score in header.scores:
            what = (fit.id, fit.system.name, score["target"], score["epoch"], score["metric"])
            rows.append((*what, repeat, fold, score["value"], header.n_train, header.n_test, *seconds))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def average_over_targets(scores: pd.DataFrame, n_targets: int) -> pd.DataFrame:
    """Return a row a method, metric, epoch and split whose value is the mean over targets, its target `AVERAGE`.

    Splits that lack a target are left out.
    """
    keys = ["method", "metric", "epoch", "repeat", "fold"]
    means = scores.groupby(keys, as_index=False).agg(
        value=("value", "mean"), n=("value", "size"), n_train=("n_train", "first"), n_test=("n_test", "first")
    )
    return means[means["n"] == n_targets].drop(columns="n").assign(target=AVERAGE)


def last_epoch(scores: pd.DataFrame, metric: str) -> int:
    """Return the last epoch that all methods trained by epochs are scored at; 0 where there is no such method."""
    last = scores[scores["metric"] == metric].groupby("method")["epoch"].max()
    iterative = last[last > 0]
    return int(iterative.min()) if len(iterative) else 0


def at_epoch(scores: pd.DataFrame, epoch: int) -> pd.DataFrame:
    """Return the scores at an epoch, where a method that is not trained by epochs stands at every one."""
    last = scores.groupby("method")["epoch"].transform("max")
    if not last.any():
        return scores  # nothing is trained by epochs: an epoch that is asked for is not there
    return scores[(last == 0) | (scores["epoch"] == epoch)].assign(epoch=epoch)
