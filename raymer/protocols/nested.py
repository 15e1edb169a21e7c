"""Nested splits: inner divisions of an outer train part, for searches that must not see the outer test part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from raymer.errors import RaymerError, UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.given import Given
from raymer.protocols.splits import GroupKFold, KFold, Split, SplitProtocol


@dataclass(frozen=True, eq=False)
class OuterFold:
    """An outer split and the inner splits of its train part.

    Raises
    ------
    RaymerError
        When an inner split holds a clip of the outer test part: a search on it would choose by what it is scored on
        (law 5).
    """

    outer: Split
    inner: tuple[Split, ...]

    def __post_init__(self) -> None:
        tested = set(self.outer.test.tolist())
        for split in self.inner:
            leaked = [clip for clip in (*split.train.tolist(), *split.test.tolist()) if clip in tested]
            if leaked:
                raise RaymerError(
                    f"inner split {split.id} of outer fold {self.outer.fold} holds clip {leaked[0]!r}, which is in the "
                    "outer test part"
                )


@dataclass(frozen=True, eq=False)
class MadeSplits:
    """Splits that exist already, as a protocol."""

    made: tuple[Split, ...]

    def splits(self, clips: Clips) -> list[Split]:
        """Return the splits; `clips` is not looked at."""
        return list(self.made)

    def to_dict(self) -> dict[str, Any]:
        """Return the ids of the splits as JSON-ready data."""
        return {"kind": "made", "splits": [split.id for split in self.made]}


def outer_protocol(inner: SplitProtocol, folds: int, seed: int = 0) -> SplitProtocol:
    """Return the outer k-fold that goes with an inner protocol: grouped if that is; UsageError below two folds."""
    if hasattr(inner, "group"):
        return GroupKFold(folds, seed, inner.group)
    return KFold(folds, seed=seed)


def nested_splits(outer: SplitProtocol, inner: SplitProtocol, clips: Clips) -> Sequence[OuterFold]:
    """Return the outer folds of `clips`, each with inner splits made of its train clips alone."""
    return tuple(OuterFold(split, tuple(inner.splits(clips.only(split.train)))) for split in outer.splits(clips))


def search_splits(protocol: SplitProtocol, made: Sequence[Split]) -> tuple[Split, ...]:
    """Return what a search tries configurations on: train against valid where all splits have a valid part.

    Raises
    ------
    UsageError
        For one given split without a valid part: a search would choose by the test part that it is scored on.
    """
    if all(len(split.valid) for split in made):
        return tuple(Split(split.repeat, split.fold, split.train, split.valid) for split in made)
    if isinstance(protocol, Given) and len(made) == 1:
        raise UsageError(
            "the given split has no valid part, and a search that chose by its test part would flatter itself: name "
            "the part (valid: NAME), or search by folds (search: {protocol: NAME})"
        )
    return tuple(made)
