"""raymer tune: its record, its resuming, and one clear line for what cannot be meant."""

import pytest
from support import records

EXPERIMENT = """
name: small
title: small
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 3}}
systems:
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 4}}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 5}}
search:
  system: TNN-SVR
  objectives: [valence]
  trials: 4
  space: {reducer: {d_p: {}, d_n: {}}}
"""


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(EXPERIMENT)
    return path


def test_the_record_and_the_same_command_again(cli, experiment, corpus_folder, tmp_path):
    words = ("tune", experiment, "-c", corpus_folder, "-s", tmp_path / "S", "--serial", "--json")
    first = records(cli(*words))
    assert {"best_params", "best_value", "trials", "fits_run", "fits_reused", "fits_stopped", "seconds"} <= set(first)
    assert first["trials"] == 4
    assert first["fits_run"] == 12
    again = records(cli(*words))
    assert (again["fits_run"], again["trials"], again["best_value"]) == (0, 4, first["best_value"])
    more = records(cli(*words, "--trials", 5))
    assert (more["trials"], more["fits_run"]) == (5, 3)
    text = cli(*words[:-1], "--outer", 2).stdout
    assert "nested estimate" in text
    assert "optimism" in text
    nested = records(cli(*words, "--outer", 2))
    assert nested["fits_run"] == 0
    assert set(nested["nested"]) == {"flat_best", "estimate", "interval", "optimism", "outer"}


def test_the_space_of_a_method(cli):
    listed = records(cli("tune", "--space", "tnn-svr", "--json"))
    assert {"reducer.d_p", "reducer.d_n", "reducer.margin", "reducer.width", "predictor.C"} <= {
        row["parameter"] for row in listed
    }
    assert "above d_p" in cli("tune", "--space", "tnn-svr").stdout
    assert "did you mean 'tnn-svr'" in cli("tune", "--space", "tnn-svrr").stderr


@pytest.mark.parametrize(
    ("old", "new", "words", "message"),
    [
        ("d_p: {}", "d_p: {high: 1.0}", (), "must lie above reducer.d_p"),
        ("d_p: {}", "d_q: {}", (), "did you mean 'd_p'?"),
        ("trials: 4", "trials: 0", (), "search.trials: Input should be greater than or equal to 1"),
        ("", "", ("--trials", "0"), "--trials 0: at least 1 is needed"),
        ("title: small", "title: small\nmetric: accuracy", (), "metric accuracy does not go with target valence"),
        ("title: small", "title: small\nmetric: r3", (), "unknown metric 'r3': did you mean 'r2'?"),
        ("[valence]", "[valense]", (), "unknown objective 'valense': did you mean 'valence'?"),
        ("system: TNN-SVR\n", "system: TNN-SVM\n", (), "unknown system 'TNN-SVM': did you mean 'TNN-SVR'?"),
        ("trials: 4", "trails: 4", (), "unknown key 'trails': did you mean 'trials'?"),
        ("", "", ("--sampler", "tpa"), "unknown sampler 'tpa': did you mean 'tpe'?"),
        ("", "", ("--outer", "1"), "k-fold needs at least 2 folds"),
        ("", "", ("--workers", "2"), "--serial runs in this process"),
    ],
)
def test_wrong_use_is_one_line_and_nothing_is_written(
    cli, experiment, corpus_folder, tmp_path, old, new, words, message
):
    experiment.write_text(EXPERIMENT.replace(old, new, 1))
    result = cli("tune", experiment, "-c", corpus_folder, "-s", tmp_path / "S", "--serial", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list((tmp_path / "S").rglob("*.parquet"))


def test_an_experiment_without_a_search(cli, small_experiment, corpus_folder, tmp_path):
    result = cli("tune", small_experiment, "-c", corpus_folder, "-s", tmp_path / "S")
    assert result.exit_code == 2
    assert "has no search section" in result.stderr
    assert "give an experiment" in cli("tune").stderr
