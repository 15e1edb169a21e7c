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


def svm_predictions(
    train: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    test: np.ndarray[Any, Any],
    coding: Coding,
    settings: SVMSettings,
) -> np.ndarray[Any, Any]:
    """Train an SVM from nothing and return its predictions for `test`.

    Parameters
    ----------
    train, test : ndarray of shape (n_clips, width)
        Features, taken as they are: the similarity loss has given them the scale that gamma wants.
    y : ndarray
        Annotations of the train clips. One SVR a target, on targets coded by `coding`; one SVC on classes.
    coding : Coding
    settings : SVMSettings

    Returns
    -------
    ndarray
        Predicted annotations, as `y`.
    """
    if coding.are_classes:
        classifier = SVC(C=settings.C, gamma=settings.gamma).fit(train, y)
        found: np.ndarray[Any, Any] = classifier.predict(test)
        return found
    outputs = [
        SVR(C=settings.C, gamma=settings.gamma, epsilon=settings.epsilon).fit(train, column).predict(test)
        for column in coding.encode(y).T
    ]
    return coding.decode(np.column_stack(outputs))
