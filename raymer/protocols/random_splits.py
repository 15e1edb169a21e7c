"""Repeated random splits: as many divisions as wanted, each from a seed of its own."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.identity import derive_seed
from raymer.protocols.clips import Clips
from raymer.protocols.splits import Grouped, Split, said

ATTEMPTS = 1000


@dataclass(frozen=True)
class RandomSplits:
    """Random divisions with a given share of the clips in train; split k is (repeat k, fold 0).

    Split k follows from (seed, k) and, since no division is taken twice, from those before it: the first 100 of 150
    are the 100 of 100.

    Parameters
    ----------
    count : int
        Number of splits.
    train_share : float
        Share of the clips in train, between 0 and 1; the test part is rounded to whole clips.
    seed : int
    """

    count: int = 100
    train_share: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        check_random(self.count, self.train_share)

    def splits(self, clips: Clips) -> list[Split]:
        """Return the splits, clips in their order; groups are not looked at."""
        tested = round(len(clips) * (1 - self.train_share))
        if not 0 < tested < len(clips):
            raise UsageError(f"{len(clips)} clips cannot be divided {_ratio(self.train_share)}: a part is empty")

        def draw(repeat: int, seed: int) -> list[Split]:
            # RandomState and not a Generator: its stream is frozen over numpy's versions.
            chosen = np.random.RandomState(seed).permutation(len(clips))[:tested]
            return [_split(repeat, clips.ids, np.isin(np.arange(len(clips)), chosen))]

        return draw_repeats(self.count, "random", self.seed, draw)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return {"kind": "random", **asdict(self)}


@dataclass(frozen=True)
class GroupRandomSplits(Grouped):
    """Random divisions that divide no group (artist, song); otherwise as :class:`RandomSplits`.

    Groups in random order go to test until its number of clips is as near as it gets to what `train_share` leaves;
    parts differ in size from split to split, and each part has one group at least. `group` is a column that stands for
    the group.
    """

    count: int = 100
    train_share: float = 0.9
    seed: int = 0
    group: str | None = None

    def __post_init__(self) -> None:
        check_random(self.count, self.train_share)

    def splits(self, clips: Clips) -> list[Split]:
        """Return the splits, clips in their order; all clips of one group lie on one side of each."""
        names, group_of, sizes = np.unique(clips.groups_by(self.group), return_inverse=True, return_counts=True)
        if len(names) < 2:
            raise UsageError(f"grouped random splits need at least 2 groups, there are {len(names)}")
        wanted = len(clips) * (1 - self.train_share)

        def draw(repeat: int, seed: int) -> list[Split]:
            order = np.random.RandomState(seed).permutation(len(names))
            tested = int(np.argmin(np.abs(np.cumsum(sizes[order])[:-1] - wanted))) + 1
            return [_split(repeat, clips.ids, np.isin(group_of, order[:tested]))]

        return draw_repeats(self.count, "group_random", self.seed, draw)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return said({"kind": "group_random", **asdict(self)})


def draw_repeats(count: int, kind: str, seed: int, draw: Callable[[int, int], list[Split]]) -> list[Split]:
    """Draw `count` repeats, each from a seed of its own; one that would bring a division again is drawn anew.

    Parameters
    ----------
    count : int
    kind, seed
        With the number of the repeat and of the attempt they make the repeat's seed.
    draw : callable
        From (repeat, its seed) to the repeat's splits.

    Raises
    ------
    UsageError
        When there are too few clips or groups for so many different divisions.
    """
    seen: set[bytes] = set()
    found: list[Split] = []
    for repeat in range(count):
        for attempt in range(ATTEMPTS):
            splits = draw(repeat, derive_seed(kind, seed, repeat, attempt))
            marks = {split.test.tobytes() for split in splits}
            if not marks & seen:
                break
        else:
            raise UsageError(f"there are too few clips or groups for {count} different divisions ({kind})")
        seen |= marks
        found += splits
    return found


def check_random(count: int, train_share: float) -> None:
    """Raise UsageError for less than one split or a share outside (0, 1)."""
    if count < 1:
        raise UsageError(f"random splits: at least 1 is needed, not {count}")
    if not 0 < train_share < 1:
        raise UsageError(f"random splits: the share of train lies between 0 and 1, not {train_share}")


def _split(repeat: int, clip_ids: np.ndarray, in_test: np.ndarray) -> Split:
    return Split(repeat, 0, clip_ids[~in_test], clip_ids[in_test])


def _ratio(train_share: float) -> str:
    return f"{10 * train_share:g}:{10 * (1 - train_share):g}"
