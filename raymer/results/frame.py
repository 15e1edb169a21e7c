"""Scores as one tidy frame: a row a score, made of stored predictions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from raymer.errors import RaymerError
from raymer.identity import content_hash
from raymer.protocols.metrics import Metric
from raymer.protocols.scoring import find_metric
from raymer.results.cache import as_rows, read_cache, write_cache
from raymer.results.result import Result
from raymer.results.scoring import score
from raymer.results.store import ResultStore

AVERAGE = "average"
"""The target that stands for the mean over all targets of a split."""

AGGREGATES = ("fold", "pooled")
"""What a score is of: the test part of a fold, or the predictions of all folds of a repeat, pooled."""

Metrics = Mapping[str, Sequence[str]]
"""The names of the metrics of each target; the first decides."""


class _Planned(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def system(self) -> Any: ...
    @property
    def targets(self) -> tuple[str, ...]: ...


COLUMNS = (
    *("fit", "method", "target", "epoch", "metric", "repeat", "fold", "value"),
    *("fits", "n_train", "n_test", "reducer_seconds", "predictor_seconds", "spent_seconds", "split"),
)


@dataclass(frozen=True)
class Part:
    """What one score is made of: a fit, or the fits of a repeat whose predictions are pooled.

    Attributes
    ----------
    id : str
        Of the fit; of pooled fits a hash of theirs.
    method : str
    targets, fits : tuple of str
    repeat, fold : int
        Where it stands; a pooled part has fold 0.
    split : str
        Id of the split; of pooled fits a hash of theirs.
    """

    id: str
    method: str
    targets: tuple[str, ...]
    fits: tuple[str, ...]
    repeat: int
    fold: int
    split: str


def make_parts(fits: Iterable[_Planned], places: Mapping[str, tuple[int, int]], aggregate: str = "fold") -> list[Part]:
    """Return what the scores of `fits` are made of, in their order.

    Parameters
    ----------
    fits : iterable
        Things with an `id`, a `split`, `targets` and a `system`, whose name is the `method` of its scores.
    places : mapping of split id to (repeat, fold)
    aggregate : {"fold", "pooled"}
    """
    if aggregate == "fold":
        each = {fit.id: fit for fit in fits}
        return [
            Part(fit.id, fit.system.name, fit.targets, (fit.id,), *places[fit.split], fit.split)
            for fit in each.values()
        ]
    groups: dict[Any, list[_Planned]] = {}
    for fit in fits:
        groups.setdefault((fit.system, fit.targets, places[fit.split][0]), []).append(fit)
    return [_pooled(own, places[own[0].split][0]) for own in groups.values()]


def _pooled(fits: Sequence[_Planned], repeat: int) -> Part:
    ids = tuple(dict.fromkeys(fit.id for fit in fits))
    splits = sorted({fit.split for fit in fits})
    split = splits[0] if len(splits) == 1 else content_hash(["pooled", splits])
    made_of = content_hash(["pooled", sorted(ids)])
    return Part(made_of, fits[0].system.name, fits[0].targets, ids, repeat, 0, split)


def read_scores(
    store: ResultStore, parts: Sequence[Part], metrics: Metrics, read: Callable[[str], Result] | None = None
) -> pd.DataFrame:
    """Return the scores of those of `parts` whose fits are all done.

    They are made of the stored predictions, once: what was made before is kept in the store, a file a metric.

    Parameters
    ----------
    store : ResultStore
    parts : sequence of Part
    metrics : mapping of target to names of metrics
    read : callable, optional
        Reads the result of a fit by its id; by default `store.get`, which knows nothing of splits and labels.

    Returns
    -------
    DataFrame
        Columns COLUMNS: a row a part, target, epoch and metric, in the order of `parts`; `fit` is the part's id, `fits`
        how many it has, `n_train`, `reducer_seconds` and `predictor_seconds` their means, `n_test` and
        `spent_seconds` their sums (a representation that fits share is counted once). `value` is NaN where the metric
        is undefined there: whoever takes a mean must say so.
    """
    marks = store.marks()
    whole = [part for part in parts if marks.keys() >= set(part.fits)]
    mark_of = {part.id: _mark([marks[fit] for fit in part.fits]) for part in whole}
    names = list(dict.fromkeys(name for target in metrics for name in metrics[target]))
    wanted = {
        name: {part.id: part for part in whole if any(name in metrics.get(target, ()) for target in part.targets)}
        for name in names
    }
    kept = _made(store, {name: own for name, own in wanted.items() if own}, mark_of, read or store.get)
    frames = []
    for name, rows in kept.items():
        targets = [target for target in metrics if name in metrics[target]]
        frames.append(rows[rows["target"].isin(targets)].assign(metric=name))
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    about = [(k, part.id, part.method, part.repeat, part.fold, part.split) for k, part in enumerate(whole)]
    places = pd.DataFrame(about, columns=["order", "part", "method", "repeat", "fold", "split"])
    found = places.merge(pd.concat(frames, ignore_index=True), on="part")
    found = found.sort_values("order", kind="stable").rename(columns={"part": "fit"})
    return found[list(COLUMNS)].reset_index(drop=True)


def _made(
    store: ResultStore,
    wanted: Mapping[str, Mapping[str, Part]],
    mark_of: Mapping[str, str],
    read: Callable[[str], Result],
) -> dict[str, pd.DataFrame]:
    """Return by metric the rows of the parts wanted of it, those that were not kept made now and kept.

    What was kept of a file that has been written since is made anew.
    """
    metrics = {name: find_metric(name) for name in wanted}
    kept = {name: _of_marks(read_cache(store, metric), mark_of) for name, metric in metrics.items()}
    known = {name: set(rows["part"].tolist()) for name, rows in kept.items()}
    missing = {part.id: part for name in wanted for part in wanted[name].values() if part.id not in known[name]}
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in wanted}
    for part in missing.values():
        results = [read(fit) for fit in part.fits]
        for name, metric in metrics.items():
            if part.id in wanted[name] and part.id not in known[name]:
                rows[name] += _rows(part, mark_of[part.id], metric, results)
    for name, new in rows.items():
        if new:
            kept[name] = pd.concat([kept[name], as_rows(new)], ignore_index=True)
            write_cache(store, metrics[name], kept[name])
        if not known[name] <= wanted[name].keys():
            kept[name] = kept[name][kept[name]["part"].isin(list(wanted[name]))]
    return kept


def _of_marks(kept: pd.DataFrame, mark_of: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows but those of files that have been written since; lists, since text columns are slow by row."""
    pairs = zip(kept["part"].tolist(), kept["mark"].tolist(), strict=True)
    is_same = [mark_of.get(part, mark) == mark for part, mark in pairs]
    return kept if all(is_same) else kept[is_same]


