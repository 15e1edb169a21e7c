"""The Python API: values of other types, frames and arrays that make no corpus, and systems that make no sense."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from beds.fuzz.case import Case
from beds.fuzz.families import stores

SIZE = 300
ODD: tuple[Any, ...] = (
    *(None, "", "x", -1, 0, 1.5, 10**30, float("nan"), float("inf"), True, [], {}, ["x"], {"x": 1}, ("a", "a"), b"x"),
    *("[/x]", "\x1b[31m", "../../x", object, np.zeros(3), np.array(["a"]), pd.DataFrame(), pd.Series([1.0])),
)


def prepare(whole: Path) -> None:
    stores.prepare(whole)


def case(rng: random.Random, number: int, whole: Path) -> Case:
    kind, door = (_study, _frame, _arrays, _cross_validate, _experiment)[number % 5](rng)

    def make(folder: Path) -> None:
        for name in ("C", "S"):
            shutil.copytree(whole / name, folder / name)
        shutil.copy(whole / "small.yaml", folder)

    return Case(kind, make, door)


def _study(rng: random.Random) -> tuple[str, Callable[[], object]]:
    odd = rng.choice(ODD)
    where = rng.choice(("experiment", "corpus", "store", "folds", "epochs", "names", "rope", "targets", "metric"))

    def door() -> object:
        import raymer
        from raymer.engine.machine import Machine

        given: dict[str, Any] = {"experiment": "small.yaml", "corpus": "C", "store": "S"}
        opening = where in ("experiment", "corpus", "store", "folds", "epochs")
        study = raymer.open_study(**({**given, where: odd} if opening else given), machine=Machine(serial=True))
        if opening:
            return repr(study.scores())
        asked = {} if where == "names" else {where: odd}
        return repr(study.compare(*(("svr", odd) if where == "names" else ("svr", "pca-svr")), **asked))

    return f"open_study, {where}", door


def _frame(rng: random.Random) -> tuple[str, Callable[[], object]]:
    odd, way = rng.choice(ODD), rng.choice(("cell", "column", "option", "empty", "index"))
    column, option = rng.choice(("id", "f1", "valence")), rng.choice(("id", "targets", "group", "name", "feature"))

    def door() -> object:
        import raymer

        frame = pd.DataFrame({"id": [f"c{k}" for k in range(12)], "f1": np.arange(12.0), "valence": np.arange(12.0)})
        said: dict[str, Any] = {"id": "id", "targets": ["valence"], "name": "mine"}
        if way == "cell":
            frame[column] = frame[column].astype(object)
            frame.at[3, column] = odd
        elif way == "column":
            frame = frame.rename(columns={column: odd if isinstance(odd, str | int | float | None) else "id"})
        elif way == "option":
            said[option] = odd
        elif way == "empty":
            frame = frame.iloc[:0]
        else:
            frame.index = [0] * 12
        return raymer.Corpus.from_frame(frame, **said).fingerprint

    return f"from_frame, {way}", door


def _arrays(rng: random.Random) -> tuple[str, Callable[[], object]]:
    X: tuple[Any, ...] = (np.zeros((8, 2)), np.zeros(8), np.zeros((0, 2)), np.full((8, 2), np.inf), np.zeros((8, 2, 2)))
    first, second = rng.choice((*X, *ODD)), rng.choice((np.arange(8.0), np.array(list("abababab")), *ODD))

    def door() -> object:
        import raymer

        return raymer.Corpus.from_arrays(first, second).fingerprint

    return "from_arrays", door


def _cross_validate(rng: random.Random) -> tuple[str, Callable[[], object]]:
    odd, where = rng.choice(ODD), rng.choice(("systems", "protocol", "step", "width"))

    def door() -> object:
        import raymer

        systems: Any = {"systems": odd, "step": {"a": odd}}.get(where, "svr")
        if where == "width":
            systems = {"a": [{"use": "pca", "width": odd}, "svr"]}
        protocol: Any = odd if where == "protocol" else 3
        corpus = raymer.load_corpus("C")
        return repr(raymer.cross_validate(corpus, systems, protocol, address=None))

    return f"cross_validate, {where}", door


def _experiment(rng: random.Random) -> tuple[str, Callable[[], object]]:
    odd, where = rng.choice(ODD), rng.choice(("name", "targets", "metric", "seed", "protocols", "systems", "search"))

    def door() -> object:
        import raymer

        said: dict[str, Any] = {
            "name": "a",
            "title": "a",
            "corpus": "synthetic",
            "targets": ["valence"],
            "protocols": {"p": {"folds": 3}},
            "systems": [{"system": "SVR", "method": "svr"}],
        }
        study = raymer.open_study(raymer.Experiment(**{**said, where: odd}), "C")
        return repr(study)

    return f"Experiment, {where}", door
