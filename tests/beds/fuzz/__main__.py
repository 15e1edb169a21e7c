"""Bad inputs through every door: thousands, by family, each in a process with limits.

    PYTHONPATH=tests python -m beds.fuzz                      # all of every family
    PYTHONPATH=tests python -m beds.fuzz --cases 300 --seed 1 # a sample, every family by its share
    PYTHONPATH=tests python -m beds.fuzz --only yamls:17      # one case again, with what it said
    PYTHONPATH=tests python -m beds.fuzz --to verdicts.jsonl  # a line a verdict as they come; killed, it goes on there

It prints a line a fault and a table by family, and exits with 1 where there is a fault.
"""

import argparse
import contextlib
import importlib
import json
import os
import pkgutil
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from beds.fuzz import families
from beds.fuzz.case import Case, Family
from beds.fuzz.process import start
from beds.fuzz.verdict import FAULTS, GOOD, Verdict, controls, judge

SECONDS = 900.0
"""After which a case has given no answer; its processor time is limited to less, so that a busy machine is no fault."""


def load_families(names: list[str]) -> dict[str, Family]:
    """Return the families by name, those of `names` alone where some are given."""
    known = sorted(module.name for module in pkgutil.iter_modules(families.__path__))
    for name in names:
        if name not in known:
            sys.exit(f"no family {name!r}; there are {', '.join(known)}")
    return {name: importlib.import_module(f"beds.fuzz.families.{name}") for name in names or known}


def import_everything() -> None:
    """Import all of raymer, so that a case's process is a fork and no start."""
    import raymer

    for module in pkgutil.walk_packages(raymer.__path__, "raymer."):
        importlib.import_module(module.name)


def make_case(family: Family, name: str, number: int, seed: int, whole: Path) -> Case:
    """Return a case; its chance hangs on seed, family and number alone."""
    return family.case(random.Random(f"{seed}/{name}/{number}"), number, whole)


def chosen(loaded: dict[str, Family], cases: int | None, seed: int) -> list[tuple[str, int]]:
    """Return the cases as (family, number): all, or `cases` of them drawn by `seed`."""
    all_of_them = [(name, number) for name, family in loaded.items() for number in range(family.SIZE)]
    if cases is None or cases >= len(all_of_them):
        return all_of_them
    return sorted(random.Random(seed).sample(all_of_them, cases))


def run(
    loaded: dict[str, Family], wanted: list[tuple[str, int]], seed: int, jobs: int, root: Path
) -> Iterator[Verdict]:
    """Run cases, `jobs` at a time, and yield a verdict a case as they end."""
    for name in dict.fromkeys(name for name, _ in wanted):
        _prepare(loaded[name], root / name / "whole")
    waiting = wanted[::-1]
    running: dict[BaseProcess, tuple[str, int, Case, Path, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            name, number = waiting.pop()
            case = make_case(loaded[name], name, number, seed, root / name / "whole")
            folder = root / name / f"{number:05}"
            running[start(case, folder)] = (name, number, case, folder, time.monotonic() + SECONDS)
        soonest = min(deadline for *_, deadline in running.values())
        wait([process.sentinel for process in running], timeout=max(0.0, soonest - time.monotonic()))
        for process, (name, number, case, folder, deadline) in list(running.items()):
            if process.exitcode is None and time.monotonic() < deadline:
                continue
            code = process.exitcode
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid or 0, 9)  # what it has started goes with it
            process.join()
            verdict, said = judge(case, folder, code)
            if verdict in GOOD and controls(folder):
                verdict = "unclear line"
            del running[process]
            yield Verdict(name, number, case.kind, verdict, said)
            if verdict in GOOD:
                shutil.rmtree(folder, ignore_errors=True)


def _prepare(family: Family, whole: Path) -> None:
    case = Case("prepare", lambda folder: family.prepare(folder), lambda: None)
    process = start(case, whole)
    process.join()
    if not (whole / ".code").is_file():
        sys.exit(f"{family.__name__} could not be prepared: {(whole / '.stderr').read_text()}")  # type: ignore[attr-defined]


def print_table(verdicts: list[Verdict]) -> None:
    """Print the counts by family."""
    columns = ("cases", *GOOD, *FAULTS)
    print(f"{'family':12}" + "".join(f"{column:>18}" for column in columns))
    names = list(dict.fromkeys(verdict.family for verdict in verdicts))
    for name in (*sorted(names), "all"):
        own = Counter(verdict.verdict for verdict in verdicts if name in (verdict.family, "all"))
        print(f"{name:12}" + f"{own.total():18}" + "".join(f"{own[column]:18}" for column in columns[1:]))


def read_verdicts(path: Path | None) -> list[Verdict]:
    """Return the verdicts that a run before wrote; its last line may be cut."""
    lines = path.read_text().splitlines(keepends=True) if path and path.is_file() else []
    return [Verdict(**json.loads(line)) for line in lines if line.endswith("\n")]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="beds.fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, help="a sample of so many, drawn by the seed (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", action="append", default=[], help="this family alone; again for more")
    parser.add_argument("--only", help="one case, FAMILY:NUMBER; its folder is kept and shown")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON instead")
    parser.add_argument("--to", type=Path, help="add each verdict to this file; those that it holds are not run again")
    asked = parser.parse_args()
    only, _, number = (asked.only or "").partition(":")
    loaded = load_families([only] if only else asked.family)
    wanted = [(only, int(number))] if only else chosen(loaded, asked.cases, asked.seed)
    verdicts = read_verdicts(asked.to)
    known = {(verdict.family, verdict.number) for verdict in verdicts}
    wanted = [one for one in wanted if one not in known]
    import_everything()
    root = Path(tempfile.mkdtemp(prefix="raymer-fuzz-"))
    for verdict in run(loaded, wanted, asked.seed, asked.jobs, root):
        verdicts.append(verdict)
        if asked.to:
            with asked.to.open("a") as file:
                file.write(f"{json.dumps(asdict(verdict))}\n")
        if not asked.json and (verdict.verdict in FAULTS or only):
            said = verdict.said if only else (verdict.said.splitlines() or [""])[-1]
            print(f"{verdict.family}:{verdict.number} {verdict.verdict} ({verdict.kind}): {said}", flush=True)
    faults = [verdict for verdict in verdicts if verdict.verdict in FAULTS]
    if asked.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts]))
    else:
        print_table(verdicts)
    if faults:
        print(f"what the faults left lies in {root}", file=sys.stderr)
    else:
        shutil.rmtree(root, ignore_errors=True)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
