"""The importers of tables, emoMusic on a tiny fixture, and corpus folders."""

import json

import numpy as np
import pandas as pd
import pytest

from raymer.corpora.base import Corpus, Input, Target
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import IMPORTERS, import_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.errors import RaymerError, UsageError

TABLE = "song_id,artist,f1,f2,joy\n7,Ann,0.5,1,3\n8,Ann, 1.5,2,4\n9,Bob,2.5,3,5\n"
JOY = ImportOptions(targets=("joy",))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(TABLE)
    return path


def test_a_csv_becomes_a_corpus(table):
    corpus = import_corpus("table", table, ImportOptions(targets=("joy",), group_column="artist"))
    assert corpus.name == "mine"
    assert corpus.clips["clip_id"].tolist() == ["7", "8", "9"]
    assert corpus.clips["group"].tolist() == ["Ann", "Ann", "Bob"]
    assert corpus.input().columns == ("f1", "f2")
    assert corpus.input().values.tolist() == [[0.5, 1], [1.5, 2], [2.5, 3]]
    assert corpus.targets == (Target("joy", low=3.0, high=5.0),)


def test_parquet_and_csv_are_the_same_corpus(table, tmp_path):
    pd.read_csv(table).to_parquet(tmp_path / "mine.parquet")
    options = ImportOptions(targets=("joy",), group_column="artist", id_column="song_id")
    one, two = import_corpus("table", table, options), import_corpus("table", tmp_path / "mine.parquet", options)
    assert one.fingerprint == two.fingerprint
    assert one.input().fingerprint == two.input().fingerprint


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2.5", "loud", "row of '9', column 'f1': 'loud' is not a finite number"),
        ("2.5", "inf", "row of '9', column 'f1': 'inf' is not a finite number"),
        ("3,5", "3,x", "row of '9', column 'joy': 'x' is not a finite number"),
        ("9,Bob", "7,Bob", "song_id '7' stands twice"),
        ("9,Bob", ",Bob", "line 4 has no song_id"),
        ("joy", "sorrow", "column 'joy' is missing"),
        ("song_id", "name", "has none of the columns song_id"),
        ("7,Ann,0.5,1,3", "7,Ann,0.5,1,3,9", "cannot be read as a table"),
    ],
)
def test_bad_tables_are_told_in_one_line(table, old, new, message):
    table.write_text(TABLE.replace(old, new, 1))
    with pytest.raises(RaymerError) as caught:
        import_corpus("table", table, ImportOptions(targets=("joy",), group_column="artist"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_of_labels_alone_waits_for_features_and_one_without_targets_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,joy\n1,2\n2,3\n")
    assert import_corpus("table", path, JOY).inputs == {}
    with pytest.raises(UsageError, match="targets=NAME"):
        import_corpus("table", path)


@pytest.fixture
def emomusic(tmp_path):
    (tmp_path / "static_annotations.csv").write_text(
        "song_id,mean_arousal,std_arousal,mean_valence,std_valence\n2,3.1,1,3.0,1\n3,3.5,1,3.3,1\n9,5,1,6,1\n"
    )
    (tmp_path / "songs_info.csv").write_text(
        "song_id,file_name,Artist,Song title\n2,\t2.mp3,Ann\t,\tA\n3,\t3.mp3,Ann\t,\tB\n9,\t9.mp3,Bob\t,\tC\n"
    )
    pd.DataFrame({"song_id": [3, 2, 50], "a": [1.0, 2.0, 3.0]}).to_csv(tmp_path / "features.csv", index=False)
    return tmp_path


def test_emomusic(emomusic):
    corpus = import_corpus("mediaeval2013", emomusic, ImportOptions(features_table=emomusic / "features.csv"))
    assert corpus.clips[["clip_id", "group", "valence", "arousal"]].to_numpy().tolist() == [
        ["2", "Ann", 3.0, 3.1],
        ["3", "Ann", 3.3, 3.5],
        ["9", "Bob", 6.0, 5.0],
    ]
    assert corpus.input().clip_ids.tolist() == ["2", "3"]
    assert corpus.notes["left_out"][0]["first"] == ["9"]
    assert corpus.notes["features_of_no_song"] == 1


def test_emomusic_needs_features_and_artists(emomusic):
    with pytest.raises(UsageError, match="clips_45seconds, or ready features: give --features-table"):
        import_corpus("mediaeval2013", emomusic)
    (emomusic / "songs_info.csv").write_text("song_id,Artist\n2,Ann\n3,Ann\n")
    with pytest.raises(RaymerError, match="song 9 has no artist"):
        import_corpus("mediaeval2013", emomusic, ImportOptions(features_table=emomusic / "features.csv"))


def test_every_corpus_says_where_it_is_had():
    for name, importer in IMPORTERS.items():
        info = importer.info
        assert info.name == name
        assert all((info.title, info.where, info.licence, info.layout))


def test_a_corpus_folder_is_whole_or_not_there(corpus, tmp_path):
    folder = tmp_path / "C"
    write_corpus(corpus, folder)
    with pytest.raises(UsageError, match="exists already: --force replaces it"):
        write_corpus(corpus, folder)
    write_corpus(corpus, folder, replace_existing=True)
    assert load_corpus(folder).fingerprint == corpus.fingerprint
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="choose a new folder"):
        write_corpus(corpus, tmp_path / "other", replace_existing=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["C", "other"]


def test_a_changed_folder_is_refused(corpus, tmp_path):
    folder = tmp_path / "C"
    write_corpus(corpus, folder)
    clips = pd.read_parquet(folder / "clips.parquet")
    clips.loc[0, "valence"] += 1
    clips.to_parquet(folder / "clips.parquet")
    with pytest.raises(RaymerError, match="changed after its import"):
        load_corpus(folder)


def test_not_a_corpus_folder(tmp_path):
    with pytest.raises(UsageError, match="is no folder"):
        load_corpus(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="holds no corpus"):
        load_corpus(tmp_path)
    (tmp_path / "corpus.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(RaymerError, match="has format 99"):
        load_corpus(tmp_path)


def test_the_fingerprint_follows_content(corpus):
    clips = corpus.clips.copy()
    clips.loc[3, "valence"] += 1e-9
    changed = Corpus(corpus.name, clips, corpus.targets, corpus.inputs)
    assert changed.fingerprint != corpus.fingerprint
    assert make_synthetic(60, 12, seed=1).fingerprint == corpus.fingerprint
    assert make_synthetic(60, 12, seed=2).fingerprint != corpus.fingerprint
    item = corpus.input()
    values = item.values.copy()
    values[0, 0] += 1e-9
    assert Input(item.name, item.clip_ids, values, item.columns).fingerprint != item.fingerprint


def test_bad_content_is_refused(corpus):
    item = corpus.input()
    values = item.values.copy()
    values[4, 2] = np.inf
    with pytest.raises(RaymerError, match=r"clip 's00004' has inf as f002 \(1 such cells"):
        corpus.with_input(Input(item.name, item.clip_ids, values, item.columns))
    with pytest.raises(RaymerError, match="features of 'nobody', which is no clip"):
        corpus.with_input(Input("x", np.array(["nobody"]), np.ones((1, 1)), ("f",)))
    clips = corpus.clips.copy()
    clips.loc[5, "group"] = None
    with pytest.raises(RaymerError, match="clip 's00005' has no group"):
        Corpus(corpus.name, clips, corpus.targets, corpus.inputs)
