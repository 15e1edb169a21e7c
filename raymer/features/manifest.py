"""manifest.json: what a finished features folder says of itself, as one typed record."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from raymer.features.shards import Broken, ShardInfo
from raymer.identity import content_hash
from raymer.records import Record, read_record, to_json
from raymer.whole import written

FORMAT = 2
MANIFEST = "manifest.json"
REMEDY = "delete its folder and build it again"

Count = Annotated[int, Field(ge=0)]


class ShardRecord(Record):
    """What the manifest says of one shard."""

    file: Annotated[str, Field(pattern=r"^part-\d{4,}\.parquet$")]
    clips: Count
    frames: Count
    content: str

    @classmethod
    def of(cls, info: ShardInfo) -> "ShardRecord":
        """Return the record of a shard; its broken clips stand in the manifest's own list."""
        return cls(file=info.file, clips=info.clips, frames=info.frames, content=info.content)


class FeaturesRecord(Record):
    """manifest.json, whole; `shape` is (max_frames, width)."""

    format: int
    kind: str
    corpus: str
    fingerprint: str
    parameters: dict[str, Any]
    versions: dict[str, Any]
    made_by: dict[str, Any]
    is_spectrogram: bool
    columns: tuple[str, ...]
    dtype: Annotated[str, Field(pattern=r"^float(16|32|64)$")]
    shape: tuple[Count, Annotated[int, Field(ge=1)]]
    clips: Count
    frames: Count
    shards: tuple[ShardRecord, ...]
    broken: tuple[Broken, ...]
    content: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]

    @model_validator(mode="after")
    def _check_sums(self) -> Self:
        of_shards = (sum(shard.clips for shard in self.shards), sum(shard.frames for shard in self.shards))
        if (self.clips, self.frames) != of_shards:
            raise ValueError(f"{self.clips} clips of {self.frames} frames, its shards have {of_shards}")
        if self.content != content_hash([shard.content for shard in self.shards]):
            raise ValueError("content is not that of the shards")
        return self


def read_manifest(folder: Path) -> FeaturesRecord | None:
    """Return the manifest of a features folder, or None where the build is not finished.

    Raises
    ------
    RaymerError
        When another raymer wrote it, or it does not fit.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    return read_record(FeaturesRecord, path.read_bytes(), path, REMEDY, reads=FORMAT)


def put_record(path: Path, value: Record) -> None:
    """Write a JSON file, whole or not at all."""
    with written(path) as new:
        new.write_text(to_json(value.model_dump(mode="json"), indent=1) + "\n")
