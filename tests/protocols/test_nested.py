"""Nested splits: no inner split ever holds an outer test clip."""

import numpy as np
import pytest

from raymer.errors import RaymerError
from raymer.protocols.clips import Clips
from raymer.protocols.nested import MadeSplits, OuterFold, nested_splits, outer_protocol
from raymer.protocols.random_splits import GroupRandomSplits, RandomSplits
from raymer.protocols.repeated import RepeatedGroupKFold
from raymer.protocols.splits import GroupKFold, KFold, Split

CLIPS = np.array([f"c{k:02d}" for k in range(60)])
GROUPS = np.array([f"g{k // 3}" for k in range(60)])


@pytest.mark.parametrize(
    "inner", [KFold(4), GroupKFold(4), RandomSplits(5), GroupRandomSplits(5), RepeatedGroupKFold(3, 2)]
)
def test_inner_splits_divide_the_outer_train_part_alone(inner):
    folds = nested_splits(outer_protocol(inner, 5), inner, Clips(CLIPS, GROUPS))
    assert sorted(clip for fold in folds for clip in fold.outer.test.tolist()) == CLIPS.tolist()
    group_of = dict(zip(CLIPS.tolist(), GROUPS.tolist(), strict=True))
    for fold in folds:
        inside = set(fold.outer.train.tolist())
        for split in fold.inner:
            assert set(split.train.tolist()) | set(split.test.tolist()) == inside
            if "group" in inner.to_dict()["kind"]:
                for a, b in ((split.train, split.test), (fold.outer.train, fold.outer.test)):
                    assert {group_of[c] for c in a.tolist()}.isdisjoint(group_of[c] for c in b.tolist())


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_planted_outer_test_clip_is_caught(part):
    fold = nested_splits(KFold(5), KFold(4), Clips(CLIPS, GROUPS))[1]
    planted = fold.outer.test[:1]
    good = fold.inner[2]
    parts = {"train": good.train, "test": good.test}
    parts[part] = np.concatenate([parts[part], planted])
    with pytest.raises(RaymerError, match=f"outer fold 1 holds clip '{planted[0]}', which is in the outer test part"):
        OuterFold(fold.outer, (*fold.inner[:2], Split(0, 2, **parts)))


def test_made_splits_are_a_protocol():
    splits = tuple(KFold(3).splits(Clips(CLIPS, GROUPS)))
    assert MadeSplits(splits).splits(Clips(CLIPS, GROUPS)) == list(splits)
