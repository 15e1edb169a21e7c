"""Every end that a run may come to on one machine, and what it leaves: kills, signals, full disks, two runs at once.

    PYTHONPATH=tests python -m beds.ends                                  # all of them
    PYTHONPATH=tests python -m beds.ends --kind driver:ray --times 10
    PYTHONPATH=tests python -m beds.ends --to ends.jsonl                  # a line each as they come; all make the table

A run in a store of its own is ended at a random moment, begun again and ended again, until its fits are done; then the
store is compared with one that was made in one go, and it is looked for what is left: processes, temporary folders.
"""

import argparse
import json
import queue
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from beds.ends.field import Field
from beds.ends.outcome import TIMES, Round, read, table
from beds.ends.running import LOCAL, ON_RAY


def rounds(field_: Field, waiting: list[str], players: int) -> Iterator[Round]:
    """Yield round after round until no kind waits; so many stores are at it at once."""
    made: queue.Queue[Round | BaseException | None] = queue.Queue()
    for _ in range(players):
        threading.Thread(target=_play, args=(field_, waiting, made), daemon=True).start()
    while players:
        one = made.get()
        if isinstance(one, BaseException):
            raise one
        if one is None:
            players -= 1
        else:
            yield one


def _play(field_: Field, waiting: list[str], made: "queue.Queue[Round | BaseException | None]") -> None:
    try:
        while waiting:
            kind = field_.next_of(waiting, ("two", "full", "read"))
            if kind is None:
                made.put(field_.play(waiting))
                continue
            one = field_.at_once(kind) if kind.startswith("two") else field_.on_a_disk(kind)
            if one is None:
                waiting.append(kind)
            else:
                made.put(one)
        made.put(None)
    except BaseException as error:
        made.put(error)


def _rounds_of(left: dict[str, int], seed: int, stores: int) -> Iterator[Round]:
    """Yield the rounds of so many of each kind, those without Ray first."""
    for has_ray, said in ((False, LOCAL), (True, ON_RAY)):
        own = {kind: times for kind, times in left.items() if kind.endswith(":ray") is has_ray}
        turns = range(max(own.values(), default=0))
        wanted = [kind for turn in turns for kind, times in own.items() if turn < times]  # in turn
        wanted.sort(key=lambda kind: kind if kind.startswith("worker") else "")  # several in one run
        if wanted:
            with tempfile.TemporaryDirectory(prefix="ends-", dir="/tmp") as folder:
                field_ = Field(Path(folder), seed, said)
                try:
                    yield from rounds(field_, wanted[::-1], stores)
                finally:
                    field_.end_all()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="beds.ends", description=__doc__.splitlines()[0])
    parser.add_argument("--kind", action="append", choices=TIMES, help="this kind alone; again for more")
    parser.add_argument("--times", type=int, help="so many of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stores", type=int, default=2, help="so many at once: what Ray leaves to end takes a minute")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no new store after so many")
    parser.add_argument("--to", type=Path, help="add each store's outcome to this file; the table is of all it holds")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    made, begin = read(asked.to), time.monotonic()
    left = {kind: asked.times or TIMES[kind] for kind in asked.kind or TIMES}
    for one in _rounds_of(left, asked.seed, asked.stores):
        made.append(one)
        print(json.dumps(asdict(one)), flush=True)
        if asked.to:
            with asked.to.open("a") as file:
                file.write(f"{json.dumps(asdict(one))}\n")
        if time.monotonic() - begin > 60 * asked.minutes:
            break
    print("\n".join(table(made)))
    sys.exit(not all(one.is_clean for one in made))


if __name__ == "__main__":
    main()
