"""ONNX files as extractors: tried before any clip is read, and refused where they reach beyond themselves."""

import json
import resource
import threading

import numpy as np
import pytest
import yaml

from raymer.corpora.folder import load_corpus, write_corpus
from raymer.engine.data import build_features
from raymer.engine.machine import SERIAL
from raymer.errors import UsageError
from raymer.features.audio import read_audio
from raymer.features.folders import features_folder
from raymer.features.logmel import LogMel, log_mel
from raymer.features.onnx_description import describe_model
from raymer.features.onnx_model import open_model
from raymer.features.store import load_spectrograms

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

RATE, WINDOW = 8000, 800
WEIGHTS = np.random.default_rng(0).normal(size=(WINDOW, 3)).astype(np.float32)


def model_of(nodes, inputs, outputs, weights=(), **more):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(array, name) for name, array in weights],
    )
    domains = [helper.make_opsetid("", 13), *more.pop("domains", [])]
    return helper.make_model(graph, opset_imports=domains, ir_version=8, **more)


def waves(batch="N"):
    """Return a model of two outputs: samples times WEIGHTS (n, 3), and their absolute values in two halves."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["vector"]),
        helper.make_node("Reshape", ["x", "halves"], ["split"]),
        helper.make_node("Abs", ["split"], ["sequence"]),
    ]
    weights = [("w", WEIGHTS), ("halves", np.array([-1, 2, WINDOW // 2], dtype=np.int64))]
    outputs = [("vector", [batch, 3]), ("sequence", [batch, 2, WINDOW // 2])]
    return model_of(nodes, [("x", TensorProto.FLOAT, [batch, WINDOW])], outputs, weights)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "net.onnx"
    onnx.save(waves(), path)
    return path


@pytest.fixture
def folder(make_corpus, tmp_path):
    write_corpus(make_corpus(1.0, 0.05, 0.7, 0.33), tmp_path / "C")
    return tmp_path / "C"


def audio(folder, clip, rate=RATE):
    return read_audio(folder.parent / "audio" / f"{clip}.wav", rate)


def windows(samples, hop):
    if len(samples) < WINDOW:
        samples = np.concatenate([samples, np.zeros(WINDOW - len(samples), np.float32)])
    return np.stack([samples[k : k + WINDOW] for k in range(0, len(samples) - WINDOW + 1, hop)])


OPTIONS = ("--rate", RATE, "--hop", 300, "--serial")


def test_windows_become_frames(cli, folder, model):
    result = cli("features", folder, "--onnx", model, "--output", "vector", "--name", "net", *OPTIONS)
    assert result.exit_code == 0, result.stderr
    made = load_spectrograms(features_folder(load_corpus(folder), "net"))
    assert not made.is_spectrogram
    for row, clip in enumerate(made.clip_ids):
        assert np.allclose(made.clip(row), windows(audio(folder, clip), 300) @ WEIGHTS, atol=1e-4)
    assert "made by onnx" in cli("inputs", folder).stdout


def test_a_pool_makes_a_table_and_builds_nothing_again(cli, folder, model):
    words = ("features", folder, "--onnx", model, "--output", "vector", *OPTIONS, "--json")
    assert json.loads(cli(*words, "--name", "net").stdout)["built"] == 1
    pooled = json.loads(cli(*words, "--name", "net-mean", "--pool", "mean").stdout)
    assert (pooled["built"], pooled["input"]) == (0, "net-mean")
    item = load_corpus(folder).input("net-mean")
    for clip, row in zip(item.clip_ids, item.values, strict=True):
        assert np.allclose(row, (windows(audio(folder, clip), 300) @ WEIGHTS).mean(axis=0), atol=1e-4)
    assert (item.made_by["extractor"], item.made_by["pool"]) == ("onnx", "mean")


def test_a_sequence_a_window_and_a_fixed_batch(cli, folder, tmp_path):
    path = tmp_path / "net.onnx"
    onnx.save(waves(batch=4), path)
    result = cli("features", folder, "--onnx", path, "--output", "sequence", "--name", "net", *OPTIONS)
    assert result.exit_code == 0, result.stderr
    made = load_spectrograms(features_folder(load_corpus(folder), "net"))
    for row, clip in enumerate(made.clip_ids):
        assert np.array_equal(made.clip(row), np.abs(windows(audio(folder, clip), 300)).reshape(-1, WINDOW // 2))


def test_a_description_lies_beside_the_model(cli, folder, model):
    model.with_suffix(".yaml").write_text(yaml.safe_dump({"rate": RATE, "output": "vector", "hop": 400}))
    assert cli("features", folder, "--onnx", model, "--serial").exit_code == 0
    made = load_spectrograms(features_folder(load_corpus(folder), "net"))
    assert np.allclose(made.clip(0), windows(audio(folder, "clip0"), 400) @ WEIGHTS, atol=1e-4)


def test_a_model_of_log_mel(cli, folder, tmp_path):
    path = tmp_path / "mel.onnx"
    node = helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=0)
    onnx.save(model_of([node], [("x", TensorProto.FLOAT, ["N", 8, 20])], [("y", ["N", 20])]), path)
    words = ("--rate", 16000, "--n-fft", 1024, "--serial")
    refused = cli("features", folder, "--onnx", path, *words)
    assert (refused.exit_code, "takes 20 bins and is to get 40" in refused.stderr) == (2, True)
    result = cli("features", folder, "--onnx", path, "--bins", 20, "--hop", 4, *words)
    assert result.exit_code == 0, result.stderr
    made = load_spectrograms(features_folder(load_corpus(folder), "mel"))
    mel = log_mel(audio(folder, "clip0", 16000), LogMel(sample_rate=16000, n_bins=20, n_fft=1024))
    oracle = [mel[k : k + 8].mean(axis=0) for k in range(0, len(mel) - 7, 4)]
    assert np.allclose(made.clip(0), oracle, atol=1e-3)


def refused_model(kind):
    """Return a model with a fault."""
    identity = [helper.make_node("Identity", ["x"], ["y"])]
    x, y = ("x", TensorProto.FLOAT, ["N", WINDOW]), [("y", ["N", WINDOW])]
    if kind == "operator":
        node = helper.make_node("Mine", ["x"], ["y"], domain="mine.ops")
        return model_of([node], [x], y, domains=[helper.make_opsetid("mine.ops", 1)])
    if kind == "inputs":
        add = helper.make_node("Add", ["x", "z"], ["y"])
        return model_of([add], [x, ("z", TensorProto.FLOAT, ["N", WINDOW])], y)
    if kind == "type":
        cast = helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)
        return model_of([cast], [("x", TensorProto.DOUBLE, ["N", WINDOW])], y)
    if kind == "rank":
        return model_of(identity, [("x", TensorProto.FLOAT, ["N", 2, 3, 4])], [("y", ["N", 2, 3, 4])])
    if kind in ("constant", "result"):  # of 16 GB, for a few bytes in the file: made at once, or of what comes in
        large = [helper.make_node("ConstantOfShape", ["s"], ["large"])]
        if kind == "result":
            total = helper.make_node("ReduceSum", ["x"], ["q"], keepdims=0)
            large = [total, helper.make_node("Expand", ["q", "s"], ["large"])]
        rest = [helper.make_node("ReduceSum", ["large"], ["t"], keepdims=0), helper.make_node("Add", ["x", "t"], ["y"])]
        return model_of([*large, *rest], [x], y, [("s", np.array([40_000, 100_000], dtype=np.int64))])
    made = model_of(identity, [x], y, [("w", WEIGHTS)])
    if kind == "external":
        made.graph.initializer[0].data_location = TensorProto.EXTERNAL
        made.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
    return made


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("operator", "custom operator mine.ops:Mine"),
        ("external", "keeps weights in other files"),
        ("constant", "it asks for more than the 4 GiB of memory that a model is given"),
        ("result", "it asks for more than the 4 GiB of memory that a model is given"),
        ("inputs", "takes 2 inputs (x, z)"),
        ("type", "takes tensor(double) as x"),
        ("rank", "(any, 2, 3, 4): (n, samples) or (n, frames, bins) is wanted"),
    ],
)
def test_models_that_are_refused(cli, folder, tmp_path, kind, message):
    path = tmp_path / "net.onnx"
    path.write_bytes(refused_model(kind).SerializeToString())
    result = cli("features", folder, "--onnx", path, *OPTIONS)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (folder / "features").exists()


def test_constants_that_are_worked_out_on_opening_are_bounded(tmp_path, monkeypatch):
    """Each of 0.4 GB, and few bytes in the file: no single one is too large."""
    monkeypatch.setattr("raymer.features.onnx_file.MEMORY", 1 << 30)
    nodes, weights, count = [], [("s", np.array([WINDOW, 125_000], dtype=np.int64)), ("one", np.ones(1, np.float32))], 4
    for k in range(count):
        nodes += [
            helper.make_node("Expand", ["one", "s"], [f"same{k}"]),
            helper.make_node("Add", [f"same{k}", f"own{k}"], [f"large{k}"]),
            helper.make_node("MatMul", ["x", f"large{k}"], [f"product{k}"]),
        ]
        weights.append((f"own{k}", np.full(1, k, np.float32)))
    nodes.append(helper.make_node("Sum", [f"product{k}" for k in range(count)], ["y"]))
    x, y = ("x", TensorProto.FLOAT, ["N", WINDOW]), [("y", ["N", 125_000])]
    path = tmp_path / "net.onnx"
    onnx.save(model_of(nodes, [x], y, weights), path)
    with pytest.raises(UsageError, match="cannot be opened: it asks for more than the 1 GiB of memory"):
        open_model(path, describe_model(path, {"rate": RATE}))


def test_other_threads_may_take_what_they_like_meanwhile(model, monkeypatch):
    """A limit of the whole process while a model is opened or run would be theirs too, and may stay for ever."""
    free, seen = resource.getrlimit(resource.RLIMIT_AS), []
    taken = []

    def meanwhile(*_):
        other = threading.Thread(target=lambda: taken.append(np.empty(20 << 30, np.uint8).size))  # addresses alone
        other.start()
        other.join()
        seen.append(resource.getrlimit(resource.RLIMIT_AS))

    class Session(onnxruntime.InferenceSession):
        def __init__(self, *given, **more):
            meanwhile()
            super().__init__(*given, **more)

        def run(self, *given):
            meanwhile()
            return super().run(*given)

    monkeypatch.setattr("onnxruntime.InferenceSession", Session)
    open_model(model, describe_model(model, {"rate": RATE, "output": "vector"}))
    assert seen == [free, free]
    assert taken == [20 << 30, 20 << 30]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"output": "vector"}, "does not say at which rate it hears: rate=HZ"),
        ({"rate": RATE}, "several outputs: output=NAME, one of vector, sequence"),
        ({"rate": RATE, "output": "victor"}, "no output 'victor'"),
        ({"rate": RATE, "output": "vector", "window": 900}, "takes windows of 800, and window=900 was said"),
        ({"rate": RATE, "output": "vector", "input": "logmel"}, "which is waveform: its description says logmel"),
        ({"rate": RATE, "output": "vector", "logmel": {"n_bins": 3}}, "settings of log-mel (n_bins)"),
        ({"rate": -1}, "rate: Input should be greater"),
        ({"speed": 2}, "speed: Extra inputs are not permitted"),
    ],
)
def test_a_description_that_is_not_the_models(model, given, message):
    with pytest.raises(UsageError) as caught:
        open_model(model, describe_model(model, given))
    assert message in str(caught.value)


def test_what_is_no_model_is_one_line(model, tmp_path):
    model.write_bytes(b"no model")
    with pytest.raises(UsageError, match="is no ONNX model"):
        open_model(model, describe_model(model, {"rate": RATE}))
    with pytest.raises(UsageError, match="is missing"):
        open_model(tmp_path / "none.onnx", describe_model(model, {"rate": RATE}))


def test_without_the_library_the_extra_is_named(cli, folder, model, monkeypatch):
    monkeypatch.setattr("raymer.features.onnx_file.find_spec", lambda name: None)
    result = cli("features", folder, "--onnx", model, *OPTIONS)
    assert result.exit_code == 2
    assert "pip install raymer[onnx]" in result.stderr


def test_an_input_from_a_file_is_not_replaced(cli, folder, model, tmp_path):
    ids = load_corpus(folder).clips["clip_id"].tolist()
    np.savez(tmp_path / "x.npz", ids=np.array(ids), X=np.random.default_rng(0).normal(size=(len(ids), 3)))
    assert cli("add", folder, tmp_path / "x.npz", "--name", "net").exit_code == 0
    result = cli("features", folder, "--onnx", model, "--output", "vector", *OPTIONS)
    assert (result.exit_code, "another --name" in result.stderr) == (2, True)


@pytest.mark.real
@pytest.mark.slow
def test_a_real_model_gives_the_shared_embeddings(real_data, tmp_path):
    import pandas as pd

    from raymer.corpora.base import Corpus, Target

    path = real_data / "musicnn" / "msd_musicnn_wave.onnx"
    ids = [f"{genre}_7" for genre in ("classical", "rock", "electronic", "pop")]
    files = [f"audio/{clip.replace('_', '/')}.ogg" for clip in ids]
    clips = pd.DataFrame({"clip_id": ids, "group": ids, "y": range(4), "audio": files})
    corpus = Corpus("E", clips, (Target("y"),), {}, {}, str(real_data / "emotify"))
    extractor = open_model(path, describe_model(path, {"rate": 16000, "hop": 47872, "output": "penultimate"}))
    made = load_spectrograms(build_features(corpus, extractor, tmp_path, machine=SERIAL).folder)
    shared = pd.read_parquet(real_data / "musicnn" / "emotify" / "musicnn_penultimate_mean.parquet")
    means = np.stack([made.clip(row).mean(axis=0) for row in range(4)])
    assert np.abs(means - shared.set_index("clip_id").loc[ids].to_numpy()).mean() < 0.01
