"""The summary: the best row, and no more said of it than its comparisons allow."""

import numpy as np
import pytest

from raymer.experiments.loading import parse_experiment
from raymer.reports.standing import standings
from raymer.reports.summary import make_verdict
from raymer.studies.naming import system_labels
from raymer.studies.study import make_study

TEXT = """
name: s
title: s
corpus: synthetic
targets: [valence]
protocols: {folds: {folds: 10}}
systems:
  - {system: Low, method: svr}
  - {system: High, method: gbm}
  - {system: Nothing, method: no_information}
"""


@pytest.fixture
def verdict(corpus, scores_of):
    """Return the sentences on rows whose scores are shifted by row."""

    def made(shifts):
        study = make_study(parse_experiment(TEXT, "s"), corpus)
        scores = scores_of(study)
        noise = np.random.default_rng(1).normal(0, 0.01, len(scores))
        scores = scores.assign(value=0.4 + scores["row"].map(dict(enumerate(shifts))) + noise)
        labels = system_labels(study.spec.systems)
        return make_verdict(standings(study.systems, labels, scores, study.metrics)[0])

    return made


def test_what_is_clear_is_claimed(verdict):
    said = verdict([0.0, 0.3, -0.4])
    assert (said.best, said.place, said.about) == ("High", 1, "valence")
    assert said.claim == "It is better than all other rows."
    assert said.score.startswith("r2 0.699 (95 % 0.6")
    assert len(said.more) == 1
    assert said.more[0].startswith("Held against Nothing alone, p after Holm over the rows: +0.7")


def test_what_is_not_clear_is_not_and_its_price_is_said(verdict):
    said = verdict([0.0, 0.004, -0.4])
    assert said.claim == "It is better than 1 of the 2 other rows; no difference from Low can be claimed."
    assert said.more[-1].startswith("To show a difference of 0.01")
    none = verdict([0.0, 0.004, 0.0])
    assert none.claim == "No difference from any other row can be claimed."
