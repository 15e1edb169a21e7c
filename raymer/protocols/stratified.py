"""Stratified k-fold: every fold has its share of each class, or of each bin of a number."""

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold as SklearnStratifiedGroupKFold
from sklearn.model_selection import StratifiedKFold as SklearnStratifiedKFold

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.splits import Grouped, Split, as_folds, check_folds, enough_groups, said
from raymer.protocols.strata import small_strata_words, strata


@dataclass(frozen=True)
class Stratified:
    """k folds with equal shares of every class, each within one clip; groups are not looked at.

    `by` names the target or the column whose classes these are; a number is cut into `bins` with equal numbers of
    clips (default: as many as hold a clip for every fold, ten at most).
    """

    folds: int = 10
    seed: int = 0
    by: str | None = None
    bins: int | None = None

    def __post_init__(self) -> None:
        check_folds(self.folds)

    def splits(self, clips: Clips) -> list[Split]:
        """Return the k splits."""
        maker = SklearnStratifiedKFold(self.folds, shuffle=True, random_state=self.seed)
        return _dealt(maker, clips, strata(clips, self.by, self.bins, self.folds))

    def notes(self, clips: Clips) -> tuple[str, ...]:
        """Say which classes have too few clips to be in every fold."""
        return small_strata_words(clips, self.by, self.folds)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return said({"kind": "stratified", **asdict(self)})


@dataclass(frozen=True)
class StratifiedGroup(Grouped):
    """k folds that divide no group, with shares of every class as equal as the groups allow; `by` and `bins` as above.

    The groups are dealt to the folds by scikit-learn, the most uneven first, each to where it disturbs least.
    """

    folds: int = 10
    seed: int = 0
    by: str | None = None
    bins: int | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        check_folds(self.folds)

    def splits(self, clips: Clips) -> list[Split]:
        """Return the k splits; all clips of one group lie on one side of each."""
        groups = enough_groups(clips, self.group, self.folds)
        maker = SklearnStratifiedGroupKFold(self.folds, shuffle=True, random_state=self.seed)
        labels = strata(clips, self.by, self.bins, self.folds)
        made = _dealt(maker, clips, labels, groups)
        empty = [split.fold for split in made if not len(split.test)]
        if empty:
            raise UsageError(
                f"{self.folds} stratified grouped folds: fold {empty[0]} would be empty, the groups are too few or too "
                "large: take fewer folds"
            )
        return made

    def notes(self, clips: Clips) -> tuple[str, ...]:
        """Say how many clips are groups of their own, and which classes have too few clips to be in every fold."""
        return (*super().notes(clips), *small_strata_words(clips, self.by, self.folds))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data."""
        return said({"kind": "stratified_group", **asdict(self)})


def _dealt(maker: Any, clips: Clips, labels: np.ndarray, groups: np.ndarray | None = None) -> list[Split]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of rare classes: `notes` says it, with their names
        return as_folds(clips, maker.split(clips.ids, labels, groups))
