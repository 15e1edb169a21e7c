"""What a fitted predictor says of rows: labels, and of classes, where it has them, probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from raymer.learners.annotations import Classes
from raymer.learners.stage import Head

SUM = 1e-3
"""How far from 1 the probabilities of a clip may add up to: some predictors count in float32."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Predictions of one target.

    Attributes
    ----------
    labels : ndarray of shape (n_clips,)
        float64 in the target's own unit, or text.
    classes : tuple of str
        Those that the train part had, sorted; empty where there are no probabilities.
    probabilities : ndarray of shape (n_clips, n_classes), float64, or None
    """

    labels: np.ndarray[Any, Any]
    classes: tuple[str, ...] = ()
    probabilities: np.ndarray[Any, Any] | None = None


def ask(predictor: Any, rows: np.ndarray[Any, Any]) -> Answer:
    """Return what a fitted predictor says of rows (n_clips, width).

    Raises
    ------
    ValueError
        For probabilities that are none, or do not go with the predictor's classes.
    """
    labels = plain(predictor.predict(rows))
    if labels.dtype.kind != "U" or not callable(getattr(predictor, "predict_proba", None)):
        return Answer(labels)
    return _sorted(labels, predictor.classes_, np.asarray(predictor.predict_proba(rows)))


def ask_head(head: Head, rows: np.ndarray[Any, Any], place: int) -> Answer:
    """Return what a network's last layer says of rows (n_clips, width) for the target at `place`."""
    labels = plain(head.predict(rows).reshape(len(rows), -1)[:, place])
    if not isinstance(head.coding, Classes):
        return Answer(labels)
    return _sorted(labels, head.coding.classes, head.probabilities(rows))


def plain(predicted: Any) -> np.ndarray[Any, Any]:
    """Return predictions (n,) as float64, or as text for classes."""
    values = np.asarray(predicted).reshape(len(predicted))
    return values.astype(str) if values.dtype.kind in "UO" else values.astype(np.float64)


def _sorted(labels: np.ndarray[Any, Any], classes: Any, table: np.ndarray[Any, Any]) -> Answer:
    names, table = np.asarray(classes).astype(str), table.astype(np.float64)
    if table.shape != (len(labels), len(names)):
        raise ValueError(
            f"probabilities of shape {table.shape} do not go with {len(labels)} clips, {len(names)} classes"
        )
    fine = np.isfinite(table).all() and (table >= 0).all() and (np.abs(table.sum(axis=1) - 1) <= SUM).all()
    if not fine:
        raise ValueError("probabilities must lie between 0 and 1 and add up to 1")
    order = np.argsort(names)
    return Answer(labels, tuple(names[order].tolist()), np.minimum(table[:, order], 1.0))
