"""Stratified folds and leave-one-out as properties: shares of classes, groups whole, every clip tested once."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.leave_out import LeaveOneGroupOut, LeaveOneOut
from raymer.protocols.strata import quantile_bins
from raymer.protocols.stratified import Stratified, StratifiedGroup


def clips(labels, groups=None, **columns):
    ids = np.array([f"c{k:03d}" for k in range(len(labels))])
    named = {name: np.array(values, dtype=object) for name, values in columns.items()}
    return Clips(ids, ids if groups is None else np.array(groups), {"mood": np.array(labels)}, named)


def check_whole(made, found):
    assert sorted(np.concatenate([split.test for split in found]).tolist()) == made.ids.tolist()
    for split in found:
        assert sorted([*split.train.tolist(), *split.test.tolist()]) == made.ids.tolist()


def label_counts(made, split, values):
    of = dict(zip(made.ids.tolist(), values, strict=True))
    return [sum(of[clip] == label for clip in split.test.tolist()) for label in sorted(set(values))]


labels = st.lists(st.sampled_from("abcd"), min_size=12, max_size=80)


@given(labels=labels, folds=st.integers(2, 6), seed=st.integers(0, 9))
def test_every_fold_has_its_share_of_each_class_within_one_clip(labels, folds, seed):
    assume(max(labels.count(label) for label in labels) >= folds)
    made = clips(labels)
    for protocol in (Stratified(folds, seed), StratifiedGroup(folds, seed)):
        found = protocol.splits(made)
        check_whole(made, found)
        for split in found:
            for label, count in zip(sorted(set(labels)), label_counts(made, split, labels), strict=True):
                assert abs(count - labels.count(label) / folds) < 1


@given(n=st.integers(20, 80), folds=st.integers(2, 5), bins=st.integers(2, 4), seed=st.integers(0, 9))
def test_a_number_is_stratified_by_its_quantiles(n, folds, bins, seed):
    values = np.random.default_rng(seed).normal(size=n)
    made = clips(values)
    strata = quantile_bins(values, bins)
    assert max(np.bincount(strata)) - min(np.bincount(strata)) <= 1
    for split in Stratified(folds, seed, bins=bins).splits(made):
        for stratum, count in enumerate(label_counts(made, split, strata.tolist())):
            assert abs(count - np.sum(strata == stratum) / folds) < 1


@given(labels=labels, n_groups=st.integers(6, 20), folds=st.integers(2, 5), seed=st.integers(0, 9))
def test_no_group_is_on_both_sides(labels, n_groups, folds, seed):
    groups = [f"g{k % n_groups}" for k in range(len(labels))]
    assume(max(labels.count(label) for label in labels) >= folds)
    made = clips(labels, groups)
    assume(len(set(groups)) >= folds)
    group_of = dict(zip(made.ids.tolist(), groups, strict=True))
    for protocol in (StratifiedGroup(folds, seed), LeaveOneGroupOut()):
        found = protocol.splits(made)
        check_whole(made, found)
        for split in found:
            assert not {group_of[c] for c in split.train.tolist()} & {group_of[c] for c in split.test.tolist()}


@given(n=st.integers(2, 40))
def test_leave_one_out_tests_each_clip_alone_in_order(n):
    made = clips(["a"] * n)
    assert [split.test.tolist() for split in LeaveOneOut().splits(made)] == [[clip] for clip in made.ids.tolist()]


def test_leave_one_group_out_goes_by_the_column():
    made = clips(["a", "b"] * 4, fold=["2", "1", "3", "1", "2", "3", "1", "2"])
    found = LeaveOneGroupOut(group="fold").splits(made)
    assert [split.test.tolist() for split in found] == [["c001", "c003", "c006"], ["c000", "c004", "c007"],
                                                        ["c002", "c005"]]  # fmt: skip


def test_another_target_or_a_column_gives_the_strata():
    two = Clips(np.arange(8).astype(str), np.arange(8).astype(str), {"x": np.arange(8.0), "y": np.arange(8.0)},
                {"genre": np.array(["a", "b"] * 4, dtype=object)})  # fmt: skip
    with pytest.raises(UsageError, match="strata of 2 targets: name one"):
        Stratified(4).splits(two)
    for split in Stratified(4, by="genre").splits(two):
        assert sorted(int(clip) % 2 for clip in split.test.tolist()) == [0, 1]


def test_rare_classes_are_said():
    made = clips(["a"] * 9 + ["b"] * 2)
    assert Stratified(3).notes(made) == ("mood: fewer clips than 3 folds, so some folds test none: b 2",)
    assert Stratified(2).notes(made) == ()


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        (Stratified(7), "7 stratified folds: the largest class or bin of mood has 6 clips only"),
        (Stratified(3, by="moot"), "unknown target or column 'moot': did you mean 'mood'"),
        (Stratified(3, bins=4), "bins=4 would have no effect: mood is no number"),
        (StratifiedGroup(3), "3 grouped folds need as many groups, there are 2"),
        (LeaveOneGroupOut(group="empty"), "no clip has a value in column 'empty'"),
    ],
)
def test_impossible_strata_are_refused(protocol, message):
    made = clips(["a"] * 6 + ["b"] * 6, ["g1"] * 6 + ["g2"] * 6, empty=[""] * 12)
    with pytest.raises(UsageError, match=message):
        protocol.splits(made)
