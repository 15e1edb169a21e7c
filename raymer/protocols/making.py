"""From a protocol and clips to splits: made in one place, in the order of the clips, checked before any fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.nested import MadeSplits
from raymer.protocols.splits import Split, SplitProtocol


def make_splits(protocol: SplitProtocol, clips: Clips) -> list[Split]:
    """Return the splits of `clips` that a protocol makes, the clips of each part in their order.

    Raises
    ------
    UsageError
        For no split at all, two at one place (repeat, fold), a part that is empty, a clip that is none or in two
        parts, a train part with one class, and where no test clip's class is ever in the train part.
    """
    if isinstance(protocol, MadeSplits) or getattr(protocol, "tests_nothing", False):
        return protocol.splits(clips)
    place = {clip: row for row, clip in enumerate(clips.ids.tolist())}
    rule = protocol.to_dict()["kind"]
    made = [_in_order(split, clips, place, rule) for split in protocol.splits(clips)]
    if not made:
        raise UsageError(f"protocol {rule} makes no splits of {len(clips)} clips")
    places = [(split.repeat, split.fold) for split in made]
    if len(set(places)) < len(places):
        raise UsageError(f"protocol {rule}: two splits are repeat {places[0][0]}, fold {places[0][1]}")
    for target, labels in clips.labels.items():
        if labels.dtype.kind != "f":
            _check_classes(made, target, labels, place, rule)
    return made


def _in_order(split: Split, clips: Clips, place: Mapping[Any, int], rule: str) -> Split:
    at = f"protocol {rule}, repeat {split.repeat}, fold {split.fold}"
    rows = {}
    for part, ids in (("train", split.train), ("test", split.test), ("valid", split.valid)):
        strangers = [clip for clip in ids.tolist() if clip not in place]
        if strangers:
            raise UsageError(f"{at}: {strangers[0]!r} in its {part} part is no clip here")
        rows[part] = np.sort(np.array([place[clip] for clip in ids.tolist()], dtype=np.int64))
        if part != "valid" and not len(ids):
            raise UsageError(f"{at}: its {part} part is empty")
    every = np.concatenate(list(rows.values()))
    twice = np.flatnonzero(np.bincount(every, minlength=len(clips)) > 1)
    if len(twice):
        raise UsageError(f"{at}: clip {str(clips.ids[twice[0]])!r} is in it twice, or on both sides")
    return Split(split.repeat, split.fold, *(clips.ids[rows[part]] for part in ("train", "test", "valid")))


def _check_classes(made: Sequence[Split], target: str, labels: np.ndarray, place: Mapping[Any, int], rule: str) -> None:
    some_known = False
    for split in made:
        train, test = (
            set(labels[[place[clip] for clip in ids.tolist()]].tolist()) for ids in (split.train, split.test)
        )
        if len(train) < 2:
            raise UsageError(
                f"protocol {rule}, repeat {split.repeat}, fold {split.fold}: its train part has one class of {target} "
                f"only ({next(iter(train))}): stratify by {target}, or take fewer folds"
            )
        some_known |= bool(train & test)
    if not some_known:
        raise UsageError(
            f"protocol {rule}: no test clip's {target} is ever in its train part, so nothing could be predicted: group "
            f"by something else than {target}"
        )
