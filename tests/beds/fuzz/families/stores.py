"""Stores of results: every file of one spoilt, cut, exchanged with another, and the verbs that read it."""

import json
import random
import shutil
from pathlib import Path

import pyarrow.parquet as pq
from beds.fuzz.case import Case
from beds.fuzz.spoil import json_text, spoil_bytes, spoil_json, spoil_parquet

SIZE = 500
EXPERIMENT = """
name: small
title: small
corpus: synthetic
targets: [valence, arousal]
protocols:
  folds: {kind: kfold, folds: 3, shuffle: true, seed: 0}
systems:
  - {system: SVR, method: svr}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 3}}
"""
WHERE = ("-c", "C", "-s", "S")
READERS = (
    ("run", "small.yaml", *WHERE, "--serial", "--json"),
    ("compare", "small.yaml", "svr", "pca-svr", *WHERE, "--serial", "--json"),
    ("report", "small.yaml", *WHERE, "-o", "R"),
)
"""Verbs that make a table of a store: none may be of other numbers than the whole store's."""
KINDS = ("exchanged", "exchanged", "header", "header", "parquet", "bytes", "record", "record", "prediction", "score")


def prepare(whole: Path) -> None:
    from raymer.api.study import open_study
    from raymer.corpora.folder import write_corpus
    from raymer.corpora.synthetic import make_synthetic
    from raymer.engine.machine import Machine

    write_corpus(make_synthetic(40, 6, seed=1), whole / "C")
    (whole / "small.yaml").write_text(EXPERIMENT)
    study = open_study(whole / "small.yaml", whole / "C", whole / "S", machine=Machine(serial=True))
    table = [(row.system, row.target, row.mean) for row in study.run().rows()]
    (whole / "table.json").write_text(json.dumps(table))
    study.store.fail("0" * 16, {"system": {"steps": [{"use": "svr"}]}, "targets": ["valence"]}, "ValueError: no", "")


def case(rng: random.Random, number: int, whole: Path) -> Case:
    kind = KINDS[number % len(KINDS)]
    own = random.Random(rng.random())
    fits = sorted(path.relative_to(whole) for path in (whole / "S" / "fits").rglob("*.parquet"))
    fit = rng.choice(fits)
    other = rng.choice([path for path in fits if path != fit])
    doors = [*READERS, ("status", "S", "--json"), ("status", "S"), ("verify", "S", "-c", "C")]
    doors.append(("rerun", fit.stem, *WHERE))
    door = rng.choice(doors)

    def make(folder: Path) -> None:
        for name in ("C", "S"):
            shutil.copytree(whole / name, folder / name)
        shutil.copy(whole / "small.yaml", folder)
        if kind == "exchanged":
            (folder / fit).write_bytes((folder / other).read_bytes())
        elif kind == "bytes":
            path = folder / own.choice([fit, *_records(folder)])
            path.write_bytes(spoil_bytes(path.read_bytes(), own)[1])
        elif kind == "header":
            _spoil_header(folder / fit, own)
        elif kind == "parquet":
            table = pq.read_schema(folder / fit).metadata
            spoil_parquet(folder / fit, own)
            spoilt = pq.read_table(folder / fit)
            pq.write_table(spoilt.replace_schema_metadata(table), folder / fit)
        elif kind == "record":
            path = folder / own.choice(_records(folder))
            path.write_text(json_text(spoil_json(json.loads(path.read_text()), own)[1]))
        else:
            _edit_number(folder / fit if kind == "prediction" else _scores(folder, own), own)

    is_certain = kind in ("exchanged", "header", "prediction") and door[0] in ("verify", "rerun")
    return Case(kind, make, door, "refused" if is_certain else "either", lambda folder, said: _right(said, whole))


def _records(folder: Path) -> list[Path]:
    found = [path for path in (folder / "S").rglob("*.json") if path.is_file()]
    return sorted(path.relative_to(folder) for path in found)


def _scores(folder: Path, rng: random.Random) -> Path:
    return rng.choice(sorted((folder / "S" / "scores").glob("*.parquet")))


def _spoil_header(path: Path, rng: random.Random) -> None:
    table = pq.read_table(path)
    _, value = spoil_json(json.loads(table.schema.metadata[b"raymer"]), rng)
    pq.write_table(table.replace_schema_metadata({b"raymer": json_text(value)}), path)


def _edit_number(path: Path, rng: random.Random) -> None:
    table = pq.read_table(path)
    name = "predicted" if "predicted" in table.column_names else "value"
    column = table[name].to_pylist()
    column[rng.randrange(len(column))] = rng.choice((99.0, -1.0, 0.0))
    place = table.column_names.index(name)
    pq.write_table(table.set_column(place, table.schema.field(name), [column]), path)


def _right(said: str, whole: Path) -> bool:
    """Say whether a table is that of the whole store, and a count is not more than what is whole."""
    try:
        found = json.loads(said)
    except ValueError:
        return True
    if isinstance(found, dict) or not found or "mean" not in found[0]:
        return True
    table = {(name, target): mean for name, target, mean in json.loads((whole / "table.json").read_text())}
    rows = [row for row in found if row["target"] != "average"]
    return all(abs(row["mean"] - table[row["system"], row["target"]]) < 1e-9 for row in rows)
