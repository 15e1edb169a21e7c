"""What the audit finds of planted faults, and what it says of clean data.

    python -m benchmarks.audit [--data ../shared/data] [--draws 20] [--seed 0]

Each fault is planted in synthetic corpora and, where the data is there, among DEAM's real features; clean are the
synthetic draws, DEAM, emoMusic, Emotify and GTZAN with its artists as groups.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.audit_faults import FAULTS
from raymer.audits import audit
from raymer.corpora.base import Corpus, Input, Target
from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import import_corpus
from raymer.corpora.synthetic import make_synthetic

REAL = ("DEAM", "emoMusic", "Emotify", "GTZAN")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the first draw, and of what is planted")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    seeds = range(arguments.seed, arguments.seed + arguments.draws)
    hosts: dict[str, Callable[[int], Corpus]] = {"synthetic": lambda seed: make_synthetic(200, 40, seed=seed)}
    clean = {f"synthetic {seed}": make_synthetic(200, 40, seed=seed) for seed in seeds}
    if arguments.data.is_dir():
        real = real_corpora(arguments.data)
        clean |= real
        hosts["DEAM"] = lambda seed: with_features_only(real["DEAM"])
    for name, host in hosts.items():
        found = [fault for fault in FAULTS if is_found(fault, host(arguments.seed), seed=arguments.seed)]
        print(f"{name}: {len(found)} of {len(FAULTS)} planted faults found")
        for fault in sorted(set(FAULTS) - set(found)):
            print(f"    missed: {fault} ({FAULTS[fault][0]})")
    alarms = 0
    for name, corpus in clean.items():
        started = time.perf_counter()
        made = audit(corpus)
        alarms += len(made.serious)
        if not name.startswith("synthetic") or made.serious:
            told = ", ".join(sorted({finding.code for finding in made.findings}))
            print(
                f"{name}: {len(made.serious)} would change a score; told: {told}; {time.perf_counter() - started:.1f} s"
            )
    print(f"{len(clean)} clean corpora: {alarms} false alarms that would change a score")


def is_found(fault: str, host: Corpus, *, seed: int) -> bool:
    """Whether the audit tells a planted fault by its code."""
    code, plant = FAULTS[fault]
    made = audit(plant(host, np.random.default_rng(seed)))
    return code in {finding.code for finding in made.findings}


def with_features_only(corpus: Corpus) -> Corpus:
    """Return the clips that have features."""
    item = corpus.input()
    clips = corpus.clips[corpus.clips["clip_id"].isin(item.clip_ids.tolist())].reset_index(drop=True)
    return replace(corpus, clips=clips)


def real_corpora(data: Path, names: tuple[str, ...] = REAL) -> dict[str, Corpus]:
    """Import the clean corpora from the shared data; all, or those of `names`."""
    deam_table = ImportOptions(features_table=data / "tables" / "deam_260_excerpt_means.parquet")
    emotify_table = ImportOptions(features_table=data / "tables" / "emotify_6373_compare2016.parquet")
    made: dict[str, Callable[[], Corpus]] = {
        "DEAM": lambda: import_corpus("deam", data / "deam", deam_table),
        "emoMusic": lambda: import_corpus("mediaeval2013", data / "mediaeval2013", deam_table),
        "Emotify": lambda: import_corpus("emotify", data / "emotify", emotify_table),
        "GTZAN": lambda: gtzan(data / "gtzan_embeddings" / "gtzan_1000.parquet"),
    }
    return {name: made[name]() for name in names}


def gtzan(path: Path) -> Corpus:
    """Read GTZAN's two ready inputs, its artists as groups."""
    frame = pd.read_parquet(path)
    ids = frame["clip_id"].to_numpy(dtype=object).astype(str)
    inputs = {}
    for name in ("cnn", "mfcc"):
        columns = [column for column in frame.columns if column.startswith(name)]
        inputs[name] = Input(name, ids, frame[columns].to_numpy(dtype=float), tuple(columns))
    clips = pd.DataFrame({"clip_id": ids, "group": frame["group"].astype(str), "genre": frame["genre"]})
    return Corpus("gtzan", clips, (Target("genre", kind="class"),), inputs, group_name="artist")


if __name__ == "__main__":
    main()
