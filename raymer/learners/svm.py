"""The SVM that stands after the learnt features (paper B, 2.6: C = 1, RBF kernel with gamma = 0.5)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import SVC, SVR

from raymer.learners.annotations import Coding


@dataclass(frozen=True)
class SVMSettings:
    """C, gamma of the RBF kernel, and epsilon of the regression (the paper is silent: scikit-learn's default)."""

    C: float = 1.0
    gamma: float = 0.5
    epsilon: float = 0.1

    def __post_init__(self) -> None:
        for name, least in (("C", "above 0"), ("gamma", "above 0"), ("epsilon", "of at least 0")):
            value = getattr(self, name)
            known = isinstance(value, int | float) and not isinstance(value, bool)
            if not known or not (value > 0 or (value == 0 and name == "epsilon")):
                raise ValueError(f"{name}={value!r} must be a number {least}")


Machines = tuple[SVC | SVR, ...]
"""Trained SVMs: one SVC on classes, or one SVR a target."""


def fit_svms(train: np.ndarray[Any, Any], y: np.ndarray[Any, Any], coding: Coding, settings: SVMSettings) -> Machines:
    """Train SVMs from nothing.

    Parameters
    ----------
    train : ndarray of shape (n_clips, width)
        Features, taken as they are: the similarity loss has given them the scale that gamma wants.
    y : ndarray
        Annotations of the train clips. One SVR a target, on targets coded by `coding`; one SVC on classes.
    coding : Coding
    settings : SVMSettings
    """
    if coding.are_classes:
        return (SVC(C=settings.C, gamma=settings.gamma).fit(train, y),)
    return tuple(
        SVR(C=settings.C, gamma=settings.gamma, epsilon=settings.epsilon).fit(train, column)
        for column in coding.encode(y).T
    )


def predict_svms(machines: Machines, test: np.ndarray[Any, Any], coding: Coding) -> np.ndarray[Any, Any]:
    """Return the annotations, in their own unit or as classes, that `machines` predict for features `test`."""
    if coding.are_classes:
        found: np.ndarray[Any, Any] = machines[0].predict(test)
        return found
    return coding.decode(np.column_stack([machine.predict(test) for machine in machines]))
