"""Clips a second of whole training epochs, against the same loop with torch.nn.GRU, and of two fits side by side.

An epoch is what `Training` does: excerpts cut from the frames, forward, similarity loss, backward, optimiser. For the
reference the network's GRU is replaced by torch.nn.GRU layers, everything else is the same code. The two take turns,
and ratios are medians over the turns. `scoring` is the time for the features of whole clips, as an SVM needs them at
every scored epoch. For the side-by-side figure two processes train, one alone and both together in turns; 2 is ideal,
and any other load on the machine lowers it.

Run from the root of the project: ``python -m benchmarks.recurrent``.
"""

import argparse
import json
import multiprocessing
import statistics
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from multiprocessing.connection import Connection

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.gru import PRODUCT, seconds
from raymer.learners.annotations import Numbers
from raymer.learners.clips import Sequences
from raymer.learners.gru import FastGRU
from raymer.learners.training import EXCERPT, Training, TrainingSettings


@dataclass(frozen=True)
class Shape:
    """The corpus that is made up."""

    clips: int
    frames: int
    bins: int
    targets: int
    half: bool


@dataclass(frozen=True)
class Row:
    """One batch size: clips a second of both loops, their median ratio, and the seconds of ours over the bound's.

    The bound is that of the products alone, 6 * hidden * (inputs + hidden) * 3 operations a layer, frame and clip, at
    the core's matmul rate in the same turns.
    """

    batch: int
    torch: float
    fast: float
    ratio: float
    over_bound: float


class Reference(nn.Module):
    """The layers of a FastGRU through torch.nn.GRU."""

    def __init__(self, gru: FastGRU) -> None:
        super().__init__()
        self.layers = gru.layers

    def forward(self, x: Tensor) -> Tensor:
        """Return all outputs of the last layer."""
        for layer in self.layers:
            x = layer(x)[0]
        return x


def make(shape: Shape, batch: int, reference: bool = False) -> Training:
    """Build a training on random clips, past its first epoch."""
    rng = np.random.default_rng(0)
    frames = rng.standard_normal((shape.clips * shape.frames, shape.bins), dtype=np.float32)
    frames = frames.astype(np.float16 if shape.half else np.float32)
    clips = Sequences.from_offsets(frames, np.arange(shape.clips + 1) * shape.frames)
    y = rng.uniform(size=(shape.clips, shape.targets))
    training = Training(TrainingSettings(batch=batch), clips, y, Numbers.of(y), seed=0)
    if reference:
        training.net.encoder.gru = Reference(training.net.encoder.gru)
    training.run_until(1)
    return training


def epochs(training: Training, at_least: float) -> float:
    """Seconds an epoch, over as many as fill `at_least` seconds."""
    first, start = training.epoch, time.perf_counter()
    while True:
        training.run_until(training.epoch + 1)
        spent = time.perf_counter() - start
        if spent >= at_least:
            return spent / (training.epoch - first)


def against_torch(shape: Shape, batch: int, turns: int, at_least: float) -> Row:
    """Time both loops in turns."""
    loops = make(shape, batch, reference=True), make(shape, batch)
    square = torch.rand(PRODUCT, PRODUCT)
    times, rates = [], []
    for _ in range(turns):
        times.append([epochs(training, at_least) for training in loops])
        rates.append(2 * PRODUCT**3 / seconds(lambda: square @ square, 0.2))
    sizes = (2 * shape.bins, *loops[1].settings.hidden)
    work = 18 * EXCERPT * shape.clips * sum(b * (a + b) for a, b in pairwise(sizes))
    return Row(
        batch=batch,
        torch=statistics.median(shape.clips / slow for slow, _ in times),
        fast=statistics.median(shape.clips / fast for _, fast in times),
        ratio=statistics.median(slow / fast for slow, fast in times),
        over_bound=statistics.median(fast * rate / work for (_, fast), rate in zip(times, rates, strict=True)),
    )


def scoring(shape: Shape, turns: int) -> float:
    """Whole clips a second through `Training.features`."""
    training = make(shape, 64)
    rates = []
    for _ in range(turns):
        start = time.perf_counter()
        training.features(training.clips)
        rates.append(shape.clips / (time.perf_counter() - start))
    return statistics.median(rates)


def work(pipe: Connection, shape: Shape, batch: int) -> None:
    """Train for as many seconds as asked, and answer with clips a second; None ends it."""
    training = make(shape, batch)
    pipe.send("ready")
    while (at_least := pipe.recv()) is not None:
        pipe.send(shape.clips / epochs(training, at_least))


def side_by_side(shape: Shape, batch: int, turns: int, at_least: float) -> tuple[float, float, float]:
    """Return clips a second of one process alone, of two together, and the median ratio."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    workers = [context.Process(target=work, args=(theirs, shape, batch), daemon=True) for _, theirs in pipes]
    for worker in workers:
        worker.start()
    ours = [mine for mine, _ in pipes]
    for pipe in ours:
        pipe.recv()
    found = []
    for turn in range(turns):
        ours[turn % 2].send(at_least)
        alone = ours[turn % 2].recv()
        for pipe in ours:
            pipe.send(at_least)
        found.append((alone, sum(pipe.recv() for pipe in ours)))
    for pipe in ours:
        pipe.send(None)
    for worker in workers:
        worker.join()
    ratio = statistics.median(both / alone for alone, both in found)
    return statistics.median(a for a, _ in found), statistics.median(b for _, b in found), ratio


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 64, 128], help="clips a step, at most")
    parser.add_argument("--clips", type=int, default=360)
    parser.add_argument("--frames", type=int, default=2400, help="frames a clip; excerpts have 100")
    parser.add_argument("--bins", type=int, default=40)
    parser.add_argument("--targets", type=int, default=9)
    parser.add_argument("--half", action="store_true", help="frames in float16")
    parser.add_argument("--turns", type=int, default=5, help="ratios are medians over them")
    parser.add_argument("--seconds", type=float, default=1.0, help="least time of each loop in a turn")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the text")
    options = parser.parse_args()
    torch.set_num_threads(1)
    shape = Shape(options.clips, options.frames, options.bins, options.targets, options.half)
    rows = [against_torch(shape, batch, options.turns, options.seconds) for batch in options.batch]
    whole = scoring(shape, options.turns)
    alone, both, ratio = side_by_side(shape, 64, options.turns, 2 * options.seconds)
    if options.json:
        together = {"alone": alone, "both": both, "ratio": ratio}
        print(json.dumps({"epochs": [asdict(row) for row in rows], "scoring": whole, "side_by_side": together}))
        return
    print(f"{shape.clips} clips of {shape.frames} frames, one thread; training in clips a second")
    print("batch   torch    fast  ratio  over the products alone")
    for row in rows:
        print(f"{row.batch:5d} {row.torch:7.0f} {row.fast:7.0f} {row.ratio:6.2f} {row.over_bound:6.2f}")
    print(f"scoring: {whole:.0f} whole clips a second")
    print(f"two fits side by side, batch 64: one {alone:.0f}, two {both:.0f} clips a second, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
