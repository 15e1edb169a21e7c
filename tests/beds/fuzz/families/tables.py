"""CSV tables to be imported or added: cells, headers, dialects, bytes and names that are not what they should be."""

import csv
import io
import random
from pathlib import Path

from beds.fuzz.case import Case
from beds.fuzz.spoil import spoil_bytes

SIZE = 350
CELLS = (
    *(
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "1,5",
        "text",
        "=cmd|' /C calc'!A0",
        "+1",
        "@x",
        "\t",
        "[/x]",
        "\x1b[31m",
    ),
    *("\x00", "\r", "\n", '"', "é", "\ufeff", "1" * 400, "x" * 70_000, "0x10", "1_000", "True", "None", "٣", "𝟗"),
)
ENCODINGS = ("utf-8", "utf-16", "latin-1", "utf-32", "utf-8-sig", "cp1252")


def prepare(whole: Path) -> None:
    from raymer.corpora.folder import write_corpus
    from raymer.corpora.synthetic import make_synthetic

    write_corpus(make_synthetic(24, 4, seed=1), whole / "C")


def case(rng: random.Random, number: int, whole: Path) -> Case:
    rows = [["id", "artist", "f1", "f2", "valence"]]
    rows += [
        [f"s{k:05d}", f"a{k // 3}", f"{rng.random():.4f}", f"{rng.random():.3f}", f"{k % 9 + 1}"] for k in range(24)
    ]
    kind = ("cell", "header", "bytes", "encoding", "ragged", "twice", "other", "separator")[number % 8]
    encoding = "utf-8"
    if kind == "cell":
        rows[rng.randrange(1, 25)][rng.randrange(5)] = rng.choice(CELLS)
    elif kind == "header":
        rows[0][rng.randrange(5)] = rng.choice((*CELLS, "clip_id", "f1", "../../x", "group"))
    elif kind == "ragged":
        row = rows[rng.randrange(25)]
        row.extend(["1"] * rng.randrange(1, 9)) if rng.random() < 0.5 else row.pop()
    elif kind == "twice":
        rows[rng.randrange(2, 25)] = rows[1]
    elif kind == "other":
        rows = rng.choice(([], rows[:1], [[]], [["a"]], [["1", "2"]] * 5, [["x"] * 3000] * 2, rows[:2]))
    elif kind == "encoding":
        encoding = rng.choice(ENCODINGS)
        rows[3][1] = "Zoë"
    text = io.StringIO()
    csv.writer(text, delimiter=rng.choice(";\t|:, ") if kind == "separator" else ",").writerows(rows)
    data = text.getvalue().encode(encoding)
    if kind == "bytes":
        data = spoil_bytes(data, rng)[1]
    name = rng.choice(("t.csv", "t.csv", "t.tsv", "t.txt", "t.csv.gz", "t.parquet"))
    door = rng.choice(
        (
            ("import", "table", name, "-o", "N", "--id", "id", "--group", "artist", "--target", "valence"),
            ("import", "table", name, "-o", "N", "--json"),
            ("add", str(whole / "C"), name, "--name", "again", "--id", "id", "--json"),
        )
    )
    if door[0] == "add":
        door = ("add", "C", *door[2:])

    def make(folder: Path) -> None:
        import shutil

        shutil.copytree(whole / "C", folder / "C")
        (folder / name).write_bytes(data)

    return Case(f"{kind} ({name})", make, door, is_right=lambda folder, said: _reads_again(folder))


def _reads_again(folder: Path) -> bool:
    """Say whether what was imported can be read, and the corpus that was added to still can."""
    from raymer.corpora.folder import load_corpus
    from raymer.features.listing import describe_inputs

    return all(describe_inputs(load_corpus(folder / name)) for name in ("N", "C") if (folder / name).exists())
