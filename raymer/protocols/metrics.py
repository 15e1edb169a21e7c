"""Metrics: numbers that say how well predictions fit what is true."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from raymer.protocols import class_scores, number_scores

Kind = Literal["number", "class"]
Needs = Literal["labels", "probabilities"]


@dataclass(frozen=True)
class Metric:
    """One metric, raymer's own or somebody else's.

    Attributes
    ----------
    name : str
        As in an experiment: "r2", or "mine:MyMetric" for a class of somebody else's.
    kind : {"number", "class"}
        The kind of target it is for.
    words : str
        What its values mean, in a line.
    compute : callable
        (true, predicted) -> float, or None where the metric is undefined; with `classes` where it needs probabilities.
    higher_is_better : bool
    needs : {"labels", "probabilities"}
        What of a prediction it looks at.
    revision : str
        Another one makes other scores: those that were computed before it are computed again.
    """

    name: str
    kind: Kind
    words: str
    compute: Callable[..., float | None]
    higher_is_better: bool = True
    needs: Needs = "labels"
    revision: str = "1"

    @property
    def direction(self) -> str:
        """Which values are better, in words."""
        return "higher is better" if self.higher_is_better else "lower is better"

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

    def is_defined_on(self, true: np.ndarray, classes: Sequence[Any] = ()) -> bool:
        """Say whether labels (n,) allow a score at all: a perfect prediction of them would have one.

        Parameters
        ----------
        true : array of shape (n,)
        classes : sequence
            Those that a predictor may answer with; for metrics of probabilities.
        """
        if self.needs == "labels":
            return self.score(true, true) is not None
        names = np.union1d(np.asarray(list(classes), dtype=true.dtype), true)
        return self.score(true, (true[:, None] == names[None, :]).astype(np.float64), names.tolist()) is not None


_LOW: dict[str, Any] = {"higher_is_better": False}
_SURE: dict[str, Any] = {"needs": "probabilities"}
CATALOGUE: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "r2", "number", "R2: 1 is perfect, 0 is no better than always saying the labels' mean", number_scores.r2
        ),
        Metric(
            "pearson",
            "number",
            "Pearson's r: 1 is perfect order and proportion, whatever the scale; 0 is none",
            number_scores.pearson,
        ),
        Metric(
            "spearman", "number", "Spearman's rank correlation: 1 is perfect order; 0 is none", number_scores.spearman
        ),
        Metric(
            "ccc",
            "number",
            "concordance correlation (CCC): Pearson's r, less for a wrong mean or scale; 1 is perfect",
            number_scores.ccc,
        ),
        Metric("rmse", "number", "root mean squared error, in the labels' unit", number_scores.rmse, **_LOW),
        Metric("mae", "number", "mean absolute error, in the labels' unit", number_scores.mae, **_LOW),
        Metric("accuracy", "class", "accuracy: the share of clips whose class is right", class_scores.accuracy),
        Metric(
            "balanced_accuracy",
            "class",
            "balanced accuracy: the share that is right, class by class, and its mean",
            class_scores.balanced_accuracy,
        ),
        Metric("macro_f1", "class", "macro F1: F1 of each class, and its mean", class_scores.macro_f1),
        Metric("mcc", "class", "Matthews correlation: 1 is perfect, 0 is chance", class_scores.mcc),
        Metric(
            "roc_auc",
            "class",
            "ROC AUC, one class against the rest, and its mean: 1 is perfect, 0.5 is chance",
            class_scores.roc_auc,
            **_SURE,
        ),
        Metric("log_loss", "class", "log loss: 0 is perfect and sure, in nats", class_scores.log_loss, **_SURE, **_LOW),
    )
}
"""raymer's own metrics by name. A score is undefined where a test part does not allow it:

- r2 of fewer than two clips or of equal labels;
- pearson, spearman, ccc and mcc where labels or predictions are all equal;
- roc_auc where a class is not among the labels; log_loss of fewer than two classes.
"""
