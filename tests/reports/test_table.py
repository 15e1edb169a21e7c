"""The table: means, differences and what is missing."""

import numpy as np
import pandas as pd
import pytest

from raymer.experiments.loading import parse_experiment
from raymer.reports.table import make_rows
from raymer.results.frame import COLUMNS
from raymer.studies.study import make_study

TEXT = """
name: t
title: t
corpus: synthetic
targets: [valence]
protocols: {folds: {folds: 3}, by-artist: {kind: group_kfold, folds: 3}}
systems:
  - {system: SVR, method: svr, published: {valence: {mean: 0.3, sd: 0.1}}}
  - {system: PCA, method: pca-svr, reducer: {width: 4}, folds: 2}
"""


@pytest.fixture
def study(corpus):
    return make_study(parse_experiment(TEXT, "t"), corpus)


def scores_of(study, values):
    rows = []
    for number, system in enumerate(study.systems):
        for fold, fit in enumerate(system.fits):
            score = (
                fit.id,
                fit.system.name,
                "valence",
                0,
                "r2",
                0,
                fold,
                values[fold],
                1,
                40,
                20,
                0.1,
                0.2,
                0.3,
                fit.split,
            )
            rows.append((number, system.name, system.protocol, *score))
    return pd.DataFrame(rows, columns=["row", "system", "protocol", *COLUMNS])


def test_rows_hold_mean_difference_and_interval(study):
    rows = make_rows(study.systems, scores_of(study, [0.1, 0.2, 0.6]), study.metrics)
    assert [(row.system, row.protocol, row.folds, row.n_features) for row in rows] == [
        ("SVR", "folds", 3, 12),
        ("PCA", "folds", 2, 4),
        ("SVR", "by-artist", 3, 12),
        ("PCA", "by-artist", 2, 4),
    ]
    first = rows[0]
    assert first.mean == pytest.approx(0.3)
    assert first.sd == pytest.approx(np.std([0.1, 0.2, 0.6]))
    assert first.difference == pytest.approx(0.0)
    assert first.seconds == pytest.approx(0.3)
    half = 4.302652729911275 * np.sqrt(np.var([0.1, 0.2, 0.6], ddof=1) * (1 / 3 + 20 / 40))  # t(2) at 97.5 %
    assert first.difference_interval == pytest.approx((-half, half))
    assert (rows[1].published_mean, rows[1].difference) == (None, None)


def test_a_missing_fold_is_no_mean(study):
    scores = scores_of(study, [0.1, 0.2, 0.6]).iloc[1:]
    row = make_rows(study.systems, scores, study.metrics)[0]
    assert (row.mean, row.sd, row.difference, row.folds, row.missing) == (None, None, None, 2, 1)


def test_no_scores_at_all(study):
    rows = make_rows(study.systems, scores_of(study, [0, 0, 0]).iloc[:0], study.metrics)
    assert [row.missing for row in rows] == [3, 2, 3, 2]
    assert all(row.seconds is None for row in rows)
