"""What a build of features is, before anyone runs it: which clips, in which shards, under which name.

The shards follow from the corpus and the parameters alone, so that a build that was killed goes on where it was, and
ends with the same bytes, whoever builds which shard.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from raymer.corpora.base import Corpus
from raymer.errors import RaymerError, UsageError
from raymer.features.audio import AudioError
from raymer.features.extractor import Extractor
from raymer.features.manifest import FORMAT, MANIFEST, REMEDY, FeaturesRecord, ShardRecord, put_record
from raymer.features.shards import Broken, ShardInfo, read_shard_info, shard_name, write_shard
from raymer.identity import content_hash
from raymer.records import Record, read_record

_SHAPE = "shape.json"


class _Shape(Record):
    """shape.json: the longest clip's rows, found before the first shard is built."""

    max_frames: int = Field(ge=0)


@dataclass(frozen=True)
class BuildPlan:
    """A build: the clips of a corpus with their audio, in the corpus' order, and how their features are made.

    Attributes
    ----------
    corpus : str
    root : str
        Folder of the audio.
    clips : tuple of (clip_id, file, size)
        The file below `root`, and its bytes (-1 where it is missing).
    extractor : Extractor
    shard_size : int
        Clips a shard.
    called : str
        Name of the frames; by default the extractor's kind.
    use, revision : str
        The extractor's class, "module:Class", and its revision, where it is not raymer's own.
    """

    corpus: str
    root: str
    clips: tuple[tuple[str, str, int], ...]
    extractor: Extractor
    shard_size: int
    called: str = ""
    use: str = ""
    revision: str = ""

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        extractor: Extractor,
        shard_size: int | None = None,
        *,
        called: str = "",
        use: str = "",
        revision: str = "",
    ) -> "BuildPlan":
        """Return the build of all clips of `corpus` that have audio, in shards of the extractor's size when None.

        Raises
        ------
        UsageError
            When the corpus has no audio, or its folder is gone.
        """
        if corpus.audio_root is None or "audio" not in corpus.clips.columns:
            raise UsageError(f"corpus {corpus.name} was imported without audio: it has no features to build")
        root = Path(corpus.audio_root)
        if not root.is_dir():
            raise UsageError(f"the audio of corpus {corpus.name} is no longer at {root}: import it again")
        known = corpus.clips[corpus.clips["audio"].notna()]
        clips = tuple(
            (str(clip_id), str(file), _size(root / str(file)))
            for clip_id, file in zip(known["clip_id"], known["audio"], strict=True)
        )
        return cls(corpus.name, str(root), clips, extractor, shard_size or extractor.shard_size, called, use, revision)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of kind, parameters, library versions, clips with their files' sizes, the shard size and the class."""
        extractor = self.extractor
        how = [FORMAT, extractor.kind, extractor.parameters(), extractor.versions(), self.shard_size]
        return content_hash(["features", [*how, self.use, self.revision], [list(clip) for clip in self.clips]])

    @property
    def name(self) -> str:
        """Name of the folder: that of the frames, and the fingerprint."""
        return f"{self.called or self.extractor.kind}-{self.fingerprint}"

    def folder(self, parent: Path) -> Path:
        """Return the folder of the build below `parent`: what was built under another name is not built again."""
        return next(iter(sorted(parent.glob(f"*-{self.fingerprint}"))), parent / self.name)

    def made_by(self) -> dict[str, Any]:
        """Return who makes the features, JSON-ready."""
        extractor = self.extractor
        foreign = {"use": self.use, "revision": self.revision} if self.use else {}
        if model_file := getattr(extractor, "model_file", None):
            foreign["model_file"] = model_file
        how = {"parameters": extractor.parameters(), "versions": extractor.versions()}
        return {"extractor": extractor.kind, **foreign, **how}

    @property
    def n_shards(self) -> int:
        """Number of shards."""
        return -(-len(self.clips) // self.shard_size)

    def shard_clips(self, number: int) -> tuple[tuple[str, str, int], ...]:
        """Return the clips of shard `number`."""
        return self.clips[number * self.shard_size : (number + 1) * self.shard_size]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def prepare(plan: BuildPlan, folder: Path) -> tuple[int, int]:
    """Make the folder of a build, and return the shape (max_frames, width) of a clip's tensor.

    The shape is the bound from all files' headers; it is written down, so that it is found once. It is 0 frames where
    the extractor knows no bound: every shard then has its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _SHAPE
    if not path.is_file():
        longest = max((plan.extractor.longest(Path(plan.root) / file) for _, file, _ in plan.clips), default=0)
        put_record(path, _Shape(max_frames=longest))
    return read_record(_Shape, path.read_bytes(), path, REMEDY).max_frames, plan.extractor.width


def missing_shards(plan: BuildPlan, folder: Path) -> list[int]:
    """Return the numbers of the shards that do not exist yet."""
    return [number for number in range(plan.n_shards) if not (folder / shard_name(number)).is_file()]


def build_shard(plan: BuildPlan, folder: Path, number: int, shape: tuple[int, int]) -> ShardInfo:
    """Decode the clips of one shard, compute their features and write its file; the work of one Ray task.

    A clip whose file cannot be used, or that the extractor fails on, becomes a Broken with one line; nothing else
    about it stops the build.
    """
    ids, arrays, broken = [], [], []
    for clip_id, file, _ in plan.shard_clips(number):
        try:
            values = extracted(plan.extractor, Path(plan.root) / file)
            if 0 < shape[0] < len(values):
                raise AudioError(f"{len(values)} frames, but its header announces {shape[0]} at most")
        except AudioError as error:
            broken.append(Broken(clip_id, file, str(error)))
            continue
        ids.append(clip_id)
        arrays.append(values)
    return write_shard(folder / shard_name(number), ids, arrays, broken, shape)


def extracted(extractor: Extractor, path: Path) -> np.ndarray:
    """Return the values (n_rows, width) of a file, checked: in the extractor's dtype, and finite.

    Raises
    ------
    AudioError
        Where the file cannot be used, the extractor raises, or returns something else than it announced.
    UsageError
        What is missing for any file: a library, a model.
    """
    try:
        values = np.asarray(extractor.extract(path))
    except (AudioError, UsageError):
        raise
    except Exception as error:  # somebody else's code may raise anything
        first = next(iter(str(error).splitlines()), "")
        raise AudioError(f"{extractor.kind} raised {type(error).__name__}: {first}") from error
    values = values[np.newaxis] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != extractor.width or len(values) == 0:
        raise AudioError(f"{extractor.kind} returned {values.shape}, and announced (n, {extractor.width})")
    if values.dtype.kind not in "fiu":
        raise AudioError(f"{extractor.kind} returned {values.dtype}, which are no real numbers")
    values = values.astype(extractor.dtype, copy=False)
    if not np.isfinite(values).all():
        raise AudioError(f"{extractor.kind} returned {int((~np.isfinite(values)).sum())} values that are no number")
    return values


def finish(plan: BuildPlan, folder: Path) -> FeaturesRecord:
    """Write the manifest of a build whose shards all exist, remove what killed processes left, and return it.

    Raises
    ------
    RaymerError
        When a shard is damaged, or when not one clip could be used.
    """
    infos = [read_shard_info(folder / shard_name(number)) for number in range(plan.n_shards)]
    broken = tuple(item for info in infos for item in info.broken)
    if len(broken) == len(plan.clips):
        first = f"; the first, {broken[0].file}: {broken[0].reason}" if broken else ""
        raise RaymerError(f"corpus {plan.corpus}: none of its {len(plan.clips)} clips can be used{first}")
    manifest = FeaturesRecord(
        format=FORMAT,
        kind=plan.extractor.kind,
        corpus=plan.corpus,
        fingerprint=plan.fingerprint,
        parameters=plan.extractor.parameters(),
        versions=plan.extractor.versions(),
        made_by=plan.made_by(),
        is_spectrogram=bool(getattr(plan.extractor, "is_spectrogram", False)),
        columns=tuple(plan.extractor.columns),
        dtype=np.dtype(plan.extractor.dtype).name,
        shape=prepare(plan, folder),
        clips=sum(info.clips for info in infos),
        frames=sum(info.frames for info in infos),
        shards=tuple(ShardRecord.of(info) for info in infos),
        broken=broken,
        content=content_hash([info.content for info in infos]),
    )
    for left in folder.glob(".*.parquet.*"):
        left.unlink(missing_ok=True)
    put_record(folder / MANIFEST, manifest)
    return manifest


def run_serial(
    plan: BuildPlan, folder: Path, numbers: list[int], shape: tuple[int, int], on_shard: Callable[[ShardInfo], None]
) -> None:
    """Build the shards `numbers` one after the other in this process."""
    for number in numbers:
        on_shard(build_shard(plan, folder, number, shape))
