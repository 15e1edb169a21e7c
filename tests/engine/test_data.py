"""Building features on Ray and without it, stopping and going on, and handing the arrays to other processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from raymer.corpora.base import Corpus, Target
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.engine.cluster import connected
from raymer.engine.data import BuildProgress, build_features, put_spectrograms, run_on_ray
from raymer.engine.gang.sharing import share_samples
from raymer.engine.machine import SERIAL
from raymer.errors import UsageError
from raymer.features.build import BuildPlan, finish, missing_shards, prepare
from raymer.features.logmel import LogMel
from raymer.features.store import load_spectrograms
from raymer.studies.fit import Samples

N_CLIPS = 40


@pytest.fixture(scope="module")
def audio_corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    root = tmp_path_factory.mktemp("audio")
    rng = np.random.default_rng(0)
    names = [f"clip{k:02d}" for k in range(N_CLIPS)]
    for k, name in enumerate(names):
        soundfile.write(root / f"{name}.wav", rng.normal(0, 0.1, 6000 + 300 * k), 22050)
    (root / "clip07.wav").write_text("no audio")
    clips = pd.DataFrame(
        {"clip_id": names, "group": names, "y": np.arange(N_CLIPS) / 10.0, "audio": [f"{name}.wav" for name in names]}
    )
    return Corpus("small", clips, (Target("y"),), {}, {}, str(root))


@pytest.fixture(scope="module")
def serial(audio_corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_features(audio_corpus, LogMel(), tmp_path_factory.mktemp("serial"), machine=SERIAL).folder


@pytest.fixture(scope="module")
def ray_session() -> Iterator[int]:
    with connected("local", 2) as workers:
        yield workers


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".npy"}


def test_ray_and_this_process_write_the_same_bytes(audio_corpus, serial, ray_session, tmp_path):
    plan = BuildPlan.of(audio_corpus, LogMel())
    folder = tmp_path / plan.name
    shape = prepare(plan, folder)
    seen = []
    run_on_ray(plan, folder, missing_shards(plan, folder), shape, ray_session, lambda info: seen.append(info.file))
    finish(plan, folder)
    assert sorted(seen) == ["part-0000.parquet", "part-0001.parquet", "part-0002.parquet"]
    assert contents(folder) == contents(serial)


def test_spectrograms_in_the_object_store_are_shared_and_read_only(serial, ray_session):
    import ray

    shared = put_spectrograms(serial)
    mapped = put_spectrograms(serial, store_share=0.0)
    assert shared.reference is not None
    assert mapped.reference is None

    @ray.remote
    def look(handle):
        made = handle.get()
        return made.clip_ids, float(made.frames.sum(dtype=np.float64)), made.frames.flags.writeable, made.fingerprint

    here = load_spectrograms(serial)
    for clip_ids, total, is_writeable, fingerprint in ray.get([look.remote(shared), look.remote(mapped)]):
        assert clip_ids.tolist() == here.clip_ids.tolist()
        assert total == float(here.frames.sum(dtype=np.float64))
        assert not is_writeable
        assert fingerprint == here.fingerprint


@pytest.mark.parametrize("is_built", [True, False])
def test_samples_reach_a_worker_with_their_frames_read_only(serial, ray_session, is_built):
    import ray

    made = load_spectrograms(serial)
    offsets = np.stack([made.offsets[:-1], made.offsets[1:]], axis=1)
    labels = {"y": np.arange(len(made.clip_ids)) / 10.0}
    folder = str(serial) if is_built else None
    ids = made.clip_ids
    samples = Samples("small", "logmel", ids, ids, made.frames, (), labels, "f", {"y": "l"}, offsets, folder)
    shared = share_samples(samples)
    assert (shared.frames is not None) == is_built

    @ray.remote
    def look(handle):
        got = handle.get()
        return float(got.features.sum(dtype=np.float64)), got.features.flags.writeable, got.labels, got.fingerprint

    total, is_writeable, seen, fingerprint = ray.get(look.remote(shared))
    assert total == float(made.frames.sum(dtype=np.float64))
    assert not is_writeable
    assert seen["y"].tolist() == labels["y"].tolist()
    assert fingerprint == "f"


def test_putting_needs_ray(serial, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(UsageError, match="connected Ray"):
        put_spectrograms(serial)


def test_the_summary_names_the_broken_file_and_the_second_call_starts_nothing(audio_corpus, tmp_path, monkeypatch):
    reports: list[BuildProgress] = []
    first = build_features(audio_corpus, LogMel(), tmp_path, machine=SERIAL, on_progress=reports.append)
    assert (first.clips, first.shards, first.built) == (N_CLIPS - 1, 3, 3)
    assert [(item.clip_id, item.reason) for item in first.broken] == [("clip07", "no audio: it is a text file")]
    assert [(report.done, report.total) for report in reports] == [(16, N_CLIPS), (32, N_CLIPS), (40, N_CLIPS)]
    monkeypatch.setattr("raymer.engine.data.connected", lambda *_: pytest.fail("Ray was started"))
    before = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    second = build_features(audio_corpus, LogMel(), tmp_path)
    assert (second.built, second.broken, second.clips) == (0, first.broken, first.clips)
    assert {path: path.stat().st_mtime_ns for path in first.folder.iterdir()} == before


def test_a_build_that_is_killed_goes_on_and_ends_with_the_same_bytes(audio_corpus, serial, tmp_path):
    write_corpus(audio_corpus, tmp_path / "corpus")
    features = tmp_path / "corpus" / "features"
    command = [sys.executable, "-m", "raymer.cli.main", "features", str(tmp_path / "corpus"), "--serial"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(features.glob("*/part-*.parquet")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = {path: path.stat().st_mtime_ns for path in features.glob("*/part-*.parquet")}
    assert left
    summary = build_features(load_corpus(tmp_path / "corpus"), LogMel(), features, machine=SERIAL)
    assert summary.built == 3 - len(left)
    assert {path: path.stat().st_mtime_ns for path in left} == left
    assert contents(summary.folder) == contents(serial)


def test_the_verb_builds_and_says_what_is_broken(audio_corpus, tmp_path, cli):
    write_corpus(audio_corpus, tmp_path / "corpus")
    result = cli("features", tmp_path / "corpus", "--serial", "--bins", 20, "--dtype", "float16", "--json")
    assert result.exit_code == 0, result.stderr
    assert "broken: clip07 (clip07.wav): no audio: it is a text file" in result.stderr
    assert '"built": 3' in result.stdout
    (folder,) = (tmp_path / "corpus" / "features").iterdir()
    assert load_spectrograms(folder).frames.shape[1] == 20


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--kind", "logmal"], "did you mean 'logmel'"),
        (["--kind", "opensmile-is13", "--bins", 20], "would ignore --bins"),
        (["--serial", "--workers", 2], "would have no effect"),
        (["--dtype", "int8"], "dtype 'int8' is unknown"),
    ],
)
def test_the_verb_refuses_wrong_use(audio_corpus, tmp_path, cli, words, message):
    write_corpus(audio_corpus, tmp_path / "corpus")
    result = cli("features", tmp_path / "corpus", *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_corpus_without_audio_is_refused(corpus_folder, cli):
    result = cli("features", corpus_folder)
    assert result.exit_code == 2
    assert "imported without audio" in result.stderr


@pytest.mark.real
def test_real_clips_of_mixed_rates(real_data, tmp_path):
    from raymer.corpora.registry import import_corpus

    corpus = import_corpus("four_quadrants", real_data / "four_quadrants_sample")
    summary = build_features(corpus, LogMel(), tmp_path, machine=SERIAL)
    assert (summary.clips, summary.broken) == (60, ())
    assert load_spectrograms(summary.folder).lengths.max() < 1300
