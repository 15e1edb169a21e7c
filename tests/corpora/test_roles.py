"""Every column has a role, and what is doubtful is asked about: all at once, and nothing is written."""

import json

import numpy as np
import pandas as pd
import pytest
from tables_made import N, plain_frame, written

from raymer.corpora.base import Corpus
from raymer.corpora.door.questions import Questions
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import import_corpus
from raymer.errors import RaymerError, UsageError

BOTH = {"id_column": "song", "targets": ("valence", "arousal"), "group_column": "artist"}


def asked(path, **options) -> dict[str, str]:
    """Return the columns that are asked about, with the code of the question."""
    with pytest.raises(Questions) as caught:
        import_corpus("table", path, ImportOptions(**{**BOTH, **options}))
    assert "\n" not in str(caught.value)
    return {question.column: question.code for question in caught.value.questions}


ROWS = np.arange(N)
COUNTERS = {
    "from 0": ROWS,
    "from 17": ROWS + 17,
    "backwards": ROWS[::-1],
    "shuffled": np.random.default_rng(0).permutation(N),
    "by tens": 10 * ROWS,
    "as seconds": ROWS * 0.5 + 3.25,
    "with gaps": ROWS + ROWS // 7,
    "with gaps, shuffled": np.random.default_rng(0).permutation(ROWS + ROWS // 7),
    "again and again": ROWS % 6,
    "ever more": np.cumsum(np.random.default_rng(1).random(N)),
}


@pytest.mark.parametrize("values", COUNTERS.values(), ids=COUNTERS.keys())
@pytest.mark.parametrize(("name", "place"), [("index", 0), ("zcr", 4)])
def test_what_counts_rows_is_asked_about_whatever_it_is_called(tmp_path, values, name, place):
    frame = plain_frame()
    frame.insert(place, name, values)
    path = written(tmp_path, frame)
    assert asked(path) == {name: "counts-rows"}
    assert name not in import_corpus("table", path, ImportOptions(**BOTH, ignore=(name,))).input().columns
    assert name in import_corpus("table", path, ImportOptions(**BOTH, feature=(name,))).input().columns
    assert import_corpus("table", path, ImportOptions(**BOTH, keep=(name,))).kept == (name,)


def test_a_nameless_column_of_row_numbers_is_left_out_and_said(tmp_path):
    path = written(tmp_path, plain_frame(), index=True)
    corpus = import_corpus("table", path, ImportOptions(**BOTH))
    assert corpus.input().columns == ("f0", "f1", "f2", "f3", "f4")
    assert corpus.notes["columns"]["ignored"] == {"unnamed_1": "has no name and counts the rows"}
    taken = import_corpus("table", path, ImportOptions(**BOTH, feature=("unnamed_1",)))
    assert "unnamed_1" in taken.input().columns


def test_another_nameless_column_is_asked_about(tmp_path):
    frame = plain_frame()
    frame[""] = np.random.default_rng(3).normal(size=N)
    assert asked(written(tmp_path, frame)) == {"unnamed_10": "nameless"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("valence_std", "like-target"),
        ("mean_valence", "like-target"),
        ("Valence(mean)", "like-target"),
        ("valenceSD", "like-target"),
        ("dominance", "like-target"),
        ("start_time", "stamp"),
        ("year", "stamp"),
        ("created_at", "stamp"),
    ],
)
def test_names_of_labels_and_times_are_asked_about(tmp_path, name, code):
    frame = plain_frame()
    frame[name] = np.random.default_rng(3).normal(size=N)
    assert asked(written(tmp_path, frame)) == {name: code}


@pytest.mark.parametrize(
    ("name", "code"),
    [("fold", "stamp"), ("frames_used", "stamp"), ("speaker", "like-group"), ("album_id", "like-group")],
)
def test_whole_numbers_of_folds_counts_and_groups_are_asked_about(tmp_path, name, code):
    frame = plain_frame()
    frame[name] = np.random.default_rng(3).integers(0, 30, N)
    assert asked(written(tmp_path, frame)) == {name: code}


