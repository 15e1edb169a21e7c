"""Splits as properties: complete, disjoint, repeatable, and no group on both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.splits import GroupKFold, KFold, Split

PROTOCOLS = {
    "shuffled": KFold(5, seed=3),
    "contiguous": KFold(5, shuffle=False, seed=None),
    "grouped": GroupKFold(5, seed=3),
}


def clips(n, n_groups):
    return np.array([f"c{k}" for k in range(n)]), np.array([f"g{k % n_groups}" for k in range(n)])


@pytest.mark.parametrize("name", PROTOCOLS)
@given(n=st.integers(10, 60), n_groups=st.integers(5, 10))
def test_folds_cover_every_clip_once(name, n, n_groups):
    ids, groups = clips(n, n_groups)
    splits = PROTOCOLS[name].splits(Clips(ids, groups))
    assert [(split.repeat, split.fold) for split in splits] == [(0, fold) for fold in range(5)]
    assert sorted(np.concatenate([split.test for split in splits])) == sorted(ids)
    for split in splits:
        assert sorted([*split.train, *split.test]) == sorted(ids)
    again = PROTOCOLS[name].splits(Clips(ids, groups))
    assert [split.id for split in again] == [split.id for split in splits]
    assert len({split.id for split in splits}) == 5


@given(n=st.integers(10, 60), n_groups=st.integers(5, 10), seed=st.integers(0, 99))
def test_no_group_is_divided(n, n_groups, seed):
    ids, groups = clips(n, n_groups)
    group_of = dict(zip(ids, groups, strict=True))
    for split in GroupKFold(5, seed=seed).splits(Clips(ids, groups)):
        assert not {group_of[clip] for clip in split.train} & {group_of[clip] for clip in split.test}


def test_seeds_and_shuffling_matter():
    ids, groups = clips(30, 10)
    first = [protocol.splits(Clips(ids, groups))[0].id for protocol in (KFold(5), KFold(5, seed=1), GroupKFold(5))]
    assert len(set(first)) == 3
    assert KFold(5, shuffle=False, seed=None).splits(Clips(ids, groups))[0].test.tolist() == ids[:6].tolist()


def test_records_round_trip():
    ids, groups = clips(12, 6)
    split = KFold(3).splits(Clips(ids, groups))[1]
    assert Split.from_record(split.to_record()).id == split.id


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KFold(1), "at least 2 folds"),
        (lambda: GroupKFold(1), "at least 2 folds"),
        (lambda: KFold(5, seed=None), "need a seed"),
        (lambda: KFold(50).splits(Clips(*clips(20, 5))), "50 folds need as many clips, there are 20"),
        (lambda: GroupKFold(6).splits(Clips(*clips(20, 5))), "6 grouped folds need as many groups, there are 5"),
    ],
)
def test_impossible_protocols_are_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
