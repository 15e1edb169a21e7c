"""How well labels can be told from one feature and from all of an input, on clips that were not learnt from."""

from collections import OrderedDict

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from raymer.audits.associations import principal_axes
from raymer.audits.rows import MOST_ROWS, rows_of, standardised
from raymer.corpora.base import Corpus, Input, Target
from raymer.identity import array_hash

FOLDS = 5
_SCORES: "OrderedDict[tuple[str, ...], float]" = OrderedDict()
_KEPT = 256


def score_of_all(corpus: Corpus, item: Input, target: Target) -> float:
    """Return what the whole input says of a target in five shuffled folds: the better of a linear model and an SVM.

    Returns
    -------
    float
        R2 for numbers; for classes balanced accuracy, stretched so that 0 is chance and 1 is perfect. Kept for the
        next check that asks.
    """
    rows = rows_of(corpus, item, target, MOST_ROWS)
    key = (array_hash(rows.X, rows.y), target.kind)
    if key not in _SCORES:
        _SCORES[key] = cross_validated(rows.X, rows.y, is_class=target.kind == "class")
        while len(_SCORES) > _KEPT:
            _SCORES.popitem(last=False)
    return _SCORES[key]


def cross_validated(X: np.ndarray, y: np.ndarray, *, is_class: bool) -> float:
    """Return the score of all columns of X (n, p) for y (n,), as `score_of_all` explains it."""
    Z = standardised(X, 5.0)
    gamma = 1.0 / max(Z.shape[1] * float(Z.var()), 1e-9)
    if Z.shape[1] > Z.shape[0]:  # the same distances and products in fewer columns
        U, s = principal_axes(Z)
        Z = U * s
    best = -np.inf
    svm = SVC(gamma=gamma, class_weight="balanced") if is_class else SVR(gamma=gamma)
    for model in (svm,) if is_class else (svm, RidgeCV(np.logspace(0, 5, 6))):
        predicted = np.empty(len(y))
        for train, test in folds(y, is_class=is_class):
            centre, spread = (0.0, 1.0) if is_class else (y[train].mean(), y[train].std() or 1.0)
            predicted[test] = model.fit(Z[train], (y[train] - centre) / spread).predict(Z[test]) * spread + centre
        best = max(best, _score(y, predicted, is_class=is_class))
    return best


def score_of_one(x: np.ndarray, y: np.ndarray, *, is_class: bool) -> float:
    """Return the score of one feature (n,) for y (n,): a spline over its rank, for classes a small tree."""
    predicted = np.empty(len(y))
    for train, test in folds(y, is_class=is_class):
        if is_class:
            model = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=3, random_state=0)
            seen, unseen = x[train, np.newaxis], x[test, np.newaxis]
        else:
            model = make_pipeline(SplineTransformer(6, extrapolation="linear"), RidgeCV(np.logspace(-4, 2, 7)))
            known = np.sort(x[train])
            seen, unseen = _rank(known, x[train]), _rank(known, x[test])
        predicted[test] = model.fit(seen, y[train]).predict(unseen)
    return _score(y, predicted, is_class=is_class)


def folds(y: np.ndarray, *, is_class: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return five shuffled folds as (train rows, test rows); with the classes evenly dealt where each has enough."""
    stratified = is_class and np.unique(y, return_counts=True)[1].min() >= FOLDS
    maker = (StratifiedKFold if stratified else KFold)(FOLDS, shuffle=True, random_state=0)
    return list(maker.split(np.zeros(len(y)), y))


def _rank(known: np.ndarray, x: np.ndarray) -> np.ndarray:
    middle = (np.searchsorted(known, x, "left") + np.searchsorted(known, x, "right")) / 2
    return np.asarray(middle / len(known))[:, np.newaxis]


def _score(y: np.ndarray, predicted: np.ndarray, *, is_class: bool) -> float:
    if not is_class:
        return float(1.0 - ((y - predicted) ** 2).mean() / max(y.var(), 1e-300))
    classes = np.unique(y)
    recall = float(np.mean([(predicted[y == one] == one).mean() for one in classes]))
    chance = 1.0 / len(classes)
    return (recall - chance) / (1.0 - chance) if len(classes) > 1 else 0.0
