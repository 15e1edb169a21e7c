"""Bring the scores of the second paper's runs on Emotify from their stores into small tidy files.

    python -m benchmarks.emotify_collect table E STORE --epochs 400 --every 20 --out docs/runs/emotify-folds.csv
    python -m benchmarks.emotify_collect splits E STORE --epochs 100 --every 50 --out docs/runs/emotify-splits.csv
    python -m benchmarks.emotify_collect seconds E STORE --epochs 400 --every 20 --out docs/runs/emotify-seconds.csv
    python -m benchmarks.emotify_collect search E SEARCH.json --out docs/runs/emotify-search.csv

`table` and `splits` write Pearson's r of each emotion, a column a method: by epoch and fold, and by split at the last
epoch. Methods that lack a fit are left out. `seconds` writes the own seconds of every training. `search` writes what
`raymer tune search-emotify-rbf --outer 3 --json` printed: what the flat search and that of each outer fold chose.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from raymer.api.study import OpenStudy, open_study

EXPERIMENTS = {
    "table": "jakubik2018-emotify",
    "seconds": "jakubik2018-emotify",
    "splits": "jakubik2018-emotify-significance",
}


def wide(study: OpenStudy, place: list[str]) -> pd.DataFrame:
    """Return the scores of the methods that have them all: `place` and the target, then a column a method."""
    scores = study.planned.scores(study.store)
    whole = [system.name for k, system in enumerate(study.planned.systems) if _done(scores, k) == len(system.fits)]
    frame = scores.pivot(index=[*place, "target"], columns="system", values="value")[whole]
    return frame.round(5).reset_index().rename(columns={"repeat": "split"})


def _done(scores: pd.DataFrame, row: int) -> int:
    return scores.loc[scores["row"] == row, "fit"].nunique()


def searched(record: dict[str, Any]) -> pd.DataFrame:
    """Return the best parameters, the inner and the outer value of the flat search and of each outer fold."""
    rows = [{"fold": "all", **_short(record["best_params"]), "inner": record["best_value"], "outer": None}]
    for one in record["nested"]["outer"]:
        value = {"inner": one["inner_value"], "outer": one["value"]}
        rows.append({"fold": str(one["fold"]), **_short(one["best_params"]), **value})
    return pd.DataFrame(rows).round(5)


def _short(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params.get(f"reducer.{name}") for name in ("gamma", "learning_rate", "excerpt")}


def main() -> None:
    """Read one store and write one file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=(*EXPERIMENTS, "search"))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--every", type=int)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    if given.part == "search":
        searched(json.loads(given.store.read_text(encoding="utf-8"))).to_csv(given.out, index=False)
        return
    name = EXPERIMENTS[given.part]
    study = open_study(name, given.corpus, given.store, epochs=given.epochs, every=given.every)
    if given.part == "seconds":
        scores = study.planned.scores(study.store).drop_duplicates("fit")
        trained = scores[scores["spent_seconds"] >= scores["reducer_seconds"]]
        frame = trained[["method", "spent_seconds"]].rename(columns={"spent_seconds": "seconds"}).round(2)
    elif given.part == "table":
        frame = wide(study, ["epoch", "fold"])
    else:
        frame = wide(study, ["epoch", "repeat"])
        frame = frame[frame["epoch"] == given.epochs].drop(columns="epoch")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(given.out, index=False)
    print(f"{given.out}: {len(frame):,} rows, columns {', '.join(frame.columns)}")


if __name__ == "__main__":
    main()
