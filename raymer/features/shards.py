"""One shard of a features folder: a Parquet file of some clips, readable with pyarrow alone.

Columns: `clip_id` (string), `n_frames` (int32: how many rows of the tensor are the clip's, the rest is zeros) and
`features` (fixed-shape tensor, max_frames x width; the same shape in every shard where the longest clip is known
before the first is read, else that of the shard's longest). What could not be read stands in
the file's metadata, so that a shard is the whole record of its clips.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from raymer.errors import RaymerError
from raymer.identity import array_hash, content_hash
from raymer.records import STRICT, check_columns, is_text, is_whole_number, metadata, read_record, to_json, whole

REMEDY = "delete it and build again"
METADATA_KEY = b"raymer"


@dataclass(frozen=True)
class Broken:
    """A clip whose audio cannot be used, and why."""

    __pydantic_config__ = STRICT

    clip_id: str
    file: str
    reason: str


@dataclass(frozen=True)
class ShardInfo:
    """What a shard holds, without its values; `content` is a hash of ids, lengths and values."""

    __pydantic_config__ = STRICT

    file: str
    clips: int
    frames: int
    content: str
    broken: tuple[Broken, ...]


@dataclass(frozen=True, eq=False)
class Shard:
    """The clips of a shard: ids, lengths (n_clips,) and values (sum of lengths, width), one clip after the other."""

    clip_ids: tuple[str, ...]
    lengths: np.ndarray
    values: np.ndarray


def shard_name(number: int) -> str:
    """Return the name of shard `number`'s file."""
    return f"part-{number:04d}.parquet"


def write_shard(
    path: Path, clip_ids: Sequence[str], arrays: Sequence[np.ndarray], broken: Sequence[Broken], shape: tuple[int, int]
) -> ShardInfo:
    """Write a shard, whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    path : Path
    clip_ids, arrays : sequences of equal length
        A clip's id and its values (n_frames <= shape[0], shape[1]), all of one dtype.
    broken : sequence of Broken
    shape : (max_frames, width)
        0 frames stand for those of the longest array.
    """
    shape = (shape[0] or max(1, *map(len, arrays), 1), shape[1])
    dtype = arrays[0].dtype if arrays else np.dtype(np.float32)
    padded = np.zeros((len(arrays), *shape), dtype=dtype)
    for row, values in enumerate(arrays):
        padded[row, : len(values)] = values
    lengths = np.array([len(values) for values in arrays], dtype=np.int32)
    content = content_hash([list(clip_ids), lengths.tolist(), array_hash(*arrays)])
    info = ShardInfo(path.name, len(clip_ids), int(lengths.sum()), content, tuple(broken))
    tensor = pa.fixed_shape_tensor(pa.from_numpy_dtype(dtype), shape)
    storage = pa.FixedSizeListArray.from_arrays(pa.array(padded.ravel()), shape[0] * shape[1])
    table = pa.table(
        {
            "clip_id": pa.array(clip_ids, pa.string()),
            "n_frames": lengths,
            "features": pa.ExtensionArray.from_storage(tensor, storage),
        }
    ).replace_schema_metadata({METADATA_KEY: to_json(asdict(info))})
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        pq.write_table(table, temporary, compression="zstd", use_dictionary=["clip_id"], write_statistics=False)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return info


def read_shard_info(path: Path) -> ShardInfo:
    """Return what a shard holds, from its footer; raises RaymerError for a file that is none."""
    with whole(path, REMEDY):
        schema = pq.read_schema(path)
    return read_record(ShardInfo, metadata(schema, METADATA_KEY, path, REMEDY), path, REMEDY)


def read_index(path: Path) -> tuple[list[str], np.ndarray]:
    """Return the clip ids of a shard and their lengths (n_clips,), int64; raises as `read_shard`."""
    with whole(path, REMEDY):
        check_columns(pq.read_schema(path), _INDEX, path, REMEDY)
        return _index(pq.read_table(path, columns=list(_INDEX)), path)


_INDEX = {"clip_id": is_text, "n_frames": is_whole_number}


def _index(table: pa.Table, path: Path) -> tuple[list[str], np.ndarray]:
    lengths = table["n_frames"].to_numpy().astype(np.int64)
    if table["clip_id"].null_count or table["n_frames"].null_count or (lengths < 0).any():
        raise RaymerError(f"{path}: a clip has no id, or no length: {REMEDY}")
    return table["clip_id"].to_pylist(), lengths


def read_shard(path: Path) -> Shard:
    """Return the clips of a shard, without padding; raises RaymerError for a file that is none."""
    with whole(path, REMEDY):
        table = pq.read_table(path).combine_chunks()
        check_columns(table.schema, {**_INDEX, "features": _is_tensor}, path, REMEDY)
        ids, lengths = _index(table, path)
        column = table["features"]
        longest, width = column.type.shape
        if len(ids) == 0:
            return Shard((), lengths, np.empty((0, width), dtype=column.type.value_type.to_pandas_dtype()))
        if (lengths > longest).any() or column.null_count:
            raise RaymerError(f"{path}: a clip has more frames than there is room for: {REMEDY}")
        padded = column.chunk(0).to_numpy_ndarray()
        values = np.concatenate([clip[:length] for clip, length in zip(padded, lengths, strict=True)])
    return Shard(tuple(ids), lengths, values)


def _is_tensor(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.FixedShapeTensorType) and len(kind.shape) == 2


def content_of(shard: Shard) -> str:
    """Return the hash of a shard's ids, lengths and values, as `ShardInfo` has it."""
    arrays = np.split(shard.values, np.cumsum(shard.lengths)[:-1]) if len(shard.lengths) else []
    return content_hash([list(shard.clip_ids), shard.lengths.tolist(), array_hash(*arrays)])
