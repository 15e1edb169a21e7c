"""Protocols: the rules that make splits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from raymer.errors import UsageError
from raymer.identity import content_hash
from raymer.protocols.clips import Clips
from raymer.records import Record


class SplitRecord(Record):
    """A split on disk, as `Split.to_record` writes it."""

    repeat: int
    fold: int
    train: list[str]
    test: list[str]
    valid: list[str] = []


@dataclass(frozen=True, eq=False)
class Split:
    """One division into train and test clips, by id.

    Attributes
    ----------
    repeat, fold : int
        Counted from 0.
    train, test, valid : ndarray of str
        Clip ids; no id is in two parts. `valid` is what settings are chosen on where a given split has such a part,
        else empty; nothing is trained or scored on it.
    """

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray
    valid: np.ndarray = field(default_factory=lambda: np.array([], dtype=str))

    @cached_property
    def id(self) -> str:
        """Hash of the ids: equal divisions are one split, whichever protocol made them."""
        valid = [self.valid.tolist()] if len(self.valid) else []
        return content_hash([self.train.tolist(), self.test.tolist(), *valid])

    def to_record(self) -> dict[str, Any]:
        """Return the split as JSON-ready data; `from_record` is its inverse."""
        parts = {"train": self.train.tolist(), "test": self.test.tolist()}
        valid = {"valid": self.valid.tolist()} if len(self.valid) else {}
        return {"repeat": self.repeat, "fold": self.fold, **parts, **valid}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Split":
        """Return the split that `to_record` wrote."""
        parts = (np.array(record.get(part, []), dtype=str) for part in ("train", "test", "valid"))
        return cls(record["repeat"], record["fold"], *parts)


class SplitProtocol(Protocol):
    """What makes splits of clips.

    One that divides no group has an attribute `group`: the column that stands for it, or None. One that has something
    to say of the clips, such as how many it left out, has a method `notes(clips)` that returns it in lines.
    """

    def splits(self, clips: Clips) -> list[Split]:
        """Return the splits of `clips`."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data, with its kind."""
        ...


class Grouped:
    """What divides no group: `group` is the column that stands for it, None where it is the clips' own."""

    group: str | None

    def notes(self, clips: Clips) -> tuple[str, ...]:
        """Say how many clips are groups of their own for want of a value."""
        return clips.ungrouped_words(self.group)


@dataclass(frozen=True)
class KFold:
    """k folds of nearly equal size; contiguous when `shuffle` is False (the seed must then be left out)."""

    folds: int = 10
    shuffle: bool = True
    seed: int | None = 0

    def __post_init__(self) -> None:
        check_folds(self.folds)
        if self.shuffle and self.seed is None:
            raise UsageError("shuffled folds need a seed: a run must be repeatable")

    def splits(self, clips: Clips) -> list[Split]:
        """Return the k splits; groups are not looked at."""
        if len(clips) < self.folds:
            raise UsageError(f"{self.folds} folds need as many clips, there are {len(clips)}")
        from sklearn.model_selection import KFold as SklearnKFold  # here: whoever reads a store does without its second

        maker = SklearnKFold(self.folds, shuffle=self.shuffle, random_state=self.seed if self.shuffle else None)
        return as_folds(clips, maker.split(clips.ids))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        rule = {"kind": "kfold", **asdict(self)}
        return rule if self.shuffle else {key: value for key, value in rule.items() if key != "seed"}


@dataclass(frozen=True)
class GroupKFold(Grouped):
    """k folds that divide no group (artist, song); groups are dealt to the folds at random.

    `group` is a column that stands for the group: a kept one, or a class.
    """

    folds: int = 10
    seed: int = 0
    group: str | None = None

    def __post_init__(self) -> None:
        check_folds(self.folds)

    def splits(self, clips: Clips) -> list[Split]:
        """Return the k splits; all clips of one group lie on one side of each."""
        groups = enough_groups(clips, self.group, self.folds)
        from sklearn.model_selection import GroupKFold as SklearnGroupKFold  # here, as above

        maker = SklearnGroupKFold(self.folds, shuffle=True, random_state=self.seed)
        return as_folds(clips, maker.split(clips.ids, groups=groups))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return said({"kind": "group_kfold", **asdict(self)})


def check_folds(folds: int) -> None:
    """Raise UsageError for fewer than two folds."""
    if folds < 2:
        raise UsageError(f"k-fold needs at least 2 folds, not {folds}")


def as_folds(clips: Clips, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> list[Split]:
    """Return the splits of one repeat from their parts, each the rows of train and of test."""
    return [Split(0, fold, clips.ids[train], clips.ids[test]) for fold, (train, test) in enumerate(parts)]


def said(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule without the keys that are None: what nobody said."""
    return {key: value for key, value in rule.items() if value is not None}


def enough_groups(clips: Clips, column: str | None, folds: int) -> np.ndarray:
    """Return the group of each clip (n_clips,); UsageError where there are fewer groups than folds."""
    groups = clips.groups_by(column)
    found = len(np.unique(groups))
    if found < folds:
        raise UsageError(f"{folds} grouped folds need as many groups, there are {found}")
    return groups


UNEVEN = 3
"""Times that the largest test part of a repeat may be the smallest before it is said."""


def uneven_words(splits: Sequence[Split]) -> tuple[str, ...]:
    """Say how many clips each fold tests, where the folds of the first repeat are of very different size."""
    sizes = sorted((len(split.test) for split in splits if split.repeat == splits[0].repeat), reverse=True)
    if len(sizes) < 2 or sizes[0] <= UNEVEN * sizes[-1]:
        return ()
    shown = ", ".join(map(str, sizes if len(sizes) <= 10 else [*sizes[:5], "...", *sizes[-4:]]))
    return (f"folds test {shown} clips: a mean over them is that of the small ones; pool them (aggregate: pooled)",)


def notes_of(protocol: SplitProtocol, clips: Clips) -> tuple[str, ...]:
    """Return what a protocol has to say of the clips; nothing where it has no `notes`."""
    notes = getattr(protocol, "notes", None)
    return tuple(notes(clips)) if notes is not None else ()
