"""Tuning inside a fit: values of steps chosen on inner splits of the train rows, by labels of the train rows alone.

Every representation gets the regularisation that suits it, so that a comparison is not decided by a setting that
happens to fit one of them. The test rows of the fit are not here at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from raymer.errors import UsageError
from raymer.learners.answers import plain
from raymer.learners.build import make_predictor
from raymer.learners.representation import make_representation
from raymer.learners.seeding import seeded_globals
from raymer.learners.system import System

FOLDS = 5
"""Inner folds; fewer where there are fewer groups, or clips of the rarest class."""


@dataclass(frozen=True, eq=False)
class Inner:
    """One inner split with what the steps before the predictor made of it: their train and validation rows."""

    train: np.ndarray
    valid: np.ndarray
    seen: np.ndarray
    unseen: np.ndarray


class Tuning:
    """Chooses among the candidates of tuned systems on one train part; fits that share steps share their inner fits.

    Parameters
    ----------
    data : ndarray of shape (n_train, n_features)
    groups : ndarray of shape (n_train,), optional
        What no inner split divides; given where the protocol is grouped.
    feature_names : sequence of str
    """

    def __init__(self, data: np.ndarray, groups: np.ndarray | None, feature_names: Sequence[str] = ()) -> None:
        self._data, self._groups, self._names = data, groups, feature_names
        self._inner: dict[tuple[Any, ...], list[Inner]] = {}

    def choose(
        self, system: System, target: str, labels: np.ndarray, kind: str, *, seeds: tuple[int, int]
    ) -> tuple[System, dict[str, Any]]:
        """Return the candidate with the least inner error, and its values.

        The error is the squared one over all validation rows for numbers, the share of wrong classes for classes: both
        are defined for every division. Of equal ones the first is taken, in the order in which the values stand.

        Parameters
        ----------
        system : System
        target : str
        labels : ndarray of shape (n_train,)
        kind : {"number", "class"}
        seeds : tuple of int
            Of the representation and of the predictor: those of the fit.

        Raises
        ------
        UsageError
            When the train part is too small, or has too few groups, for two inner folds.
        """
        candidates = system.candidates()
        errors = [self._error(one, target, labels, kind, seeds) for one, _ in candidates]
        return candidates[int(np.argmin(errors))]

    def _error(self, system: System, target: str, labels: np.ndarray, kind: str, seeds: tuple[int, int]) -> float:
        total = 0.0
        names = self._names if system.main_step is None else ()
        for part in self._parts(system, target, labels, kind, seeds[0]):
            predictor = make_predictor(system.predictor, seeds[1], kind, names)
            with seeded_globals(seeds[1]):
                predictor.fit(np.array(part.seen), labels[part.train])
                predicted = plain(predictor.predict(np.array(part.unseen)))
            true = labels[part.valid]
            wrong = predicted != true if kind == "class" else (predicted - true) ** 2
            total += float(np.sum(wrong))
        return total if np.isfinite(total) else np.inf

    def _parts(self, system: System, target: str, labels: np.ndarray, kind: str, seed: int) -> list[Inner]:
        steps = repr([step.to_dict() for step in system.steps])
        key = (steps, seed, target if system.is_supervised or kind == "class" else None)
        if key not in self._inner:
            made = []
            for train, valid in self._divisions(labels, kind):
                stages = make_representation(system).stages(
                    self._data[train], labels[train] if system.is_supervised else None, self._data[valid], seed=seed
                )
                stage = next(iter(stages))
                made.append(Inner(train, valid, stage.train, stage.test))
            self._inner[key] = made
        return self._inner[key]

    def _divisions(self, labels: np.ndarray, kind: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the inner splits: grouped where groups are given, else by class where there are classes."""
        rows = np.arange(len(labels))
        if self._groups is not None:
            folds = min(FOLDS, len(np.unique(self._groups)))
            if folds < 2:
                raise UsageError("tune: the train part is one group, which no inner split may divide: set the value")
            return list(GroupKFold(folds, shuffle=True, random_state=0).split(rows, groups=self._groups))
        if len(rows) < 2:
            raise UsageError("tune: the train part has one clip, which cannot be split: set the value")
        if kind == "class":
            rarest = int(np.unique(labels, return_counts=True)[1].min())
            if rarest >= 2:
                maker = StratifiedKFold(min(FOLDS, rarest), shuffle=True, random_state=0)
                return list(maker.split(rows, labels))
        return list(KFold(min(FOLDS, len(rows)), shuffle=True, random_state=0).split(rows))
