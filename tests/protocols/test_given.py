"""Given splits: a column, a table or lists say which part a clip is in, and what they leave open is said or refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedGroupKFold, StratifiedKFold

from raymer.errors import UsageError
from raymer.experiments.spec import ProtocolSpec
from raymer.protocols.clips import Clips
from raymer.protocols.given import Given
from raymer.protocols.kinds import make_protocol
from raymer.protocols.making import make_splits
from raymer.protocols.nested import search_splits
from raymer.protocols.random_splits import RandomSplits
from raymer.protocols.repeated import RepeatedGroupKFold
from raymer.protocols.split_files import split_frame
from raymer.protocols.splits import GroupKFold, KFold, Split, uneven_words
from raymer.protocols.splitter import Splitter

IDS = np.array([f"c{k}" for k in range(12)])
GROUPS = np.array([f"g{k // 2}" for k in range(12)])
PARTS = ["train", "Train", "valid", "test", "", "train"] * 2
GENRE = np.array(["a", "b", "c"] * 4)
CLIPS = Clips(IDS, GROUPS, {"genre": GENRE}, {"split": np.array(PARTS, dtype=object)})


def parts(split):
    return split.train.tolist(), split.valid.tolist(), split.test.tolist()


def test_a_column_gives_the_three_parts_and_leaves_out_who_is_in_none():
    protocol = Given(column="split")
    [split] = make_splits(protocol, CLIPS)
    assert parts(split) == (["c0", "c1", "c5", "c6", "c7", "c11"], ["c2", "c8"], ["c3", "c9"])
    assert protocol.notes(CLIPS) == ("2 of 12 clips are in no part of column split: left out",)


def test_parts_are_called_what_the_data_calls_them():
    column = np.array(["dev", "dev", "eval", "held"] * 3, dtype=object)
    clips = Clips(IDS, IDS, {}, {"set": column})
    [split] = Given(column="set", train=["dev", "eval"], test="HELD").splits(clips)
    assert (len(split.train), len(split.valid), len(split.test)) == (9, 0, 3)
    [both] = Given(column="split", train=["train", "valid"]).splits(CLIPS)
    assert (len(both.train), len(both.valid), len(both.test)) == (8, 0, 2)
    with pytest.raises(UsageError, match="clip 'c0' is in 'dev': say which part that is"):
        Given(column="set").splits(clips)


def test_a_column_of_numbers_holds_folds_each_tested_once():
    column = np.array(["3", "1", "2", ""] * 3, dtype=object)
    splits = make_splits(Given(column="fold"), Clips(IDS, IDS, {}, {"fold": column}))
    assert [split.test.tolist() for split in splits] == [["c1", "c5", "c9"], ["c2", "c6", "c10"], ["c0", "c4", "c8"]]
    assert all(len(split.train) == 6 for split in splits)
    [one] = Given(column="fold", train=["1", "2"], test="3").splits(Clips(IDS, IDS, {}, {"fold": column}))
    assert one.test.tolist() == ["c0", "c4", "c8"]


def test_the_only_other_column_of_a_file_is_the_id(tmp_path):
    table = pd.DataFrame({"song": IDS, "split": ["train", "test"] * 6})
    table.to_csv(tmp_path / "s.csv", index=False)
    [split] = make_splits(Given(file=str(tmp_path / "s.csv")), CLIPS)
    assert len(split.test) == 6


def test_folds_of_very_different_size_are_said():
    sizes = {"a": 66, "b": 4, "c": 4, "d": 3, "e": 3}
    groups = np.repeat(list(sizes), list(sizes.values()))
    ids = np.array([f"c{k}" for k in range(80)])
    uneven = GroupKFold(5).splits(Clips(ids, groups))
    assert uneven_words(uneven)[0].startswith("folds test 66, 4, 4, 3, 3 clips")
    assert uneven_words(KFold(3).splits(CLIPS)) == ()


def test_groups_on_both_sides_are_counted():
    column = np.array(["train", "test"] * 6, dtype=object)
    notes = Given(column="split").notes(Clips(IDS, GROUPS, {}, {"split": column}))
    assert notes == ("6 of 6 test clips have their group in the train part",)
    folds = np.array(["1", "2"] * 6, dtype=object)
    notes = Given(column="fold").notes(Clips(IDS, GROUPS, {}, {"fold": folds}))
    assert notes == ("12 of 12 test clips, over 2 splits, have their group in the train part",)


@pytest.mark.parametrize("protocol", [KFold(3), RandomSplits(4, 0.75), RepeatedGroupKFold(3, 2), Given(column="split")])
def test_splits_that_were_written_are_read_as_the_same(protocol, tmp_path):
    made = make_splits(protocol, CLIPS)
    split_frame(made).to_csv(tmp_path / "splits.csv", index=False)
    again = make_splits(Given(file=str(tmp_path / "splits.csv")), CLIPS)
    assert [(one.id, one.repeat, one.fold) for one in again] == [(one.id, one.repeat, one.fold) for one in made]


def test_a_table_of_folds_tests_each_once(tmp_path):
    pd.DataFrame({"song_id": IDS[::-1], "fold": [3, 1, 2, 2, 1, 3] * 2}).to_csv(
        tmp_path / "f.csv", index=False, sep=";"
    )
    found = make_splits(Given(file=str(tmp_path / "f.csv")), CLIPS)
    assert [split.fold for split in found] == [1, 2, 3]
    assert found[0].test.tolist() == ["c1", "c4", "c7", "c10"]
    assert all(len(split.train) == 8 for split in found)


def test_a_folder_of_lists_is_a_split(tmp_path):
    for name, ids in (("train", IDS[:8]), ("validation", IDS[8:10]), ("test", [*IDS[10:], "stranger"])):
        (tmp_path / f"{name}.txt").write_text("\n".join(ids) + "\n")
    protocol = Given(file=str(tmp_path), valid="validation")
    [split] = make_splits(protocol, CLIPS)
    assert parts(split) == (IDS[:8].tolist(), IDS[8:10].tolist(), IDS[10:].tolist())
    assert protocol.notes(CLIPS) == ("1 of 13 ids in " + str(tmp_path) + " are no clips here",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,part\nc0,train\nc1,test\nc0,test\n", "line 4: clip 'c0' stands twice in one split"),
        ("id,part\nc0,train\nc1,train\n", "no clip is in the test part"),
        ("id,part\nx,train\ny,test\n", "puts none of the 12 clips into a part"),
        ("id,mood\nc0,train\nc1,test\n", "has no column part .* and no fold"),
        ("id,part\nc0,train\nc1,teste\n", "clip 'c1' is in 'teste': say which part"),
    ],
)
def test_files_that_cannot_be_meant_are_refused(text, message, tmp_path):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(UsageError, match=message):
        Given(file=str(tmp_path / "s.csv")).splits(CLIPS)


def test_the_rule_goes_by_content_and_names_one_source(tmp_path):
    (tmp_path / "s.csv").write_text("id,part\nc0,train\nc1,test\n")
    rule = Given(file=str(tmp_path / "s.csv")).to_dict()
    assert rule["file"] == "s.csv"
    (tmp_path / "s.csv").write_text("id,part\nc1,train\nc0,test\n")
    assert Given(file=str(tmp_path / "s.csv")).to_dict()["content"] != rule["content"]
    for said in ({}, {"column": "a", "file": "b"}):
        with pytest.raises(UsageError, match="takes a column or a file, one of them"):
            Given(**said)
    with pytest.raises(UsageError, match="'x' is called train and test"):
        Given(column="split", train="x", test="x")


def test_a_search_sees_train_against_valid_and_is_refused_the_test_part():
    made = make_splits(Given(column="split"), CLIPS)
    [inner] = search_splits(Given(column="split"), made)
    assert (inner.train.tolist(), inner.test.tolist()) == (made[0].train.tolist(), made[0].valid.tolist())
    without = Given(column="split", train=["train", "valid"])
    with pytest.raises(UsageError, match="no valid part"):
        search_splits(without, make_splits(without, CLIPS))
    folds = make_splits(KFold(3), CLIPS)
    assert search_splits(KFold(3), folds) == tuple(folds)


def test_a_valid_part_counts_in_the_identity_and_in_the_record():
    [split] = make_splits(Given(column="split"), CLIPS)
    assert split.id != Split(0, 0, split.train, split.test).id
    assert Split.from_record(split.to_record()).id == split.id


PATH = "sklearn.model_selection:"
KEYS = {"n_splits": 3, "random_state": 0}


@pytest.mark.parametrize(
    ("kind", "keys", "splitter"),
    [
        ("StratifiedGroupKFold", {"n_splits": 3, "shuffle": True, "random_state": 0},
         StratifiedGroupKFold(3, shuffle=True, random_state=0)),
        ("StratifiedKFold", {"n_splits": 4}, StratifiedKFold(4)),
        ("GroupShuffleSplit", KEYS, GroupShuffleSplit(3, random_state=0)),
        ("ShuffleSplit", KEYS, ShuffleSplit(3, random_state=0)),
    ],
)  # fmt: skip
def test_a_splitter_by_its_path_gives_scikit_learns_own_splits(kind, keys, splitter):
    found = make_splits(ProtocolSpec(kind=PATH + kind, **keys).build(), CLIPS)
    own = list(splitter.split(np.zeros((12, 1)), GENRE, GROUPS if "Group" in kind else None))
    assert len(found) == len(own)
    for split, (train, test) in zip(found, own, strict=True):
        assert split.train.tolist() == IDS[np.sort(train)].tolist()
        assert split.test.tolist() == IDS[np.sort(test)].tolist()
    assert [one.id for one in make_splits(Splitter(splitter), CLIPS)] == [one.id for one in found]


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        ("StratifiedKFold", {"n_splits": 3, "shuffle": True}, "give it a random_state"),
        ("KFold", {"n_split": 3}, "unknown parameter 'n_split': did you mean 'n_splits'"),
        ("KFold", {"n_splits": 1}, "at least one train/test split"),
        ("KFold", {"n_splits": 3, "group": "genre"}, "does not go by groups"),
    ],
)
def test_splitters_that_cannot_be_meant_are_refused(kind, keys, message):
    with pytest.raises(UsageError, match=message):
        ProtocolSpec(kind=PATH + kind, **keys).build()


def test_a_stratified_splitter_wants_one_target_named():
    two = Clips(IDS, GROUPS, {"joy": np.arange(12.0), "genre": GENRE}, {"genre": GENRE.astype(object)})
    with pytest.raises(UsageError, match="there are 2 targets: name the one that it gets"):
        Splitter(StratifiedKFold(4)).splits(two)
    by_name = make_protocol(PATH + "StratifiedKFold", {"n_splits": 4, "by": "genre"}).splits(two)
    assert [split.id for split in by_name] == [split.id for split in Splitter(StratifiedKFold(4)).splits(CLIPS)]


class Fixed:
    def __init__(self, *splits):
        self._splits = splits

    def splits(self, clips):
        return [Split(*one) for one in self._splits]

    def to_dict(self):
        return {"kind": "fixed"}


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ([], "makes no splits of 12 clips"),
        ([(0, 0, IDS[:9], IDS[8:])], "clip 'c8' is in it twice, or on both sides"),
        ([(0, 1, IDS[:9], IDS[:0])], "fold 1: its test part is empty"),
        ([(0, 0, IDS[:9], np.array(["x"]))], "'x' in its test part is no clip"),
        ([(0, 0, IDS[:9], IDS[9:]), (0, 0, IDS[3:], IDS[:3])], "two splits are repeat 0, fold 0"),
        ([(0, 0, IDS[::3], IDS[1::3])], "its train part has one class of genre only [(]a[)]"),
    ],
)
def test_splits_that_no_fit_could_stand_on_are_refused(splits, message):
    with pytest.raises(UsageError, match=message):
        make_splits(Fixed(*splits), CLIPS)


def test_leaving_a_class_out_that_is_the_target_is_refused():
    clips = Clips(IDS, GROUPS, {"genre": GENRE}, {"genre": GENRE.astype(object)})
    with pytest.raises(UsageError, match="no test clip's genre is ever in its train part"):
        make_splits(make_protocol("leave_one_group_out", {"group": "genre"}), clips)
