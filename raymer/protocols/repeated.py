"""Repeated k-fold: the k folds dealt anew, each time from a seed of its own."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.random_splits import draw_repeats
from raymer.protocols.splits import Grouped, GroupKFold, KFold, Split, check_folds, said


@dataclass(frozen=True)
class _Repeated(ABC):
    """What both kinds share; a kind says its name and which folds are dealt."""

    kind: ClassVar[str]

    folds: int = 10
    repeats: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        check_folds(self.folds)
        if self.repeats < 1:
            raise UsageError(f"repeated k-fold: at least 1 repeat is needed, not {self.repeats}")

    def splits(self, clips: Clips) -> list[Split]:
        """Return the splits, repeat by repeat."""

        def draw(repeat: int, seed: int) -> list[Split]:
            return numbered(self._dealt(seed).splits(clips), repeat)

        return draw_repeats(self.repeats, self.kind, self.seed, draw)

    @abstractmethod
    def _dealt(self, seed: int) -> KFold | GroupKFold:
        """Return the folds that one repeat deals."""

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return said({"kind": self.kind, **asdict(self)})


@dataclass(frozen=True)
class RepeatedKFold(_Repeated):
    """Shuffled k-fold, `repeats` times; the folds of repeat r follow from (seed, r), whatever `repeats` is.

    Groups are not looked at.
    """

    kind: ClassVar[str] = "repeated_kfold"

    def _dealt(self, seed: int) -> KFold:
        return KFold(self.folds, seed=seed)


@dataclass(frozen=True)
class RepeatedGroupKFold(Grouped, _Repeated):
    """Grouped k-fold, `repeats` times; no group (artist, song) is ever divided: its clips lie on one side of each."""

    kind: ClassVar[str] = "repeated_group_kfold"

    group: str | None = None

    def _dealt(self, seed: int) -> GroupKFold:
        return GroupKFold(self.folds, seed, self.group)


def numbered(splits: list[Split], repeat: int) -> list[Split]:
    """Return the splits as those of `repeat`."""
    return [replace(split, repeat=repeat) for split in splits]
