"""How often each test finds a difference on real features where there is none: labels shuffled, methods equal.

    python -m benchmarks.planted_null copies E [--out FILE]   two copies of one method that differ in their seed
    python -m benchmarks.planted_null halves E INPUT          ridge on two random choices of features, many shuffles

`copies` shuffles the labels of the corpus E once (whole rows, so that targets keep their correlations) and trains
RBF-SL with two seeds on the same 30 random 9:1 splits. Every split draws its seed anew, so what one copy gains on a
split says nothing of the next. `halves` shuffles a thousand times; each time A and B see ten columns each of a real
table, chosen at random, none in common, and keep them over all splits, as two representations do. Neither can be
better but for what ten columns happen to share with shuffled labels of these clips: what splits of the same clips
repeat.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.calibration import FEATURES, Design, random_splits, ridge_r2
from raymer.api.cross_validate import cross_validate
from raymer.corpora.base import Corpus
from raymer.corpora.folder import load_corpus
from raymer.learners.presets import preset
from raymer.protocols.random_splits import RandomSplits
from raymer.stats import Pairs, nadeau_bengio, pairs_from_arrays, welch

SPLITS = 30
ALPHA = 0.05
SEEDS = (0, 1)


def shuffled(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    """Return the corpus with its rows of labels dealt out anew."""
    names = [target.name for target in corpus.targets]
    clips = corpus.clips.copy()
    clips[names] = clips[names].to_numpy()[rng.permutation(len(clips))]
    return replace(corpus, clips=clips)


def copies(corpus: Corpus, epochs: int, workers: int, store: str | None) -> pd.DataFrame:
    """Return the scores (split, target, one column a seed) of two copies of RBF-SL on shuffled labels."""
    null = shuffled(corpus, np.random.default_rng(0))
    system = preset("rbf-sl", {"label_scale": "none", "epochs": epochs, "every": epochs})
    columns = {}
    for seed in SEEDS:
        scores = cross_validate(
            null,
            {"RBF-SL": system},
            RandomSplits(SPLITS),
            inputs="logmel",
            metric="pearson",
            seed=seed,
            workers=workers,
            store=store,
        ).to_frame()
        columns[f"seed {seed}"] = scores.set_index(["repeat", "target"])["value"]
    frame = pd.DataFrame(columns).rename_axis(["split", "target"]).reset_index()
    return frame.sort_values(["split", "target"], ignore_index=True).round(5)


def copies_pairs(frame: pd.DataFrame, clips: int) -> dict[str, Pairs]:
    """Return the paired scores of each target."""
    tested = round(clips * 0.1)
    first, second = (f"seed {seed}" for seed in SEEDS)
    return {
        str(target): pairs_from_arrays(
            mine[first].to_numpy(), mine[second].to_numpy(), n_train=clips - tested, n_test=tested
        )
        for target, mine in frame.groupby("target")
    }


def halves(features: np.ndarray, labels: np.ndarray, shuffles: int, splits: int) -> list[Pairs]:
    """Return the paired R2 of ridge on two choices of columns over `splits`, one a shuffle of `labels` (n,)."""
    scaled = (features - features.mean(0)) / features.std(0)
    clips = len(labels)
    design = Design(clips, splits, round(clips * 0.1), 0.0)
    made = []
    for stream in np.random.SeedSequence(0).spawn(shuffles):
        rng = np.random.default_rng(stream)
        columns = rng.choice(scaled.shape[1], 2 * FEATURES, replace=False)
        y, tested = rng.permutation(labels), random_splits(design, rng)
        a, b = (ridge_r2(scaled[:, part], y, tested) for part in np.split(columns, 2))
        made.append(pairs_from_arrays(a, b, n_train=clips - design.tested, n_test=design.tested))
    return made


def found(pairs: Sequence[Pairs]) -> dict[str, int]:
    """Return how many of `pairs` each test calls different at 5 %."""
    return {test.__name__: sum(test(one).p < ALPHA for one in pairs) for test in (welch, nadeau_bengio)}


def main() -> None:
    """Run one part and print what each test found."""
    parser = argparse.ArgumentParser(description="False claims on real features with shuffled labels.")
    parser.add_argument("part", choices=("copies", "halves"))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("input", nargs="?", default="logmel", help="table of `halves`")
    parser.add_argument("--epochs", type=int, default=20, help="of `copies` (default 20)")
    parser.add_argument("--shuffles", type=int, default=1000, help="of `halves` (default 1000)")
    parser.add_argument("--splits", type=int, default=SPLITS, help=f"of `halves` (default {SPLITS})")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--store", help="where the fits of `copies` are kept")
    parser.add_argument("--out", type=Path, help="write the scores of `copies` as CSV")
    given = parser.parse_args()
    corpus = load_corpus(given.corpus)
    if given.part == "copies":
        frame = copies(corpus, given.epochs, given.workers, given.store)
        if given.out:
            frame.to_csv(given.out, index=False)
        pairs = list(copies_pairs(frame, len(corpus.clips)).values())
    else:
        table = corpus.inputs[given.input].values
        varying = table[:, np.isfinite(table).all(0) & (table.std(0) > 0)]
        pairs = halves(varying, corpus.clips[corpus.targets[0].name].to_numpy(), given.shuffles, given.splits)
    print(f"{len(pairs)} pairs on {pairs[0].count} splits, called different at 5 %: {found(pairs)}")


if __name__ == "__main__":
    main()
