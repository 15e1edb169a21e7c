"""Nested splits: inner divisions of an outer train part, for searches that must not see the outer test part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from raymer.errors import RaymerError
from raymer.protocols.clips import Clips
from raymer.protocols.splits import GroupKFold, KFold, Split, SplitProtocol


@dataclass(frozen=True, eq=False)
class OuterFold:
    """An outer split and the inner splits of its train part.

    Raises
    ------
    RaymerError
        When an inner split holds a clip that is not in the outer train part: a search on it would choose by what it
        is scored on (law 5).
    """

    outer: Split
    inner: tuple[Split, ...]

    def __post_init__(self) -> None:
        inside = set(self.outer.train.tolist())
        for split in self.inner:
            strangers = [clip for clip in (*split.train.tolist(), *split.test.tolist()) if clip not in inside]
            if strangers:
                raise RaymerError(
                    f"inner split {split.id} of outer fold {self.outer.fold} holds clip {strangers[0]!r}, which is "
                    "not in the outer train part"
                )


@dataclass(frozen=True, eq=False)
class GivenSplits:
    """Splits that exist already, as a protocol."""

    given: tuple[Split, ...]

    def splits(self, clips: Clips) -> list[Split]:
        """Return the splits; `clips` is not looked at."""
        return list(self.given)

    def to_dict(self) -> dict[str, Any]:
        """Return the ids of the splits as JSON-ready data."""
        return {"kind": "given", "splits": [split.id for split in self.given]}


def outer_protocol(inner: SplitProtocol, folds: int, seed: int = 0) -> SplitProtocol:
    """Return the outer k-fold that goes with an inner protocol: grouped if that is; UsageError below two folds."""
    if hasattr(inner, "group"):
        return GroupKFold(folds, seed, inner.group)
    return KFold(folds, seed=seed)


def nested_splits(outer: SplitProtocol, inner: SplitProtocol, clips: Clips) -> Sequence[OuterFold]:
    """Return the outer folds of `clips`, each with inner splits made of its train clips alone."""
    return tuple(OuterFold(split, tuple(inner.splits(clips.only(split.train)))) for split in outer.splits(clips))
