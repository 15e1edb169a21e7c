"""Extractors of one's own, brought by --plugin and named by --use."""

import re
from pathlib import Path

import numpy as np
import pytest

from raymer.corpora.folder import load_corpus, write_corpus
from raymer.features.audio import read_audio
from raymer.features.build import BuildPlan
from raymer.features.folders import features_folder
from raymer.features.logmel import LogMel
from raymer.features.store import load_spectrograms

OWN = Path(__file__).with_name("own_extractors.py")


@pytest.fixture
def folder(make_corpus, tmp_path):
    write_corpus(make_corpus(1.0, 0.3, 0.4, 0.5, 0.7), tmp_path / "C")
    return tmp_path / "C"


def features(cli, folder, name, *words):
    return cli("features", folder, "--use", f"own_extractors:{name}", "--plugin", OWN, "--serial", *words)


def loudness(folder, clip):
    samples = np.abs(read_audio(folder.parent / "audio" / f"{clip}.wav", 8000))
    windows = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    return 2 * np.stack([windows.mean(axis=1), windows.max(axis=1)], axis=1)


def test_a_class_makes_frames_and_their_pool_a_table(cli, folder):
    assert features(cli, folder, "Loudness", "--name", "loud").exit_code == 0
    made = load_spectrograms(features_folder(load_corpus(folder), "loud"))
    for row, clip in enumerate(made.clip_ids):
        assert np.allclose(made.clip(row), loudness(folder, clip), rtol=1e-6)
    assert features(cli, folder, "Loudness", "--name", "loud-max", "--pool", "max").exit_code == 0
    item = load_corpus(folder).input("loud-max")
    assert np.allclose(item.values, [loudness(folder, clip).max(axis=0) for clip in item.clip_ids], rtol=1e-6)
    assert item.made_by["use"] == "own_extractors:Loudness"
    assert "made by own_extractors:Loudness, max of frames" in cli("inputs", folder).stdout


def test_what_fails_is_named_and_the_rest_is_built(cli, folder):
    result = features(cli, folder, "Faulty", "--name", "f")
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert "broken: clip1 (clip1.wav): faulty raised KeyError: 'no such layer'" in lines
    assert "broken: clip2 (clip2.wav): faulty returned 1 values that are no number" in lines
    assert "broken: clip3 (clip3.wav): faulty returned (5, 1), and announced (n, 2)" in lines
    made = load_spectrograms(features_folder(load_corpus(folder), "f"))
    assert made.clip_ids.tolist() == ["clip0", "clip4"]


@pytest.mark.parametrize(
    ("name", "words", "code", "message"),
    [
        ("Always", (), 1, "none of its 5 clips can be used; the first, clip0.wav: always raised ValueError"),
        ("Unready", (), 2, "cannot be made as it is: FileNotFoundError: weights.pt"),
        ("Loudness", ("--rate", 8000), 2, "parameters of its own"),
        ("Loudness", ("--pool", "median"), 2, "pool"),
        ("Loudness", ("--name", "a/b"), 2, "cannot be called 'a/b'"),
    ],
)
def test_faults_are_one_line(cli, folder, name, words, code, message):
    result = features(cli, folder, name, *words)
    assert (result.exit_code, result.stderr.splitlines()[-1].count(message)) == (code, 1), result.stderr


def test_what_is_one_row_a_clip_is_not_pooled(cli, folder):
    result = cli("features", folder, "--kind", "logmel-summary", "--pool", "mean")
    assert (result.exit_code, "nothing to pool" in result.stderr) == (2, True)


def test_an_edited_class_is_another_build(make_corpus):
    corpus = make_corpus(0.2)
    plans = [BuildPlan.of(corpus, LogMel(), use="mine:X", revision=revision) for revision in ("a", "b")]
    assert len({plan.fingerprint for plan in [*plans, BuildPlan.of(corpus, LogMel())]}) == 3


