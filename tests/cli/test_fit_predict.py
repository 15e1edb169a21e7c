"""raymer fit and raymer predict, from a corpus of audio to a table, a CSV and a picture."""

import json
import os
from pathlib import Path

import model_corpus as beds
import pandas as pd
import pytest
from support import records

from raymer.errors import UsageError
from raymer.models.loading import load_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return beds.make_audio_corpus(tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def yaml(folder) -> Path:
    path = folder.parent / "small.yaml"
    path.write_text(beds.experiment(beds.TABLES[:2], features="logmel-summary"))
    return path


@pytest.fixture
def model(folder, yaml, tmp_path, cli) -> Path:
    result = cli("fit", yaml, "svr", "-c", folder, "-o", tmp_path / "M")
    assert result.exit_code == 0, result.stderr
    assert "not cross-validated" in result.stdout
    return tmp_path / "M"


def test_fit_runs_what_the_store_lacks_and_the_card_tells_the_scores(folder, yaml, tmp_path, cli):
    words = ("fit", yaml, "svr", "-c", folder, "-s", tmp_path / "S", "--serial")
    card = records(cli(*words, "-o", tmp_path / "M", "--json"))
    table = records(cli("run", yaml, "-c", folder, "-s", tmp_path / "S", "--serial", "--json"))
    row = next(row for row in table if (row["system"], row["protocol"], row["target"]) == ("SVR", "folds", "valence"))
    score = next(s for s in card["evaluation"]["scores"] if (s["target"], s["metric"]) == ("valence", "r2"))
    assert (score["mean"], score["sd"]) == (row["mean"], row["sd"])
    text = (tmp_path / "M" / "README.md").read_text()
    assert f"| valence | r2 | {row['mean']:.3f} ± {row['sd']:.3f} |" in text
    assert "Licence of the data: not known to raymer" in text
    assert "split-conformal" in text


def test_predict_writes_json_csv_and_a_picture(folder, yaml, tmp_path, cli):
    made = cli("fit", yaml, "svr", "-c", folder, "-s", tmp_path / "S", "--serial", "-o", tmp_path / "M")
    assert made.exit_code == 0, made.stderr
    csv, picture = tmp_path / "out" / "p.csv", tmp_path / "out" / "plane.svg"
    words = ("predict", tmp_path / "M", folder.parent / "wav", "--csv", csv, "--picture", picture, "--json")
    rows = records(cli(*words))
    assert len(rows) == beds.N_CLIPS
    assert all(row["valence_low"] < row["valence"] < row["valence_high"] for row in rows)
    frame = pd.read_csv(csv)
    assert frame["arousal"].tolist() == pytest.approx([row["arousal"] for row in rows])
    text = picture.read_text()
    assert "valence" in text
    assert "like the corpus" in text
    shown = cli("predict", tmp_path / "M", folder.parent / "wav" / "clip03.wav")
    assert "valence (1 to 9)" in shown.stdout
    assert "[" in shown.stdout, "the interval"


def test_a_broken_file_costs_one_line_and_the_exit_code(folder, model, tmp_path, cli):
    (tmp_path / "bad.wav").write_text("no audio")
    files = [tmp_path / "bad.wav", tmp_path / "gone.wav", folder.parent / "wav" / "clip00.wav"]
    result = cli("predict", model, *files, "--json")
    assert result.exit_code == 1
    assert f"broken: {files[0]}: no audio: it is a text file" in result.stderr
    assert f"broken: {files[1]}: cannot be opened: No such file or directory" in result.stderr
    assert [row["clip"] for row in json.loads(result.stdout)] == [str(files[2])]
    only = cli("predict", model, files[0])
    assert only.exit_code == 1
    assert "Traceback" not in only.output


def test_a_pipe_in_a_folder_is_named_and_not_waited_for(folder, model, tmp_path, cli):
    clip = tmp_path / "in" / "clip.wav"
    clip.parent.mkdir()
    clip.write_bytes((folder.parent / "wav" / "clip00.wav").read_bytes())
    os.mkfifo(clip.with_name("pipe.wav"))
    result = cli("predict", model, clip.parent, "--json")
    assert result.exit_code == 1
    assert f"broken: {clip.with_name('pipe.wav')}: no regular file: " in result.stderr
    assert [row["clip"] for row in json.loads(result.stdout)] == [str(clip)]


def test_an_unlike_clip_is_warned_of(model, tmp_path, cli):
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "noise.wav", 0.3 * np.random.default_rng(0).normal(size=9000), 22050)
    result = cli("predict", model, tmp_path / "noise.wav", "--json")
    assert result.exit_code == 0
    assert "noise.wav is unlike the clips of small" in result.stderr
    assert json.loads(result.stdout)[0]["unlike"] is True