def _mark(marks: Sequence[str]) -> str:
    return marks[0] if len(marks) == 1 else content_hash(marks)


def _rows(part: Part, mark: str, metric: Metric, results: Sequence[Result]) -> list[tuple[object, ...]]:
    try:
        made = score(metric, results)
    except RaymerError as error:
        raise type(error)(f"fit {part.fits[0]} ({part.method}): {error}") from error
    n = len(results)
    seconds = [(result.seconds["reducer"], result.seconds["predictor"]) for result in results]
    facts = (
        n,
        round(sum(result.n_train for result in results) / n),
        sum(result.n_test for result in results),
        sum(reducer for reducer, _ in seconds) / n,
        sum(predictor for _, predictor in seconds) / n,
        sum(own for _, own in seconds) + sum(r.seconds["reducer"] for r in results if not r.seconds["shared"]),
    )
    return [(part.id, mark, one.target, one.epoch, one.value, *facts) for one in made]


def n_undefined(scores: pd.DataFrame) -> int:
    """Return how many of the scores are undefined."""
    return int(scores["value"].isna().sum())


def average_over_targets(scores: pd.DataFrame, n_targets: int) -> pd.DataFrame:
    """Return a row a method, metric, epoch and split whose value is the mean over targets, its target `AVERAGE`.

    Splits that lack a target are left out; where a target's score is undefined, so is the mean.
    """
    keys = ["method", "metric", "epoch", "repeat", "fold"]
    means = scores.groupby(keys, as_index=False).agg(
        value=("value", "mean"),
        n=("value", "size"),
        defined=("value", "count"),
        n_train=("n_train", "first"),
        n_test=("n_test", "first"),
        **({"split": ("split", "first")} if "split" in scores else {}),
    )
    means["value"] = means["value"].where(means["defined"] == means["n"])
    return means[means["n"] == n_targets].drop(columns=["n", "defined"]).assign(target=AVERAGE)


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
