"""Arguments of every verb: odd words in every place, numbers out of bounds, files of another kind, a fifo.

No word is a place outside the case's folder that could be written: the bed may be run by anyone.
"""

import os
import random
import shutil
from pathlib import Path

from beds.fuzz.case import Case
from beds.fuzz.families import stores

SIZE = 350
WORDS = (
    *("", " ", ".", "/proc", "/dev/null", "/proc/version", "nothing", "nothing.yaml", "fifo", "small.yaml", "C", "S"),
    *("C/corpus.json", "-1", "0", "1e9", "nan", "inf", "999999999999", "é", "[/x]", "\x1b[31mred", "=1+1", "--", "-"),
    *("a" * 5000, "s3:", "://", "nope://x", "file://", "file:///proc/nothing", "../x", "%s", "{}", "'", '"', "\n", "*"),
)
DOORS = (
    ("run", "small.yaml", "-c", "C", "-s", "S", "--serial"),
    ("run", "small.yaml", "-c", "C", "-s", "S", "--serial", "--folds", "3"),
    ("run", "small.yaml", "-c", "C", "-s", "S", "--serial", "--epochs", "2"),
    ("compare", "small.yaml", "svr", "pca-svr", "-c", "C", "-s", "S", "--serial", "--rope", "0.01"),
    ("compare", "small.yaml", "svr", "pca-svr", "-c", "C", "-s", "S", "--serial", "--metric", "r2"),
    ("compare", "small.yaml", "svr", "pca-svr", "-c", "C", "-s", "S", "--serial", "--target", "valence"),
    ("report", "small.yaml", "-c", "C", "-s", "S", "-o", "R"),
    ("status", "S", "-e", "small.yaml", "-c", "C"),
    ("verify", "S", "-c", "C"),
    ("verify", "C"),
    ("rerun", "0123456789abcdef", "-c", "C", "-s", "S"),
    ("inputs", "C"),
    ("audit", "C"),
    ("draft", "C"),
    ("splits", "small.yaml", "-c", "C", "-o", "x.csv"),
    ("components", "reducers"),
    ("check", "pca"),
    ("import", "table", "t.csv", "-o", "N", "--target", "valence"),
    ("add", "C", "t.csv", "--name", "more"),
    ("features", "C", "--kind", "logmel", "--serial"),
    ("fit", "small.yaml", "svr", "-c", "C", "-s", "S", "-o", "M", "--serial"),
    ("predict", "M", "x.wav"),
    ("corpora",),
    ("reproduce", "cheuk2020-deam", "-c", "C", "-s", "S", "--serial"),
)


def prepare(whole: Path) -> None:
    stores.prepare(whole)
    (whole / "t.csv").write_text("id,valence,f1\n" + "".join(f"s{k:05d},{k % 9},{k}.5\n" for k in range(40)))


def case(rng: random.Random, number: int, whole: Path) -> Case:
    words = list(DOORS[number % len(DOORS)])
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(1, len(words)) if len(words) > 1 else 1
        way = rng.choice(("replaced", "replaced", "replaced", "removed", "added"))
        if way == "added" or len(words) == 1:
            words.insert(at, rng.choice(WORDS))
        elif words[at] == "--serial":
            continue
        elif way == "removed":
            del words[at]
        else:
            words[at] = rng.choice(WORDS)

    def make(folder: Path) -> None:
        for name in ("C", "S"):
            shutil.copytree(whole / name, folder / name)
        for name in ("small.yaml", "t.csv"):
            shutil.copy(whole / name, folder)
        os.mkfifo(folder / "fifo")

    return Case(f"{words[0]}", make, tuple(words))
