"""Changed models: every file and every array of a saved model is spoilt and sealed anew, and the model asked again.

    PYTHONPATH=tests python -m beds.changed_models                 # 200 of each kind
    PYTHONPATH=tests python -m beds.changed_models --kind gp --cases 40
    PYTHONPATH=tests python -m beds.changed_models --only gp:17    # one case again, with what it said

Each case is `raymer predict` in a process of its own, with limits on time and memory. It must refuse in one line, or
say what the model said before. The changes go round in turn, so that each array gets as many as any other file.
"""

import argparse
import contextlib
import io
import itertools
import json
import os
import random
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
from beds.fuzz.__main__ import import_everything
from beds.fuzz.case import Case
from beds.fuzz.families import models
from beds.fuzz.process import start
from beds.fuzz.spoil import json_text, spoil_bytes, spoil_json
from beds.fuzz.spoil_model import ARRAY_WAYS, _spoil_text, _swap
from beds.fuzz.verdict import FAULTS, GOOD, controls, judge
from safetensors import safe_open
from safetensors.numpy import save_file

from raymer.learners.saved import MANIFEST, seal

KINDS = ("svr", "gbm", "gbm_sklearn", "gp", "tnn", "gru", "plugin")
SECONDS = 300.0
SCHEMA = "schema.json"
Spoil = Callable[[Path, random.Random], None]


@dataclass(frozen=True)
class Change:
    """One way to spoil a model: in words, the file, and what is done to it."""

    words: str
    file: Path
    spoil: Spoil


def changes(model: Path, rng: random.Random) -> Iterator[Change]:
    """Yield changes for ever: place after place in turn, and at each another way in every round."""
    turns: list[Iterator[Change]] = []
    for file in sorted(path.relative_to(model) for path in model.rglob("*") if path.is_file()):
        ways = _ways(model / file)
        for place, own in ways.items():
            rng.shuffle(own)
            turns.append(itertools.cycle([Change(f"{file}, {place}: {word}", file, spoil) for word, spoil in own]))
    while True:
        yield from (next(turn) for turn in turns)


def _ways(path: Path) -> dict[str, list[tuple[str, Spoil]]]:
    """Return the ways to spoil a file, by the place in it."""
    found: dict[str, list[tuple[str, Spoil]]] = {"its bytes": [("spoilt", _bytes)]}
    if path.suffix == ".json":
        found["its JSON"] = [("spoilt", _json)]
    if path.suffix == ".skops":
        with zipfile.ZipFile(path) as archive:
            arrays = [name for name in archive.namelist() if name.endswith(".npy")]
            has_text = b"tree_sizes=" in archive.read(SCHEMA)
        found["schema"] = [("JSON", _schema_json), ("type", _of_schema("type")), ("loader", _of_schema("loader"))]
        found["archive"] = [("packed", _packed)]
        found |= {f"LightGBM's text {k}": [("a number", _text)] for k in range(12 if has_text else 0)}
        found |= {name: [(word, _of_skops(name, word)) for word in ARRAY_WAYS] for name in arrays}
    if path.suffix == ".safetensors":
        with safe_open(path, framework="np") as file:
            tensors = list(file.keys())
        found["facts"] = [("JSON", _facts)]
        found |= {name: [(word, _of_tensors(name, word)) for word in (*ARRAY_WAYS, "gone")] for name in tensors}
    return found


def _bytes(path: Path, rng: random.Random) -> None:
    path.write_bytes(spoil_bytes(path.read_bytes(), rng)[1])


def _json(path: Path, rng: random.Random) -> None:
    path.write_text(json_text(spoil_json(json.loads(path.read_text()), rng)[1]))


def _entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path: Path, entries: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


def _schema_json(path: Path, rng: random.Random) -> None:
    entries = _entries(path)
    _write(path, entries | {SCHEMA: json_text(spoil_json(json.loads(entries[SCHEMA]), rng)[1]).encode()})


def _of_schema(way: str) -> Spoil:
    def spoil(path: Path, rng: random.Random) -> None:
        entries = _entries(path)
        schema = json.loads(entries[SCHEMA])
        _swap(schema, way, rng)
        _write(path, entries | {SCHEMA: json_text(schema).encode()})

    return spoil


def _text(path: Path, rng: random.Random) -> None:
    entries = _entries(path)
    _write(path, entries | {SCHEMA: _spoil_text(entries[SCHEMA].decode(), rng).encode()})


def _packed(path: Path, rng: random.Random) -> None:
    _write(path, _entries(path), zipfile.ZIP_DEFLATED)


def _of_skops(name: str, word: str) -> Spoil:
    def spoil(path: Path, rng: random.Random) -> None:
        entries, buffer = _entries(path), io.BytesIO()
        np.save(buffer, ARRAY_WAYS[word](np.load(io.BytesIO(entries[name]), allow_pickle=False), rng))
        _write(path, entries | {name: buffer.getvalue()})

    return spoil


