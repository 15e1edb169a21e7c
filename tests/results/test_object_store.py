"""The store on a real S3 server: one put a fit, the same table as in a folder, and an outage that is waited out."""

import logging
import threading
import time

import pytest
from s3 import BUCKET, Cable, Server, free_port, s3_server, uri
from support import records, without_seconds
from test_store import FILE, FIT, make_result

from raymer import files
from raymer.errors import UsageError
from raymer.files import Files, StoreError
from raymer.results.store import ResultStore


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def bits(store: ResultStore) -> dict[str, tuple]:
    return {fit: (store.get(fit).clip_ids.tolist(), store.get(fit).predicted.tobytes()) for fit in store.done()}


def test_a_fit_is_one_put(server: Server):
    store = ResultStore(uri(server.port, "one-put"))
    before = len(server.requests())
    store.put(FIT, make_result())
    sent = [request for request in server.requests()[before:] if not request.startswith("HEAD")]
    assert [request.split()[0] for request in sent] == ["PUT"]
    assert sent[0].split()[1].split("?")[0] == f"/{BUCKET}/one-put/{FILE}"
    assert store.done() == {FIT}
    assert store.has(FIT)
    assert not store.has("ab13")
    assert store.get(FIT).predicted.tobytes() == make_result().predicted.tobytes()
    assert store.header(FIT).seconds == make_result().seconds


def test_a_failure_is_kept_until_there_is_a_result(server: Server):
    store = ResultStore(uri(server.port, "failures"))
    store.fail(FIT, {}, "ValueError: no", "Traceback ...")
    assert [failure["id"] for failure in store.failures()] == [FIT]
    store.put(FIT, make_result())
    assert store.failures() == []


def test_the_endpoint_may_stand_in_the_environment(server: Server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    ResultStore(f"s3://{BUCKET}/environment").put(FIT, make_result())
    assert ResultStore(uri(server.port, "environment")).done() == {FIT}


def test_the_same_table_as_in_a_folder(server: Server, cli, small_experiment, corpus_folder, tmp_path):
    where = uri(server.port, "table")
    words = ("run", small_experiment, "--corpus", corpus_folder, "--serial", "--json", "--store")
    remote, local = records(cli(*words, where)), records(cli(*words, tmp_path / "S"))
    assert without_seconds(remote) == without_seconds(local)
    assert bits(ResultStore(where)) == bits(ResultStore(str(tmp_path / "S")))
    assert "0 fits run, 30 found done" in cli(*words, where).stderr


@pytest.mark.slow
def test_a_server_that_is_gone_for_twenty_seconds_is_waited_for(
    server: Server, cli, small_experiment, corpus_folder, tmp_path, caplog
):
    cable = Cable(server.port)
    where = uri(cable.port, "outage")
    behind = ResultStore(uri(server.port, "outage"))
    found: list[int] = []

    def outage() -> None:
        deadline = time.monotonic() + 120
        while len(behind.done()) < 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        cable.pull()
        time.sleep(0.5)  # what was on its way may still arrive
        found.append(len(behind.done()))
        time.sleep(20)
        found.append(len(behind.done()))
        cable.plug()

    thread = threading.Thread(target=outage, daemon=True)
    thread.start()
    words = ("run", small_experiment, "--corpus", corpus_folder, "--serial", "--json", "--store")
    with caplog.at_level(logging.WARNING, logger="raymer"):
        rows = records(cli(*words, where))
    thread.join(timeout=30)
    cable.pull()
    assert found[0] == found[1] < 30, "nothing was written while the server was gone"
    assert len(behind.done()) == 30
    assert behind.failures() == [], "an outage fails no fit"
    told = [record.message for record in caplog.records if record.name == "raymer"]
    assert [("does not answer" in text, "answers again" in text) for text in told] == [(True, False), (False, True)]
    assert without_seconds(rows) == without_seconds(records(cli(*words, tmp_path / "S")))


def test_an_outage_without_end_is_one_clear_line(monkeypatch, server: Server):
    cable = Cable(server.port)
    place = Files(uri(cable.port, "endless"))
    cable.pull()
    monkeypatch.setattr(files, "RETRY_SECONDS", 0.0)
    with pytest.raises(StoreError, match=r"cannot be read \(a\): .*Could"):
        place.read("a")


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_place_that_never_answered_is_given_seconds(monkeypatch, scheme, cli, small_experiment, corpus_folder):
    monkeypatch.setattr(files, "REACH_SECONDS", 1.0)  # the library of gs:// itself would try for a quarter of an hour
    words = ("run", small_experiment, "--corpus", corpus_folder, "--serial", "--store")
    begin = time.monotonic()
    where = uri(free_port(), "nobody").replace(
        f"s3://{BUCKET}", f"{scheme}://{'anonymous@' * (scheme == 'gs')}{BUCKET}"
    )
    result = cli(*words, where)
    assert result.exit_code == 1
    assert time.monotonic() - begin < 15
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith(f"raymer: store {where} cannot be reached: ")


@pytest.mark.parametrize(
    ("message", "is_hopeless"),
    [
        ("AWS Error ACCESS_DENIED during PutObject operation: Access Denied", True),
        ("AWS Error NO_SUCH_BUCKET during PutObject operation: The specified bucket does not exist", True),
        ("AWS Error INVALID_ACCESS_KEY_ID during ListObjectsV2 operation: no such key", True),
        ("AWS Error UNKNOWN (HTTP status 301) during HeadObject operation: No response body.", True),
        ("AWS Error SLOW_DOWN during PutObject operation: Please reduce your request rate.", False),
        ("AWS Error UNKNOWN (HTTP status 503) during HeadObject operation: No response body.", False),
        ("AWS Error NETWORK_CONNECTION during HeadObject operation: curlCode: 7, Could not connect", False),
    ],
)
def test_what_will_not_pass_is_not_tried_again(server: Server, monkeypatch, message, is_hopeless):
    monkeypatch.setattr(files, "PAUSE_SECONDS", 0.0)
    place = Files(uri(server.port, "tries"))
    calls: list[int] = []

    def action() -> str:
        calls.append(1)
        if len(calls) < 3:
            raise OSError(message)
        return "done"

    if is_hopeless:
        with pytest.raises(StoreError, match=r"cannot be written: AWS Error"):
            place._persistently("written", action)
        assert len(calls) == 1
    else:
        assert place._persistently("written", action) == "done"


def test_a_bucket_that_is_not_there_is_one_clear_line_at_once(server: Server, cli, small_experiment, corpus_folder):
    where = uri(server.port, "S").replace(BUCKET, "no-such-bucket")
    start = time.monotonic()
    result = cli("run", small_experiment, "--corpus", corpus_folder, "--serial", "--store", where)
    assert time.monotonic() - start < 15
    assert result.exit_code == 1
    assert "NO_SUCH_BUCKET" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_unknown_kind_of_place_is_wrong_use():
    with pytest.raises(UsageError, match="Unrecognized filesystem type"):
        ResultStore("ftp://host/path")


def test_a_checkpoint_is_found_by_another_process(server: Server, tmp_path):
    for where in (uri(server.port, "checkpoints"), str(tmp_path / "S")):
        with ResultStore(where).checkpoint("t1") as checkpoint:
            assert not checkpoint.path.exists()
            checkpoint.path.write_bytes(b"epoch 10")
            checkpoint.keep()
        with ResultStore(where).checkpoint("t1") as checkpoint:
            assert checkpoint.path.read_bytes() == b"epoch 10"
            checkpoint.drop()
        with ResultStore(where).checkpoint("t1") as checkpoint:
            assert not checkpoint.path.exists()
