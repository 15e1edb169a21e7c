"""Files a second of `raymer predict` on Ray against the pure functions on as many processes without Ray.

Both predict the same short files, made up on the spot, with the same saved model: decode, log-mel, predict. The pure
functions do it in a pool of processes, in blocks as large as those of `predict_files`, and hand the numbers back; on
Ray it is `predict_on_ray`. The two take turns, so that a noisy machine slows both alike, and the ratio is the median
over the turns. Both are warm: every worker has read the model and predicted a few files before.

Run from the root of the project: ``python -m benchmarks.predict`` (a minute or two; a model is fitted first).
"""

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from threadpoolctl import threadpool_limits

from raymer.corpora.base import Corpus, Target
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.inputs import add_input
from raymer.engine.cluster import connected
from raymer.engine.data import build_features
from raymer.engine.machine import SERIAL
from raymer.engine.predict import predict_on_ray
from raymer.experiments.loading import parse_experiment
from raymer.features.logmel import LogMel
from raymer.features.store import load_spectrograms
from raymer.features.summary import summarise
from raymer.models.final import fit_final
from raymer.models.loading import load_model
from raymer.models.model import BLOCK, LEVEL, Model
from raymer.studies.study import make_study

N_TRAIN = 60
EXPERIMENT = """
name: bench
title: bench
corpus: bench
input: {features}
targets: [valence, arousal]
protocols: {{folds: {{folds: 2}}}}
systems: [{{system: {method}, method: {method}}}]
"""
FEATURES = {"svr": "logmel-summary", "rbf-sl": "logmel"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", choices=list(FEATURES), default="rbf-sl")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        files = _write_files(root / "wav", arguments.files, arguments.seconds)
        model = _fit(root, files[:N_TRAIN], arguments.method)
        report = _measure(model, files, arguments.turns, arguments.workers)
    report = {"method": arguments.method, "seconds_a_file": arguments.seconds, **report}
    if arguments.json:
        print(json.dumps(report))
    else:
        print("\n".join(f"{name:24} {value}" for name, value in report.items()))


def _write_files(folder: Path, n_files: int, seconds: float) -> list[Path]:
    """Write files of coloured noise, mono, 22050 Hz, 16 bits."""
    folder.mkdir()
    files = [folder / f"{k:05d}.wav" for k in range(n_files)]
    for k, file in enumerate(files):
        rng = np.random.default_rng(k)
        noise = rng.normal(size=int(seconds * 22050))
        soundfile.write(file, 0.05 * np.convolve(noise, np.ones(1 + k % 7), mode="same"), 22050)
    return files


def _fit(root: Path, files: list[Path], method: str) -> Model:
    ids = [file.stem for file in files]
    labels = np.random.default_rng(0).uniform(1, 9, size=(len(files), 2))
    clips = pd.DataFrame({"clip_id": ids, "group": ids, "audio": [file.name for file in files]})
    clips["valence"], clips["arousal"] = labels.T
    targets = (Target("valence", low=1.0, high=9.0), Target("arousal", low=1.0, high=9.0))
    write_corpus(Corpus("bench", clips, targets, {}, {}, str(files[0].parent)), root / "C")
    built = build_features(load_corpus(root / "C"), LogMel(), root / "C" / "features", machine=SERIAL)
    add_input(root / "C", summarise(load_spectrograms(built.folder)))
    spec = parse_experiment(EXPERIMENT.format(features=FEATURES[method], method=method), "bench")
    corpus = load_corpus(root / "C")
    study = make_study(spec.with_changes(epochs=1) if spec.has_epochs else spec, corpus)
    fit_final(study, corpus, 0).save(root / "M")
    return load_model(root / "M")


@cache
def _read(folder: str) -> Model:
    return load_model(folder)


def _pure(job: tuple[str, list[Path]]) -> list[dict[str, object]]:
    return _read(job[0]).predict_files(job[1]).records()


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _measure(model: Model, files: list[Path], turns: int, workers: int) -> dict[str, object]:
    blocks = [files[k : k + BLOCK] for k in range(0, len(files), BLOCK)]
    spawn = multiprocessing.get_context("spawn")

    def pure(part: list[list[Path]]) -> list[dict[str, object]]:
        jobs = [(str(model.folder), block) for block in part]
        return [row for rows in pool.imap(_pure, jobs) for row in rows]

    def on_ray(part: list[list[Path]]) -> list[dict[str, object]]:
        return predict_on_ray(model, part, LEVEL, workers).records()

    few = blocks[: 4 * workers]
    with connected("local", workers), spawn.Pool(workers, initializer=threadpool_limits, initargs=(1,)) as pool:
        assert on_ray(few) == pure(few), "the two do not predict the same"
        measured = [(_seconds(lambda: pure(blocks)), _seconds(lambda: on_ray(blocks))) for _ in range(turns)]
    return {
        "files": len(files),
        "workers": workers,
        "pure_files_per_s": round(len(files) / statistics.median(pure for pure, _ in measured), 1),
        "ray_files_per_s": round(len(files) / statistics.median(ray for _, ray in measured), 1),
        "ratio": round(statistics.median(pure / ray for pure, ray in measured), 3),
        "ratios": [round(pure / ray, 3) for pure, ray in measured],
    }


if __name__ == "__main__":
    main()