def test_a_number_that_stands_for_the_group_and_a_copy_of_the_target_are_asked_about(tmp_path):
    frame = plain_frame()
    frame["x"] = frame["artist"].map({name: 3 * k for k, name in enumerate(frame["artist"].unique())})
    frame["y"] = 100 - 3 * frame["valence"]
    assert asked(written(tmp_path, frame)) == {"x": "like-group", "y": "like-target"}


def test_features_of_audio_are_no_suspects(tmp_path):
    from raymer.corpora.is13 import FEATURES

    rng = np.random.default_rng(5)
    frame = plain_frame()
    names = [*FEATURES[:40], "tempo", "beat_count", "key", "mode", "loudness_max", "onset_rate", "time_signature"]
    for name in names:
        frame[name] = rng.normal(size=N)
    frame["mode"], frame["key"] = rng.integers(0, 2, N), rng.integers(0, 12, N)
    assert len(import_corpus("table", written(tmp_path, frame), ImportOptions(**BOTH)).input().columns) == 5 + len(
        names
    )


def test_few_whole_numbers_as_a_target_are_classes_or_a_scale(tmp_path):
    frame = plain_frame()
    frame["mood"] = np.random.default_rng(3).integers(1, 5, N)
    path = written(tmp_path, frame.drop(columns=["valence", "arousal"]))
    assert asked(path, targets=("mood",)) == {"mood": "few-values"}
    one = import_corpus("table", path, ImportOptions(id_column="song", classes=("mood",), group_column="artist"))
    assert one.target("mood").kind == "class"
    assert set(one.clips["mood"]) == {"1", "2", "3", "4"}
    two = import_corpus("table", path, ImportOptions(id_column="song", numbers=("mood",), group_column="artist"))
    assert two.target("mood").kind == "number"


def test_text_is_a_class_target_and_kept_otherwise(tmp_path):
    frame = plain_frame()
    frame["mood"] = ["calm", "wild", "sad"] * 20
    path = written(tmp_path, frame)
    corpus = import_corpus("table", path, ImportOptions(**BOTH))
    assert corpus.kept == ("mood",)
    corpus = import_corpus("table", path, ImportOptions(id_column="song", targets=("mood",), ignore=("*al*", "artist")))
    assert corpus.target("mood").kind == "class"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.assign(valence=5.0), "valence never varies (it is '5.0' in every row)"),
        (lambda frame: frame.assign(valence=frame["song"]), "'valence' has 60 different texts in 60 rows"),
        (lambda frame: frame.assign(valence=np.nan), "'valence' has no label in any row"),
        (lambda frame: frame.rename(columns={"valence": "clip_id"}), "column 'valence' is missing"),
        (lambda frame: frame.assign(f0=["loud", *frame["f0"][1:].astype(str)]), "column 'f0': 'loud' is not a finite"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, change, message):
    with pytest.raises(RaymerError) as caught:
        import_corpus("table", written(tmp_path, change(plain_frame())), ImportOptions(**BOTH))
    assert message in str(caught.value)


def test_a_feature_may_be_called_as_a_clip_tables_own_columns(tmp_path):
    frame = plain_frame().rename(columns={"f0": "clip_id", "f1": "group", "f2": "audio"})
    corpus = import_corpus("table", written(tmp_path, frame), ImportOptions(**BOTH))
    write_corpus(corpus, tmp_path / "C")
    again = load_corpus(tmp_path / "C")
    assert again.input().columns == ("clip_id", "group", "audio", "f3", "f4")
    assert again.input().fingerprint == corpus.input().fingerprint
    frame = plain_frame().rename(columns={"valence": "group"})
    with pytest.raises(UsageError, match="a target cannot be called 'group'"):
        import_corpus("table", written(tmp_path, frame), ImportOptions(id_column="song", targets=("group",)))


