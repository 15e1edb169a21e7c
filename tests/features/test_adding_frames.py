"""Arrays of other people's: vectors become one table whatever file they come in, sequences become frames."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.corpora.base import Corpus, Target
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.features.adding import SHARD_BYTES, _shards
from raymer.features.folders import features_folder
from raymer.features.listing import describe_inputs
from raymer.features.pooling import POOLS, pooled
from raymer.features.store import load_spectrograms

N = 20


@pytest.fixture
def folder(tmp_path):
    write_corpus(make_synthetic(N, 4, seed=1), tmp_path / "C")
    return tmp_path / "C"


@pytest.fixture
def ids(folder):
    return load_corpus(folder).clips["clip_id"].tolist()


def sequences(ids, width=5, dtype=np.float16):
    rng = np.random.default_rng(0)
    return {clip: rng.normal(size=(2 + k % 4, width)).astype(dtype) for k, clip in enumerate(ids)}


def write_folder(path, arrays):
    path.mkdir()
    for clip, values in arrays.items():
        np.save(path / f"{clip}.npy", values)
    return path


def records(folder):
    return {record["name"]: record for record in describe_inputs(load_corpus(folder))}


def test_vectors_are_one_input_whatever_file_they_come_in(cli, folder, ids, tmp_path):
    h5py = pytest.importorskip("h5py")
    X = np.random.default_rng(0).normal(size=(N, 7)).astype(np.float32)
    shuffled = np.random.default_rng(1).permutation(N)
    wide = pd.DataFrame(X, columns=[f"m{k}" for k in range(7)])
    wide.insert(0, "clip_id", ids)
    wide.iloc[shuffled].to_csv(tmp_path / "wide.csv", index=False)
    wide.to_parquet(tmp_path / "wide.parquet")
    pd.DataFrame({"clip_id": ids, "embedding": list(X)}).to_parquet(tmp_path / "list.parquet")
    np.savez(tmp_path / "both.npz", ids=np.array(ids)[shuffled], X=X[shuffled])
    np.savez_compressed(tmp_path / "each.npz", **dict(zip(ids, X, strict=True)))
    write_folder(tmp_path / "npy", dict(zip(ids, X[:, np.newaxis], strict=True)))  # (1, d): a batch of one
    with h5py.File(tmp_path / "both.h5", "w") as file:
        file["ids"], file["X"] = ids, X
    with h5py.File(tmp_path / "each.h5", "w") as file:
        for clip, x in zip(ids, X, strict=True):
            file[clip] = x
    places = ["wide.csv", "wide.parquet", "list.parquet", "both.npz", "each.npz", "npy", "both.h5", "each.h5"]
    for place in places:
        result = cli("add", folder, tmp_path / place, "--name", place)
        assert result.exit_code == 0, result.stderr
    found = records(folder)
    assert {found[place]["kind"] for place in places} == {"table"}
    assert len({found[place]["hash"] for place in places}) == 1
    assert found["features"]["hash"] != found["npy"]["hash"]


@pytest.mark.parametrize("form", ["folder", "each", "h5"])
def test_sequences_become_frames_to_the_bit(cli, folder, ids, tmp_path, form):
    arrays = sequences(ids[:-3])
    path = tmp_path / "mert"
    if form == "folder":
        write_folder(path, arrays)
    elif form == "each":
        path = tmp_path / "mert.npz"
        np.savez(path, **{clip: values[np.newaxis] for clip, values in arrays.items()})  # (1, t, d)
    else:
        h5py = pytest.importorskip("h5py")
        with h5py.File(path, "w") as file:
            for clip, values in arrays.items():
                file[clip] = values
    result = cli("add", folder, path, "--name", "mert")
    assert result.exit_code == 0, result.stderr
    made = load_spectrograms(features_folder(load_corpus(folder), "mert"))
    assert made.frames.dtype == np.float16
    assert made.clip_ids.tolist() == ids[:-3]
    assert not made.is_spectrogram
    for row, clip in enumerate(ids[:-3]):
        assert np.array_equal(made.clip(row), arrays[clip])
    shown = cli("inputs", folder).stdout
    assert f"mert: frames {len(made.frames)} x 5 float16, {N - 3} of {N} clips, from mert" in shown


def test_an_array_of_equally_long_sequences(cli, folder, ids, tmp_path):
    X = np.random.default_rng(0).normal(size=(N, 4, 3)).astype(np.float32)
    np.savez(tmp_path / "s.npz", ids=np.array(ids), X=X)
    assert cli("add", folder, tmp_path / "s.npz", "--name", "s").exit_code == 0
    made = load_spectrograms(folder / "features" / "s")
    assert np.array_equal(made.frames.reshape(X.shape), X)


@pytest.mark.parametrize("pool", POOLS)
def test_frames_are_pooled_to_a_table_of_its_own(cli, folder, ids, tmp_path, pool):
    arrays = sequences(ids)
    name = f"mert-{pool.replace('+', '-')}"
    path = write_folder(tmp_path / "mert", arrays)
    result = cli("add", folder, path, "--name", name, "--pool", pool)
    assert result.exit_code == 0, result.stderr
    item = load_corpus(folder).input(name)
    oracle = {
        "mean": lambda x: x.mean(axis=0),
        "max": lambda x: x.max(axis=0),
        "mean+std": lambda x: np.concatenate([x.mean(axis=0), x.std(axis=0)]),
    }[pool]
    for clip, row in zip(item.clip_ids.tolist(), item.values, strict=True):
        assert np.allclose(row, oracle(arrays[clip].astype(np.float64)), rtol=0, atol=1e-12)
    assert item.made_by["pool"] == pool
    assert not (folder / "features").exists()


def test_long_clips_are_pooled_in_blocks():
    x = np.random.default_rng(0).normal(5, 1, size=(9000, 3))
    assert np.allclose(pooled(x, "mean+std"), [*x.mean(axis=0), *x.std(axis=0)], rtol=1e-12)


def test_a_name_is_taken_once_and_replaced_when_asked(cli, folder, ids, tmp_path):
    first = write_folder(tmp_path / "a", sequences(ids))
    second = write_folder(tmp_path / "b", sequences(ids, width=3))
    assert cli("add", folder, first, "--name", "e").exit_code == 0
    again = cli("add", folder, second, "--name", "e")
    assert again.exit_code == 2
    assert "has an input 'e' already" in again.stderr
    assert cli("add", folder, second, "--name", "e", "--replace").exit_code == 0
    assert records(folder)["e"]["shape"][1] == 3
    assert cli("add", folder, second, "--name", "e", "--pool", "mean", "--replace").exit_code == 0
    assert records(folder)["e"]["kind"] == "table"
    assert cli("add", folder, first, "--name", "e", "--replace").exit_code == 0
    assert records(folder)["e"]["kind"] == "frames"
    assert "e" not in load_corpus(folder).inputs


def test_the_nearest_name_is_the_exact_one(cli, folder, ids, tmp_path):
    for name in ("mert", "mert-large"):
        path = write_folder(tmp_path / name, sequences(ids))
        assert cli("add", folder, path, "--name", name).exit_code == 0
    assert features_folder(load_corpus(folder), "mert").name == "mert"


def fault(ids, kind):
    arrays = sequences(ids)
    if kind == "width":
        arrays[ids[3]] = np.ones((2, 4), np.float16)
    elif kind == "vector":
        arrays[ids[3]] = np.ones(5, np.float16)
    elif kind == "layers":
        arrays[ids[3]] = np.ones((13, 2, 5), np.float16)
    elif kind == "empty":
        arrays[ids[3]] = np.ones((0, 5), np.float16)
    elif kind == "text":
        arrays[ids[3]] = np.array([["a"] * 5])
    elif kind in ("nan", "inf"):
        arrays[ids[3]][1, 2] = float(kind)
    elif kind == "strangers":
        arrays = {f"z{clip}z": values for clip, values in arrays.items()}
    elif kind == "wav":
        arrays = {f"{clip}.wav": values for clip, values in arrays.items()}
    return arrays


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ("width", 1, "(2, 4) and"),
        ("vector", 1, "all must be vectors of one length, or sequences of one width"),
        ("layers", 1, "(13, 2, 5): a clip is a vector (d,) or a sequence of them (t, d)"),
        ("empty", 1, "is empty, of shape (0, 5)"),
        ("text", 1, "which are no real numbers"),
        ("nan", 1, "holds NaN or infinite numbers"),
        ("inf", 1, "holds NaN or infinite numbers"),
        ("strangers", 1, f"none of its {N} rows belongs to one of the {N} clips"),
        ("wav", 2, "a folder or an ending only: --stem"),
    ],
)
@pytest.mark.parametrize("pool", [(), ("--pool", "mean")])
def test_faults_are_one_line_and_nothing_is_written(cli, folder, ids, tmp_path, kind, code, message, pool):
    path = write_folder(tmp_path / "e", fault(ids, kind))
    before = sorted(folder.rglob("*"))
    result = cli("add", folder, path, "--name", "e", *pool)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(folder.rglob("*")) == before
    assert load_corpus(folder).inputs.keys() == {"features"}


def test_files_that_are_no_arrays_are_refused(cli, folder, ids, tmp_path):
    np.save(tmp_path / "one.npy", np.ones((N, 3)))
    (tmp_path / "none").mkdir()
    cut = write_folder(tmp_path / "cut", sequences(ids))
    file = cut / f"{ids[2]}.npy"
    file.write_bytes(file.read_bytes()[:-3])
    twice = tmp_path / "twice.npz"
    np.savez(twice, ids=np.array([ids[0], *ids[:-1]]), X=np.ones((N, 3)))
    lists = tmp_path / "lists.parquet"
    pd.DataFrame({"clip_id": ids, "e": [np.ones(2 + k % 2) for k in range(N)]}).to_parquet(lists)
    vectors = tmp_path / "v.npz"
    np.savez(vectors, ids=np.array(ids), X=np.where(np.arange(3 * N).reshape(N, 3) == 7, np.nan, 1.0))
    cases = {
        tmp_path / "one.npy": (2, "one array without ids"),
        tmp_path / "none": (1, "holds no .npy file"),
        cut: (1, "its header says"),
        twice: (1, f"{ids[0]!r} stands twice"),
        lists: (1, "e"),
        vectors: (1, f"{ids[2]!r} holds NaN"),
    }
    for path, (code, message) in cases.items():
        result = cli("add", folder, path, "--name", "e")
        assert (result.exit_code, result.stderr.count("\n")) == (code, 1), result.stderr
        assert message in result.stderr
    nothing = cli("add", folder, twice, "--name", "e", "--pool", "median")
    assert "pool" in nothing.stderr
    assert records(folder).keys() == {"features"}


def test_hdf5_without_its_library_names_the_extra(cli, folder, tmp_path, monkeypatch):
    (tmp_path / "x.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    result = cli("add", folder, tmp_path / "x.h5", "--name", "x")
    assert result.exit_code == 2
    assert "pip install raymer[hdf5]" in result.stderr


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=60), st.integers(1, 4000))
def test_no_shard_is_larger_than_its_bound_or_one_clip(lengths, frame_bytes):
    shards = _shards(lengths, frame_bytes)
    assert [place for shard in shards for place in shard] == list(range(len(lengths)))
    for shard in shards:
        size = len(shard) * max(lengths[place] for place in shard) * frame_bytes
        assert size <= SHARD_BYTES or len(shard) == 1


@pytest.mark.real
def test_real_embeddings_in_every_form_are_one_input(real_data, tmp_path, cli):
    source = real_data / "musicnn" / "emotify"
    wide = pd.read_parquet(source / "musicnn_penultimate_mean.parquet")
    clips = pd.DataFrame({"clip_id": wide["clip_id"], "group": wide["clip_id"], "y": np.arange(len(wide)) / 10.0})
    write_corpus(Corpus("E", clips, (Target("y"),), {}), tmp_path / "E")
    wide.to_csv(tmp_path / "wide.csv", index=False)
    vectors = dict(zip(wide["clip_id"], wide.drop(columns="clip_id").to_numpy(), strict=True))
    places = {
        "csv": tmp_path / "wide.csv",
        "wide": source / "musicnn_penultimate_mean.parquet",
        "list": source / "musicnn_penultimate_mean_list.parquet",
        "npz": source / "musicnn_penultimate_mean.npz",
        "npy": write_folder(tmp_path / "npy", vectors),
    }
    for name, path in places.items():
        assert cli("add", tmp_path / "E", path, "--name", name).exit_code == 0
    found = records(tmp_path / "E")
    assert len({found[name]["hash"] for name in places}) == 1


def test_hdf5_that_its_library_would_read_for_ever_is_refused(cli, folder, tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py")
    monkeypatch.setattr("raymer.corpora.door.hdf5.SECONDS", 1)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["ids"], file["values"] = [f"s{k}" for k in range(24)], np.ones((24, 3))
    data = bytearray((tmp_path / "x.h5").read_bytes())
    heap = data.index(b"GCOL")
    data[heap + 16 : heap + 32] = bytes(16)  # the first text's head: a free place of no length, beyond which none is
    (tmp_path / "x.h5").write_bytes(bytes(data))
    result = cli("add", folder, tmp_path / "x.h5", "--name", "x")
    assert result.exit_code == 1
    assert "cannot be read as HDF5 (the process that tried was ended by SIGXCPU)" in result.stderr
