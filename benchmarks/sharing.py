"""Built frames for many processes, held once in the object store or memory-mapped: memory and excerpts a second.

    python -m benchmarks.sharing FEATURES_FOLDER [--workers 2] [--rounds 200]

Each worker cuts batches of 100-frame excerpts at random, as a training does, from frames that it got both ways.
"""

import argparse
import time

import numpy as np
import psutil

from raymer.engine.cluster import connected
from raymer.engine.data import put_spectrograms

BATCH = 64
FRAMES = 100


def main() -> None:
    """Run the benchmark from the command line."""
    import ray

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    with connected("local", arguments.workers):
        for name, share in (("object store", 1.0), ("memory-mapped", 0.0)):
            shared = put_spectrograms(arguments.folder, store_share=share)
            cut = ray.remote(num_cpus=1)(cut_excerpts)
            found = ray.get([cut.remote(shared, arguments.rounds, seed) for seed in range(arguments.workers)])
            pss, rate = np.mean(found, axis=0)
            print(f"{name}: {pss:.0f} MiB of own memory a process (PSS), {rate:.0f} clips cut a second")


def cut_excerpts(shared, rounds: int, seed: int) -> tuple[float, float]:
    """Return this process' proportional memory in MiB after the work, and excerpts a second."""
    spectrograms, rng = shared.get(), np.random.default_rng(seed)
    last = np.maximum(spectrograms.lengths - FRAMES, 0)
    start = time.perf_counter()
    for _ in range(rounds):
        rows = rng.integers(len(spectrograms.clip_ids), size=BATCH)
        spectrograms.excerpts(rows, rng.integers(last[rows] + 1), FRAMES)
    seconds = time.perf_counter() - start
    return psutil.Process().memory_full_info().pss / 2**20, rounds * BATCH / seconds


if __name__ == "__main__":
    main()
