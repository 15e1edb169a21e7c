"""Corpus folders: every file of one spoilt, and the verbs that read it."""

import json
import random
import shutil
from pathlib import Path

from beds.fuzz.case import Case
from beds.fuzz.spoil import json_text, spoil_bytes, spoil_json, spoil_parquet

SIZE = 300
DOORS = (("inputs", "C"), ("audit", "C"), ("draft", "C"), ("inputs", "C", "--json"))


def prepare(whole: Path) -> None:
    from raymer.corpora.folder import write_corpus
    from raymer.corpora.synthetic import make_synthetic

    write_corpus(make_synthetic(40, 6, seed=1), whole / "C")


def case(rng: random.Random, number: int, whole: Path) -> Case:
    kind = rng.choice(("bytes", "json", "json", "json", "parquet"))
    file = "corpus.json" if kind == "json" else rng.choice(("corpus.json", "clips.parquet", "inputs/features.parquet"))
    if kind == "parquet" and file == "corpus.json":
        file = "clips.parquet"
    said: list[str] = []
    own = random.Random(rng.random())

    def make(folder: Path) -> None:
        shutil.copytree(whole / "C", folder / "C")
        path = folder / "C" / file
        if kind == "bytes":
            said.append(_write(path, spoil_bytes(path.read_bytes(), own)))
        elif kind == "json":
            word, value = spoil_json(json.loads(path.read_text()), own)
            path.write_text(json_text(value))
            said.append(word)
        else:
            said.append(spoil_parquet(path, own))

    return Case(f"{file}, {kind}", make, rng.choice(DOORS))


def _write(path: Path, spoilt: tuple[str, bytes]) -> str:
    path.write_bytes(spoilt[1])
    return spoilt[0]
