"""Models on features of an extractor that is not raymer's own predict new audio, or say which file they lack."""

import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from raymer.corpora.base import Corpus, Target
from raymer.corpora.folder import write_corpus

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

N, RATE = 24, 8000
OWN = '''
import numpy as np
from raymer.features.extractor import FramesExtractor


class Bands(FramesExtractor):
    """Energy of four bands in windows of 0.05 s."""

    width = 4
    sample_rate = 8000

    def frames(self, samples):
        windows = samples[: len(samples) // 400 * 400].reshape(-1, 400)
        return np.log(np.abs(np.fft.rfft(windows)[:, 1:]).reshape(len(windows), 4, 50).mean(axis=2) + 1e-6)
'''
EXPERIMENT = """
name: small
title: small
corpus: small
targets: [y]
protocols: {{folds: {{kind: kfold, folds: 3, shuffle: true, seed: 0}}}}
systems:
  - {{system: S, input: {input}, {method}}}
"""
TABLE, FRAMES = "method: svr", "method: rbf-sl, reducer: {epochs: 2, every: 2, hidden: [4]}"


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    root = tmp_path / "audio"
    root.mkdir()
    ids = [f"c{k:02d}" for k in range(N)]
    for k, clip in enumerate(ids):
        soundfile.write(root / f"{clip}.wav", rng.normal(0, 0.02 + 0.01 * k, 4000 + 100 * k), RATE)
    clips = pd.DataFrame({"clip_id": ids, "group": ids, "y": np.arange(N) / 10, "audio": [f"{i}.wav" for i in ids]})
    write_corpus(Corpus("small", clips, (Target("y"),), {}, {}, str(root)), tmp_path / "C")
    (tmp_path / "bands.py").write_text(OWN)
    weights = numpy_helper.from_array(rng.normal(size=(400, 3)).astype(np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Abs", ["z"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 400])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])],
        [weights],
    )
    (tmp_path / "net").mkdir()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "net" / "net.onnx")
    return tmp_path / "C"


def fitted(cli, folder, name, method, *words):
    """Build features, fit a model, and return its folder."""
    place = folder.parent
    made = cli("features", folder, *words, "--name", name, "--serial")
    assert made.exit_code == 0, made.stderr
    (place / "e.yaml").write_text(EXPERIMENT.format(input=name, method=method))
    common = ("-c", folder, "-s", place / "S", "--serial")
    result = cli("fit", place / "e.yaml", "S", "-o", place / "M", *common)
    assert result.exit_code == 0, result.stderr
    return place / "M"


@pytest.mark.parametrize(("method", "pool"), [(TABLE, ("--pool", "mean+std")), (FRAMES, ())])
def test_an_onnx_file_where_it_was_or_beside_the_model(cli, folder, method, pool):
    place = folder.parent
    words = ("--onnx", place / "net" / "net.onnx", "--rate", RATE)
    model = fitted(cli, folder, "net", method, *words, *pool)
    audio = place / "audio" / "c03.wav"
    first = cli("predict", model, audio, "--json")
    assert first.exit_code == 0, first.stderr
    shutil.move(place / "net" / "net.onnx", place / "moved.onnx")
    lacking = cli("predict", model, audio)
    assert lacking.exit_code == 2
    assert "made by net.onnx (sha256 " in lacking.stderr
    assert f"nor at {place / 'net.onnx'}: put it there" in lacking.stderr
    shutil.copy(place / "moved.onnx", place / "net.onnx")
    assert cli("predict", model, audio, "--json").stdout == first.stdout
    (place / "net.onnx").write_bytes(b"another")
    assert cli("predict", model, audio).exit_code == 2


def test_a_class_of_ones_own_is_brought_again(cli, folder):
    from raymer.components.plugins import PLUGINS

    place = folder.parent
    own = ("--plugin", place / "bands.py")
    model = fitted(cli, folder, "bands", TABLE, "--use", "bands:Bands", *own, "--pool", "mean")
    audio = place / "audio" / "c03.wav"
    first = cli("predict", model, audio, "--json", *own)
    assert first.exit_code == 0, first.stderr
    PLUGINS.drop("bands")
    lacking = cli("predict", model, audio)
    assert lacking.exit_code == 2
    assert "made by bands:Bands: bring its file, --plugin bands.py" in lacking.stderr
    (place / "bands.py").write_text(OWN + "\n# edited\n")
    edited = cli("predict", model, audio, "--json", *own)
    assert "other versions: bands:Bands" in edited.stderr
    assert edited.stdout == first.stdout


def test_frames_from_a_file_are_predicted_from_arrays_alone(cli, folder):
    from raymer.models.loading import load_model

    place = folder.parent
    (place / "npy").mkdir()
    rng = np.random.default_rng(0)
    arrays = {f"c{k:02d}": rng.normal(size=(3, 5)).astype(np.float32) for k in range(N)}
    for clip, values in arrays.items():
        np.save(place / "npy" / f"{clip}.npy", values)
    assert cli("add", folder, place / "npy", "--name", "mert").exit_code == 0
    (place / "e.yaml").write_text(EXPERIMENT.format(input="mert", method=FRAMES))
    result = cli("fit", place / "e.yaml", "S", "-o", place / "M", "-c", folder, "-s", place / "S", "--serial")
    assert result.exit_code == 0, result.stderr
    refused = cli("predict", place / "M", place / "audio" / "c03.wav")
    assert (refused.exit_code, "from Python, give arrays of them" in refused.stderr) == (2, True)
    assert len(load_model(place / "M").predict(list(arrays.values())).frame) == N
