"""What a system predicted of clips that its fits had not seen, and what the fits recorded of themselves."""

from collections.abc import Iterable, Mapping

import pandas as pd

from raymer.results.store import ResultStore
from raymer.studies.proof import proven
from raymer.studies.study import PlannedSystem, Study


def read_predictions(study: Study, store: ResultStore, number: int, target: str) -> pd.DataFrame:
    """Return the predictions of `target` by the system `number`, at the last epoch that each fit was scored at.

    Fits without a result are passed over.

    Returns
    -------
    DataFrame
        A row a clip: `clip_id`, `group`, `true` and `predicted`, the mean over the splits that tested the clip. Classes
        have no mean: of them a row a clip and split.
    """
    done, read = store.done(), proven(store, study.plan)
    frames = []
    for fit in study.systems[number].fits:
        if target not in fit.targets or fit.id not in done:
            continue
        result = read(fit.id)
        mine = (result.targets == target) & (result.epochs == result.epochs.max())
        columns = {"clip_id": result.clip_ids, "true": result.true, "predicted": result.predicted}
        frames.append(pd.DataFrame({name: values[mine] for name, values in columns.items()}))
    if not frames:
        return pd.DataFrame(columns=["clip_id", "group", "true", "predicted"])
    found = pd.concat(frames, ignore_index=True)
    if study.plan.samples.kind(target) == "number":
        found = found.groupby("clip_id", as_index=False).mean()
    groups = dict(zip(study.plan.samples.clip_ids.tolist(), study.plan.samples.groups.tolist(), strict=True))
    found.insert(1, "group", found["clip_id"].map(groups))
    return found


def read_versions(systems: Iterable[PlannedSystem], store: ResultStore) -> Mapping[str, list[str]]:
    """Return the versions that results recorded, by library; read from one result a system."""
    done = store.done()
    found: dict[str, set[str]] = {}
    for system in systems:
        first = next((fit.id for fit in system.fits if fit.id in done), None)
        for name, version in store.header(first).versions.items() if first else ():
            found.setdefault(name, set()).add(version)
    return {name: sorted(versions) for name, versions in found.items()}