def test_a_table_of_features_is_predicted_where_audio_cannot_be(small_experiment, corpus, corpus_folder, tmp_path, cli):
    made = cli("fit", small_experiment, "pca-svr", "-c", corpus_folder, "-o", tmp_path / "M")
    assert made.exit_code == 0, made.stderr
    item = corpus.input()
    table = pd.DataFrame(item.values, columns=list(item.columns)).assign(song_id=item.clip_ids, other="text")
    table.to_csv(tmp_path / "t.csv", index=False)
    rows = records(cli("predict", tmp_path / "M", "--features-table", tmp_path / "t.csv", "--json"))
    assert [row["clip"] for row in rows] == item.clip_ids.tolist()
    result = cli("predict", tmp_path / "M", tmp_path / "song.ogg")
    assert result.exit_code == 2
    assert "cannot compute the features of this model (features) from audio" in result.stderr
    (tmp_path / "t.csv").write_text("# by hand\n# on Monday\n" + (tmp_path / "t.csv").read_text())
    assert records(cli("predict", tmp_path / "M", "--features-table", tmp_path / "t.csv", "--json")) == rows
    for name, write in (("t.csv", table.head(0).to_csv), ("t.parquet", table.head(0).to_parquet)):
        write(tmp_path / name, index=False)
        result = cli("predict", tmp_path / "M", "--features-table", tmp_path / name)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert "has no row: only column names stand in it" in result.stderr
    with pytest.raises(UsageError, match="there is no clip to predict"):
        load_model(tmp_path / "M").predict(item.values[:0])
    table.drop(columns=["f003"]).to_csv(tmp_path / "t.csv", index=False)
    result = cli("predict", tmp_path / "M", "--features-table", tmp_path / "t.csv")
    assert result.exit_code == 1
    assert "column 'f003' is missing" in result.stderr


def test_wrong_use_of_fit_is_refused(folder, yaml, model, tmp_path, cli):
    cases = [
        (("svm",), "did you mean"),
        (("svr", "-o", model), "exists already"),
        (("svr", "--protocol", "folds"), "--protocol would have no effect without --store"),
        (("svr", "--protocol", "fold", "-s", tmp_path / "S"), "unknown protocol 'fold': did you mean 'folds'?"),
        (("svr", "--serial", "--workers", 2, "-s", tmp_path / "S"), "would have no effect"),
        (("svr", "--epochs", 3), "no system is trained by epochs"),
    ]
    for words, message in cases:
        given = words if "-o" in words else (*words, "-o", tmp_path / "new")
        result = cli("fit", yaml, *given, "-c", folder)
        assert result.exit_code == 2, message
        assert message in result.stderr
    assert not (tmp_path / "new").exists()


def test_wrong_use_of_predict_is_refused(folder, model, tmp_path, cli):
    wav = folder.parent / "wav" / "clip00.wav"
    cases = [
        ((model,), "give audio files or folders, or else --features-table"),
        ((tmp_path, wav), "holds no model of raymer"),
        ((tmp_path / "nothing", wav), "is no folder"),
        ((model, wav, "--picture", tmp_path / "p.gif"), "a plot is .svg, .png, .pdf"),
        ((model, wav, "--level", 1.5), "level 1.5 must lie between 0 and 1"),
        ((model, wav, "--serial", "--workers", 2), "would have no effect"),
        ((model, tmp_path / "M"), "holds no audio file"),
    ]
    for words, message in cases:
        result = cli("predict", *words)
        assert result.exit_code == 2, (message, result.output)
        assert message in result.stderr


def test_a_model_without_both_targets_has_no_plane(folder, tmp_path, cli):
    path = tmp_path / "one.yaml"
    path.write_text(beds.experiment(beds.TABLES[:1], features="logmel-summary", targets="arousal"))
    assert cli("fit", path, "svr", "-c", folder, "-o", tmp_path / "M").exit_code == 0
    result = cli("predict", tmp_path / "M", folder.parent / "wav", "--picture", tmp_path / "p.png")
    assert result.exit_code == 2
    assert "this model does not predict valence" in result.stderr
