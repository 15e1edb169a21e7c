"""ResultStore: what goes in comes out, whole or not at all."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from raymer.errors import UsageError
from raymer.identity import fit_identity
from raymer.results.result import Result
from raymer.results.store import ResultStore, StoreError


def make_result(value: float = 0.5) -> Result:
    return Result(
        fit={"method": {"name": "svr"}, "targets": ["valence"]},
        clip_ids=np.array(["a", "b"]),
        targets=np.array(["valence", "valence"]),
        epochs=np.zeros(2, dtype=np.int32),
        true=np.array([1.0, 2.0]),
        predicted=np.array([value, np.pi]),
        n_train=8,
        n_test=2,
        seconds={"reducer": 0.1, "predictor": 0.2, "shared": False},
        versions={"python": "3.11"},
    )


FIT = fit_identity(make_result().fit)
FILE = f"fits/{FIT[:2]}/{FIT}.parquet"


def test_round_trip(tmp_path):
    store = ResultStore(str(tmp_path / "S"))
    assert store.done() == set()
    assert not store.has(FIT)
    store.put(FIT, make_result())
    assert store.done() == {FIT}
    assert store.has(FIT)
    read, wrote = store.get(FIT), make_result()
    assert read.predicted.tobytes() == wrote.predicted.tobytes()
    assert read.true.tobytes() == wrote.true.tobytes()
    assert read.clip_ids.tolist() == ["a", "b"]
    assert (read.fit, read.seconds, read.n_train) == (wrote.fit, wrote.seconds, 8)
    assert (read.classes, read.probabilities) == ((), None)
    header = store.header(FIT)
    assert (header.seconds, header.versions, header.n_test, header.n_train) == (wrote.seconds, wrote.versions, 2, 8)


def test_probabilities_come_back_to_the_bit(tmp_path):
    store = ResultStore(str(tmp_path))
    table = np.random.default_rng(0).dirichlet(np.ones(3), size=2)
    names = {"true": np.array(["pop", "rock"]), "predicted": np.array(["jazz", "rock"])}
    wrote = replace(make_result(), **names, classes=("jazz", "pop", "rock"), probabilities=table)
    store.put(FIT, wrote)
    read = store.get(FIT)
    assert read.probabilities.tobytes() == table.tobytes()
    assert (read.classes, read.true.tolist()) == (wrote.classes, ["pop", "rock"])


def test_a_store_of_another_format_is_refused_in_one_line(tmp_path):
    store = ResultStore(str(tmp_path))
    store.claim("deam", "f1", {})
    record = json.loads((tmp_path / "store.json").read_text())
    (tmp_path / "store.json").write_text(json.dumps({**record, "format": 2}))
    for call in (store.check_exists, lambda: store.claim("deam", "f1", {})):
        with pytest.raises(UsageError, match="has format 2, this raymer reads 3: run into a new store"):
            call()


def test_a_file_uri_is_the_same_store(tmp_path):
    ResultStore(str(tmp_path / "S")).put(FIT, make_result())
    assert ResultStore((tmp_path / "S").as_uri()).done() == {FIT}


def test_a_failure_is_kept_until_there_is_a_result(tmp_path):
    store = ResultStore(str(tmp_path))
    store.fail(FIT, {"target": "valence"}, "ValueError: no", "Traceback ...")
    assert store.failures()[0]["message"] == "ValueError: no"
    assert store.failures(["other"]) == []
    store.put(FIT, make_result())
    assert store.failures() == []


def test_nothing_half_written_is_ever_seen(tmp_path, monkeypatch):
    store = ResultStore(str(tmp_path))

    def full(self, data):
        self.open("wb").write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        store.put(FIT, make_result())
    assert store.done() == set()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_damaged_file_is_named(tmp_path):
    store = ResultStore(str(tmp_path))
    store.put(FIT, make_result())
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-20])
    for read in (store.get, store.header):
        with pytest.raises(StoreError, match=rf"{FIT}.parquet is damaged \(.*\): delete it and run again"):
            read(FIT)


def test_missing_things_are_wrong_use(tmp_path):
    store = ResultStore(str(tmp_path))
    for call in (lambda: store.get("x1"), lambda: store.header("x1"), lambda: store.get_split("x"), store.check_exists):
        with pytest.raises(UsageError):
            call()


def test_a_store_belongs_to_one_corpus(tmp_path):
    store = ResultStore(str(tmp_path))
    store.claim("deam", "f1", {"is13": "a"})
    store.claim("deam", "f1", {"is13": "a"})
    store.claim("deam", "f1", {"logmel": "b"})  # another input of the same corpus is welcome
    with pytest.raises(UsageError, match="holds results of corpus deam"):
        store.claim("deam", "f2", {"is13": "a"})
    with pytest.raises(UsageError, match="holds results of corpus deam"):
        store.claim("emotify", "f1", {"is13": "a"})
    with pytest.raises(UsageError, match="other features called is13"):
        store.claim("deam", "f1", {"is13": "changed"})
    with pytest.raises(UsageError, match="other features called logmel"):
        store.claim("deam", "f1", {"logmel": "changed"})
