"""Another column in the group's place: the same protocols, told which column no split may divide."""

import numpy as np
import pandas as pd
import pytest

from raymer.corpora.base import Corpus
from raymer.errors import UsageError
from raymer.experiments.loading import parse_experiment
from raymer.protocols.clips import Clips
from raymer.protocols.kinds import KINDS, make_protocol
from raymer.protocols.nested import outer_protocol
from raymer.studies.study import make_study

SMALL = {"group_random": {"count": 4}, "repeated_group_kfold": {"folds": 3, "repeats": 2}, "group_kfold": {"folds": 4}}
GROUPED = [kind for kind, cls in KINDS.items() if "group" in getattr(cls, "__dataclass_fields__", {})]
IDS = np.array([f"c{k:02d}" for k in range(40)])
ALBUMS = np.array([f"album {k % 10}" if k < 38 else "" for k in range(40)], dtype=object)
LABELS = {"joy": np.arange(40.0)}
CLIPS = Clips(IDS, IDS, LABELS, {"album": ALBUMS, "empty": np.array([""] * 40, dtype=object)})


def test_all_grouped_kinds_take_a_column():
    assert set(GROUPED) >= {"group_kfold", "group_random", "repeated_group_kfold"}


@pytest.mark.parametrize("kind", GROUPED)
def test_the_column_is_never_divided_and_clips_without_a_value_are_their_own(kind):
    protocol = make_protocol(kind, {**SMALL.get(kind, {}), "group": "album"})
    album = dict(zip(IDS.tolist(), ALBUMS.tolist(), strict=True))
    for split in protocol.splits(CLIPS):
        sides = [{album[clip] for clip in side.tolist()} - {""} for side in (split.train, split.test)]
        assert not sides[0] & sides[1]
    assert protocol.notes(CLIPS) == ("2 of 40 clips have no album: each is its own group",)
    assert protocol.to_dict()["group"] == "album"


@pytest.mark.parametrize("kind", GROUPED)
def test_a_column_of_the_groups_gives_the_splits_of_the_groups(kind):
    groups = np.array([f"g{k % 13}" for k in range(40)])
    by_group = make_protocol(kind, SMALL.get(kind, {})).splits(Clips(IDS, groups, LABELS))
    by_column = make_protocol(kind, {**SMALL.get(kind, {}), "group": "artist"}).splits(
        Clips(IDS, IDS, LABELS, {"artist": groups.astype(object)})
    )
    assert [split.id for split in by_group] == [split.id for split in by_column]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("albun", "unknown column 'albun': did you mean 'album'"),
        ("joy", "'joy' is a target that is a number"),
        ("empty", "no clip has a value in column 'empty'"),
    ],
)
def test_what_is_no_column_is_refused(column, message):
    with pytest.raises(UsageError, match=message):
        make_protocol("group_kfold", {"folds": 4, "group": column}).splits(CLIPS)


def test_outer_folds_keep_the_column():
    assert outer_protocol(make_protocol("group_random", {"group": "album"}), 5).to_dict()["group"] == "album"


def test_an_experiment_names_a_kept_column_or_a_class():
    frame = pd.DataFrame(
        {
            "song": [f"s{k}" for k in range(24)],
            "x": np.random.default_rng(0).normal(size=24),
            "joy": np.linspace(0, 1, 24),
            "style": ["a", "b", "c"] * 8,
            "year": [1990.0 + k % 4 if k else np.nan for k in range(24)],
        }
    )
    corpus = Corpus.from_frame(frame, id="song", targets="joy", classes="style", keep="year")
    text = "name: e\ntitle: e\ncorpus: frame\ntargets: [joy]\nmetric: rmse\nsystems: [{system: S, method: svr}]\n"
    text += "protocols:\n"
    for column, folds in (("year", 4), ("style", 3)):
        text += f"  {column}: {{kind: group_kfold, folds: {folds}, group: {column}}}\n"
    study = make_study(parse_experiment(text, "e"), corpus)
    assert study.clip_notes()[0] == "1 of 24 clips have no year: each is its own group"
    assert study.clip_notes()[1].startswith("folds test 11, 6, 6, 1 clips"), "the year of one clip is a fold of one"
    column_of = {name: dict(zip(frame["song"], frame[name], strict=True)) for name in ("year", "style")}
    for row in study.systems:
        for fit in row.fits:
            split = study.plan.splits[fit.split]
            train, test = (
                {column_of[row.protocol][clip] for clip in side.tolist()} for side in (split.train, split.test)
            )
            assert not train & test