PAGE = Path(__file__).parents[2] / "docs" / "representations.md"


def block(start):
    """Return the Python block of the page that begins with `start`."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return next(text for text in blocks if text.startswith(start))


def test_the_class_on_the_page_works(cli, folder, tmp_path):
    (tmp_path / "mine.py").write_text(block("from functools"))
    words = ("--use", "mine:Loudness", "--plugin", tmp_path / "mine.py", "--name", "loudness", "--serial")
    assert cli("features", folder, *words).exit_code == 0
    made = load_spectrograms(features_folder(load_corpus(folder), "loudness"))
    assert np.allclose(made.clip(0), loudness(folder, "clip0"), rtol=1e-6)


def test_the_export_on_the_page_works(cli, folder, tmp_path, monkeypatch):
    import torch

    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Unflatten(1, (1, -1)), torch.nn.Conv1d(1, 3, 800, 800), torch.nn.Flatten())
    monkeypatch.chdir(tmp_path)
    exec(block("import torch\n\ntorch.onnx"), {"model": model})
    words = ("--rate", 48000, "--window", 48000, "--serial")
    result = cli("features", folder, "--onnx", "mine.onnx", *words)
    assert result.exit_code == 0, result.stderr
    made = load_spectrograms(features_folder(load_corpus(folder), "mine"))
    samples = read_audio(tmp_path / "audio" / "clip0.wav", 48000)
    samples = np.pad(samples, (0, max(0, 48000 - len(samples))))[:48000]
    wanted = model(torch.from_numpy(samples[np.newaxis])).detach().numpy()
    assert np.allclose(made.clip(0)[:1], wanted, atol=1e-5)


LOG_MEL_MODEL = '''
from functools import cached_property
import librosa
import numpy as np
import onnxruntime
from raymer.features.extractor import FramesExtractor

class Musicnn(FramesExtractor):
    """musicnn's penultimate layer, patch by patch."""
    width = 200
    sample_rate = 16000

    @cached_property
    def _session(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession("MODEL", options)

    def frames(self, samples):
        mel = librosa.feature.melspectrogram(
            y=samples, sr=16000, n_fft=512, hop_length=256, n_mels=96, pad_mode="reflect"
        ).T
        L = np.log10(10000 * mel + 1).astype(np.float32)
        patches = [L[k : k + 187] for k in range(0, len(L) - 186, 187)]
        return np.concatenate([self._session.run(["penultimate"], {"log_mel": x[None]})[0] for x in patches])
'''


@pytest.mark.real
@pytest.mark.slow
def test_a_real_model_through_a_class_gives_the_shared_embeddings(real_data, cli, tmp_path):
    import pandas as pd

    from raymer.corpora.base import Corpus, Target

    pytest.importorskip("onnxruntime")
    ids = ["classical_7", "rock_7"]
    files = [f"audio/{clip.replace('_', '/')}.ogg" for clip in ids]
    clips = pd.DataFrame({"clip_id": ids, "group": ids, "y": [0.0, 1.0], "audio": files})
    write_corpus(Corpus("E", clips, (Target("y"),), {}, {}, str(real_data / "emotify")), tmp_path / "E")
    plugin = tmp_path / "real_musicnn.py"
    plugin.write_text(LOG_MEL_MODEL.replace("MODEL", str(real_data / "musicnn" / "msd_musicnn.onnx")))
    words = ("--use", "real_musicnn:Musicnn", "--plugin", plugin, "--name", "m", "--pool", "mean", "--serial")
    result = cli("features", tmp_path / "E", *words)
    assert result.exit_code == 0, result.stderr
    shared = pd.read_parquet(real_data / "musicnn" / "emotify" / "musicnn_penultimate_mean.parquet")
    wanted = shared.set_index("clip_id").loc[ids].to_numpy()
    assert np.abs(load_corpus(tmp_path / "E").input("m").values - wanted).max() < 1e-4
