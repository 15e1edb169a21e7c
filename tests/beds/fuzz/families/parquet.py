"""Parquet, NumPy and HDF5 files to be imported or added: other types, odd shapes, nested columns, cut bytes."""

import random
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from beds.fuzz.case import Case
from beds.fuzz.families import tables
from beds.fuzz.spoil import spoil_bytes, spoil_parquet

SIZE = 300


def prepare(whole: Path) -> None:
    import h5py

    tables.prepare(whole)
    ids = [f"s{k:05d}" for k in range(24)]
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": ids, "artist": [f"a{k // 3}" for k in range(24)], "f1": rng.normal(size=24)})
    frame["vector"] = list(rng.normal(size=(24, 3)))
    frame["valence"] = np.arange(24.0) % 9 + 1
    frame.to_parquet(whole / "t.parquet")
    np.savez(whole / "t.npz", ids=np.array(ids), values=rng.normal(size=(24, 3)))
    np.savez(whole / "clips.npz", **{clip: rng.normal(size=(4, 3)) for clip in ids})
    with h5py.File(whole / "t.h5", "w") as file:
        file["ids"], file["values"] = ids, rng.normal(size=(24, 3))


def case(rng: random.Random, number: int, whole: Path) -> Case:
    name = ("t.parquet", "t.parquet", "t.npz", "clips.npz", "t.h5")[number % 5]
    kind = rng.choice(("bytes", "shape", "shape"))
    own = random.Random(rng.random())
    door = ("add", "C", name, "--name", "again", *(("--id", "id") if name == "t.parquet" else ()))
    if name == "t.parquet" and rng.random() < 0.6:
        door = ("import", "table", name, "-o", "N", "--id", "id", "--group", "artist", "--target", "valence")

    def make(folder: Path) -> None:
        shutil.copytree(whole / "C", folder / "C")
        path = folder / name
        shutil.copy(whole / name, path)
        if kind == "bytes" or name == "t.h5":
            path.write_bytes(spoil_bytes(path.read_bytes(), own)[1])
        elif name == "t.parquet":
            spoil_parquet(path, own)
        else:
            arrays = dict(np.load(path))
            arrays[own.choice(list(arrays))] = _odd_array(own)
            np.savez(path, **arrays)

    return Case(f"{name}, {kind}", make, door, is_right=lambda folder, said: tables._reads_again(folder))


def _odd_array(rng: random.Random) -> np.ndarray:
    return rng.choice(
        (
            *(np.zeros(0), np.zeros((0, 3)), np.zeros((24, 0)), np.zeros((2, 2, 2)), np.array(1.0)),
            *(np.array(["x"] * 24), np.zeros((24, 3), complex), np.zeros((24, 3), "M8[s]"), np.full((24, 3), np.nan)),
            *(np.full((24, 3), np.inf), np.zeros((24, 3), bool), np.zeros(3), np.array([b"a"] * 24), np.zeros((3, 24))),
        )
    )
