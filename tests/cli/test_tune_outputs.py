"""raymer tune --plots and --mlflow: what a search leaves behind besides its record."""

import pytest

EXPERIMENT = """
name: small
title: small
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 3}}
systems:
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 5}}
search:
  system: TNN-SVR
  objectives: [valence]
  trials: 4
  space: {reducer: {d_p: {}, d_n: {}}, predictor: {C: {}}}
"""


def test_plots_and_mlflow(cli, corpus_folder, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    (tmp_path / "small.yaml").write_text(EXPERIMENT)
    uri = f"file://{tmp_path}/runs"
    words = ("tune", tmp_path / "small.yaml", "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    result = cli(*words, "--plots", tmp_path / "P", "--mlflow", uri)
    assert result.exit_code == 0, result.stderr
    assert {"importances.png", "slices.png", "slices.pdf"} <= {path.name for path in (tmp_path / "P").iterdir()}
    assert "mlflow: run " in result.stderr
    client = mlflow.MlflowClient(uri)
    place = client.get_experiment_by_name("small").experiment_id
    assert len(client.search_runs([place])) == 1 + 4


def test_without_mlflow_nothing_is_searched(cli, corpus_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("raymer.reports.tracking.find_spec", lambda name: None)
    (tmp_path / "small.yaml").write_text(EXPERIMENT)
    words = ("tune", tmp_path / "small.yaml", "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    result = cli(*words, "--mlflow", "sqlite:///x.db")
    assert result.exit_code == 2
    assert "pip install 'raymer[mlflow]'" in result.stderr
    assert not (tmp_path / "S").exists()
