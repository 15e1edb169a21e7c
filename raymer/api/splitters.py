"""scikit-learn's splitters as protocols."""

from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.splits import Split, SplitProtocol


class Splitter:
    """A scikit-learn splitter as it is, with the labels that a stratified one wants.

    Parameters
    ----------
    splitter : object with split(X, y, groups)
    labels : ndarray of shape (n_clips,)
    """

    def __init__(self, splitter: Any, labels: np.ndarray) -> None:
        self._splitter, self._labels = splitter, labels

    def splits(self, clips: Clips) -> list[Split]:
        """Return its splits of `clips`.

        Raises
        ------
        UsageError
            When it refuses the clips, or draws other splits at every call.
        """
        try:
            found = list(self._splitter.split(np.zeros((len(clips), 1)), self._labels, clips.groups))
        except (TypeError, ValueError) as error:
            raise UsageError(f"{self._splitter}: {error}") from error
        if getattr(self._splitter, "random_state", 0) is None and getattr(self._splitter, "shuffle", True):
            raise UsageError(f"{self._splitter} draws other splits at every call: give it a random_state")
        per_repeat = getattr(self._splitter, "n_splits", None) or getattr(self._splitter, "cvargs", {}).get("n_splits")
        per_repeat = per_repeat or len(found)
        return [
            Split(number // per_repeat, number % per_repeat, clips.ids[train], clips.ids[test])
            for number, (train, test) in enumerate(found)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the rule in words; a split's identity is its clips."""
        return {"kind": "splitter", "splitter": repr(self._splitter)}


def as_protocol(given: Any, labels: np.ndarray) -> SplitProtocol:
    """Return a protocol of raymer's as it is, and a scikit-learn splitter as one; UsageError for anything else."""
    if callable(getattr(given, "splits", None)) and callable(getattr(given, "to_dict", None)):
        protocol: SplitProtocol = given
        return protocol
    if callable(getattr(given, "split", None)):
        return Splitter(given, labels)
    raise UsageError(f"{given!r} makes no splits: give a protocol of raymer's, or a splitter of scikit-learn's")
