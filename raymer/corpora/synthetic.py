"""A corpus made up from two hidden factors, for demonstrations and tests."""

import numpy as np
import pandas as pd

from raymer.corpora.base import Corpus, Input, Origin, Target
from raymer.errors import UsageError


def make_synthetic(n_clips: int = 200, n_features: int = 40, *, noise: float = 1.0, seed: int = 0) -> Corpus:
    """Return a corpus whose valence and arousal depend, not linearly, on features that are seen under noise.

    Parameters
    ----------
    n_clips, n_features : int
        At least 10 and 4.
    noise : float
        Standard deviation of the noise on features whose signal has about 1.
    seed : int

    Returns
    -------
    Corpus
        Targets on a scale from 1 to 9; four clips a group ("artist"), artists differ a little in timbre.
    """
    if n_clips < 10 or n_features < 4:
        raise UsageError(f"a synthetic corpus needs 10 clips and 4 features or more, not {n_clips} and {n_features}")
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_clips, 4))
    artist = np.arange(n_clips) // 4
    timbre = 0.3 * rng.normal(size=(artist.max() + 1, n_features))
    mixing = rng.normal(size=(4, n_features)) / 2
    features = np.tanh(hidden @ mixing) + timbre[artist] + noise * rng.normal(size=(n_clips, n_features))
    valence = hidden[:, 0] + 0.5 * np.tanh(2 * hidden[:, 1]) + 0.4 * rng.normal(size=n_clips)
    arousal = hidden[:, 2] + 0.5 * hidden[:, 0] * (hidden[:, 1] > 0) + 0.3 * rng.normal(size=n_clips)
    ids = np.array([f"s{k:05d}" for k in range(n_clips)])
    clips = pd.DataFrame({"clip_id": ids, "group": [f"artist-{k:04d}" for k in artist]})
    for name, value in (("valence", valence), ("arousal", arousal)):
        clips[name] = np.clip(5.0 + 1.5 * value, 1.0, 9.0)
    item = Input("features", ids, features, tuple(f"f{k:03d}" for k in range(n_features)))
    targets = (Target("valence", low=1.0, high=9.0), Target("arousal", low=1.0, high=9.0))
    notes = {"annotated": n_clips, "with_features": n_clips}
    origin = Origin("synthetic", "none needed", "made by raymer")
    return Corpus("synthetic", clips, targets, {item.name: item}, notes, group_name="artist", origin=origin)
