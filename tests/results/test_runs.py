"""What a run says of itself in the store."""

from dataclasses import replace

import pytest

from raymer.files import Files
from raymer.results.runs import SILENT_SECONDS, RunRecord, put_fit_lines, put_run, read_fit_lines, read_runs

WORKER = {"node": "n", "pid": 1, "fit": "f", "method": "svr", "fits": 1, "seconds": 0.5}


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def test_the_latest_run_is_read_first(files):
    assert read_runs(files) == []
    first = replace(RunRecord.begin("one", 10, 2), id="20260101T000000Z-a")
    second = replace(first, id="20260102T000000Z-a", done=3, workers=(WORKER,))
    for run in (second, first, replace(first, done=1)):
        put_run(files, run)
    assert read_runs(files) == [second]
    assert read_runs(files, last=5) == [second, replace(first, done=1)]


def test_rate_and_time_left():
    run = replace(RunRecord.begin("one", 110, 10), started=0.0, updated=20.0, done=38, failed=2)
    assert (run.missing, run.rate, run.seconds_left) == (60, 2.0, 30.0)
    assert RunRecord.begin("one", 5, 0).seconds_left is None


def test_a_silent_run_looks_lost_and_a_finished_one_does_not():
    run = replace(RunRecord.begin("one", 5, 0), updated=100.0)
    assert run.state_at(100.0 + SILENT_SECONDS) == "running"
    assert run.state_at(101.0 + SILENT_SECONDS) == "lost"
    assert replace(run, state="finished").state_at(1e9) == "finished"


def test_lines_are_read_in_the_order_of_their_parts(files):
    for part in (2, 1, 10):
        put_fit_lines(files, "r", part, [{"part": part, "k": k} for k in range(2)])
    assert [(line["part"], line["k"]) for line in read_fit_lines(files, "r")] == [
        (part, k) for part in (1, 2, 10) for k in range(2)
    ]
