"""Scores of predicted classes and of their probabilities; None where a score means nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, roc_auc_score


def accuracy(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the share of clips whose class is predicted right; None of no clips."""
    true, predicted = _read(true, predicted)
    return float(accuracy_score(true, predicted)) if len(true) else None


def balanced_accuracy(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the mean, over the classes that the labels hold, of the share predicted right; None of no clips."""
    true, predicted = _read(true, predicted)
    if not len(true):
        return None
    _, code = np.unique(true, return_inverse=True)
    return float(np.mean(np.bincount(code, weights=true == predicted) / np.bincount(code)))


def macro_f1(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the mean of F1 over all classes that are among labels or predictions; None of no clips."""
    true, predicted = _read(true, predicted)
    return float(f1_score(true, predicted, average="macro", zero_division=0.0)) if len(true) else None


def mcc(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return Matthews' correlation; None where labels or predictions are all one class, as it then is 0 / 0."""
    true, predicted = _read(true, predicted)
    if len(np.unique(true)) < 2 or len(np.unique(predicted)) < 2:
        return None
    return float(matthews_corrcoef(true, predicted))


def roc_auc(true: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any] | None = None) -> float | None:
    """Return the area under the ROC curve, each class against the rest, mean over classes.

    None where one of the classes is not among the labels: against it there is nothing to tell apart.

    Parameters
    ----------
    true : array of shape (n,)
    probabilities : array of shape (n, n_classes)
    classes : sequence, optional
        The class of each column; else those of the labels, sorted. A label that has no column was given nought.
    """
    true, table, names = _read_probabilities(true, probabilities, classes)
    if len(names) < 2 or not np.isin(names, true).all():
        return None
    if len(names) == 2:  # two classes mirror each other; the second column is the one scikit-learn looks at
        return float(roc_auc_score(true == names[1], table[:, 1]))
    return float(np.mean([roc_auc_score(true == name, table[:, k]) for k, name in enumerate(names)]))


def log_loss(true: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any] | None = None) -> float | None:
    """Return the mean of -log(probability of the true class), in nats; parameters as in `roc_auc`.

    Probabilities are kept one rounding away from 0 and 1, as scikit-learn does. None of no clips or of fewer than two
    classes.
    """
    true, table, names = _read_probabilities(true, probabilities, classes)
    if len(names) < 2 or not len(true):
        return None
    column = np.argmax(true[:, None] == names[None, :], axis=1)
    least = np.finfo(table.dtype).eps
    return float(-np.mean(np.log(np.clip(table[np.arange(len(true)), column], least, 1 - least))))


def _plain(values: Any) -> np.ndarray:
    """Return classes as an array of one plain type: text of dtype object becomes text."""
    array = np.asarray(values)
    return np.asarray(array.tolist()) if array.dtype.kind == "O" else array


def _read(true: Any, predicted: Any) -> tuple[np.ndarray, np.ndarray]:
    true, predicted = _plain(true), _plain(predicted)
    for name, values in (("labels", true), ("predictions", predicted)):
        if values.ndim != 1:
            raise ValueError(f"{name} have the shape {values.shape}: a score is of one target, (n,)")
    if len(true) != len(predicted):
        raise ValueError(f"{len(true)} labels do not go with {len(predicted)} predictions")
    if len(true) and (true.dtype.kind in "US") != (predicted.dtype.kind in "US"):
        raise ValueError("labels and predictions must both be text or both be numbers: no class of one is in the other")
    return true, predicted


def _read_probabilities(
    true: Any, probabilities: Any, classes: Sequence[Any] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels (n,), probabilities (n, n_classes) and the class of each column, sorted, labels' own included."""
    true, table = _plain(true), np.asarray(probabilities)
    table = table if table.dtype == np.float32 else table.astype(np.float64)
    names = np.unique(true) if classes is None else _plain(list(classes))
    if true.ndim != 1 or table.ndim != 2 or len(table) != len(true) or table.shape[1] != len(names):
        raise ValueError(
            f"probabilities of shape {table.shape} do not go with {len(true)} labels and {len(names)} classes: "
            "a row a clip and a column a class, and `classes` where the columns are not just the labels' own"
        )
    if len(np.unique(names)) != len(names):
        raise ValueError("a class has two columns")
    if not ((table >= 0) & (table <= 1)).all():
        raise ValueError("probabilities must lie between 0 and 1")
    if len(true) and len(names) and (true.dtype.kind in "US") != (names.dtype.kind in "US"):
        raise ValueError("labels and classes must both be text or both be numbers")
    missing = np.setdiff1d(true, names)
    table = np.hstack([table, np.zeros((len(table), len(missing)), dtype=table.dtype)])
    names = np.concatenate([names, missing]) if len(missing) else names
    order = np.argsort(names)
    return true, table[:, order], names[order]
