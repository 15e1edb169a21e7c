"""One contract for all corpora with audio, on tiny archives in their own layout; then what is particular to each."""

from dataclasses import fields
from pathlib import Path

import pytest
from audio_archives import ARCHIVES, Archive, table, tone, write_emotify, write_four_quadrants, write_pmemo

from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import IMPORTERS, import_corpus
from raymer.errors import RaymerError, UsageError


@pytest.fixture(params=ARCHIVES, ids=str)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Archive, Path]:
    made = ARCHIVES[request.param]
    src = tmp_path / "src"
    made.write(src)
    return request.param.split()[0], made, src


def test_every_corpus_with_audio_is_under_the_contract():
    without_audio = {"deam", "table"}
    assert {name.split()[0] for name in ARCHIVES} == set(IMPORTERS) - without_audio


def test_contract(archive, tmp_path):
    name, expected, src = archive
    corpus = import_corpus(name, src, expected.options(src))
    assert tuple(corpus.clips["clip_id"]) == expected.clips
    assert tuple(target.name for target in corpus.targets) == expected.targets
    for target, values in expected.labels.items():
        assert tuple(corpus.clips[target]) == values
    groups = dict(zip(corpus.clips["clip_id"], corpus.clips["group"], strict=True))
    assert groups == {**{clip: clip for clip in expected.clips}, **groups, **expected.groups}
    for file in corpus.clips["audio"]:
        assert not Path(file).is_absolute()
        assert (Path(corpus.audio_root) / file).is_file()
    assert corpus.notes["annotated"] == len(expected.clips) + len(expected.left_out)
    named = [clip for item in corpus.notes["left_out"] for clip in item["first"]]
    assert tuple(named) == expected.left_out
    for target in corpus.targets:
        if target.kind == "class":
            assert all(isinstance(label, str) and label for label in corpus.clips[target.name])

    write_corpus(corpus, tmp_path / "corpus")
    again = load_corpus(tmp_path / "corpus")
    assert again.fingerprint == corpus.fingerprint
    assert again.audio_root == corpus.audio_root
    assert import_corpus(name, src, expected.options(src)).fingerprint == corpus.fingerprint


def test_contract_without_audio(archive):
    name, expected, src = archive
    for path in src.rglob("*"):
        if path.suffix in (".wav", ".ogg", ".flac", ".mp3"):
            path.unlink()
    with pytest.raises(RaymerError) as caught:
        import_corpus(name, src, expected.options(src))
    assert "audio" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_contract_of_a_wrong_folder(archive, tmp_path):
    name, _, _ = archive
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RaymerError) as caught:
        import_corpus(name, empty)
    assert str(empty) in str(caught.value)


@pytest.mark.parametrize("name", IMPORTERS)
def test_infos_are_whole_and_name_options_that_exist(name):
    info = IMPORTERS[name].info
    assert info.name == name
    assert info.title
    assert info.where
    assert info.licence
    assert info.layout
    assert set(info.options) <= {field.name for field in fields(ImportOptions)}


