"""A feature that is the target itself: the same numbers, on another scale, or bent but in the same order."""

import numpy as np

from raymer.audits.associations import correlations, rank_correlations
from raymer.audits.finding import CHANGES, Finding, Kind
from raymer.audits.rows import names_of, rows_of
from raymer.corpora.base import Corpus

KIND = Kind(
    "label-copy",
    "A feature is a copy of a target",
    CHANGES,
    "leave the feature out: predicting a label from itself says nothing",
)
SAME = 0.9999
LEAST = 8
LEAST_STRAIGHT = 0.4
"""Only features with so much r are compared by rank, which takes longer."""


def look(corpus: Corpus) -> list[Finding]:
    """Find features that are a copy of a target: affine, of one rank order, or one value a class."""
    findings = []
    for item in corpus.inputs.values():
        for target in corpus.targets:
            rows = rows_of(corpus, item, target)
            if len(rows.y) < LEAST or np.ptp(rows.y) == 0:
                continue
            same = _of_class(rows.X, rows.y) if target.kind == "class" else _of_number(rows.X, rows.y)
            if len(same):
                names = names_of(item, same)
                message = f"{_some(names)} of input {item.name} carries {target.name} itself"
                findings.append(KIND.found(len(same), rows.X.shape[1], message, names))
    return findings


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _of_number(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    straight = np.abs(correlations(X, y))
    same = straight >= SAME
    few = np.flatnonzero((straight >= LEAST_STRAIGHT) & ~same)
    if len(few) and len(np.unique(y)) > LEAST:
        same[few] = np.abs(rank_correlations(X[:, few], y)) >= SAME
    return np.flatnonzero(same)


def _of_class(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the columns that have one value a class, and another for each class."""
    classes = np.unique(y)
    first = np.array([X[y == one][0] for one in classes])
    steady = np.ones(X.shape[1], dtype=bool)
    for one, value in zip(classes, first, strict=True):
        steady &= (X[y == one] == value).all(axis=0)
    at = np.flatnonzero(steady)
    return np.array([k for k in at if len(np.unique(first[:, k])) == len(classes)], dtype=np.int64)
