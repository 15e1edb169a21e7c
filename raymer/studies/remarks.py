"""Remarks: what a table of means would hide, in lines to stand below it."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from raymer.results.store import ResultStore
from raymer.studies.proof import proven
from raymer.studies.study import Study

FAR = 8.0
"""Robust standard deviations (1.48 of the median distance) from the median at which a fold's score is far outside."""
LEAST = 0.5
"""Least distance in R2: folds that hardly differ make any distance many deviations."""
SHARE = 0.25
"""Share of a fold's squared error from which one clip is named for it."""
MOST = 5
"""Remarks of one kind; the rest is counted."""


def remarks(study: Study, store: ResultStore, scores: pd.DataFrame) -> list[str]:
    """Return the values that were chosen inside fits, and the folds whose score is far outside the others'."""
    return [*tuned_words(study, store), *far_folds(study, store, scores)]


def tuned_words(study: Study, store: ResultStore) -> list[str]:
    """Return a line a tuned system: how often which value was chosen, over its targets and splits."""
    tuned = [system for system in study.systems if system.system.is_tuned]
    done, lines = store.done() if tuned else set(), []
    for system in tuned:
        counts: dict[str, Counter[str]] = {}
        for fit in system.fits:
            for values in store.header(fit.id).tuned.values() if fit.id in done else ():
                for name, value in values.items():
                    counts.setdefault(name, Counter())[f"{value:g}" if isinstance(value, float) else str(value)] += 1
        for name, chosen in counts.items():
            often = ", ".join(f"{value} ({count})" for value, count in chosen.most_common())
            where = f", {system.protocol}" if len(study.spec.protocols) > 1 else ""
            lines.append(f"{system.name}{where}: {name} chosen inside the fit: {often} of {chosen.total()}")
    return lines


def far_folds(study: Study, store: ResultStore, scores: pd.DataFrame) -> list[str]:
    """Return a line a fold whose R2 is far below the others', with the clip and the feature that did it.

    Pooled predictions have no folds, and an undefined score lies nowhere.
    """
    if study.spec.aggregate == "pooled":
        return []
    r2 = scores[(scores["metric"] == "r2") & scores["value"].notna()]
    r2 = r2[r2["epoch"] == r2.groupby("row")["epoch"].transform("max")]
    lines: list[str] = []
    for (row, target), mine in r2.groupby(["row", "target"]):
        values = mine["value"].to_numpy()
        if len(values) < 4:
            continue
        middle = float(np.median(values))
        reach = max(LEAST, FAR * 1.4826 * float(np.median(np.abs(values - middle))))
        for one in mine[values < middle - reach].itertuples(index=False):
            system = study.systems[int(row)]
            where = f", {system.protocol}" if len(study.spec.protocols) > 1 else ""
            who = f"{system.name}, {target}{where}, fold {int(one.fold) + 1}"
            said = f"{who}: R2 {one.value:.2f}, far outside the other folds' (median {middle:.2f})"
            lines.append("; ".join([said, *_culprit(study, store, int(row), str(target), str(one.fit))]))
    rest = len(lines) - MOST
    return [*lines[:MOST], *([f"and {rest} more folds far outside the others"] if rest > 0 else [])]


def _culprit(study: Study, store: ResultStore, row: int, target: str, fit_id: str) -> Iterator[str]:
    """Yield which clip has most of the squared error, and in which feature it lies furthest from the train rows."""
    result = proven(store, study.plan)(fit_id)
    at = (result.targets == target) & (result.epochs == result.epochs.max())
    errors = (result.true[at] - result.predicted[at]) ** 2
    worst = int(errors.argmax())
    clip = str(result.clip_ids[at][worst])
    if errors[worst] < SHARE * errors.sum():
        return
    yield f"clip {clip} alone has {errors[worst] / errors.sum():.0%} of its squared error"
    samples = study.samples_of(row)
    if samples.accepts == "frames":
        return
    split = study.plan.splits[result.fit["split"]]
    row_of = {name: k for k, name in enumerate(samples.clip_ids.tolist())}
    train = samples.features[[row_of[name] for name in split.train.tolist()]]
    spread = np.nanstd(train, axis=0)
    away = np.abs(samples.features[row_of[clip]] - np.nanmean(train, axis=0)) / np.where(spread > 0, spread, np.inf)
    if np.nanmax(away, initial=0.0) > 10:
        feature = int(np.nanargmax(away))
        yield (
            f"its {samples.feature_names[feature]} lies {away[feature]:,.0f} train standard deviations from the mean "
            "({use: clip, sd: 5} as an early step bounds such values)"
        )
