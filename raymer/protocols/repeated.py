"""Repeated k-fold: the k folds dealt anew, each time from a seed of its own."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.protocols.random_splits import draw_repeats
from raymer.protocols.splits import GroupKFold, KFold, Split


@dataclass(frozen=True)
class RepeatedKFold:
    """Shuffled k-fold, `repeats` times; the folds of repeat r follow from (seed, r), whatever `repeats` is."""

    folds: int = 10
    repeats: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        check_repeats(self.folds, self.repeats)

    def splits(self, clip_ids: np.ndarray, groups: np.ndarray) -> list[Split]:
        """Return the splits, repeat by repeat; `groups` is not looked at."""

        def draw(repeat: int, seed: int) -> list[Split]:
            return numbered(KFold(self.folds, seed=seed).splits(clip_ids, groups), repeat)

        return draw_repeats(self.repeats, "repeated_kfold", self.seed, draw)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return {"kind": "repeated_kfold", **asdict(self)}


@dataclass(frozen=True)
class RepeatedGroupKFold:
    """Grouped k-fold, `repeats` times; no group (artist, song) is ever divided."""

    folds: int = 10
    repeats: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        check_repeats(self.folds, self.repeats)

    def splits(self, clip_ids: np.ndarray, groups: np.ndarray) -> list[Split]:
        """Return the splits, repeat by repeat; all clips of one group lie on one side of each."""

        def draw(repeat: int, seed: int) -> list[Split]:
            return numbered(GroupKFold(self.folds, seed=seed).splits(clip_ids, groups), repeat)

        return draw_repeats(self.repeats, "repeated_group_kfold", self.seed, draw)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return {"kind": "repeated_group_kfold", **asdict(self)}


def numbered(splits: list[Split], repeat: int) -> list[Split]:
    """Return the splits as those of `repeat`."""
    return [replace(split, repeat=repeat) for split in splits]


def check_repeats(folds: int, repeats: int) -> None:
    """Raise UsageError for fewer than two folds or less than one repeat."""
    if folds < 2:
        raise UsageError(f"k-fold needs at least 2 folds, not {folds}")
    if repeats < 1:
        raise UsageError(f"repeated k-fold: at least 1 repeat is needed, not {repeats}")
