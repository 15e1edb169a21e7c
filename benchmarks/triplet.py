"""How fast a triplet fit is: exact against paper against a plain loop, each against the core's matmul rate.

    python -m benchmarks.triplet --corpus C [--folds 1] [--plain-rounds 1] [--out FILE.jsonl]

Everything runs on one thread, in turn, and seconds are the processor's, so that neighbours on a busy machine count
less; `exact`, a fraction of a second, is run seven times and its median kept. A line a fit goes to `--out` as it ends,
and the ratios are printed last. The plain loop (autograd, materialised triplets, a DataLoader) runs `--plain-rounds` of
its 25 rounds, since a round is like every other; its seconds are then those rounds times 25 / rounds, and marked so.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from raymer.corpora.folder import load_corpus
from raymer.learners.gaps import LabelGaps, scale_labels
from raymer.learners.threads import one_thread
from raymer.learners.triplet import MODES, TripletReducer
from raymer.learners.triplet_mining import mine_paper
from raymer.protocols.splits import KFold
from raymer.studies.samples import Samples, make_samples

ROUNDS = MODES["paper"]["rounds"]
REPEATS = 7


def matmul_rate() -> float:
    """Return the floating point operations a second of a float32 product of two 1024 x 1024 matrices."""
    a, b, out = torch.randn(1024, 1024), torch.randn(1024, 1024), torch.empty(1024, 1024)
    seconds = []
    for _ in range(15):
        start = time.process_time()
        torch.mm(a, b, out=out)
        seconds.append(time.process_time() - start)
    return 2 * 1024**3 / median(seconds)


def flops(mode: str, n_songs: int, n_features: int, width: int) -> float:
    """Return the operations of the products of a fit: x W and x^T dz a step, and for exact z z^T and W z."""
    settings = MODES[mode]
    if mode == "exact":
        batch = min(settings["batch"], n_songs)
        return settings["steps"] * (4.0 * batch * n_features * width + 4.0 * batch * batch * width)
    return settings["rounds"] * settings["epochs"] * settings["triplets"] * 3 * 4.0 * n_features * width


def plain_round(X: np.ndarray, y: np.ndarray, width: int, rounds: int) -> float:
    """Return the seconds of `rounds` rounds of the loop that anyone would write in PyTorch."""
    rng = np.random.default_rng(0)
    gaps = LabelGaps.of(scale_labels(y), 0.1, 0.5)
    layer = torch.nn.Sequential(torch.nn.Linear(X.shape[1], width), torch.nn.ReLU())
    optimiser = torch.optim.Adam(layer.parameters(), lr=1e-5)
    x = torch.from_numpy(X.astype(np.float32))
    start = time.process_time()
    for _ in range(rounds):
        parts = [x[torch.from_numpy(rows)] for rows in mine_paper(gaps, MODES["paper"]["triplets"], rng)]
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*parts), batch_size=128, shuffle=True)
        for _ in range(MODES["paper"]["epochs"]):
            for anchor, positive, negative in loader:
                a, p, n = layer(anchor), layer(positive), layer(negative)
                near, far = ((a - p) ** 2).sum(1), ((a - n) ** 2).sum(1)
                loss = torch.clamp(near - far + 5.0, min=0).mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    return time.process_time() - start


def fit_once(mode: str, X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, fold: int) -> dict[str, Any]:
    """Fit one reducer and an SVR behind it; return its seconds, the operations it needs and its R2 on the test rows."""
    scaler = StandardScaler().fit(X[train])
    x_train, x_test = scaler.transform(X[train]), scaler.transform(X[test])
    seconds = []
    for _ in range(REPEATS if mode == "exact" else 1):
        start = time.process_time()
        reducer = TripletReducer(mining=mode, random_state=fold).fit(x_train, y[train])
        seconds.append(time.process_time() - start)
    model = SVR().fit(reducer.transform(x_train), y[train])
    r2 = float(r2_score(y[test], model.predict(reducer.transform(x_test))))
    work = flops(mode, len(train), X.shape[1], reducer.width)
    return {"fold": fold, "mining": mode, "seconds": median(seconds), "r2": r2, "gflop": work / 1e9}


def run(samples: Samples, folds: int, modes: list[str], plain_rounds: int, out: Path | None) -> list[dict[str, Any]]:
    """Run `folds` of ten folds for both targets, mode after mode, and return a record a fit."""
    records: list[dict[str, Any]] = []
    row_of = {clip: row for row, clip in enumerate(samples.clip_ids.tolist())}

    def keep(record: dict[str, Any]) -> None:
        records.append(record)
        print(json.dumps(record), flush=True)
        if out is not None:
            with out.open("a") as lines:
                lines.write(json.dumps(record) + "\n")

    for split in KFold(10).splits(samples.clips)[:folds]:
        train = np.array([row_of[clip] for clip in split.train.tolist()])
        test = np.array([row_of[clip] for clip in split.test.tolist()])
        for target, y in samples.labels.items():
            for mode in modes:
                rate = matmul_rate()
                record = fit_once(mode, samples.features, y, train, test, split.fold)
                keep({"target": target, **record, "matmul_gflops": rate / 1e9})
    if plain_rounds:
        X = StandardScaler().fit_transform(samples.features[train])
        seconds = plain_round(X, y[train], 100, plain_rounds) * ROUNDS / plain_rounds
        keep({"mining": "plain loop", "seconds": seconds, "rounds_measured": plain_rounds, "r2": None})
    return records


def summarise(records: list[dict[str, Any]]) -> None:
    """Print seconds a fit, share of the matmul rate, ratios and mean R2 of what was run."""
    by_mode = {
        mode: [r for r in records if r["mining"] == mode] for mode in dict.fromkeys(r["mining"] for r in records)
    }
    seconds = {mode: median(r["seconds"] for r in group) for mode, group in by_mode.items()}
    for mode, group in by_mode.items():
        shares = [r["gflop"] / r["seconds"] / r["matmul_gflops"] for r in group if "gflop" in r]
        share = f", {median(shares):.2f} of the matmul rate" if shares else ""
        print(f"{mode:10} {seconds[mode]:9.3f} s a fit (median of {len(group)}){share}")
        for target in dict.fromkeys(r["target"] for r in group if "target" in r):
            values = [r["r2"] for r in group if r["target"] == target]
            print(f"           {target}: mean R2 {np.mean(values):.4f} over {len(values)} folds")
    for slow, fast in (("paper", "exact"), ("plain loop", "paper"), ("plain loop", "exact")):
        if slow in seconds and fast in seconds:
            print(f"{fast} is {seconds[slow] / seconds[fast]:.1f} times as fast as {slow}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, help="corpus folder")
    parser.add_argument("--folds", type=int, default=1, help="how many of ten folds")
    parser.add_argument("--modes", nargs="+", default=["exact", "paper"], choices=list(MODES))
    parser.add_argument("--plain-rounds", type=int, default=1, help="rounds of the plain loop, 0 for none")
    parser.add_argument("--out", type=Path, help="file for a JSON line a fit")
    arguments = parser.parse_args()
    corpus = load_corpus(arguments.corpus)
    samples = make_samples(corpus, None, "table", [target.name for target in corpus.targets])
    with one_thread():
        fit_once("exact", samples.features, next(iter(samples.labels.values())), *_warm(len(samples.clip_ids)), 0)
        summarise(run(samples, arguments.folds, arguments.modes, arguments.plain_rounds, arguments.out))


def _warm(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows for one fit before the clock starts, so that no compilation is timed."""
    return np.arange(n // 2), np.arange(n // 2, n)


if __name__ == "__main__":
    main()
