"""Whether labels are classes or numbers."""

from numbers import Real
from typing import Any

import numpy as np

LABELS = ("auto", "numbers", "classes")


def are_classes(y: Any, labels: str = "auto") -> bool:
    """Return whether `y` (n,) or (n, n_targets) names classes.

    "auto" goes by the type: text, whole numbers and truth values are classes, floats are numbers; so are whole numbers
    in several columns, as a class is one column. The other two say it whatever the type.

    Raises
    ------
    ValueError
        For another `labels`, and for classes in several columns.
    """
    if labels not in LABELS:
        raise ValueError(f"labels={labels!r} is unknown: choose one of {', '.join(LABELS)}")
    array = np.asarray(y)
    classes = _look_like_classes(array) if labels == "auto" else labels == "classes"
    if classes and array.ndim > 1:
        raise ValueError(f"classes are one column, (n,): y has the shape {array.shape}")
    return classes


def _look_like_classes(array: np.ndarray) -> bool:
    if array.dtype.kind == "O":
        return not all(isinstance(value, Real) for value in array.flat)
    return array.dtype.kind in "US" or (array.dtype.kind in "iub" and array.ndim == 1)