def test_patterns_take_brackets_as_they_are_and_roles_do_not_clash(tmp_path):
    frame = plain_frame().rename(columns={"f0": "mfcc[0]", "f1": "mfcc[1]"})
    path = written(tmp_path, frame)
    assert import_corpus("table", path, ImportOptions(**BOTH, ignore=("mfcc[*",))).input().columns == ("f2", "f3", "f4")
    assert import_corpus("table", path, ImportOptions(**BOTH, ignore=("mfcc[0]",))).input().columns[0] == "mfcc[1]"
    with pytest.raises(UsageError, match="two roles"):
        import_corpus("table", path, ImportOptions(**BOTH, ignore=("f2",), keep=("f2",)))
    with pytest.raises(UsageError, match="fits no column"):
        import_corpus("table", path, ImportOptions(**BOTH, ignore=("z*",)))
    with pytest.raises(UsageError, match="has a role already"):
        import_corpus("table", path, ImportOptions(**BOTH, ignore=("valence",)))


def test_missing_cells_stay_or_go_and_are_counted_by_column(tmp_path):
    frame = plain_frame()
    frame.loc[[3, 5], "f2"] = np.nan
    frame.loc[3, "f4"] = np.nan
    frame.loc[9, "valence"] = np.nan
    path = written(tmp_path, frame, na_rep="NA")
    corpus = import_corpus("table", path, ImportOptions(**BOTH))
    found = corpus.notes["inputs"]["features"]["missing"]
    assert found == {"cells": 3, "by_column": {"f2": 2, "f4": 1}, "kept": True}
    assert corpus.notes["missing_labels"] == {"valence": 1}
    assert np.isnan(corpus.input().values).sum() == 3
    write_corpus(corpus, tmp_path / "C")
    again = load_corpus(tmp_path / "C")
    assert again.input().fingerprint == corpus.input().fingerprint
    assert np.isnan(again.clips["valence"][9])
    rows = import_corpus("table", path, ImportOptions(**BOTH, missing="drop-rows"))
    assert len(rows.clips) == N - 2
    assert rows.notes["dropped_rows"] == {"count": 2, "first": ["c003", "c005"]}
    columns = import_corpus("table", path, ImportOptions(**BOTH, missing="drop-columns"))
    assert columns.input().columns == ("f0", "f1", "f3")
    frame["f5"] = np.nan
    with pytest.raises(Questions, match=r"63 cells are missing \(f2 2, f4 1, f5 60\)"):
        import_corpus("table", written(tmp_path, frame), ImportOptions(**BOTH))


def test_clips_without_a_class_or_a_group_are_counted(tmp_path):
    frame = plain_frame()
    frame["mood"] = ["calm", "wild", None] * 20
    frame.loc[:4, "artist"] = None
    options = ImportOptions(id_column="song", targets=("mood", "valence", "arousal"), group_column="artist")
    corpus = import_corpus("table", written(tmp_path, frame), options)
    assert corpus.notes["missing_labels"] == {"mood": 20}
    assert corpus.notes["without_group"]["count"] == 5
    assert corpus.clips["group"][0] == "c000"
    write_corpus(corpus, tmp_path / "C")
    assert load_corpus(tmp_path / "C").clips["mood"].isna().sum() == 20


def test_the_command_line_asks_once_and_its_answer_can_be_pasted(cli, tmp_path):
    frame = plain_frame()
    frame.insert(0, "my index", ROWS)
    frame["valence_std"] = np.random.default_rng(0).random(N)
    path = written(tmp_path, frame, "my table.csv")
    words = [
        "import",
        "table",
        path,
        "-o",
        tmp_path / "C",
        "--id",
        "song",
        "--target",
        "valence",
        "--target",
        "arousal",
    ]
    result = cli(*words, "--group", "artist")
    assert result.exit_code == 2
    assert not (tmp_path / "C").exists()
    assert "my index: counts the rows from 0 to 59" in result.stderr
    import shlex

    ready = shlex.split(next(line for line in result.stderr.splitlines() if line.strip().startswith("raymer import")))
    done = cli(*ready[1:])
    assert done.exit_code == 0, done.stderr
    assert "features: 5 (f0, f1, f2, f3, f4)" in done.stdout
    assert "left out: my index (as asked)" in done.stdout
    assert load_corpus(tmp_path / "C").kept == ("valence_std",)


