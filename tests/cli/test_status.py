"""raymer status: from the store alone, and what a run leaves there."""

from dataclasses import replace

from support import records

from raymer.files import Files
from raymer.results.runs import RunRecord, put_run, read_fit_lines, read_runs


def test_a_store_by_itself(cli, small_experiment, corpus_folder, tmp_path):
    store = tmp_path / "S"
    cli("run", small_experiment, "--corpus", corpus_folder, "--store", store, "--serial")
    state = records(cli("status", store, "--json"))
    assert (state["done"], state["failed"]) == (30, [])
    run = state["run"]
    assert (run["name"], run["state"], run["planned"], run["done"], run["missing"]) == ("small", "finished", 30, 30, 0)
    lines = read_fit_lines(Files(store), run["id"])
    assert len({line["id"] for line in lines}) == 30
    assert {line["outcome"] for line in lines} == {"done"}
    assert all(line["seconds"] > 0 and line["pid"] > 0 and line["node"] for line in lines)
    cli("run", small_experiment, "--corpus", corpus_folder, "--store", store, "--serial")
    assert len(read_runs(Files(store), last=9)) == 1, "a call that has nothing to do is no run"


def test_who_runs_what_and_what_has_fallen_silent(cli, small_experiment, corpus_folder, tmp_path):
    store = tmp_path / "S"
    cli("run", small_experiment, "--corpus", corpus_folder, "--store", store, "--serial")
    holding = {"node": "10.0.0.7", "pid": 41, "fit": "abc", "method": "svr", "fits": 2, "seconds": 3.5}
    begun = replace(RunRecord.begin("small", 100, 30), id="99990101T000000Z-a", done=10, running=2, workers=(holding,))
    put_run(Files(store), replace(begun, started=begun.started - 10))
    said = cli("status", store).stdout
    assert "running, 40 of 100 fits done (30 found), 0 failed, 2 running" in said
    assert "about 60 s left" in said
    assert "10.0.0.7, pid 41: svr abc and 1 more, 3.5 s" in said
    put_run(Files(store), replace(begun, updated=begun.updated - 1000))
    assert "lost, 40 of 100" in cli("status", store).stdout


def test_failed_fits_are_in_the_log_and_in_the_status(cli, small_experiment, corpus_folder, tmp_path, failing):
    store = tmp_path / "S"
    cli("run", small_experiment, "--corpus", corpus_folder, "--store", store, "--serial", *failing)
    state = records(cli("status", store, "--json"))
    assert (len(state["failed"]), state["run"]["state"], state["run"]["failed"]) == (6, "failed", 6)
    failed = [line for line in read_fit_lines(Files(store), state["run"]["id"]) if line["outcome"] == "failed"]
    assert len(failed) == 6
    assert all("nothing can be learnt" in line["message"] for line in failed)
