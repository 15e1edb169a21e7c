"""A search in MLflow: one parent, a child a trial, and nothing twice."""

import pytest

from raymer.errors import RaymerError
from raymer.reports.tracking import log_search

mlflow = pytest.importorskip("mlflow")


def test_parent_and_children_and_carrying_on(trials, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # quicker to set up than a database
    uri, frame = f"file://{tmp_path}/runs", trials(8)
    parent = log_search(frame.iloc[:5], uri, experiment="deam", search="s1", about={"sampler": "tpe"})
    assert log_search(frame, uri, experiment="deam", search="s1") == parent
    client = mlflow.MlflowClient(uri)
    place = client.get_experiment_by_name("deam").experiment_id
    runs = client.search_runs([place])
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent]
    assert (len(runs), len(children)) == (9, 8)
    by_number = {int(run.data.tags["raymer.trial"]): run for run in children}
    assert by_number[0].data.metrics["value"] == pytest.approx(frame["value"][0])
    assert float(by_number[0].data.params["reducer.d_p"]) == frame["reducer.d_p"][0]
    assert (by_number[3].info.status, by_number[0].info.status) == ("FAILED", "FINISHED")
    assert "value" not in by_number[3].data.metrics
    whole = frame[frame["state"] == "whole"]["value"]
    root = client.get_run(parent)
    assert root.data.metrics["best_value"] == pytest.approx(whole.max())
    assert root.data.params["sampler"] == "tpe"


def test_what_mlflow_refuses_is_one_line(trials, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    with pytest.raises(RaymerError, match="MLflow at file:.*sqlite") as refused:
        log_search(trials(4), f"file://{tmp_path}/runs", experiment="deam", search="s1")
    assert "\n" not in str(refused.value)