def test_questions_as_json(cli, tmp_path):
    path = written(tmp_path, plain_frame().assign(index=ROWS))
    result = cli("import", "table", path, "-o", tmp_path / "C", "--id", "song", "--target", "valence", "--json")
    assert result.exit_code == 2
    record = json.loads(result.stdout)
    assert {question["column"] for question in record["questions"]} == {"arousal", "index"}
    assert "--ignore index" in record["command"]


def test_a_corpus_says_who_made_it_whatever_it_is_called(tmp_path):
    corpus = import_corpus("table", written(tmp_path, plain_frame(), "deam.csv"), ImportOptions(**BOTH))
    write_corpus(corpus, tmp_path / "C")
    again = load_corpus(tmp_path / "C")
    assert again.name == "deam"
    assert again.origin.importer == "table"
    assert again.origin.licence == "yours"
    assert again.group_name == "artist"
    assert [source["file"] for source in again.origin.sources] == ["deam.csv"]
    assert len(again.origin.sources[0]["sha256"]) == 64
    assert again.input().made_by["file"] == "deam.csv"
    manifest = json.loads((tmp_path / "C" / "corpus.json").read_text())
    (tmp_path / "C" / "corpus.json").write_text(json.dumps({**manifest, "format": 1}))
    with pytest.raises(RaymerError, match="corpus.json has format 1, this raymer reads 2: import again"):
        load_corpus(tmp_path / "C")


def test_from_a_frame_and_from_arrays():
    frame = plain_frame()
    said = {"targets": ["valence", "arousal"], "group": "artist"}
    corpus = Corpus.from_frame(frame, id="song", **said)
    assert corpus.input().columns == ("f0", "f1", "f2", "f3", "f4")
    assert corpus.group_name == "artist"
    assert Corpus.from_frame(frame.set_index("song"), id="song", **said).fingerprint == corpus.fingerprint
    with pytest.raises(Questions) as caught:
        Corpus.from_frame(frame.assign(row=ROWS), id="song", **said)
    assert caught.value.answers == {"ignore": ("row",)}
    assert (
        Corpus.from_frame(frame.assign(row=ROWS), id="song", **said, **caught.value.answers).input().columns[-1] == "f4"
    )
    X, y = frame[["f0", "f1"]].to_numpy(), frame["valence"].to_numpy()
    corpus = Corpus.from_arrays(
        X, y, groups=frame["artist"], ids=frame["song"], feature_names=["a", "b"], targets="joy"
    )
    assert corpus.clips.columns.tolist() == ["clip_id", "group", "joy"]
    assert (corpus.input().values == X).all()
    assert Corpus.from_arrays(X, np.array(["p", "q"] * 30)).target("y").kind == "class"
    assert [target.name for target in Corpus.from_arrays(X, np.column_stack([y, -y])).targets] == ["y0", "y1"]
    with pytest.raises(UsageError, match="X has 60 rows and group 3"):
        Corpus.from_arrays(X, y, groups=["a", "b", "c"])
    with pytest.raises(Questions):
        Corpus.from_arrays(np.column_stack([X, ROWS]), y)


def test_what_is_no_name_of_a_column_is_refused():
    with pytest.raises(UsageError, match="id is {'song': 1}: a text or several"):
        Corpus.from_frame(plain_frame(), id={"song": 1}, targets="valence")


