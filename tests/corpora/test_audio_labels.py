"""Labels of a folder of audio: how rows find their files, and what of the folder is not read."""

import os

import pytest
from audio_archives import table, tone

from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import import_corpus
from raymer.errors import RaymerError, UsageError


@pytest.fixture
def clips(tmp_path):
    for k in range(4):
        tone(tmp_path / "clips" / "set" / f"c{k}.wav")
    return tmp_path / "clips"


def labelled(tmp_path, *lines, **options):
    table(tmp_path / "labels.csv", *lines)
    return import_corpus("audio_folder", tmp_path / "clips", ImportOptions(labels=tmp_path / "labels.csv", **options))


def test_files_are_found_by_path_by_id_and_in_any_column(clips, tmp_path):
    rows = [("set/c0.wav", "set/c0"), ("set/c0", "set/c0"), ("c0", "c0")]
    for cell, clip in rows:
        corpus = labelled(tmp_path, "file,x", f"{cell},1.5", "set/c1.wav,2")
        assert corpus.clips["clip_id"][0] == clip
        assert corpus.clips["audio"].tolist() == ["set/c0.wav", "set/c1.wav"]
    corpus = labelled(tmp_path, "x,recording", "1.5,c0", "2,c1", file_column="Recording")
    assert corpus.clips["audio"].tolist() == ["set/c0.wav", "set/c1.wav"]
    with pytest.raises(UsageError, match="'recording' names 2 of 4 files: file_column='recording'"):
        labelled(tmp_path, "x,recording", "1.5,c0", "2,c1")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("../clips/set/c0.wav", "line 3: '../clips/set/c0.wav' leads out of a folder"),
        ("/etc/c0.wav", "line 3: '/etc/c0.wav' is absolute"),
        ("C:\\c0.wav", "is absolute"),
        ("set//c0.wav", "line 3: 'set//c0.wav' is the same file as 'set/c0.wav' in line 2"),
        ("c0", "line 3: 'c0' is the same file as 'set/c0.wav' in line 2"),
        ("set/c0.wav", "line 3: file 'set/c0.wav' stands twice"),
    ],
)
def test_other_places_and_one_file_twice_are_refused(clips, tmp_path, cell, message):
    with pytest.raises(RaymerError) as caught:
        labelled(tmp_path, "file,x", "set/c0.wav,1", f"{cell},2")
    assert message in str(caught.value)


def test_an_id_that_may_be_two_files_is_refused(clips, tmp_path):
    tone(clips / "other" / "c0.wav")
    with pytest.raises(RaymerError, match="'c0' may be .*c0.wav or .*c0.wav"):
        labelled(tmp_path, "file,x", "c0,1", "c1,2")


def test_what_is_not_read_and_what_is_broken_is_said(clips, tmp_path):
    (clips / "set" / "c2.wav").write_bytes(b"no sound at all")
    for name in ("a.m4a", "b.m4a", "notes.txt"):
        (clips / name).write_text("x")
    notes = labelled(tmp_path, "file,x", "c0,1", "c1,2", "c2,3").notes
    assert notes["files_not_read"] == {".m4a": 2, ".txt": 1}
    assert notes["broken_audio"]["count"] == 1
    assert notes["broken_audio"]["first"][0].startswith("set/c2.wav: ")
    assert notes["audio_without_label"] == 1


def test_what_is_named_as_audio_and_is_no_file_is_said(clips, tmp_path):
    os.mkfifo(clips / "pipe.wav")
    (clips / "empty.flac").mkdir()
    (clips / "lost.ogg").symlink_to("nowhere.ogg")
    tone(clips / "song.wav" / "stem.wav")  # a folder that holds audio is one
    notes = labelled(tmp_path, "file,x", "c0,1", "c1,2", "stem,3").notes
    assert notes["broken_audio"] == {
        "count": 3,
        "first": ["empty.flac: no regular file", "lost.ogg: no regular file", "pipe.wav: no regular file"],
    }


def test_other_columns_are_kept_and_codes_are_asked_about(clips, tmp_path):
    lines = ["file,x,note", *(f"c{k},{k + 0.5},note {k}" for k in range(4))]
    assert labelled(tmp_path, *lines, targets=("x",)).kept == ("note",)
    for k in range(4, 12):
        tone(clips / "set" / f"c{k}.wav")
    lines = ["file,mood", *(f"c{k},{k % 3}" for k in range(12))]
    with pytest.raises(UsageError, match="'mood' has 3 different whole numbers"):
        labelled(tmp_path, *lines)
    assert labelled(tmp_path, *lines, classes=("mood",)).target("mood").kind == "class"
