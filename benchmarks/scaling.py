"""What breaks first with 10, 100 or 1,000 workers: a small simulation with measured inputs.

    python -m benchmarks.scaling [--call 0.001] [--put 0.005] [--streams 64] [--gigabytes 0.5] [--link 1.0] [--start 15]

Workers take units from one work list (a queue that serves a call at a time), train, and put a file into the store,
which takes so many puts at once. Before its first unit each node reads the frames once from the driver's node, over one
link. The driver polls the list. All service times are options.
"""

import argparse
import heapq
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Costs:
    """Seconds: a call to the list, a put into the store, a poll by the driver and its interval.

    `streams` is how many puts the store takes at once, `gigabytes` the size of the frames, `link` gigabytes a second
    that the driver's node sends, `start` seconds until the workers of a gang have begun.
    """

    call: float
    put: float
    streams: int
    poll: float
    poll_every: float
    gigabytes: float
    link: float
    per_node: int
    start: float


@dataclass(frozen=True)
class Simulated:
    """Wall seconds, the ideal (fits' seconds over workers), and shares of the wall that list and store were busy."""

    wall: float
    ideal: float
    list_busy: float
    store_busy: float


def simulate(n_workers: int, seconds: np.ndarray, costs: Costs) -> Simulated:
    """Run fits of `seconds` (n_fits,) in this order on `n_workers` and return what it took."""
    ready = [costs.start + (1 + k // costs.per_node) * costs.gigabytes / costs.link for k in range(n_workers)]
    heapq.heapify(ready)
    store = [0.0] * costs.streams
    share = 1.0 - costs.poll / costs.poll_every  # what the driver's polls leave of the list's time
    list_free = list_busy = store_busy = wall = 0.0
    for fit in seconds:
        asked = heapq.heappop(ready)
        list_free = max(asked, list_free) + costs.call / share
        list_busy += costs.call / share
        trained = list_free + fit
        put = max(trained, heapq.heappop(store)) + costs.put
        heapq.heappush(store, put)
        store_busy += costs.put
        heapq.heappush(ready, put)
        wall = max(wall, put)
    ideal = float(seconds.sum()) / n_workers
    return Simulated(wall, ideal, list_busy / wall, store_busy / wall / costs.streams)


def main() -> None:
    """Print the simulation's table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--call", type=float, default=0.001, help="seconds of a call to the list")
    parser.add_argument("--put", type=float, default=0.005, help="seconds of a put into the store")
    parser.add_argument("--streams", type=int, default=64, help="puts the store takes at once")
    parser.add_argument("--gigabytes", type=float, default=0.5, help="frames of the corpus")
    parser.add_argument("--link", type=float, default=1.0, help="gigabytes a second from the driver's node")
    parser.add_argument("--start", type=float, default=15.0, help="seconds until a gang has begun")
    given = parser.parse_args()
    print("| fits | mean s | workers | wall, s | ideal, s | efficiency | list busy | store busy |")
    print("|---|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    studies = {"a large table": (100_000, 0.5), "a GRU study": (10_000, 300.0)}
    for n_fits, mean in studies.values():
        seconds = np.sort(rng.gamma(4.0, mean / 4.0, n_fits))[::-1]  # the longest first, as `units` orders them
        for workers in (10, 100, 1000):
            size = given.gigabytes if mean > 10 else 0.01
            costs = Costs(given.call, given.put, given.streams, 0.002, 0.2, size, given.link, 16, given.start)
            made = simulate(workers, seconds, costs)
            cells = [n_fits, f"{mean:g}", workers, f"{made.wall:.0f}", f"{made.ideal:.0f}"]
            cells += [f"{share:.2f}" for share in (made.ideal / made.wall, made.list_busy, made.store_busy)]
            print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
