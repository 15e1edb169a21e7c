"""A network on embeddings of unequal length and a reducer on their mean, in one experiment."""

import numpy as np
import pandas as pd
import pytest

from raymer.corpora.base import Corpus, Target
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.experiments.loading import parse_experiment
from raymer.features.adding import add_file
from raymer.learners.sequence_network import Network
from raymer.models.final import fit_final
from raymer.models.loading import load_model
from raymer.studies.study import make_study
from raymer.studies.unit import run_fit

N, WIDTH = 24, 753
EXPERIMENT = """
name: small
title: small
corpus: small
targets: [y]
protocols: {folds: {kind: kfold, folds: 2, shuffle: true, seed: 0}}
systems:
  - {system: GRU, input: mert, method: rbf-sl, reducer: {epochs: 2, every: 2, hidden: [4]}}
  - {system: TNN, input: mert-mean, method: tnn-svr, reducer: {width: 3, steps: 5}}
"""


@pytest.fixture
def study(tmp_path):
    rng = np.random.default_rng(0)
    ids = [f"c{k:02d}" for k in range(N)]
    y = rng.normal(size=N)
    write_corpus(
        Corpus("small", pd.DataFrame({"clip_id": ids, "group": ids, "y": y}), (Target("y"),), {}), tmp_path / "C"
    )
    (tmp_path / "npy").mkdir()
    for k, clip in enumerate(ids[1:], start=1):
        frames = rng.normal(size=(3 + k % 4, WIDTH)) + y[k]
        np.save(tmp_path / "npy" / f"{clip}.npy", frames.astype(np.float16))
    add_file(tmp_path / "C", tmp_path / "npy", "mert")
    add_file(tmp_path / "C", tmp_path / "npy", "mert-mean", pool="mean")
    return make_study(parse_experiment(EXPERIMENT, "test"), load_corpus(tmp_path / "C"))


def test_both_are_scored_on_the_same_splits(study):
    gru, tnn = study.systems
    assert [fit.split for fit in gru.fits] == [fit.split for fit in tnn.fits]
    for row, system in enumerate(study.systems):
        for fit in system.fits:
            result = run_fit(fit, study.samples_of(row), study.plan.splits[fit.split])
            assert np.isfinite(result.predicted).all()
    assert study.samples_of(0).features.dtype == np.float16


def test_a_model_on_embeddings_keeps_what_it_saw_of_a_frame(study, tmp_path):
    made = fit_final(study, load_corpus(tmp_path / "C"), 0)
    made.save(tmp_path / "M")
    again = load_model(tmp_path / "M")
    samples = study.samples_of(0)
    clips = [samples.features[start:end] for start, end in samples.offsets]
    assert made.predict(clips).frame.equals(again.predict(clips).frame)
    (network,) = (step for step in again.predictor.representations.values() if isinstance(step, Network))
    assert network.normalisation.n_inputs == WIDTH
