"""Random splits and repeated k-fold as properties: sizes, prefixes, seeds, groups, and no division twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raymer.errors import UsageError
from raymer.experiments.spec import ProtocolSpec
from raymer.protocols.clips import Clips
from raymer.protocols.kinds import KINDS, make_protocol
from raymer.protocols.random_splits import GroupRandomSplits, RandomSplits
from raymer.protocols.repeated import RepeatedGroupKFold, RepeatedKFold
from raymer.protocols.splits import KFold


def clips(n, n_groups):
    return np.array([f"c{k}" for k in range(n)]), np.array([f"g{k % n_groups}" for k in range(n)])


def ids_of(protocol, n, n_groups):
    return [split.id for split in protocol.splits(Clips(*clips(n, n_groups)))]


sizes = {"n": st.integers(20, 60), "n_groups": st.integers(10, 20), "seed": st.integers(0, 99)}


@settings(deadline=None)
@given(**sizes, share=st.floats(0.5, 0.9))
def test_random_splits_divide_every_clip_and_none_comes_twice(n, n_groups, seed, share):
    ids, groups = clips(n, n_groups)
    splits = RandomSplits(6, share, seed).splits(Clips(ids, groups))
    assert [(split.repeat, split.fold) for split in splits] == [(k, 0) for k in range(6)]
    for split in splits:
        assert sorted([*split.train, *split.test]) == sorted(ids)
        assert len(split.test) == round(n * (1 - share))
        assert list(split.train) == [clip for clip in ids if clip in set(split.train)], "in the corpus' order"
    assert len({split.id for split in splits}) == 6


@settings(deadline=None)
@given(**sizes)
def test_no_group_is_ever_divided(n, n_groups, seed):
    ids, groups = clips(n, n_groups)
    group_of = dict(zip(ids, groups, strict=True))
    for protocol in (GroupRandomSplits(5, 0.8, seed), RepeatedGroupKFold(4, 2, seed)):
        for split in protocol.splits(Clips(ids, groups)):
            assert not {group_of[clip] for clip in split.train} & {group_of[clip] for clip in split.test}
            assert sorted([*split.train, *split.test]) == sorted(ids)


@settings(deadline=None)
@given(n=st.integers(60, 200), seed=st.integers(0, 99))
def test_grouped_test_parts_are_as_large_as_asked_within_half_a_group(n, seed):
    ids, groups = clips(n, 20)
    largest = np.unique(groups, return_counts=True)[1].max()
    for split in GroupRandomSplits(5, 0.8, seed).splits(Clips(ids, groups)):
        assert abs(len(split.test) - 0.2 * n) <= largest / 2 + 1e-9


@settings(deadline=None)
@given(**sizes, few=st.integers(1, 8), more=st.integers(1, 8))
def test_a_split_is_the_same_however_many_are_asked_for(n, n_groups, seed, few, more):
    for make in (
        lambda count: RandomSplits(count, 0.8, seed),
        lambda count: GroupRandomSplits(count, 0.8, seed),
        lambda count: RepeatedKFold(3, count, seed),
        lambda count: RepeatedGroupKFold(3, count, seed),
    ):
        first = ids_of(make(few), n, n_groups)
        assert ids_of(make(few + more), n, n_groups)[: len(first)] == first


@settings(deadline=None)
@given(**sizes)
def test_every_repeat_covers_every_clip_once(n, n_groups, seed):
    ids, groups = clips(n, n_groups)
    for protocol in (RepeatedKFold(4, 3, seed), RepeatedGroupKFold(4, 3, seed)):
        splits = protocol.splits(Clips(ids, groups))
        assert [(split.repeat, split.fold) for split in splits] == [(r, f) for r in range(3) for f in range(4)]
        for repeat in range(3):
            tested = np.concatenate([split.test for split in splits if split.repeat == repeat])
            assert sorted(tested) == sorted(ids)
        assert len({split.id for split in splits}) == 12


def test_seeds_matter_and_repeats_differ_from_plain_folds():
    first = [ids_of(RandomSplits(3, seed=seed), 40, 8)[0] for seed in (0, 1, 2)]
    assert len(set(first)) == 3
    assert set(ids_of(RepeatedKFold(5, 1), 40, 8)).isdisjoint(ids_of(KFold(5), 40, 8))


def test_the_first_split_is_pinned():
    split = RandomSplits(1, 0.8, seed=0).splits(Clips(*clips(20, 5)))[0]
    assert split.test.tolist() == ["c0", "c8", "c9", "c12"], (
        "another machine, library or release would run other splits"
    )


def test_small_corpora_give_all_their_divisions_and_no_more():
    assert len(set(ids_of(RandomSplits(10, 0.9), 10, 5))) == 10
    with pytest.raises(UsageError, match="too few clips or groups for 11 different divisions"):
        RandomSplits(11, 0.9).splits(Clips(*clips(10, 5)))
    with pytest.raises(UsageError, match="too few clips or groups for 2 different divisions"):
        RepeatedKFold(5, 2).splits(Clips(*clips(5, 5)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomSplits(0), "at least 1 is needed, not 0"),
        (lambda: GroupRandomSplits(0), "at least 1 is needed, not 0"),
        (lambda: RandomSplits(5, 1.0), "between 0 and 1, not 1"),
        (lambda: RandomSplits(5, 0.9).splits(Clips(*clips(4, 2))), "4 clips cannot be divided 9:1"),
        (lambda: GroupRandomSplits(5).splits(Clips(*clips(10, 1))), "at least 2 groups, there are 1"),
        (lambda: RepeatedKFold(1), "at least 2 folds"),
        (lambda: RepeatedGroupKFold(5, 0), "at least 1 repeat"),
        (lambda: RepeatedKFold(50).splits(Clips(*clips(20, 5))), "50 folds need as many clips"),
        (lambda: RepeatedGroupKFold(6).splits(Clips(*clips(20, 5))), "6 grouped folds need as many groups"),
    ],
)
def test_impossible_protocols_are_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_from_an_experiment_and_back(kind):
    seed = {"seed": 4} if "seed" in KINDS[kind].__dataclass_fields__ else {}
    column = {"column": "split"} if kind == "given" else {}
    made = ProtocolSpec(kind=kind, **seed, **column).build()
    rule = made.to_dict()
    assert rule.pop("kind") == kind
    assert make_protocol(kind, rule) == made


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("kfold", "count", 5),
        ("group_kfold", "repeats", 5),
        ("random", "folds", 10),
        ("random", "shuffle", True),
        ("group_random", "repeats", 2),
        ("repeated_kfold", "train_share", 0.9),
        ("repeated_group_kfold", "shuffle", True),
    ],
)
def test_a_key_that_the_kind_would_ignore_is_refused(kind, key, value):
    with pytest.raises(UsageError, match=f"protocol {kind} would ignore '{key}': leave it out"):
        ProtocolSpec(kind=kind, **{key: value}).build()


def test_folds_of_a_system_cannot_change_random_splits():
    with pytest.raises(UsageError, match="would ignore 'folds'"):
        ProtocolSpec(kind="random").build(7)
