"""Annotations as the network and the SVM see them: scaled numbers or one-hot classes, and the way back."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from raymer.nearest import unknown

SCALES = ("unit", "none")


class Coding(Protocol):
    """The way from annotations to a matrix (n_clips, n_columns) and back; fitted on train clips alone."""

    @property
    def are_classes(self) -> bool:
        """Whether the columns are classes."""

    @property
    def n_columns(self) -> int:
        """Columns of the matrix: targets or classes."""

    def encode(self, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the matrix (n_clips, n_columns), float64."""

    def decode(self, outputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return annotations for outputs (n_clips, n_columns)."""

    def pack(self, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return annotations as numbers that a file can hold."""

    def unpack(self, packed: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return what `pack` was given."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Continuous targets: columns are (y - low) / span.

    Attributes
    ----------
    low, span : ndarray of shape (n_targets,), float64
    flat : bool
        Whether y is (n_clips,), without a second axis.
    """

    low: np.ndarray[Any, Any]
    span: np.ndarray[Any, Any]
    flat: bool
    are_classes = False

    @classmethod
    def of(cls, y: np.ndarray[Any, Any], scale: str = "unit") -> "Numbers":
        """Return the coding of targets y (n_clips,) or (n_clips, n_targets).

        With scale "unit" each target's least and greatest value here become 0 and 1, the range that gamma 0.5 and the
        SVM's epsilon are meant for (paper B, 2.3); with "none" targets are taken as they are, for annotations that
        come within [0, 1] and whose spread has a meaning, as Emotify's.

        Raises
        ------
        ValueError
            For another scale, NaN or infinity, or a target that is constant.
        """
        if scale not in SCALES:
            raise ValueError(unknown("label scale", str(scale), SCALES))
        if y.ndim not in (1, 2) or y.size == 0:
            raise ValueError(f"targets must be (n_clips,) or (n_clips, n_targets), not {y.shape}")
        columns = y.reshape(len(y), -1).astype(np.float64)
        if not np.isfinite(columns).all():
            raise ValueError("the targets hold NaN or infinity")
        low, span = columns.min(axis=0), np.ptp(columns, axis=0)
        if not span.all():
            which = int(np.flatnonzero(span == 0)[0])
            raise ValueError(f"target {which} is constant ({low[which]:g}): there is nothing to learn from")
        if scale == "none":
            low, span = np.zeros_like(low), np.ones_like(span)
        return cls(low, span, y.ndim == 1)

    @property
    def n_columns(self) -> int:
        """Number of targets."""
        return len(self.low)

    def encode(self, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the scaled targets (n_clips, n_targets)."""
        scaled: np.ndarray[Any, Any] = (y.reshape(len(y), -1) - self.low) / self.span
        return scaled

    def decode(self, outputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return targets in their own unit, in the shape that they came in."""
        y: np.ndarray[Any, Any] = outputs * self.span + self.low
        return y[:, 0] if self.flat else y

    def pack(self, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return `y` itself: it is numbers."""
        return y

    unpack = pack


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes as one-hot rows; `classes` (n_classes,) are sorted."""

    classes: np.ndarray[Any, Any]
    are_classes = True

    @classmethod
    def of(cls, y: np.ndarray[Any, Any]) -> "Classes":
        """Return the coding of labels y (n_clips,), numbers or text; ValueError for fewer than two classes."""
        if y.ndim != 1:
            raise ValueError(f"classes must be (n_clips,), not {y.shape}")
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(f"y holds 1 class ({classes[0]}): at least two are needed")
        return cls(classes)

    @property
    def n_columns(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def encode(self, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return a row (n_classes,) a clip, 1 at its class and 0 elsewhere."""
        hot: np.ndarray[Any, Any] = (y[:, None] == self.classes).astype(np.float64)
        return hot

    def decode(self, outputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the class of each row's greatest output."""
        return self.unpack(outputs.argmax(axis=1))

    def pack(self, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the place (n_clips,) of each label among the classes, int64."""
        return np.searchsorted(self.classes, y)

    def unpack(self, packed: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the labels at these places."""
        labels: np.ndarray[Any, Any] = self.classes[packed]
        return labels


def coding_of(y: np.ndarray[Any, Any], scale: str | None = None) -> Coding:
    """Return `Numbers` for floats, with `scale` or else "unit"; `Classes` for whole numbers and text.

    Raises
    ------
    ValueError
        For a scale where there are classes: it would have no effect; and what the two raise.
    """
    if y.dtype.kind == "f":
        return Numbers.of(y, "unit" if scale is None else scale)
    if scale is not None:
        raise ValueError(f"label_scale={scale!r} would have no effect on classes: leave it out (targets are floats)")
    return Classes.of(y)
