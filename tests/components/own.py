"""A reducer of one's own in ten lines, and an experiment that has it: what the tests of guests share."""

REDUCER = '''
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class MyReducer(TransformerMixin, BaseEstimator):
    """Keeps the features that go with the labels most."""

    def __init__(self, width=5, random_state=None):
        self.width = width
        self.random_state = random_state

    def fit(self, X, y):
        strength = np.abs((X - X.mean(axis=0)).T @ (y - y.mean()))
        noise = 1e-9 * np.random.default_rng(self.random_state).normal(size=X.shape[1])
        self.columns_ = np.argsort(-strength + noise)[: self.width]
        return self

    def transform(self, X):
        return X[:, self.columns_]
'''

EXPERIMENT = """
name: mine
title: A reducer of my own
corpus: synthetic
targets: [valence, arousal]
protocols:
  folds: {kind: kfold, folds: 3, shuffle: true, seed: 0}
systems:
  - {system: SVR, method: svr}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 4}}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 20}}
  - system: Mine
    steps:
      - {use: "sklearn.preprocessing:RobustScaler"}
      - {use: "mine_classes:MyReducer", width: 4}
      - {use: "sklearn.linear_model:Ridge", alpha: 0.5}
  - {system: GBM, method: gbm, predictor: {n_estimators: 10}}
"""
MINE, ALL = 6, 30
