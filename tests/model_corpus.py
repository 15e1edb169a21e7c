"""A small corpus of audio with built features, and experiments on it: what the tests of saved models share."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from raymer.corpora.base import Corpus, Target
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.inputs import add_input
from raymer.engine.data import build_features
from raymer.engine.machine import SERIAL
from raymer.experiments.loading import parse_experiment
from raymer.features.logmel import LogMel
from raymer.features.store import load_spectrograms
from raymer.features.summary import summarise
from raymer.studies.study import Study, make_study

N_CLIPS = 36
NETWORK = "reducer: {hidden: [8, 4], excerpt: 10}"


def write_clip(path: Path, brightness: float, loudness: float, seed: int) -> None:
    """Write 0.4 s whose highest tone and loudness are two numbers from 0 to 1."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(0.4 * 22050)) / 22050
    tone = np.sin(2 * np.pi * (200 + 3000 * brightness) * time) + 0.05 * rng.normal(size=len(time))
    soundfile.write(path, 0.02 * 10**loudness * tone, 22050)


def make_audio_corpus(root: Path) -> Path:
    """Return a corpus folder with log-mel features, and their summary as a table."""
    rng = np.random.default_rng(0)
    brightness, loudness = rng.uniform(size=(2, N_CLIPS))
    names = [f"clip{k:02d}" for k in range(N_CLIPS)]
    (root / "wav").mkdir()
    for k, name in enumerate(names):
        write_clip(root / "wav" / f"{name}.wav", brightness[k], loudness[k], k)
    clips = pd.DataFrame(
        {
            "clip_id": names,
            "group": [f"artist{k // 2}" for k in range(N_CLIPS)],
            "valence": 1 + 8 * brightness,
            "arousal": 1 + 8 * loudness,
            "mood": np.where(brightness > 0.5, "bright", "dark"),
            "audio": [f"{name}.wav" for name in names],
        }
    )
    numbers = (Target("valence", low=1.0, high=9.0), Target("arousal", low=1.0, high=9.0))
    corpus = Corpus("small", clips, (*numbers, Target("mood", "class")), {}, {}, str(root / "wav"))
    write_corpus(corpus, root / "C")
    summary = build_features(load_corpus(root / "C"), LogMel(n_bins=12), root / "C" / "features", machine=SERIAL)
    add_input(root / "C", summarise(load_spectrograms(summary.folder)))
    return root / "C"


def experiment(systems: list[str], *, features: str, targets: str = "valence, arousal", metric: str = "r2") -> str:
    """Return an experiment's YAML on the corpus, and its two protocols."""
    lines = "\n".join(f"  - {{{system}}}" for system in systems)
    return (
        f"name: small\ntitle: small\ncorpus: small\ninput: {features}\ntargets: [{targets}]\nmetric: {metric}\n"
        f"protocols: {{folds: {{folds: 3}}, by-artist: {{kind: group_kfold, folds: 2}}}}\nsystems:\n{lines}\n"
    )


TABLES = [
    "system: SVR, method: svr",
    "system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 20}",
    "system: PCA-GBM, method: pca-gbm, reducer: {width: 4}, predictor: {n_estimators: 10, min_child_samples: 3}",
    "system: RP-GB, method: rp-gbm_sklearn, reducer: {width: 4}, predictor: {n_estimators: 5}",
    "system: AE-GP, method: ae-gp, reducer: {width: 4, max_epochs: 5}, predictor: {tuning_rows: 12}",
    f"system: GPG, method: gp_groups, predictor: {{tuning_rows: 12, groups: {[0] * 18 + [1] * 18}}}",
]
CURVES = [
    *(f"system: {name}, method: {name}, {NETWORK}" for name in ("nn", "fl", "rbf-sl", "cos-sl", "poly-sl")),
]


def study_of(folder: Path, systems: list[str], **settings: str) -> tuple[Study, Corpus]:
    """Return the planned experiment of these systems; curves are trained for three epochs."""
    corpus = load_corpus(folder)
    spec = parse_experiment(experiment(systems, **settings), "test")
    if spec.has_epochs:
        spec = spec.with_changes(epochs=3)
    return make_study(spec, corpus), corpus