def test_emotify_counts_raters(tmp_path):
    write_emotify(tmp_path)
    notes = import_corpus("emotify", tmp_path).notes
    assert notes["ratings"] == 4
    assert notes["raters_a_clip"] == {"least": 1, "median": 1.0, "most": 2}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,classical,2,0,0,0,0,0,0,0,0,3", "amazement: 2 is neither 0 nor 1"),
        ("1,rock,1,0,0,0,0,0,0,0,0,3", "track 1 is classical by its id, but says 'rock'"),
        ("401,pop,1,0,0,0,0,0,0,0,0,3", "track id 401 is none of 1 to 400"),
        ("1,classical,x,0,0,0,0,0,0,0,0,3", "'x' is not a finite number"),
    ],
)
def test_emotify_refuses_a_bad_rating(tmp_path, line, message):
    write_emotify(tmp_path)
    with (tmp_path / "data.csv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(RaymerError, match="data.csv") as caught:
        import_corpus("emotify", tmp_path)
    assert message in str(caught.value)
    assert "line 6" in str(caught.value)


def test_ballroom_says_what_it_dropped(tmp_path):
    ARCHIVES["ballroom"].write(tmp_path)
    notes = import_corpus("ballroom", tmp_path).notes
    assert notes["replicas_dropped"] == ["Albums-Fire-09 = Albums-Fire-08"]
    assert notes["two_labels"] == "Albums-Fire-08 = Albums-Fire-09"


def test_a_replica_without_its_original_is_kept(tmp_path):
    tone(tmp_path / "Samba/Albums-Fire-09.wav")
    tone(tmp_path / "Tango/Media-100001.wav")
    corpus = import_corpus("ballroom", tmp_path)
    assert corpus.clips["clip_id"].tolist() == ["Albums-Fire-09", "Media-100001"]
    assert corpus.notes["replicas_dropped"] == []


def test_ballroom_lists_thirteen_replicas():
    from raymer.corpora.ballroom import REPLICAS

    assert len(REPLICAS) == 13
    assert not set(REPLICAS) & set(REPLICAS.values())


def test_gtzan_refuses_a_foreign_file(tmp_path):
    ARCHIVES["gtzan"].write(tmp_path)
    tone(tmp_path / "genres/jazz/mine.wav")
    with pytest.raises(RaymerError, match="jazz/mine.wav: a file of GTZAN"):
        import_corpus("gtzan", tmp_path)


def test_one_stem_twice_is_refused(tmp_path):
    ARCHIVES["gtzan"].write(tmp_path)
    tone(tmp_path / "genres/jazz/jazz.00001.flac")
    with pytest.raises(RaymerError, match=r"jazz.00001.flac and .*jazz.00001.wav"):
        import_corpus("gtzan", tmp_path)


def test_an_unknown_quadrant_is_named(tmp_path):
    write_four_quadrants(tmp_path)
    table(tmp_path / "panda_dataset_taffc_annotations.csv", "Song,Quadrant", "MT01,Q1", "MT02,Q5")
    with pytest.raises(RaymerError, match=r"row of 'MT02', column 'Quadrant': 'Q5' is none of Q1, Q2, Q3, Q4"):
        import_corpus("four_quadrants", tmp_path)


def test_four_quadrants_reads_the_plain_layout(tmp_path):
    table(tmp_path / "labels.csv", "id,quadrant", "a,Q1", "b,Q3")
    for clip in ("a", "b", "c"):
        tone(tmp_path / f"audio/{clip}.wav")
    corpus = import_corpus("four_quadrants", tmp_path)
    assert corpus.clips["quadrant"].tolist() == ["Q1", "Q3"]
    assert corpus.notes["audio_without_label"] == 1


def test_mediaeval2013_takes_features_beside_the_clips(tmp_path):
    ARCHIVES["mediaeval2013"].write(tmp_path)
    table(tmp_path / "features.csv", "song_id,f", "3,0.5", "9,1.5")
    corpus = import_corpus("mediaeval2013", tmp_path, ImportOptions(features_table=tmp_path / "features.csv"))
    assert corpus.clips["clip_id"].tolist() == ["2", "3"]
    assert corpus.input().clip_ids.tolist() == ["3"]
    assert [(item["count"], item["first"]) for item in corpus.notes["left_out"]] == [(1, ["2"]), (1, ["9"])]


def test_pmemo_names_a_cell_that_is_no_number(tmp_path):
    write_pmemo(tmp_path)
    table(tmp_path / "PMEmo2019/annotations/static_annotations.csv", "musicId,Arousal(mean),Valence(mean)", "1,,0.5")
    with pytest.raises(RaymerError, match=r"row of '1', column 'Arousal\(mean\)'"):
        import_corpus("pmemo", tmp_path)


def test_an_audio_folder_needs_classes_or_labels(tmp_path):
    tone(tmp_path / "a.wav")
    with pytest.raises(RaymerError, match="--labels"):
        import_corpus("audio_folder", tmp_path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("file,x", "a.wav,1", "a.wav,2"), "line 3: file 'a.wav' stands twice"),
        (("file,x", "a.wav,q", "b.wav,"), "x never varies"),
        (("file,x", "a.wav,1", "./a.wav,2"), "line 3: './a.wav' is the same file as 'a.wav' in line 2"),
        (("file,x", "a.wav,1", "../b.wav,2"), "line 3: '../b.wav' leads out of a folder"),
        (("file,x", "a.wav,1", "/b.wav,2"), "line 3: '/b.wav' is absolute"),
        (("name,x", "a.wav,1"), "column 'file' is missing"),
        (("file", "a.wav"), "no column to predict"),
    ],
)
def test_labels_of_an_audio_folder_are_checked(tmp_path, lines, message):
    for clip in ("a", "b"):
        tone(tmp_path / f"{clip}.wav")
    table(tmp_path / "labels.csv", *lines)
    with pytest.raises(RaymerError, match="labels.csv") as caught:
        import_corpus("audio_folder", tmp_path, ImportOptions(labels=tmp_path / "labels.csv"))
    assert message in str(caught.value)


def test_options_that_folders_cannot_heed_are_refused(tmp_path):
    ARCHIVES["audio_folder"].write(tmp_path)
    with pytest.raises(UsageError, match="--labels"):
        import_corpus("audio_folder", tmp_path, ImportOptions(targets=("x",)))


@pytest.mark.real
def test_real_emotify(real_data):
    options = ImportOptions(features_table=real_data / "tables" / "emotify_6373_compare2016.parquet")
    corpus = import_corpus("emotify", real_data / "emotify", options)
    assert len(corpus.clips) == 400
    assert corpus.clips["group"].nunique() == 396
    assert corpus.notes["ratings"] == 8407
    assert corpus.input("features").values.shape == (400, 6373)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "folder", "clips"), [("four_quadrants", "four_quadrants_sample", 60), ("gtzan", "gtzan_sample", 10)]
)
def test_real_samples(real_data, name, folder, clips):
    corpus = import_corpus(name, real_data / folder)
    assert len(corpus.clips) == clips
    assert corpus.notes["left_out"] == []
