"""A corpus on an object store: the same corpus, its built features too, copied here once."""

import numpy as np
import pytest
from pyarrow import fs
from s3 import Server, s3_server, uri

from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.inputs import add_input
from raymer.errors import RaymerError, UsageError
from raymer.features.folders import features_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "raymer"


def upload(folder, server: Server, name: str) -> str:
    where = uri(server.port, name)
    fs.copy_files(str(folder), where)
    return where


def test_the_same_corpus(server, corpus_folder, corpus):
    where = upload(corpus_folder, server, "C")
    loaded = load_corpus(where)
    assert loaded.fingerprint == corpus.fingerprint
    assert loaded.input().fingerprint == corpus.input().fingerprint
    assert loaded.clips.equals(load_corpus(corpus_folder).clips)
    before = len(server.requests())
    load_corpus(where)
    again = server.requests()[before:]
    assert not any("parquet" in request for request in again), "tables are not copied twice"


def test_built_features_come_with_it_and_later_ones_are_added(server, corpus_folder):
    where = upload(corpus_folder, server, "with-features")
    with pytest.raises(UsageError, match="no logmel features"):
        features_folder(load_corpus(where), "logmel")
    built = corpus_folder / "features" / "logmel-0123456789abcdef"
    built.mkdir(parents=True)
    (built / "part-0000.parquet").write_bytes(b"shard")
    (built / "manifest.json").write_text("{}")
    upload(corpus_folder, server, "with-features")
    found = features_folder(load_corpus(where), "logmel")
    assert (found / "part-0000.parquet").read_bytes() == b"shard"


def test_a_changed_corpus_is_another_copy(server, corpus_folder, corpus, cache):
    where = upload(corpus_folder, server, "changed")
    first = load_corpus(where).folder
    item = corpus.input()
    add_input(corpus_folder, type(item)(item.name, item.clip_ids, item.values + np.float64(1), item.columns))
    upload(corpus_folder, server, "changed")
    second = load_corpus(where)
    assert second.folder != first
    assert second.input().values.tobytes() == (item.values + 1).tobytes()
    assert sorted(cache.iterdir()) == sorted([first, second.folder])


def test_a_place_without_a_corpus_is_wrong_use(server):
    with pytest.raises(UsageError, match=r"holds no corpus \(corpus.json is missing\)"):
        load_corpus(uri(server.port, "nothing"))


def test_an_object_cannot_leave_the_folder_it_is_copied_to(server, corpus_folder, cache, monkeypatch):
    from raymer.files import Files

    where = upload(corpus_folder, server, "escape")
    sizes = Files.sizes
    monkeypatch.setattr(Files, "sizes", lambda self, folder: {**sizes(self, folder), "../../../planted": 3})
    with pytest.raises(RaymerError, match="would leave its folder"):
        load_corpus(where)
    assert not (cache.parent.parent / "planted").exists()


def test_a_file_uri_is_read_where_it_lies(corpus_folder, cache):
    assert load_corpus(corpus_folder.as_uri()).folder == corpus_folder
    assert not cache.exists()


def test_run_takes_both_from_an_object_store(server, corpus, tmp_path, cli, small_experiment):
    write_corpus(corpus, tmp_path / "C")
    where = upload(tmp_path / "C", server, "run")
    result = cli("run", small_experiment, "-c", where, "-s", uri(server.port, "run-store"), "--serial")
    assert result.exit_code == 0, result.stderr
    assert "30 fits run" in result.stderr
    again = cli("run", small_experiment, "-c", where, "-s", uri(server.port, "run-store"), "--serial")
    assert "0 fits run, 30 found done" in again.stderr
