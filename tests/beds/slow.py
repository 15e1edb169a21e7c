"""A step that takes its time and no core: fits that wait are running when something is killed or joins."""

SLOW = """
import time

from sklearn.base import BaseEstimator, TransformerMixin


class Slow(TransformerMixin, BaseEstimator):
    def __init__(self, seconds=0.0):
        self.seconds = seconds

    def fit(self, X, y=None):
        time.sleep(self.seconds)
        return self

    def transform(self, X):
        return X

    def __sklearn_tags__(self):
        return super().__sklearn_tags__()
"""
