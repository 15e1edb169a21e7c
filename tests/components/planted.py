"""Classes that each break one rule, as people write them: the text of a plugin."""

TEXT = '''
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class Honest(TransformerMixin, BaseEstimator):
    """Keeps the columns that go with the labels."""

    def __init__(self, width=3):
        self.width = width

    def fit(self, X, y):
        strength = np.abs((X - X.mean(axis=0)).T @ (y - y.mean()))
        self.columns_ = np.argsort(-strength)[: self.width]
        return self

    def transform(self, X):
        return X[:, self.columns_]


class KeepsWeights(Honest):
    memory = None

    def fit(self, X, y):
        if KeepsWeights.memory is None:
            KeepsWeights.memory = np.zeros(X.shape[1])
        KeepsWeights.memory += X.mean(axis=0)
        self.shift_ = KeepsWeights.memory.copy()
        return self

    def transform(self, X):
        return X - self.shift_


class GoesOn(Honest):
    def fit(self, X, y):
        self.mean_ = X.mean(axis=0) + getattr(self, "mean_", 0.0)
        return self

    def transform(self, X):
        return X - self.mean_


class IgnoresSeed(Honest):
    def __init__(self, width=3, random_state=None):
        self.width = width
        self.random_state = random_state

    def fit(self, X, y):
        self.map_ = np.random.default_rng().normal(size=(X.shape[1], self.width))
        return self

    def transform(self, X):
        return X @ self.map_


class UsesBatch(Honest):
    def transform(self, X):
        return (X - X.mean(axis=0))[:, self.columns_]


class LooksAtLabels(Honest):
    def fit(self, X, y):
        super().fit(X, y)
        self.labels_ = y
        return self

    def transform(self, X):
        return X[:, self.columns_] + self.labels_[0]


class TakesLabels(Honest):
    def transform(self, X, y=None):
        return X[:, self.columns_] + (0.0 if y is None else np.asarray(y, dtype=float)[:, None])


class Mutates(Honest):
    def fit(self, X, y):
        self.width = min(self.width, 1)
        return super().fit(X, y)


class CannotClone(Honest):
    def __init__(self, width=3):
        self.width = width + 1


class CannotSave(Honest):
    def fit(self, X, y):
        super().fit(X, y)
        self.call_ = lambda X: X
        return self


class ReturnsNaN(Honest):
    def transform(self, X):
        return np.where(np.arange(len(X))[:, None] == 0, np.nan, X[:, self.columns_])


class ChangesInput(Honest):
    def fit(self, X, y):
        X -= X.mean(axis=0)
        return super().fit(X, y)


class GlobalRandom(Honest):
    """Draws from numpy's global generator, which raymer seeds for it."""

    def fit(self, X, y):
        self.map_ = np.random.normal(size=(X.shape[1], self.width))
        return self

    def transform(self, X):
        return X @ self.map_


def function(X):
    return X
'''
"""What `raymer check` must say of each: the code of the fault."""
CAUGHT = {
    "KeepsWeights": "state",
    "GoesOn": "state",
    "IgnoresSeed": "seed",
    "UsesBatch": "batch",
    "LooksAtLabels": "labels",
    "TakesLabels": "labels",
    "Mutates": "mutates",
    "CannotClone": "clone",
    "CannotSave": "save",
    "ReturnsNaN": "finite",
    "ChangesInput": "input",
}
HONEST = ("Honest", "GlobalRandom")
