"""Features on Ray Data: audio to shards, and the finished arrays to every process that trains on them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from raymer.corpora.base import Corpus
from raymer.engine.cluster import connected
from raymer.engine.guests import guests_for_workers
from raymer.engine.machine import LOCAL, Machine
from raymer.errors import RaymerError, UsageError
from raymer.features.build import BuildPlan, build_shard, finish, missing_shards, prepare, run_serial
from raymer.features.extractor import Extractor
from raymer.features.logmel import LogMel
from raymer.features.manifest import read_manifest
from raymer.features.shards import Broken, ShardInfo, read_shard_info, shard_name
from raymer.features.store import Spectrograms, load_spectrograms, stored_bytes
from raymer.whole import why

STORE_SHARE = 0.5
WORTH_SECONDS = 20.0
"""What would take this process longer is worth the start of Ray."""


@dataclass(frozen=True)
class BuildProgress:
    """How far a build is: clips of the shards it has to make, how many are done, and the broken ones so far."""

    total: int
    done: int
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True)
class BuildSummary:
    """What a build did: its folder, clips usable and broken, shards in all and made now, and wall seconds."""

    folder: Path
    kind: str
    clips: int
    frames: int
    broken: tuple[Broken, ...]
    shards: int
    built: int
    seconds: float


def build_features(
    corpus: Corpus,
    parameters: Extractor,
    folder: str | Path,
    *,
    called: str = "",
    use: str = "",
    revision: str = "",
    machine: Machine = LOCAL,
    on_progress: Callable[[BuildProgress], None] = lambda progress: None,
) -> BuildSummary:
    """Build the features of every clip of `corpus` that has audio, as shards in a folder below `folder`.

    The shards follow from corpus and parameters: whoever builds them, on one worker or eight, with Ray or without,
    and after however many stops, their bytes are the same. Shards that exist are left alone; when all do, nothing is
    started.

    Parameters
    ----------
    corpus : Corpus
    parameters : Extractor
        LogMel(), OpenSmileIs13(), OpenSmileCompare(), `open_model(...)` of an ONNX file, or one of somebody else's.
    folder : path
        Commonly CORPUS/features. On a cluster, folder and audio lie on a file system that all nodes share.
    called, use, revision : str
        As in BuildPlan.
    machine : Machine
    on_progress : callable
        Told after every shard.

    Returns
    -------
    BuildSummary
        Broken clips are in it, each with its reason; they do not stop the build.

    Raises
    ------
    UsageError
        When the corpus has no audio, or what `parameters` needs is not installed.
    RaymerError
        When the folder cannot be written, or no clip at all can be used.
    """
    start = time.monotonic()
    plan = BuildPlan.of(corpus, parameters, called=called, use=use, revision=revision)
    target = plan.folder(Path(folder).absolute())
    manifest = read_manifest(target)
    missing = missing_shards(plan, target)
    if manifest is None or missing:
        try:
            shape = prepare(plan, target)
            tracker = _Tracker(plan, missing, on_progress)
            if machine.serial:
                with threadpool_limits(1):
                    run_serial(plan, target, missing, shape, tracker.add)
            elif rest := _begin_here(plan, target, missing, shape, tracker.add) if machine == LOCAL else missing:
                with connected(machine.address, machine.workers, for_data=True) as count:
                    run_on_ray(plan, target, rest, shape, count, tracker.add)
            manifest = finish(plan, target)
        except OSError as error:
            raise RaymerError(f"features cannot be written to {target}: {why(error)}") from error
    return BuildSummary(
        folder=target,
        kind=plan.extractor.kind,
        clips=manifest.clips,
        frames=manifest.frames,
        broken=manifest.broken,
        shards=plan.n_shards,
        built=len(missing),
        seconds=time.monotonic() - start,
    )


def _begin_here(
    plan: BuildPlan, folder: Path, numbers: list[int], shape: tuple[int, int], on_shard: Callable[[ShardInfo], None]
) -> list[int]:
    """Build shards in this process where all are quickly built, and return those that are left for Ray.

    Only log-mel is tried: a clip takes hundredths of a second, and of other extractors a first shard may take minutes.
    """
    start, rest = time.monotonic(), list(numbers)
    while rest and plan.extractor.kind == LogMel.kind:
        with threadpool_limits(1):
            on_shard(build_shard(plan, folder, rest.pop(0), shape))
        pace = (time.monotonic() - start) / (len(numbers) - len(rest))
        if pace * len(rest) > WORTH_SECONDS:
            break
    return rest


def run_on_ray(
    plan: BuildPlan,
    folder: Path,
    numbers: list[int],
    shape: tuple[int, int],
    workers: int,
    on_shard: Callable[[ShardInfo], None],
) -> None:
    """Build the shards `numbers` on a pool of actors of the connected Ray, one after the other in each.

    An actor keeps its extractor, and so the model that this has loaded, from shard to shard. The shard of an actor
    that dies is built again.

    Raises
    ------
    RaymerError
        When a task fails: the folder cannot be written, or memory is short.
    """
    import logging

    import ray
    from ray.data import DataContext
    from ray.exceptions import RayError

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    DataContext.get_current().enable_progress_bars = False

    rows = [{"number": number} for number in numbers]
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
    guests = guests_for_workers()

    class Builder:
        """Builds shards in an actor; as a class of this call it brings what it needs along when it is started again."""

        def __init__(self) -> None:
            guests.let_in()

        def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
            refused = ""  # told, not raised: Ray would tell it in its own words, in many lines
            try:
                with threadpool_limits(1):
                    build_shard(plan, folder, int(row["number"]), shape)
            except OSError as error:
                refused = why(error)
            return {**row, "refused": refused}

    shards = dataset.map(Builder, num_cpus=1, concurrency=min(workers, len(rows)))
    try:
        for row in shards.iter_rows():
            if row["refused"]:
                raise RaymerError(f"features cannot be written to {folder}: {row['refused']}")
            on_shard(read_shard_info(folder / shard_name(int(row["number"]))))
    except RayError as error:
        raise RaymerError(f"the build stopped: {_last_line(error)}: run the command again") from error


@dataclass(frozen=True)
class SharedSpectrograms:
    """Spectrograms for many processes: in Ray's object store, or a path to memory-map. Cheap to send anywhere."""

    folder: str
    reference: Any = None

    def get(self) -> Spectrograms:
        """Return the spectrograms in this process without a copy; their arrays are read-only.

        Every process of a node sees the same memory: the node's object store holds the arrays once, or its page
        cache the mapped file. Cut excerpts with Spectrograms.excerpts, which copies; a tensor made of a view and then
        written to would change what all others read.
        """
        if self.reference is None:
            return load_spectrograms(self.folder, memory_share=0.0)
        import ray

        made: Spectrograms = ray.get(self.reference)
        return made


