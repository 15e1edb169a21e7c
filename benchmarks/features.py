"""Clips a second of the build on Ray Data against the pure functions on as many processes without Ray.

The two take turns on the same clips, so that a noisy machine slows both alike, and the ratio is the median over the
turns. The pure functions decode and compute in a pool of processes and throw the result away; the build also writes its
shards. Both are warm: Ray and its workers, and the pool, have run a few clips before. `load` is the reading of the
finished shards into memory, `map` the first (with the file written) and second memory-mapping.

Run from the root of the project: ``python -m benchmarks.features CORPUS`` (a folder made by `raymer import`).
"""

import argparse
import json
import multiprocessing
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.pool import Pool
from pathlib import Path

from threadpoolctl import threadpool_limits

from raymer.corpora.folder import load_corpus
from raymer.engine.cluster import connected
from raymer.engine.data import run_on_ray
from raymer.features.build import BuildPlan, finish, missing_shards, prepare
from raymer.features.extractor import Extractor
from raymer.features.logmel import LogMel
from raymer.features.store import load_spectrograms, stored_bytes

WARM_UP = 32


@dataclass(frozen=True)
class Turn:
    """Seconds of one turn of each."""

    pure: float
    ray: float


def _extract(job: tuple[Extractor, Path]) -> int:
    return len(job[0].extract(job[1]))


def _pool(workers: int) -> Pool:
    # A limit that is set holds as long as the process: set once, since setting it takes milliseconds.
    return multiprocessing.get_context("spawn").Pool(workers, initializer=threadpool_limits, initargs=(1,))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    plan = BuildPlan.of(load_corpus(arguments.corpus), LogMel())
    plan = replace(plan, clips=plan.clips[: arguments.clips])
    with tempfile.TemporaryDirectory() as scratch:
        report = _measure(plan, Path(scratch), arguments.turns, arguments.workers)
    if arguments.json:
        print(json.dumps(report))
    else:
        print("\n".join(f"{name:24} {value}" for name, value in report.items()))


def _measure(plan: BuildPlan, scratch: Path, turns: int, workers: int) -> dict[str, object]:
    folder = scratch / "build"

    def build(part: BuildPlan) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shape = prepare(part, folder)
        run_on_ray(part, folder, missing_shards(part, folder), shape, workers, lambda info: None)
        finish(part, folder)

    def pure(part: BuildPlan) -> None:
        jobs = [(part.extractor, Path(part.root) / file) for _, file, _ in part.clips]
        for _ in pool.imap_unordered(_extract, jobs):
            pass

    few = replace(plan, clips=plan.clips[:WARM_UP])
    with connected("local", workers), _pool(workers) as pool:
        build(few)
        pure(few)
        measured = [Turn(_seconds(lambda: pure(plan)), _seconds(lambda: build(plan))) for _ in range(turns)]
    n_clips = len(plan.clips)
    return {
        "clips": n_clips,
        "workers": workers,
        "pure_clips_per_s": round(n_clips / statistics.median(turn.pure for turn in measured), 2),
        "ray_clips_per_s": round(n_clips / statistics.median(turn.ray for turn in measured), 2),
        "ratio": round(statistics.median(turn.pure / turn.ray for turn in measured), 3),
        "ratios": [round(turn.pure / turn.ray, 3) for turn in measured],
        "megabytes": round(stored_bytes(folder) / 1e6, 1),
        "load_s": round(_seconds(lambda: load_spectrograms(folder, memory_share=1.0)), 3),
        "map_first_s": round(_seconds(lambda: load_spectrograms(folder, memory_share=0.0)), 3),
        "map_again_s": round(_seconds(lambda: load_spectrograms(folder, memory_share=0.0)), 3),
    }


if __name__ == "__main__":
    main()
