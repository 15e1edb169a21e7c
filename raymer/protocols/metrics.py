"""Metrics: numbers that say how well predictions fit what is true."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, r2_score

from raymer.protocols import class_scores, number_scores

Kind = Literal["number", "class"]
Needs = Literal["labels", "probabilities"]


@dataclass(frozen=True)
class Metric:
    """One metric of the catalogue.

    Attributes
    ----------
    name : str
        As in an experiment.
    kind : {"number", "class"}
        The kind of target it is for.
    words : str
        How it is said in a table or a sentence.
    compute : callable
        (true, predicted) -> float, or None where the metric is undefined; with `classes` where it needs probabilities.
    higher_is_better : bool
    needs : {"labels", "probabilities"}
        What of a prediction it looks at.
    """

    name: str
    kind: Kind
    words: str
    compute: Callable[..., float | None]
    higher_is_better: bool = True
    needs: Needs = "labels"

    def score(self, true: np.ndarray, predicted: np.ndarray, classes: Sequence[Any] | None = None) -> float | None:
        """Return the score of predictions, or None where it is undefined; never NaN or infinity.

        Parameters
        ----------
        true : array of shape (n,)
            Numbers, or classes.
        predicted : array of shape (n,) or, where the metric needs probabilities, (n, n_classes)
        classes : sequence, optional
            The class of each column of probabilities; else the labels' own, sorted.

        Raises
        ------
        ValueError
            For predictions that are not finite or do not go with the labels.
        """
        if self.needs == "probabilities":
            return self.compute(true, predicted, classes)
        return self.compute(true, predicted)


_LOW: dict[str, Any] = {"higher_is_better": False}
CATALOGUE: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("r2", "number", "R2 (coefficient of determination)", number_scores.r2),
        Metric("pearson", "number", "Pearson's r", number_scores.pearson),
        Metric("spearman", "number", "Spearman's rank correlation", number_scores.spearman),
        Metric("ccc", "number", "concordance correlation (CCC)", number_scores.ccc),
        Metric("rmse", "number", "root mean squared error", number_scores.rmse, **_LOW),
        Metric("mae", "number", "mean absolute error", number_scores.mae, **_LOW),
        Metric("accuracy", "class", "accuracy", class_scores.accuracy),
        Metric("balanced_accuracy", "class", "balanced accuracy", class_scores.balanced_accuracy),
        Metric("macro_f1", "class", "macro F1", class_scores.macro_f1),
        Metric("mcc", "class", "Matthews correlation", class_scores.mcc),
        Metric("roc_auc", "class", "ROC AUC, one against the rest", class_scores.roc_auc, needs="probabilities"),
        Metric("log_loss", "class", "log loss", class_scores.log_loss, needs="probabilities", **_LOW),
    )
}
"""Every metric by its name. A score is undefined where a test part does not allow it:

- r2 of fewer than two clips or of equal labels;
- pearson, spearman, ccc and mcc where labels or predictions are all equal;
- roc_auc where a class is not among the labels; log_loss of fewer than two classes.
"""


def r2(true: np.ndarray, predicted: np.ndarray) -> float:
    """Coefficient of determination of predictions (n,) for labels (n,): 1 is perfect, 0 the labels' own mean."""
    return float(r2_score(true, predicted))


def pearson(true: np.ndarray, predicted: np.ndarray) -> float:
    """Pearson's r of predictions (n,) and labels (n,); 0 where either is constant, as then nothing is explained."""
    if np.ptp(true) == 0 or np.ptp(predicted) == 0:
        return 0.0
    return float(pearsonr(true, predicted).statistic)


def accuracy(true: np.ndarray, predicted: np.ndarray) -> float:
    """Share of classes (n,) that are predicted right."""
    return float(accuracy_score(true, predicted))


METRICS: dict[str, dict[str, Callable[[np.ndarray, np.ndarray], float]]] = {
    "number": {"r2": r2, "pearson": pearson},
    "class": {"accuracy": accuracy},
}
"""The metrics of each kind of target that are stored for every fit."""
