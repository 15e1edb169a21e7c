"""One more representation of a corpus' clips from a file: a table, or the frames of each clip."""

import contextlib
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus, Input
from raymer.corpora.door.adding import read_inputs
from raymer.corpora.door.array_files import open_arrays
from raymer.corpora.door.arrays import Arrays
from raymer.corpora.door.build import check_input_name
from raymer.corpora.door.ids import AS_THEY_STAND, Matched, Matching, match
from raymer.corpora.door.reading import PLAIN, Reading
from raymer.corpora.door.roles import RoleOptions
from raymer.corpora.folder import load_corpus
from raymer.corpora.inputs import add_input, drop_input
from raymer.errors import RaymerError, UsageError
from raymer.features.folders import built_features
from raymer.features.manifest import FORMAT, MANIFEST, FeaturesRecord, ShardRecord, put_record
from raymer.features.pooling import check_pool, pooled, pooled_columns
from raymer.features.shards import ShardInfo, shard_name, write_shard
from raymer.identity import content_hash
from raymer.whole import why

SHARD_BYTES = 32 << 20


def add_file(
    folder: Path,
    path: Path,
    name: str,
    options: RoleOptions | None = None,
    *,
    how: Matching = AS_THEY_STAND,
    reading: Reading = PLAIN,
    missing: str | None = None,
    pool: str | None = None,
    replace_existing: bool = False,
) -> dict[str, Any]:
    """Add what `path` holds to the corpus in `folder` as the input `name`, and return what was done.

    Parameters
    ----------
    folder : Path
        A corpus folder; what else lies in it stays.
    path : Path
        A table; or arrays: an .npz or HDF5 file with `ids` and one array of as many rows, or with an array an id, or
        a folder of ID.npy. Arrays (d,) make a table, arrays (t, d) frames, each clip's as long as it is.
    name : str
    options : RoleOptions, optional
        The id's columns of a table, and the roles of others; targets are the corpus' own.
    how, reading, missing
        As in an import.
    pool : {"mean", "max", "mean+std"}, optional
        Make a table of frames.
    replace_existing : bool
        Replace an input of that name.

    Raises
    ------
    Questions
        Where columns are doubtful.
    UsageError, RaymerError
        When the file is of no kind that is read, its ids do not match, or its arrays cannot be used; nothing is
        written then.
    """
    corpus = load_corpus(folder)
    check_name(corpus, name, replace_existing=replace_existing)
    if pool is not None:
        check_pool(pool)
    arrays = open_arrays(path)
    if arrays is not None and arrays.are_sequences:
        found = match(corpus.clips["clip_id"].tolist(), list(arrays.ids), str(path), how)
        if pool is None:
            count = _write_frames(folder, name, arrays, found)
            drop_input(folder, name)
            return {"inputs": [name], **found.notes(), "frames": count, "width": arrays.shapes[0][1]}
        made = [_pooled_table(name, arrays, found, pool)]
        notes: dict[str, Any] = {**found.notes(), "features": len(made[0].columns), "pool": pool}
    elif pool is not None:
        raise UsageError(
            f"{path} holds one vector a clip and no frames: there is nothing to pool, leave pool={pool} out"
        )
    else:
        made, notes = read_inputs(corpus, path, name, options, how=how, reading=reading, missing=missing, arrays=arrays)
    for item in made:
        add_input(folder, item)
        shutil.rmtree(folder / "features" / item.name, ignore_errors=True)  # frames of that name were replaced
    return {"inputs": [item.name for item in made], **notes}


def check_name(corpus: Corpus, name: str, *, replace_existing: bool) -> None:
    """Raise UsageError for what is no name of an input, or is taken."""
    check_input_name(name)
    frames = [path.name for path in built_features(corpus.folder)] if corpus.folder else []
    if (name in corpus.inputs or name in frames) and not replace_existing:
        raise UsageError(f"{corpus.folder} has an input {name!r} already: another name=, or replace it")


def _pooled_table(name: str, arrays: Arrays, found: Matched, pool: str) -> Input:
    width = arrays.shapes[0][1]
    columns = pooled_columns(width, pool)
    values = np.empty((len(found.rows), len(columns)))
    for row, place in enumerate(found.rows.tolist()):
        values[row] = pooled(arrays.array(place), pool)
    return Input(name, np.array(found.clips, dtype=str), values, columns, {**arrays.made_by, "pool": pool})


def _write_frames(folder: Path, name: str, arrays: Arrays, found: Matched) -> int:
    """Write CORPUS/features/NAME, whole or not at all, shard by shard, and return the number of frames."""
    target = folder / "features" / name
    target.parent.mkdir(exist_ok=True)
    temporary = target.with_name(f".{name}.{uuid.uuid4().hex}")
    temporary.mkdir()
    try:
        infos = _write_shards(temporary, arrays, found)
        put_record(temporary / MANIFEST, _manifest(folder, arrays, found, infos))
        old = temporary.with_name(f"{temporary.name}.old")
        if target.exists():
            target.replace(old)
        temporary.replace(target)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise RaymerError(f"{target} cannot be written: {why(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        with contextlib.suppress(OSError):
            target.parent.rmdir()  # where nothing is in it
    return sum(info.frames for info in infos)


def _write_shards(folder: Path, arrays: Arrays, found: Matched) -> list[ShardInfo]:
    dtype = kept_dtype(arrays.dtype)
    width = arrays.shapes[0][1]
    infos: list[ShardInfo] = []
    for places in _shards([arrays.shapes[row][0] for row in found.rows], width * dtype.itemsize):
        values = [_as(arrays, int(found.rows[place]), dtype) for place in places]
        path = folder / shard_name(len(infos))
        infos.append(write_shard(path, [found.clips[place] for place in places], values, (), (0, width)))
    return infos


def _shards(lengths: Sequence[int], frame_bytes: int) -> list[list[int]]:
    """Return the clips of each shard: as many as SHARD_BYTES hold, each padded to the longest; at least one."""
    shards: list[list[int]] = []
    longest = 0
    for place, length in enumerate(lengths):
        longest = max(longest, length)
        if shards and (len(shards[-1]) + 1) * longest * frame_bytes <= SHARD_BYTES:
            shards[-1].append(place)
        else:
            shards.append([place])
            longest = length
    return shards


def kept_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type that frames are kept in: float16 as it is, all others as float32."""
    return dtype if dtype == np.float16 else np.dtype(np.float32)


def _as(arrays: Arrays, place: int, dtype: np.dtype[Any]) -> np.ndarray:
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(arrays.array(place), dtype=dtype)
    if not np.isfinite(values).all():
        raise RaymerError(f"{arrays.source}: {arrays.ids[place]!r} holds numbers beyond {dtype}")
    return values


def _manifest(folder: Path, arrays: Arrays, found: Matched, infos: Sequence[ShardInfo]) -> FeaturesRecord:
    content = content_hash([info.content for info in infos])
    return FeaturesRecord(
        format=FORMAT,
        kind="added",
        corpus=load_corpus(folder).name,
        fingerprint=content,
        parameters={},
        versions={},
        made_by=dict(arrays.made_by),
        is_spectrogram=False,
        columns=(),
        dtype=kept_dtype(arrays.dtype).name,
        shape=(max(arrays.shapes[row][0] for row in found.rows), arrays.shapes[0][1]),
        clips=len(found.clips),
        frames=sum(info.frames for info in infos),
        shards=tuple(ShardRecord.of(info) for info in infos),
        broken=(),
        content=content,
    )
