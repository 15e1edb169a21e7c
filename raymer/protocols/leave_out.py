"""Leave one out: each group, or each clip, is the test part once."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import LeaveOneGroupOut as SklearnLeaveOneGroupOut
from sklearn.model_selection import LeaveOneOut as SklearnLeaveOneOut

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.splits import Grouped, Split, as_folds, said


@dataclass(frozen=True)
class LeaveOneGroupOut(Grouped):
    """Each group (artist, song) is the test part once, in the order of their names.

    `group` is a column that stands for the group: genre, or the number of an official fold.
    """

    group: str | None = None

    def splits(self, clips: Clips) -> list[Split]:
        """Return a split a group."""
        groups = clips.groups_by(self.group)
        if len(np.unique(groups)) < 2:
            raise UsageError("leave one group out needs at least 2 groups, there is 1")
        return as_folds(clips, SklearnLeaveOneGroupOut().split(clips.ids, groups=groups))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return said({"kind": "leave_one_group_out", **asdict(self)})


@dataclass(frozen=True)
class LeaveOneOut:
    """Each clip is the test part once; groups are not looked at."""

    def splits(self, clips: Clips) -> list[Split]:
        """Return a split a clip."""
        if len(clips) < 2:
            raise UsageError(f"leave one out needs at least 2 clips, there are {len(clips)}")
        return as_folds(clips, SklearnLeaveOneOut().split(clips.ids))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return {"kind": "leave_one_out"}
