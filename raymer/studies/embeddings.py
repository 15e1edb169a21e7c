"""Train rows of a split as the reducers see them, brought to two dimensions: paper A's figure 3."""

from math import ceil

import numpy as np
import pandas as pd
from sklearn.manifold import TSNE

from raymer.identity import derive_seed
from raymer.learners.representation import Pipeline
from raymer.learners.step import Step
from raymer.learners.threads import one_thread
from raymer.studies.fit import Fit
from raymer.studies.study import PlannedSystem, Study

PANELS = ("tnn", "pca", "ae")
MOST_CLIPS = 2000
ENDS = 100


def embed(study: Study) -> tuple[pd.DataFrame, str] | None:
    """Return t-SNE coordinates of the raw features and of each reducer's, and the target that bands them.

    Reducers are those of the experiment's widest systems, trained again with the seeds of their fits on the train part
    of the first split; of more than 2,000 train clips every k-th is shown. The target is arousal where there is one.

    Returns
    -------
    tuple of DataFrame and str, or None
        A row a panel and clip: `panel`, `clip_id`, `group`, `x`, `y`, `band` (0: the 100 lowest, 3: the 100 highest
        or, with fewer than 400 clips, quarters; 1 and 2: the halves between). None where no reducer of the paper is
        in the experiment, or no target is a number.
    """
    widest = [system for kind in PANELS if (system := _widest(study, kind)) is not None]
    chosen = {f"{_kind(system).upper()}, {system.n_features} units": system for system in widest}
    numbers = [target for target in study.spec.targets if study.plan.samples.kind(target) == "number"]
    if not chosen or not numbers:
        return None
    target = "arousal" if "arousal" in numbers else numbers[0]
    fits = {name: _fit(system, target) for name, system in chosen.items()}
    split = study.plan.splits[next(iter(fits.values())).split]
    samples = study.plan.inputs[next(iter(fits.values())).samples]
    row_of = {clip: row for row, clip in enumerate(samples.clip_ids.tolist())}
    rows = np.array([row_of[clip] for clip in split.train.tolist()])
    rows = rows[:: ceil(len(rows) / MOST_CLIPS)]
    x, y = samples.features[rows], samples.labels[target][rows]
    frames = []
    with one_thread():
        for name, fit in {f"all {x.shape[1]} features": None, **fits}.items():
            places = _places(_reduced(x, y, fit))
            frames.append(pd.DataFrame({"panel": name, "x": places[:, 0], "y": places[:, 1]}))
    clips = {"clip_id": samples.clip_ids[rows], "group": samples.groups[rows], "band": bands(y)}
    return pd.concat([frame.assign(**clips) for frame in frames], ignore_index=True), target


def bands(labels: np.ndarray) -> np.ndarray:
    """Return 0 for the 100 lowest labels, 3 for the 100 highest, 1 and 2 for the halves between; shape (n,), int."""
    n = len(labels)
    end = min(ENDS, n // 4)
    order = np.argsort(labels, kind="stable")
    found = np.empty(n, dtype=np.int64)
    for band, part in enumerate(np.split(order, [end, n // 2, n - end])):
        found[part] = band
    return found


def _widest(study: Study, kind: str) -> PlannedSystem | None:
    protocol = next(iter(study.spec.protocols))
    having = [system for system in study.systems if system.protocol == protocol and _kind(system) == kind]
    return max(having, key=lambda system: system.n_features, default=None)


def _kind(system: PlannedSystem) -> str:
    """Return the reducer's name; nothing for a network, and where each fit chooses its own steps."""
    own = system.system
    return "" if own.network is not None or own.tunes_representation else own.reducer_name


def _fit(system: PlannedSystem, target: str) -> Fit:
    return next(fit for fit in system.fits if target in fit.targets)


def _reduced(features: np.ndarray, labels: np.ndarray, fit: Fit | None) -> np.ndarray:
    pipeline = Pipeline(fit.system.steps if fit else (Step("impute"), Step("scale")))
    seed = fit.representation_seed if fit else derive_seed("representation", None)
    return pipeline.fit(features.copy(), labels if pipeline.supervised else None, seed=seed).train


def _places(features: np.ndarray) -> np.ndarray:
    perplexity = min(30.0, (len(features) - 1) / 3)
    init = "pca" if features.shape[1] > 1 else "random"  # one feature has no two principal axes
    made = TSNE(n_components=2, init=init, perplexity=perplexity, max_iter=500, random_state=0, n_jobs=1)
    return np.asarray(made.fit_transform(features.astype(np.float32)))
