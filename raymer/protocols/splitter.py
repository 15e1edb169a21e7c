"""scikit-learn's splitters as protocols: whatever has `split(X, y, groups)`."""

from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.splits import Split


class Splitter:
    """A splitter as it is: its own splits of the clips.

    Parameters
    ----------
    splitter : object with split(X, y, groups)
    by : str, optional
        The target or column that it gets as y; by default the only target.
    group : str, optional
        The column that stands for the group, for a splitter that goes by groups.

    Raises
    ------
    UsageError
        For a splitter that draws other splits at every call, and for `group` where it would have no effect.
    """

    def __init__(self, splitter: Any, by: str | None = None, group: str | None = None) -> None:
        if getattr(splitter, "random_state", 0) is None and getattr(splitter, "shuffle", True):
            raise UsageError(f"{splitter} draws other splits at every call: give it a random_state")
        self._splitter, self._by = splitter, by
        if _goes_by_groups(splitter):
            self.group = group  # only then: what has a group divides none
        elif group is not None:
            raise UsageError(f"{splitter} does not go by groups: group {group!r} would have no effect")

    def splits(self, clips: Clips) -> list[Split]:
        """Return its splits of `clips`.

        Raises
        ------
        UsageError
            When it refuses the clips.
        """
        groups = clips.groups_by(self.group) if hasattr(self, "group") else None
        try:
            found = list(self._splitter.split(np.zeros((len(clips), 1)), self._labels(clips), groups))
        except (TypeError, ValueError) as error:
            several = len(clips.labels) > 1 and self._by is None
            hint = f" (there are {len(clips.labels)} targets: name the one that it gets, by: TARGET)" if several else ""
            raise UsageError(f"{self._splitter}: {str(error).splitlines()[0]}{hint}") from error
        per_repeat = getattr(self._splitter, "n_splits", None) or getattr(self._splitter, "cvargs", {}).get("n_splits")
        per_repeat = per_repeat or len(found)
        return [
            Split(number // per_repeat, number % per_repeat, clips.ids[train], clips.ids[test])
            for number, (train, test) in enumerate(found)
        ]

    def _labels(self, clips: Clips) -> np.ndarray | None:
        if self._by is not None:
            return clips.labels[self._by] if self._by in clips.labels else clips.column(self._by).astype(str)
        return next(iter(clips.labels.values())) if len(clips.labels) == 1 else None

    def notes(self, clips: Clips) -> tuple[str, ...]:
        """Say how many clips are groups of their own for want of a value."""
        return clips.ungrouped_words(getattr(self, "group", None))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule in words; a split's identity is its clips."""
        named = {"by": self._by, "group": getattr(self, "group", None)}
        return {"kind": "splitter", "splitter": repr(self._splitter)} | {k: v for k, v in named.items() if v}


def _goes_by_groups(splitter: Any) -> bool:
    """Return whether a splitter looks at groups; one that does not say is taken to."""
    routing = getattr(splitter, "get_metadata_routing", None)
    return routing is None or "groups" in routing().split.requests
