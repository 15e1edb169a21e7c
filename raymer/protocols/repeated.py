"""Repeated k-fold: the k folds dealt anew, each time from a seed of its own."""

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np

from raymer.errors import UsageError
from raymer.protocols.random_splits import draw_repeats
from raymer.protocols.splits import GroupKFold, KFold, Split


@dataclass(frozen=True)
class _Repeated:
    """What both kinds share; a kind says its name and which folds are dealt."""

    kind: ClassVar[str]
    dealt: ClassVar[type[KFold] | type[GroupKFold]]

    folds: int = 10
    repeats: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise UsageError(f"k-fold needs at least 2 folds, not {self.folds}")
        if self.repeats < 1:
            raise UsageError(f"repeated k-fold: at least 1 repeat is needed, not {self.repeats}")

    def splits(self, clip_ids: np.ndarray, groups: np.ndarray) -> list[Split]:
        """Return the splits, repeat by repeat."""

        def draw(repeat: int, seed: int) -> list[Split]:
            return numbered(self.dealt(self.folds, seed=seed).splits(clip_ids, groups), repeat)

        return draw_repeats(self.repeats, self.kind, self.seed, draw)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class RepeatedKFold(_Repeated):
    """Shuffled k-fold, `repeats` times; the folds of repeat r follow from (seed, r), whatever `repeats` is.

    Groups are not looked at.
    """

    kind: ClassVar[str] = "repeated_kfold"
    dealt: ClassVar[type[KFold]] = KFold


@dataclass(frozen=True)
class RepeatedGroupKFold(_Repeated):
    """Grouped k-fold, `repeats` times; no group (artist, song) is ever divided: its clips lie on one side of each."""

    kind: ClassVar[str] = "repeated_group_kfold"
    dealt: ClassVar[type[GroupKFold]] = GroupKFold


def numbered(splits: list[Split], repeat: int) -> list[Split]:
    """Return the splits as those of `repeat`."""
    return [replace(split, repeat=repeat) for split in splits]
