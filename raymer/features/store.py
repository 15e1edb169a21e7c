"""Reading a features folder: all clips' frames in one array, in memory or memory-mapped.

Clips differ in length, so their frames stand one after the other in one array (total_frames, width) with the offsets
beside it, rather than padded: nothing is wasted on the longest clip, a clip is a view without a copy, an excerpt is
one indexing, and the same bytes can lie in memory, in a memory-mapped file or in Ray's object store.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from raymer.corpora.base import Input
from raymer.errors import RaymerError, UsageError
from raymer.features.manifest import MANIFEST, REMEDY, FeaturesRecord, ShardRecord, read_manifest
from raymer.features.shards import Shard, read_index, read_shard, read_shard_info
from raymer.records import whole
from raymer.whole import why

MEMORY_SHARE = 0.25


@dataclass(frozen=True, eq=False)
class Spectrograms:
    """The frames of many clips.

    Attributes
    ----------
    clip_ids : ndarray of shape (n_clips,), str
        In the corpus' order; clips whose audio cannot be used are absent.
    offsets : ndarray of shape (n_clips + 1,), int64
        Clip k has the frames offsets[k] to offsets[k + 1].
    frames : ndarray of shape (total_frames, n_bins), float32 or float16
        Read-only; in dB for log-mel.
    fingerprint : str
        Hash of ids, lengths and values.
    is_spectrogram : bool
        Whether a frame is a moment of sound, so that what changes from one to the next, and an excerpt of a few
        seconds, say something; embeddings of long windows are not.
    """

    clip_ids: np.ndarray
    offsets: np.ndarray
    frames: np.ndarray
    fingerprint: str
    is_spectrogram: bool = True

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each clip (n_clips,), int64."""
        lengths: np.ndarray = np.diff(self.offsets)
        return lengths

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each clip id."""
        return {clip: row for row, clip in enumerate(self.clip_ids.tolist())}

    def clip(self, row: int) -> np.ndarray:
        """Return the frames (n_frames, n_bins) of one clip: a read-only view."""
        return self.frames[self.offsets[row] : self.offsets[row + 1]]

    def excerpts(self, rows: np.ndarray, starts: np.ndarray, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Return excerpts of clips, copied: whoever writes to them reaches nobody else's.

        Parameters
        ----------
        rows, starts : ndarray of shape (n,), int
            Clips, and the first frame of each excerpt within its clip.
        n_frames : int

        Returns
        -------
        excerpts : ndarray of shape (n, n_frames, n_bins), float32
            Zeros behind the end of a clip.
        lengths : ndarray of shape (n,), int64
            Frames that are the clip's.
        """
        lengths = np.clip(self.lengths[rows] - starts, 0, n_frames)
        steps = np.arange(n_frames)
        is_inside = steps < lengths[:, np.newaxis]
        at = np.where(is_inside, (self.offsets[rows] + starts)[:, np.newaxis] + steps, 0)
        excerpts: np.ndarray = self.frames[at].astype(np.float32, copy=False)
        excerpts[~is_inside] = 0.0
        return excerpts, lengths

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return whole clips (n, longest of them, n_bins), float32, zeros behind each, and their lengths (n,)."""
        rows = np.asarray(rows)
        longest = int(self.lengths[rows].max()) if len(rows) else 0
        return self.excerpts(rows, np.zeros(len(rows), dtype=np.int64), longest)


def load_spectrograms(folder: str | Path, *, memory_share: float = MEMORY_SHARE) -> Spectrograms:
    """Read a finished features folder.

    Parameters
    ----------
    folder : path
        What build_features made.
    memory_share : float
        A corpus larger than this share of the machine's memory is memory-mapped, from a file of its frames that is
        written once beside the shards; 0 maps always.

    Raises
    ------
    UsageError
        When the folder is missing or its build is not finished.
    RaymerError
        When a shard is damaged or is not what the manifest says.
    """
    folder = Path(folder)
    manifest = finished_manifest(folder)
    shape = (manifest.frames, manifest.shape[1])
    dtype = np.dtype(manifest.dtype)
    is_mapped = stored_bytes(folder) > memory_share * _memory()
    ids: list[str] = []
    lengths: list[np.ndarray] = []
    _check_shards(folder, manifest)
    if is_mapped:
        frames = _mapped(folder, manifest, shape, dtype)
        for item in manifest.shards:
            # The lengths are two small columns; the frames come from the mapped file.
            shard_ids, shard_lengths = read_index(folder / item.file)
            ids += shard_ids
            lengths.append(shard_lengths)
    else:
        with whole(folder / MANIFEST, REMEDY):  # more than there is memory for is damage too
            frames = np.empty(shape, dtype=dtype)
        for start, shard in _shards(folder, manifest):
            frames[start : start + len(shard.values)] = shard.values
            ids += shard.clip_ids
            lengths.append(shard.lengths)
        frames.setflags(write=False)
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    if offsets[-1] != len(frames) or len(set(ids)) != len(ids):
        raise RaymerError(f"{folder}: its shards do not hold what {MANIFEST} says: {REMEDY}")
    return Spectrograms(np.array(ids, dtype=str), offsets, frames, manifest.content, manifest.is_spectrogram)


def stored_bytes(folder: str | Path) -> int:
    """Return the bytes of the frames of a finished features folder, unpadded; raises as load_spectrograms."""
    manifest = finished_manifest(Path(folder))
    return int(manifest.frames * manifest.shape[1] * np.dtype(manifest.dtype).itemsize)


def load_table(folder: Path, name: str) -> Input:
    """Return a finished folder of one row a clip (openSMILE) as a table input called `name`; raises as above."""
    manifest = finished_manifest(folder)
    made = load_spectrograms(folder)
    if len(made.frames) != len(made.clip_ids):
        raise UsageError(f"{folder} holds {manifest.kind}, which has many rows a clip: it is no table")
    return Input(name, made.clip_ids, made.frames.astype(np.float64), manifest.columns, made_by(folder))


def made_by(folder: Path) -> dict[str, Any]:
    """Return what a finished folder was made by, and the folder's name, as a table made of it says."""
    return {**finished_manifest(folder).made_by, "features": folder.name}


