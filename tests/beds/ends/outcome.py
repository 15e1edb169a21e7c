"""What came of ends: how each went, what the stores lack or have twice, and the table of all."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

TIMES = {
    "driver:serial": 20,
    "driver:processes": 20,
    "driver:ray": 60,
    "worker:processes": 10,
    "worker:ray": 10,
    **{
        f"{name}:{mode}": times
        for name in ("SIGTERM", "SIGINT")
        for mode, times in (("serial", 3), ("processes", 3), ("ray", 4))
    },
    "full disk:serial": 5,
    "read-only:serial": 5,
    "two at once:processes": 5,
}
"""What is ended, and how the run went: how often."""


@dataclass
class End:
    """One end: of what and how, whether as it should be, seconds until all was gone or went on, processes left."""

    kind: str
    workers_were_up: bool = False
    fault: str = ""
    seconds: float | None = None
    processes_left: int = 0


@dataclass
class Round:
    """What came of a store: its ends, and what its results lack, have twice or say otherwise; what lies about."""

    ends: list[End] = field(default_factory=list)
    lost: int = 0
    overwritten: int = 0
    run_twice: int = 0
    same_bits: bool = True
    folders_left: int = 0
    half_files: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, twice or left, and every end was as it should be."""
        counts = (self.lost, self.overwritten, self.run_twice, self.folders_left, self.half_files)
        return self.same_bits and not any(counts) and not any(end.fault or end.processes_left for end in self.ends)


def table(made: list[Round]) -> list[str]:
    """Return what was seen as Markdown: a row a kind, and a sentence on all."""
    said = "seconds until all was gone (workers: until the next fit): median, most"
    rows = [
        f"| ended | times | with workers up | as it should | processes left | {said} |",
        "|---" * 6 + "|",
    ]
    ends = [end for one in made for end in one.ends]
    for kind in dict.fromkeys([*TIMES, *(end.kind for end in ends)]):
        own = [end for end in ends if end.kind == kind]
        seconds = [end.seconds for end in own if end.seconds is not None]
        if own:
            said = f"{np.median(seconds):.1f}, {max(seconds):.1f}" if seconds else ""
            up, right = sum(end.workers_were_up for end in own), sum(not end.fault for end in own)
            left = sum(end.processes_left for end in own)
            rows.append(f"| {kind} | {len(own)} | {up} | {right} | {left} | {said} |")
    counts = {
        "fits lost": sum(one.lost for one in made),
        "results written twice": sum(one.overwritten for one in made),
        "fits run twice": sum(one.run_twice for one in made),
        "stores that differ": sum(not one.same_bits for one in made),
        "temporary folders left": sum(one.folders_left for one in made),
        "half files left": sum(one.half_files for one in made),
    }
    said = ", ".join(f"{name}: {count}" for name, count in counts.items())
    return [*rows, "", f"{len(ends)} ends in {len(made)} stores; {said}."]


def read(path: Path | None) -> list[Round]:
    """Return the rounds that a file holds."""
    lines = path.read_text().splitlines() if path and path.exists() else []
    loaded = [json.loads(line) for line in lines]
    return [Round(**{**one, "ends": [End(**end) for end in one["ends"]]}) for one in loaded]
