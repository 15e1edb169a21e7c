"""Clips: what a protocol sees of the clips that it divides."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from raymer.errors import UsageError
from raymer.nearest import unknown


@dataclass(frozen=True, eq=False)
class Clips:
    """Clips with all that a split may be made by; no features.

    Attributes
    ----------
    ids, groups : ndarray of shape (n_clips,), str
    labels : mapping of target to ndarray of shape (n_clips,)
        Float64 for numbers, text for classes.
    columns : mapping of name to ndarray of shape (n_clips,), object
        Kept columns and class targets of the clip table, as text; "" where a clip has no value.
    """

    ids: np.ndarray
    groups: np.ndarray
    labels: Mapping[str, np.ndarray] = field(default_factory=dict)
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, rows: np.ndarray) -> "Clips":
        """Return the clips at `rows` (indices), in that order."""
        return Clips(
            self.ids[rows],
            self.groups[rows],
            {target: values[rows] for target, values in self.labels.items()},
            {name: values[rows] for name, values in self.columns.items()},
        )

    def only(self, ids: np.ndarray) -> "Clips":
        """Return the clips `ids`, in that order."""
        row_of = {clip: row for row, clip in enumerate(self.ids.tolist())}
        return self.rows(np.array([row_of[clip] for clip in ids.tolist()], dtype=np.int64))

    def column(self, name: str) -> np.ndarray:
        """Return a column as text (n_clips,), "" where a clip has no value.

        Raises
        ------
        UsageError
            For a name that is no column, or a column in which no clip has a value.
        """
        if name not in self.columns:
            if name in self.labels:
                raise UsageError(f"column {name!r} is a target that is a number: a kept column or a class is wanted")
            raise UsageError(unknown("column", name, self.columns))
        if not any(self.columns[name].tolist()):
            raise UsageError(f"no clip has a value in column {name!r}")
        return self.columns[name]

    def groups_by(self, column: str | None) -> np.ndarray:
        """Return what no split may divide (n_clips,): the groups, or the values of `column` in their place.

        A clip without a value is its own group.
        """
        if column is None:
            return self.groups
        pairs = zip(self.ids.tolist(), self.column(column).tolist(), strict=True)
        return np.array([value or clip for clip, value in pairs], dtype=str)

    def ungrouped_words(self, column: str | None) -> tuple[str, ...]:
        """Say how many clips have no value of the column that stands for the group, where some have none."""
        if column is None:
            return ()
        lacking = sum(not value for value in self.column(column).tolist())
        return (f"{lacking} of {len(self)} clips have no {column}: each is its own group",) if lacking else ()
