"""Plan, shards, manifest, and the arrays that are read back."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from raymer.errors import RaymerError, UsageError
from raymer.features.build import BuildPlan, build_shard, finish, missing_shards, prepare, run_serial
from raymer.features.logmel import LogMel
from raymer.features.shards import Broken, read_shard, read_shard_info
from raymer.features.store import load_spectrograms, load_table


def build(plan: BuildPlan, folder: Path) -> dict:
    run_serial(plan, folder, missing_shards(plan, folder), prepare(plan, folder), lambda info: None)
    return finish(plan, folder)


@pytest.fixture
def plan(make_corpus):
    return BuildPlan.of(make_corpus(1.0, 0.4, 0.7, 1.3, 0.2), LogMel(), shard_size=2)


@pytest.fixture
def built(plan, tmp_path):
    build(plan, tmp_path / plan.name)
    return tmp_path / plan.name


def expected(plan):
    return [plan.extractor.extract(Path(plan.root) / file) for _, file, _ in plan.clips]


def test_frames_come_back_to_the_bit(plan, built):
    made = load_spectrograms(built)
    assert made.clip_ids.tolist() == [clip for clip, _, _ in plan.clips]
    for row, frames in enumerate(expected(plan)):
        assert np.array_equal(made.clip(row), frames)
    assert made.lengths.tolist() == [len(frames) for frames in expected(plan)]


def test_shards_are_readable_with_pyarrow_alone(plan, built):
    table = pq.read_table(sorted(built.glob("part-*.parquet")))
    assert table.column_names == ["clip_id", "n_frames", "features"]
    tensors = table["features"].combine_chunks().to_numpy_ndarray()
    assert tensors.shape == (5, *json.loads((built / "manifest.json").read_text())["shape"])
    for row, frames in enumerate(expected(plan)):
        assert np.array_equal(tensors[row, : table["n_frames"][row].as_py()], frames)
        assert not tensors[row, len(frames) :].any()


def test_arrays_are_read_only_and_excerpts_are_copies(built):
    for made in (load_spectrograms(built), load_spectrograms(built, memory_share=0.0)):
        with pytest.raises(ValueError, match="read-only"):
            made.frames[0] = 0.0
        excerpts, _ = made.excerpts(np.array([0, 1]), np.array([2, 0]), 5)
        excerpts[:] = 7.0
        assert not (made.frames == 7.0).any()


def test_memory_mapping_gives_the_same(built):
    held, mapped = load_spectrograms(built), load_spectrograms(built, memory_share=0.0)
    assert isinstance(mapped.frames, np.memmap)
    assert not isinstance(held.frames, np.memmap)
    assert np.array_equal(held.frames, mapped.frames)
    assert np.array_equal(held.offsets, mapped.offsets)
    assert held.clip_ids.tolist() == mapped.clip_ids.tolist()
    assert held.fingerprint == mapped.fingerprint
    assert [path.name for path in built.glob(".*")] == []


def test_excerpts_are_padded_behind_the_end(built):
    made = load_spectrograms(built)
    excerpts, lengths = made.excerpts(np.array([4, 0]), np.array([3, 1]), 12)
    assert excerpts.shape == (2, 12, 40)
    assert excerpts.dtype == np.float32
    assert lengths.tolist() == [made.lengths[4] - 3, 12]
    assert np.array_equal(excerpts[0, : lengths[0]], made.clip(4)[3:])
    assert not excerpts[0, lengths[0] :].any()
    assert np.array_equal(excerpts[1], made.clip(0)[1:13])


def test_padded_clips(built):
    made = load_spectrograms(built)
    clips, lengths = made.padded(np.array([1, 3]))
    assert clips.shape == (2, made.lengths[3], 40)
    assert lengths.tolist() == made.lengths[[1, 3]].tolist()
    assert np.array_equal(clips[0, : lengths[0]], made.clip(1))
    assert made.padded(np.array([], dtype=int))[0].shape == (0, 0, 40)


def test_float16_is_stored_and_read(plan, tmp_path):
    narrow = replace(plan, extractor=LogMel(dtype="float16"))
    build(narrow, tmp_path / "narrow")
    made = load_spectrograms(tmp_path / "narrow")
    assert made.frames.dtype == np.float16
    assert np.array_equal(made.clip(0), expected(narrow)[0])
    assert made.excerpts(np.array([0]), np.array([0]), 3)[0].dtype == np.float32


def test_the_fingerprint_knows_every_parameter_and_file(plan, make_corpus):
    others = [LogMel(n_bins=41), LogMel(hop_ms=20), LogMel(fmin=20), LogMel(dtype="float16"), LogMel(n_fft=4096)]
    names = {plan.name, *(replace(plan, extractor=other).name for other in others), replace(plan, shard_size=3).name}
    assert len(names) == 7
    assert BuildPlan.of(make_corpus(1.0, 0.4, 0.7, 1.3, 0.2), LogMel(), 2).name == plan.name
    assert BuildPlan.of(make_corpus(1.0, 0.4, 0.7, 1.3, 0.3), LogMel(), 2).name != plan.name


def test_the_manifest_says_how_it_was_made(plan, built):
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["parameters"]["n_bins"] == 40
    assert {"soundfile", "libsndfile", "soxr", "librosa", "numpy"} <= set(manifest["versions"])
    assert manifest["fingerprint"] == plan.fingerprint
    assert (manifest["clips"], manifest["broken"]) == (5, [])


def test_only_missing_shards_are_built_and_the_bytes_are_the_same(plan, built):
    before = {path.name: path.read_bytes() for path in built.iterdir()}
    (built / "part-0001.parquet").unlink()
    (built / "manifest.json").unlink()
    (built / ".part-0002.parquet.killed").write_bytes(b"half a shard")
    assert missing_shards(plan, built) == [1]
    build(plan, built)
    assert {path.name: path.read_bytes() for path in built.iterdir()} == before


def test_a_broken_clip_costs_one_line(plan, tmp_path):
    (Path(plan.root) / "clip1.wav").write_bytes(b"")
    manifest = build(plan, tmp_path / "broken")
    assert manifest.broken == (Broken("clip1", "clip1.wav", "empty: 0 bytes"),)
    assert load_spectrograms(tmp_path / "broken").clip_ids.tolist() == ["clip0", "clip2", "clip3", "clip4"]


def test_a_shard_of_broken_clips_only_is_a_shard(plan, tmp_path):
    for clip in ("clip0", "clip1"):
        (Path(plan.root) / f"{clip}.wav").unlink()
    build(plan, tmp_path / "broken")
    assert read_shard(tmp_path / "broken" / "part-0000.parquet").values.shape == (0, 40)
    assert len(read_shard_info(tmp_path / "broken" / "part-0000.parquet").broken) == 2
    for share in (0.25, 0.0):
        assert len(load_spectrograms(tmp_path / "broken", memory_share=share).clip_ids) == 3


def test_no_usable_clip_is_an_error(plan, tmp_path):
    for _, file, _ in plan.clips:
        (Path(plan.root) / file).write_bytes(b"")
    with pytest.raises(RaymerError, match=r"none of its 5 clips can be used; the first, clip0.wav: empty"):
        build(plan, tmp_path / "broken")


def test_a_damaged_shard_is_named(plan, built):
    path = built / "part-0001.parquet"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(RaymerError, match="part-0001.parquet is damaged"):
        load_spectrograms(built)
    with pytest.raises(RaymerError, match="part-0001.parquet is damaged"):
        finish(plan, built)


def test_a_shard_written_twice_has_the_same_bytes(plan, built, tmp_path):
    shape = prepare(plan, tmp_path / "again")
    build_shard(plan, tmp_path / "again", 0, shape)
    assert (tmp_path / "again" / "part-0000.parquet").read_bytes() == (built / "part-0000.parquet").read_bytes()


def test_unfinished_and_wrong_folders_are_refused(plan, built, tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        load_spectrograms(tmp_path / "none")
    with pytest.raises(UsageError, match="many rows a clip"):
        load_table(built, "table")
    (built / "manifest.json").unlink()
    with pytest.raises(UsageError, match="not finished"):
        load_spectrograms(built)


def test_a_corpus_without_audio_is_refused(make_corpus):
    corpus = make_corpus(0.2, 0.2)
    with pytest.raises(UsageError, match="without audio"):
        BuildPlan.of(replace(corpus, audio_root=None), LogMel())
    with pytest.raises(UsageError, match="no longer at"):
        BuildPlan.of(replace(corpus, audio_root="gone"), LogMel())


FULL = """
mount -t tmpfs -o size=8m tmpfs "$1" || exit 77
cp -r "$2" "$1/F"
head -c 8m /dev/zero > "$1/filler" 2> /dev/null; truncate -s -8k "$1/filler"
"$3" -c "$4" "$1/F"
code=$?
find "$1/F" -name ".*"
exit $code
"""
MAP = """
import sys
from raymer.errors import RaymerError
from raymer.features.store import load_spectrograms
try:
    load_spectrograms(sys.argv[1], memory_share=0.0)
except RaymerError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def test_a_full_disk_is_an_error_and_no_signal(built, tmp_path):
    """What is written through a map ends the process (SIGBUS) where the disk has no room for it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if shutil.which("unshare") is None:
        pytest.skip("a file system for the test alone needs `unshare`")
    command = ["unshare", "--mount", "sh", "-c", FULL, "sh", disk, built, sys.executable, MAP]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("a file system for the test alone needs root")
    assert done.returncode == 1, done
    assert done.stderr.rstrip().endswith(".npy cannot be written: No space left on device")
    assert done.stdout == "", "nothing is left"