def put_spectrograms(folder: str | Path, *, store_share: float = STORE_SHARE) -> SharedSpectrograms:
    """Read a finished features folder once, and make it available to every process of the connected Ray.

    Up to `store_share` of a node's object store the arrays are put into it; Ray brings them to another node once, when
    its first process asks. What is larger is memory-mapped by each process from a file beside the shards, on a file
    system that all nodes share.

    Raises
    ------
    UsageError, RaymerError
        As load_spectrograms, and when Ray is not connected.
    """
    import ray

    if not ray.is_initialized():
        raise UsageError("put_spectrograms needs a connected Ray: use it within `connected`")
    smallest = min(node["Resources"].get("object_store_memory", 0.0) for node in ray.nodes() if node["Alive"])
    path = str(Path(folder).absolute())
    if stored_bytes(path) > store_share * smallest:
        load_spectrograms(path, memory_share=0.0)  # writes the file to map, before many processes try to
        return SharedSpectrograms(path)
    return SharedSpectrograms(path, ray.put(load_spectrograms(path, memory_share=1.0)))


class _Tracker:
    """Adds up what shards report."""

    def __init__(self, plan: BuildPlan, missing: list[int], on_progress: Callable[[BuildProgress], None]) -> None:
        self._on_progress = on_progress
        self._state = BuildProgress(sum(len(plan.shard_clips(number)) for number in missing), 0)

    def add(self, info: ShardInfo) -> None:
        done = self._state.done + info.clips + len(info.broken)
        self._state = BuildProgress(self._state.total, done, (*self._state.broken, *info.broken))
        self._on_progress(self._state)


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
