"""Clips a second of a training step of FastGRU against torch.nn.GRU, on one thread.

A step is the forward and the backward pass through the stack with all weight gradients; the loss is a weighted mean
over time. The two and a 1024 x 1024 product (the core's matmul rate) take turns, and ratios are medians over the
turns, so that a noisy machine slows all three alike. torch gets its input time first, which spares it a transposition.
The share of the matmul rate counts three times the forward products: 6 * hidden * (inputs + hidden) * 3 operations a
layer, frame and clip. `infer` is FastGRU without gradients.

Run from the root of the project: ``python -m benchmarks.gru``.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from raymer.learners.gru import FastGRU

PRODUCT = 1024


@dataclass(frozen=True)
class Row:
    """One batch size: clips a second, median ratio, shares of the matmul rate, and that rate in GFLOP/s."""

    batch: int
    torch: float
    fast: float
    ratio: float
    torch_share: float
    fast_share: float
    infer: float
    matmul: float


class Stack(nn.Module):
    """The reference: torch.nn.GRU layers, time first, with the weights of a FastGRU."""

    def __init__(self, fast: FastGRU) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.GRU(layer.input_size, layer.hidden_size) for layer in fast.layers)
        for mine, theirs in zip(self.layers, fast.layers, strict=True):
            mine.load_state_dict(theirs.state_dict())

    def forward(self, x: Tensor) -> Tensor:
        """Return all outputs (n_frames, n_clips, units) of the last layer for `x` (n_frames, n_clips, inputs)."""
        for layer in self.layers:
            x = layer(x)[0]
        return x


def train_step(net: nn.Module, x: Tensor, time_axis: int, weight: Tensor) -> None:
    """Forward and backward once."""
    net.zero_grad()
    net(x).mean(time_axis).backward(weight)


def infer(net: nn.Module, x: Tensor) -> None:
    """Forward once, without gradients."""
    with torch.no_grad():
        net(x)


def seconds(work: Callable[[], object], at_least: float) -> float:
    """Seconds a call, over as many calls as fill `at_least` seconds."""
    calls, start = 0, time.perf_counter()
    while True:
        work()
        calls += 1
        spent = time.perf_counter() - start
        if spent >= at_least:
            return spent / calls


def measure(batch: int, frames: int, sizes: Sequence[int], repeats: int, at_least: float) -> Row:
    """Time one batch size."""
    torch.manual_seed(0)
    fast = FastGRU(sizes[0], sizes[1:])
    reference = Stack(fast)
    x, weight = torch.randn(batch, frames, sizes[0]), torch.randn(batch, sizes[-1])
    time_first = x.transpose(0, 1).contiguous()
    a, b = torch.randn(PRODUCT, PRODUCT), torch.randn(PRODUCT, PRODUCT)
    out = torch.empty(PRODUCT, PRODUCT)
    tasks: tuple[Callable[[], object], ...] = (
        lambda: train_step(reference, time_first, 0, weight),
        lambda: train_step(fast, x, 1, weight),
        lambda: torch.mm(a, b, out=out),
        lambda: infer(fast, x),
    )
    for task in tasks:
        task()
    turns = [[seconds(task, at_least) for task in tasks] for _ in range(repeats)]
    operations = 18.0 * batch * frames * sum(h * (n + h) for n, h in pairwise(sizes))
    product = 2.0 * PRODUCT**3

    def median(value: Callable[[float, float, float, float], float]) -> float:
        return statistics.median(value(*turn) for turn in turns)

    return Row(
        batch=batch,
        torch=median(lambda t, f, m, i: batch / t),
        fast=median(lambda t, f, m, i: batch / f),
        ratio=median(lambda t, f, m, i: t / f),
        torch_share=median(lambda t, f, m, i: operations / t * m / product),
        fast_share=median(lambda t, f, m, i: operations / f * m / product),
        infer=median(lambda t, f, m, i: batch / i),
        matmul=median(lambda t, f, m, i: product / m / 1e9),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 64, 128, 360], help="clips a step")
    parser.add_argument("--frames", type=int, default=100, help="frames a clip")
    parser.add_argument("--sizes", type=int, nargs="+", default=[80, 100, 50], help="inputs, then units of each layer")
    parser.add_argument("--repeats", type=int, default=11, help="turns; ratios are medians over them")
    parser.add_argument("--seconds", type=float, default=0.2, help="least time of each task in a turn")
    parser.add_argument("--json", action="store_true", help="one JSON list instead of the table")
    options = parser.parse_args()
    if len(options.sizes) < 2:
        parser.error("--sizes needs the inputs and at least one layer")
    torch.set_num_threads(1)
    if not options.json:
        print(f"GRU {' -> '.join(map(str, options.sizes))}, {options.frames} frames, float32, pinned to one thread")
        print("batch  torch clips/s  fast clips/s  ratio  torch share  fast share  infer clips/s  matmul GFLOP/s")
    rows = []
    for batch in options.batch:
        row = measure(batch, options.frames, options.sizes, options.repeats, options.seconds)
        rows.append(asdict(row))
        if not options.json:
            print(
                f"{row.batch:5d} {row.torch:14.0f} {row.fast:13.0f} {row.ratio:6.2f} {row.torch_share:12.2f}"
                f" {row.fast_share:11.2f} {row.infer:14.0f} {row.matmul:15.0f}",
                flush=True,
            )
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
