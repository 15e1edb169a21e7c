"""Features in other files: ids are matched, and why they do not match is said."""

import numpy as np
import pandas as pd
import pytest
from tables_made import N, plain_frame, written

from raymer.corpora.folder import load_corpus
from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import import_corpus
from raymer.errors import RaymerError, UsageError

LABELS = ["song", "artist", "valence", "arousal"]
FEATURES = ["song", *(f"f{k}" for k in range(5))]
BOTH = {"id_column": "song", "targets": ("valence", "arousal"), "group_column": "artist"}


@pytest.fixture
def files(tmp_path):
    frame = plain_frame()
    return written(tmp_path, frame[LABELS], "labels.csv"), written(tmp_path, frame[FEATURES], "mfcc.csv")


@pytest.fixture
def folder(cli, files, tmp_path):
    said = ["--id", "song", "--target", "valence", "--target", "arousal", "--group", "artist"]
    result = cli("import", "table", files[0], "-o", tmp_path / "C", *said)
    assert result.exit_code == 0, result.stderr
    assert "no features yet: raymer add" in result.stdout
    return tmp_path / "C"


def test_labels_and_features_in_several_files(files, tmp_path):
    labels, features = files
    more = written(tmp_path, plain_frame(2)[FEATURES].iloc[5:], "more.parquet")
    options = ImportOptions(**BOTH, labels=labels, features=(str(features), f"other={more}"))
    corpus = import_corpus("table", labels, options)
    assert set(corpus.inputs) == {"mfcc", "other"}
    assert corpus.notes["inputs"]["other"]["clips_without_row"] == {
        "count": 5,
        "first": [f"c{k:03d}" for k in range(5)],
    }
    assert [source["file"] for source in corpus.origin.sources] == ["labels.csv", "mfcc.csv", "more.parquet"]
    assert set(import_corpus("table", features, ImportOptions(**BOTH, labels=labels)).inputs) == {"features"}


@pytest.mark.parametrize(
    ("other", "fields", "reason"),
    [
        (lambda k: f"{k:04d}", {"strip_zeros": True}, "leading zeros"),
        (lambda k: f"wav/{k}.wav", {"stem": True}, "a folder or an ending"),
        (lambda k: f"{k:05d}.mp3", {"strip_zeros": True, "stem": True}, "leading zeros and a folder or an ending"),
    ],
)
def test_why_ids_do_not_match_is_said_with_the_option_that_would(tmp_path, other, fields, reason):
    frame = plain_frame()
    frame["song"] = np.arange(1, N + 1)
    labels = written(tmp_path, frame[LABELS], "labels.csv")
    features = written(tmp_path, frame[FEATURES].assign(song=[other(k) for k in range(1, N + 1)]), "f.csv")
    options = {**BOTH, "features": (str(features),)}
    with pytest.raises(UsageError, match=reason) as caught:
        import_corpus("table", labels, ImportOptions(**options))
    assert "60 differ by" in str(caught.value)
    assert all(f"{name}=True" in str(caught.value) for name in fields)
    corpus = import_corpus("table", labels, ImportOptions(**options, **fields))
    assert corpus.input().clip_ids.tolist() == [str(k) for k in range(1, N + 1)]


def test_strangers_are_refused_and_the_corpus_stays_as_it_is(cli, folder, tmp_path):
    frame = plain_frame()[FEATURES].assign(song=[f"z{k}x" for k in range(N)])
    result = cli("add", folder, written(tmp_path, frame, "f.csv"), "--name", "f", "--id", "song")
    assert result.exit_code == 1
    assert "none of its 60 rows belongs to one of the 60 clips" in result.stderr
    assert load_corpus(folder).inputs == {}


def test_a_table_a_list_column_and_arrays_are_added(cli, folder, files, tmp_path):
    X = plain_frame()[FEATURES[1:]].to_numpy()
    ids = plain_frame()["song"].tolist()
    lists = written(tmp_path, pd.DataFrame({"song": ids, "emb": list(X)}), "lists.parquet")
    np.savez(tmp_path / "both.npz", ids=np.array(ids), X=X.astype(np.float32))
    np.savez(tmp_path / "each.npz", **dict(zip(ids[:-2], X, strict=False)))
    (tmp_path / "npy").mkdir()
    for clip, row in zip(ids, X, strict=True):
        np.save(tmp_path / "npy" / f"{clip}.npy", row)
    sources = {"csv": files[1], "lists": lists, "both": tmp_path / "both.npz", "each": tmp_path / "each.npz"}
    for name, path in {**sources, "npy": tmp_path / "npy"}.items():
        result = cli("add", folder, path, "--name", name)
        assert result.exit_code == 0, result.stderr
    corpus = load_corpus(folder)
    for name in ("csv", "lists", "npy"):
        assert (corpus.input(name).values == X).all()
    assert len(corpus.input("each").clip_ids) == N - 2
    assert corpus.input("both").made_by["file"] == "both.npz"
    shown = cli("inputs", folder)
    assert "each: table 58 x 5 float64, 58 of 60 clips, from each.npz (sha256 " in shown.stdout
    again = cli("add", folder, files[1], "--name", "csv")
    assert again.exit_code == 2
    assert "has an input 'csv' already" in again.stderr


@pytest.mark.parametrize("kind", ["ids", "rows", "file"])
def test_pickles_stay_unread(cli, folder, tmp_path, kind):
    mark = tmp_path / "was-run"

    class Trap:
        def __reduce__(self):
            return (open, (str(mark), "w"))

    trap = np.array([Trap()] * N, dtype=object)
    path = tmp_path / "x.npz"
    if kind == "file":
        (tmp_path / "npy").mkdir()
        path = tmp_path / "npy"
        np.save(path / "c000.npy", trap, allow_pickle=True)
    elif kind == "ids":
        np.savez(path, ids=trap, X=np.ones((N, 2)))
    else:
        np.savez(path, ids=np.array([f"c{k:03d}" for k in range(N)]), X=trap)
    result = cli("add", folder, path, "--name", "x")
    assert result.exit_code == 1
    assert "never read" in result.stderr
    assert not mark.exists()


def test_labels_among_added_features_are_asked_about(cli, folder, tmp_path):
    path = written(tmp_path, plain_frame().drop(columns="artist"), "all.csv")
    result = cli("add", folder, path, "--name", "x")
    assert result.exit_code == 2
    assert "valence: shares its name with the target 'valence'" in result.stderr
    assert "--ignore valence --ignore arousal" in result.stderr


def test_rows_and_clips_left_over_are_counted(files, tmp_path):
    labels, _ = files
    frame = plain_frame()[FEATURES]
    frame["song"] = [*frame["song"][:-3], "x1", "x2", "x3"]
    features = written(tmp_path, frame, "f.csv")
    notes = import_corpus("table", labels, ImportOptions(**BOTH, features=(f"f={features}",))).notes["inputs"]["f"]
    assert notes["rows_of_no_clip"] == {"count": 3, "first": ["x1", "x2", "x3"]}
    assert notes["clips_without_row"] == {"count": 3, "first": ["c057", "c058", "c059"]}


def test_two_rows_of_one_id_are_refused(files, tmp_path):
    labels, _ = files
    frame = pd.concat([plain_frame()[FEATURES], plain_frame()[FEATURES].head(1)])
    with pytest.raises(RaymerError, match="song 'c000' stands twice, in lines 2 and 62"):
        import_corpus("table", labels, ImportOptions(**BOTH, features=(f"f={written(tmp_path, frame, 'f.csv')}",)))