def _of_tensors(name: str, word: str) -> Spoil:
    def spoil(path: Path, rng: random.Random) -> None:
        with safe_open(path, framework="np") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
            facts = dict(file.metadata())
        if word == "gone":
            del tensors[name]
        else:
            made = ARRAY_WAYS[word](tensors[name], rng)
            if made.dtype.kind not in "iufb":  # such a file holds no others
                made = tensors[name].astype("float16")
            tensors[name] = np.ascontiguousarray(made)
        save_file(tensors, path, facts)

    return spoil


def _facts(path: Path, rng: random.Random) -> None:
    with safe_open(path, framework="np") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
        facts = dict(file.metadata())
    facts["raymer"] = json_text(spoil_json(json.loads(facts["raymer"]), rng)[1])
    save_file(tensors, path, facts)


def case(kind: str, number: int, change: Change, whole: Path) -> Case:
    """Return the case of a change: the model is copied, spoilt, sealed, and predicts two clips."""
    chance = random.Random(f"{kind}/{number}")

    def make(folder: Path) -> None:
        shutil.copytree(whole / kind, folder / "M")
        change.spoil(folder / "M" / change.file, chance)
        if change.file.name != MANIFEST:
            (folder / "M" / MANIFEST).unlink()
            seal(folder / "M")

    said = whole / f"{kind}.said"
    plugin = ("--plugin", str(whole / "mine.py")) if kind == "plugin" else ()
    words = ("predict", "M", *(str(whole / "wav" / clip) for clip in models.CLIPS), "--serial", "--json", *plugin)
    same = lambda folder, out: models._same(json.loads(out), json.loads(said.read_text()))  # noqa: E731, SLF001
    return Case(change.words, make, words, is_right=same)


def _run(cases: list[tuple[str, int, Case]], root: Path, jobs: int) -> Iterator[tuple[str, int, str, str, str]]:
    """Run cases and yield (kind, number, verdict, words, what was said) as they end; the folders of faults are kept."""
    waiting, running = cases[::-1], {}
    while waiting or running:
        while waiting and len(running) < jobs:
            kind, number, one = waiting.pop()
            folder = root / kind / f"{number:04}"
            running[start(one, folder)] = (kind, number, one, folder, time.monotonic() + SECONDS)
        wait([process.sentinel for process in running], timeout=1.0)
        for process, (kind, number, one, folder, deadline) in list(running.items()):
            code = process.exitcode
            if code is None and time.monotonic() < deadline:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid or 0, 9)
            process.join()
            del running[process]
            verdict, said = judge(one, folder, code)
            if verdict in GOOD and controls(folder):
                verdict = "unclear line"
            if verdict in GOOD:
                shutil.rmtree(folder)
            yield kind, number, verdict, one.kind, said


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="beds.changed_models", description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=200, help="of each kind")
    parser.add_argument("--kind", action="append", choices=KINDS, help="this kind alone; again for more")
    parser.add_argument("--only", help="one case, KIND:NUMBER")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    asked = parser.parse_args()
    only, _, wanted = (asked.only or "").partition(":")
    kinds = [only] if only else asked.kind or KINDS
    import_everything()
    root = Path(tempfile.mkdtemp(prefix="raymer-changed-"))
    whole = root / "whole"
    prepared = start(Case("prepare", models.prepare, lambda: None), whole)
    prepared.join()
    if not (whole / ".code").is_file():
        sys.exit(f"the models could not be made: {(whole / '.stderr').read_text()}")
    cases = []
    for kind in kinds:
        rounds = itertools.islice(changes(whole / kind, random.Random(kind)), max(asked.cases, int(wanted or 0) + 1))
        made = [(kind, number, case(kind, number, change, whole)) for number, change in enumerate(rounds)]
        cases += [made[int(wanted)]] if only else made
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    cases.sort(key=lambda one: one[1])  # all kinds in turn
    for kind, number, verdict, words, said in _run(cases, root, asked.jobs):
        counts[kind][verdict] += 1
        if verdict in FAULTS or only:
            print(f"{kind}:{number} {verdict} ({words}): {(said.splitlines() or [''])[-1]}", flush=True)
    print("| model | changed | refused | the same predictions | " + " | ".join(FAULTS) + " |")
    print("|---" * (4 + len(FAULTS)) + "|")
    for kind, own in counts.items():
        print(f"| {kind} | {own.total()} | " + " | ".join(str(own[word]) for word in (*GOOD, *FAULTS)) + " |")
    is_whole = not any(own[fault] for own in counts.values() for fault in FAULTS)
    if is_whole:
        shutil.rmtree(root)
    else:
        print(f"what the faults left lies in {root}", file=sys.stderr)
    sys.exit(not is_whole)


if __name__ == "__main__":
    main()
