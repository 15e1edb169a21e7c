"""What the second paper's significance tests cost in whole, from measured rates, on 2, 64 and 1,000 workers.

    python -m benchmarks.paper_scale --train 2070 --infer 6300 --seconds docs/runs/emotify-seconds.csv

Five corpora x 100 random splits x 400 epochs x four trainings (NN and FL share one), scored once at the end. `train`
and `infer` are clips of 100 frames a second and thread, as `benchmarks.gru` measures them; the spread of the fits'
seconds is that of the measured ones, each divided by the median of its kind. The work list is simulated by
`benchmarks.scaling`, its longest fits first. `at best` is the efficiency that no order could pass: nothing ends before
the longest training has.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.scaling import Costs, simulate

EPOCHS, SPLITS, TRAININGS, TRAIN_SHARE = 400, 100, 4, 0.9
FRAMES_A_SECOND = 40
EXCERPT = 100


@dataclass(frozen=True)
class Music:
    """A corpus of paper B, table 1: its clips, and the seconds of each."""

    name: str
    clips: int
    seconds: float


CORPORA = (
    Music("Lastfm", 2906, 30),
    Music("Emotify", 400, 60),
    Music("MediaEval 2013", 744, 45),
    Music("GTZAN", 1000, 30),
    Music("Ballroom", 754, 30),
)


def training_seconds(music: Music, train: float, infer: float) -> float:
    """Return the seconds of one training with its scoring; `train` and `infer` are clips of EXCERPT frames a second."""
    learning = EPOCHS * TRAIN_SHARE * music.clips / train
    return learning + music.clips * music.seconds * FRAMES_A_SECOND / EXCERPT / infer


def spread(seconds: pd.DataFrame) -> np.ndarray:
    """Return the measured seconds (n,), each over the median of its method."""
    medians = seconds.groupby("method")["seconds"].transform("median")
    return np.asarray(seconds["seconds"] / medians)


def planned(train: float, infer: float, measured: np.ndarray) -> np.ndarray:
    """Return the seconds of all trainings, the longest expected first, each with a measured spread."""
    rng = np.random.default_rng(0)
    order = sorted(CORPORA, key=lambda music: -training_seconds(music, train, infer))
    each = [np.full(SPLITS * TRAININGS, training_seconds(music, train, infer)) for music in order]
    return np.concatenate(each) * rng.choice(measured, SPLITS * TRAININGS * len(CORPORA))


def main() -> None:
    """Print the corpora's costs and the table of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=float, required=True, help="clips a second and thread, forward and backward")
    parser.add_argument("--infer", type=float, required=True, help="clips a second and thread, forward alone")
    parser.add_argument("--seconds", type=Path, required=True, help="CSV of measured fits: method, seconds")
    given = parser.parse_args()
    print("| corpus | clips | one training, s | its 400 trainings, core-hours |\n|---|---|---|---|")
    for music in CORPORA:
        one = training_seconds(music, given.train, given.infer)
        print(f"| {music.name} | {music.clips:,} | {one:.0f} | {one * SPLITS * TRAININGS / 3600:.1f} |")
    seconds = planned(given.train, given.infer, spread(pd.read_csv(given.seconds)))
    print(f"\n{len(seconds):,} trainings, {seconds.sum() / 3600:.0f} core-hours\n")
    print("| trainings | workers | hours | core-hours | efficiency | at best |\n|---|---|---|---|---|---|")
    for times, workers in ((1, 2), (1, 64), (1, 1000), (10, 1000)):
        work = np.repeat(seconds, times)
        costs = Costs(0.001, 0.005, 64, 0.002, 0.2, gigabytes=0.5, link=1.0, per_node=16, start=15.0)
        made = simulate(workers, work, costs)
        best = made.ideal / max(made.ideal, float(work.max()))
        cells = [f"{len(work):,}", f"{workers:,}", f"{made.wall / 3600:.2f}", f"{made.wall * workers / 3600:,.0f}"]
        print(f"| {' | '.join(cells)} | {made.ideal / made.wall:.2f} | {best:.2f} |")


if __name__ == "__main__":
    main()