def finished_manifest(folder: Path) -> FeaturesRecord:
    """Return the manifest of a finished features folder; UsageError where it is missing or not finished."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: make features with `raymer features`")
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder} is not finished ({MANIFEST} is missing): run `raymer features` again")
    return manifest


def _check_shards(folder: Path, manifest: FeaturesRecord) -> None:
    """Raise RaymerError where a shard says of itself that it is another than the manifest names."""
    for item in manifest.shards:
        if ShardRecord.of(read_shard_info(folder / item.file)) != item:
            raise RaymerError(f"{folder / item.file} is not the shard that {MANIFEST} names: {REMEDY}")


def _shards(folder: Path, manifest: FeaturesRecord) -> Iterator[tuple[int, Shard]]:
    """Yield (first frame, Shard) for all shards."""
    start = 0
    for item in manifest.shards:
        path = folder / item.file
        shard = read_shard(path)
        is_of_shape = shard.values.dtype == manifest.dtype and shard.values.shape[1:] == manifest.shape[1:]
        if (len(shard.clip_ids), len(shard.values)) != (item.clips, item.frames) or not is_of_shape:
            raise RaymerError(f"{path} is not the shard that {MANIFEST} names: {REMEDY}")
        yield start, shard
        start += len(shard.values)


def _take(path: Path) -> None:
    """Have the system give a file all its bytes: written through a map, a full disk would end the process instead."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _mapped(folder: Path, manifest: FeaturesRecord, shape: tuple[int, int], dtype: np.dtype[Any]) -> np.ndarray:
    """Return the frames as a read-only memory map of frames-CONTENT.npy, which is written first where it is missing."""
    path = folder / f"frames-{manifest.content}.npy"
    if not path.is_file():
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            target = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
            _take(temporary)
            for start, shard in _shards(folder, manifest):
                target[start : start + len(shard.values)] = shard.values
            target.flush()
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise RaymerError(f"{path} cannot be written: {why(error)}") from error
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    with whole(path, "delete it, it is made again"):
        frames: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        if frames.shape != shape or frames.dtype != dtype:
            raise RaymerError(f"{path} holds {frames.shape} {frames.dtype}, not {shape} {dtype}: delete it")
    return frames


def _memory() -> int:
    """Return the machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
