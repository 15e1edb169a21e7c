"""Protocols: the rules that make splits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from sklearn.model_selection import GroupKFold as SklearnGroupKFold
from sklearn.model_selection import KFold as SklearnKFold

from raymer.errors import UsageError
from raymer.identity import content_hash


@dataclass(frozen=True, eq=False)
class Split:
    """One division into train and test clips, by id.

    Attributes
    ----------
    repeat, fold : int
        Counted from 0.
    train, test : ndarray of str
        Clip ids; no id is in both.
    """

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray

    @cached_property
    def id(self) -> str:
        """Hash of the ids: equal divisions are one split, whichever protocol made them."""
        return content_hash([self.train.tolist(), self.test.tolist()])

    def to_record(self) -> dict[str, Any]:
        """Return the split as JSON-ready data; `from_record` is its inverse."""
        return {"repeat": self.repeat, "fold": self.fold, "train": self.train.tolist(), "test": self.test.tolist()}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Split":
        """Return the split that `to_record` wrote."""
        return cls(record["repeat"], record["fold"], np.array(record["train"]), np.array(record["test"]))


class SplitProtocol(Protocol):
    """What makes splits of clips."""

    def splits(self, clip_ids: np.ndarray, groups: np.ndarray) -> list[Split]:
        """Return the splits of `clip_ids` (n_clips,), whose groups are `groups` (n_clips,)."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data, with its kind."""
        ...


@dataclass(frozen=True)
class KFold:
    """k folds of nearly equal size; contiguous when `shuffle` is False (the seed must then be left out)."""

    folds: int = 10
    shuffle: bool = True
    seed: int | None = 0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise UsageError(f"k-fold needs at least 2 folds, not {self.folds}")
        if self.shuffle and self.seed is None:
            raise UsageError("shuffled folds need a seed: a run must be repeatable")

    def splits(self, clip_ids: np.ndarray, groups: np.ndarray) -> list[Split]:
        """Return the k splits; `groups` is not looked at."""
        if len(clip_ids) < self.folds:
            raise UsageError(f"{self.folds} folds need as many clips, there are {len(clip_ids)}")
        maker = SklearnKFold(self.folds, shuffle=self.shuffle, random_state=self.seed if self.shuffle else None)
        return _named(clip_ids, maker.split(clip_ids))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        rule = {"kind": "kfold", **asdict(self)}
        return rule if self.shuffle else {key: value for key, value in rule.items() if key != "seed"}


@dataclass(frozen=True)
class GroupKFold:
    """k folds that divide no group (artist, song); groups are dealt to the folds at random."""

    folds: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise UsageError(f"k-fold needs at least 2 folds, not {self.folds}")

    def splits(self, clip_ids: np.ndarray, groups: np.ndarray) -> list[Split]:
        """Return the k splits; all clips of one group lie on one side of each."""
        found = len(np.unique(groups))
        if found < self.folds:
            raise UsageError(f"{self.folds} grouped folds need as many groups, there are {found}")
        maker = SklearnGroupKFold(self.folds, shuffle=True, random_state=self.seed)
        return _named(clip_ids, maker.split(clip_ids, groups=groups))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return {"kind": "group_kfold", **asdict(self)}


def _named(clip_ids: np.ndarray, parts: Any) -> list[Split]:
    return [Split(0, fold, clip_ids[train], clip_ids[test]) for fold, (train, test) in enumerate(parts)]