def test_columns_may_be_named_by_an_index():
    frame = plain_frame()
    targets = frame.columns[-2:]
    said = [target.name for target in Corpus.from_frame(frame, id="song", targets=targets).targets]
    assert said == targets.tolist()


def test_a_cell_may_hold_anything_but_is_text_then():
    frame = plain_frame()
    frame["note"] = [frame.copy(), pd.NA, *["x"] * (len(frame) - 2)]
    corpus = Corpus.from_frame(frame, id="song", targets=["valence", "arousal"], keep="note")
    assert corpus.clips["note"].isna().tolist() == [False, True, *[False] * (len(frame) - 2)]


def test_lists_name_no_clip_and_no_group():
    frame = plain_frame()
    frame["list"] = [[1.0, 2.0]] * len(frame)
    for said in ({"id": "list"}, {"id": "song", "group": "list"}):
        with pytest.raises(RaymerError, match="column 'list' holds lists: the id and the group are texts or numbers"):
            Corpus.from_frame(frame, targets="valence", **said)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (lambda k: f"[{k}.5, {k}, -1e-3]", "lists of numbers"),
        (lambda k: f"[ {k}.5  0.25 ]", "lists of numbers"),
        (lambda k: f"{k}.5%", "per cent sign"),
        (lambda k: f"{90 + k} BPM", "a unit"),
        (lambda k: str(k % 2 == 0), "true and false"),
        (lambda k: "-inf" if k % 2 else "Infinity", "infinite numbers"),
    ],
)
def test_numbers_that_came_as_text_are_asked_about(tmp_path, cell, why):
    path = written(tmp_path, plain_frame().assign(odd=[cell(k) for k in range(N)]))
    assert asked(path) == {"odd": "numbers-as-text"}
    with pytest.raises(Questions, match=why):
        import_corpus("table", path, ImportOptions(**BOTH))
    assert "odd" in import_corpus("table", path, ImportOptions(**BOTH, keep=("odd",))).clips


@pytest.mark.parametrize("cell", ["2001-01-{}", "take {}", "{}a", "03:{}", "/data/{}.5.wav", "007{}", "v1.{} b c"])
def test_other_text_is_kept_as_ever(tmp_path, cell):
    path = written(tmp_path, plain_frame().assign(odd=[cell.format(k) for k in range(N)]))
    assert "odd" in import_corpus("table", path, ImportOptions(**BOTH)).clips


@pytest.mark.parametrize("rows", [slice(3, 4), slice(None)])
def test_numbers_too_large_to_reckon_with_are_refused(tmp_path, rows):
    frame = plain_frame()
    frame["loud"] = 1.5
    frame.loc[frame.index[rows], "loud"] = -2e200
    with pytest.raises(RaymerError, match=r"'loud'.*-2e\+200' is above 1e\+100, too large to reckon with"):
        import_corpus("table", written(tmp_path, frame), ImportOptions(**BOTH))


def test_a_target_that_is_neither_numbers_nor_classes_is_shown(tmp_path):
    frame = plain_frame()
    frame["valence"] = [f"{value:.3f}%" for value in frame["valence"]]
    with pytest.raises(RaymerError, match=r"different texts in \d+ rows \('.*%', .*neither numbers nor classes"):
        import_corpus("table", written(tmp_path, frame), ImportOptions(**BOTH))


def test_large_numbers_are_not_wrapped_on_their_way():
    """Whole floats beyond 64 bits were cast to integers: 1e200 became -9223372036854775808, in silence."""
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(RaymerError, match="'f0'.*too large to reckon with"):
        Corpus.from_arrays(X * 1e200, X.sum(axis=1), targets="m")
    frame = pd.DataFrame({"song": [1e20 + 1e5 * k for k in range(20)], "v": X[:, 0], "f": X[:, 1]})
    made = Corpus.from_frame(frame, id="song", targets=("v",))
    assert float(made.clips["clip_id"][1]) == frame["song"][1]
    assert made.clips["clip_id"].nunique() == 20
