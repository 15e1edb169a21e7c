"""Metrics through the command line: of classes, of errors that are better low, one's own, and one added later."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as reference
from support import records

from raymer.results.store import ResultStore

CLASSES = ("jazz", "pop", "rock")

EXPERIMENT = """
name: e
title: Genres
corpus: table
targets: [genre]
metric: [roc_auc, log_loss, accuracy]
protocols: {folds: {folds: 4}}
systems:
  - {system: kNN, method: knn}
  - {system: GBM, method: gbm, predictor: {n_estimators: 20}}
  - {system: LDA-kNN, steps: [scale, lda, knn]}
search: {system: GBM, space: {predictor: {max_depth: {}, n_estimators: {}}}, trials: 4}
"""

OWN = '''
import numpy as np


class WorstError:
    """The greatest absolute error."""

    kind = "number"
    higher_is_better = False

    def score(self, true, predicted):
        return float(np.abs(true - predicted).max())


class Sureness:
    """The mean probability of the true class."""

    kind = "class"
    needs = "probabilities"

    def score(self, true, probabilities, classes):
        return float(np.mean([probabilities[k, list(classes).index(name)] for k, name in enumerate(true)]))
'''


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("genres")
    rng = np.random.default_rng(0)
    genre = np.array(CLASSES)[np.arange(60) % 3]
    X = rng.normal(size=(60, 5))
    X[:, 0] += 1.5 * (genre == "pop")
    X[:, 1] += 1.5 * (genre == "rock")
    frame = pd.DataFrame(X, columns=[f"f{k}" for k in range(5)])
    frame.insert(0, "song", [f"s{k:02d}" for k in range(60)])
    frame.assign(genre=genre, joy=5 + X[:, 0] + 0.5 * rng.normal(size=60)).to_csv(root / "table.csv", index=False)
    return root / "table.csv"


@pytest.fixture
def place(table, cli, tmp_path) -> Path:
    made = cli("import", "table", table, "-o", tmp_path / "C", "--id", "song", "--target", "genre", "--target", "joy")
    assert made.exit_code == 0, made.stderr
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    (tmp_path / "own_metrics.py").write_text(OWN)
    return tmp_path


def words(place: Path, verb: str, *more: object, experiment: str = "e.yaml") -> tuple[object, ...]:
    return (verb, place / experiment, *more, "-c", place / "C", "-s", place / "S")


def by_sklearn(metric, one):
    if metric == "accuracy":
        return reference.accuracy_score(one.true, one.predicted)
    if metric == "log_loss":
        return reference.log_loss(one.true, one.probabilities, labels=list(one.classes))
    return reference.roc_auc_score(one.true, one.probabilities, multi_class="ovr", labels=list(one.classes))


def test_classes_from_the_first_fit_to_a_prediction(cli, place, table):
    rows = records(cli(*words(place, "run", "--serial", "--json")))
    assert [row["metric"] for row in rows[:3]] == ["roc_auc", "log_loss", "accuracy"]
    store = ResultStore(str(place / "S"))
    kept = [store.get(fit) for fit in store.done()]
    lda = [one for one in kept if "lda" in json.dumps(one.fit)]
    for row in (row for row in rows if row["system"] == "LDA-kNN"):
        made = [by_sklearn(row["metric"], one) for one in lda]
        assert (row["mean"], row["sd"]) == (pytest.approx(np.mean(made)), pytest.approx(np.std(made)))
    for metric, choose in (("roc_auc", max), ("log_loss", min)):
        mine = [row for row in rows if row["metric"] == metric]
        best = choose(mine, key=lambda row: row["mean"])
        assert [row["system"] for row in mine if row["best"]] == [best["system"]]
        assert {row["higher_is_better"] for row in mine} == {metric == "roc_auc"}
    shown = cli(*words(place, "run", "--serial"))
    assert "0 fits run, 12 found done" in shown.stderr
    assert "log_loss (lower is better)" in " ".join(shown.stdout.split())

    (verdict,) = records(cli(*words(place, "compare", "gbm", "knn", "--serial", "--json")))
    assert (verdict["metric"], verdict["target"], verdict["splits"]) == ("roc_auc", "genre", 4)
    found = records(cli(*words(place, "tune", "--serial", "--json")))
    assert (found["metric"], found["higher_is_better"], found["trials"], found["failed"]) == ("roc_auc", True, 4, [])

    told = records(cli(*words(place, "report", "-o", place / "R", "--png", "--json")))
    assert "figures/confusion.png" in told["files"]
    page = (place / "R" / "index.html").read_text()
    assert "Which class was taken for which" in page
    assert "Predicted against true" not in page, "that is for numbers"

    fitted = cli(*words(place, "fit", "gbm", "-o", place / "M", "--serial"))
    assert fitted.exit_code == 0, fitted.stderr
    assert "in nats (lower is better)" in (place / "M" / "README.md").read_text()
    new = ("predict", place / "M", "--features-table", table, "--id", "song")
    shown = cli(*new).stdout
    for row in records(cli(*new, "--json")):
        shares = {name: row[f"genre_p_{name}"] for name in CLASSES}
        assert sum(shares.values()) == pytest.approx(1)
        assert row["genre"] == max(shares, key=shares.get)
        assert f"{row['genre']} ({max(shares.values()):.2f})" in shown
    assert cli("audit", place / "C").exit_code == 0


def numbers(place: Path, metric: str) -> str:
    text = EXPERIMENT.replace("[genre]", "[joy]").replace("[roc_auc, log_loss, accuracy]", metric)
    text = text.replace("steps: [scale, lda, knn]", "steps: [scale, {use: pca, width: 1}, knn]")
    (place / "numbers.yaml").write_text(text)
    return "numbers.yaml"


def test_the_best_of_an_error_is_the_smallest_everywhere(cli, place):
    name = numbers(place, "[rmse, r2]")
    rows = records(cli(*words(place, "run", "--serial", "--json", experiment=name)))
    means = {row["system"]: row["mean"] for row in rows if row["metric"] == "rmse"}
    assert means["LDA-kNN"] == max(means.values())
    best = min(means, key=means.get)
    assert [row["system"] for row in rows if row["metric"] == "rmse" and row["best"]] == [best]
    text = cli(*words(place, "run", "--serial", experiment=name)).stdout
    assert f"joy {best} (rmse {means[best]:.3f})" in text
    (one,) = records(cli(*words(place, "compare", "pca-knn", best, "--serial", "--json", experiment=name)))
    assert one["difference"] > 0
    assert one["verdict"].startswith(f"{one['b']} is better than pca-knn")
    (turned,) = records(cli(*words(place, "compare", best, "pca-knn", "--serial", "--json", experiment=name)))
    assert turned["verdict"] == one["verdict"]
    said = cli(*words(place, "compare", best, "pca-knn", "--serial", experiment=name)).stdout
    shares = [float(part.split("%")[0].split()[-1]) for part in said.splitlines()[2].split(":")[1:]]
    assert shares[0] > 90 > shares[2], "the probability that the smaller error is better"
    found = records(cli(*words(place, "tune", "--serial", "--json", experiment=name)))
    assert found["higher_is_better"] is False
    nested = records(cli(*words(place, "tune", "--serial", "--json", "--outer", 2, experiment=name)))["nested"]
    assert nested["optimism"] == pytest.approx(nested["estimate"] - nested["flat_best"])
    page = records(cli(*words(place, "report", "-o", place / "R", "--json", experiment=name)))
    assert page["results"] == rows
    assert "rmse (lower is better)" in (place / "R" / "index.html").read_text()


def test_a_metric_added_later_appears_and_no_fit_is_run(cli, place):
    records(cli(*words(place, "run", "--serial", "--json", experiment=numbers(place, "r2"))))
    before = {path: path.stat().st_mtime_ns for path in (place / "S" / "fits").rglob("*.parquet")}
    plugin = ("--plugin", place / "own_metrics.py")
    name = numbers(place, '[ccc, "own_metrics:WorstError"]')
    refused = cli(*words(place, "run", "--serial", experiment=name))
    assert (refused.exit_code, "own_metrics" in refused.stderr) == (2, True)
    ran = cli(*words(place, "run", "--serial", "--json", *plugin, experiment=name))
    assert "0 fits run, 12 found done" in ran.stderr
    assert before == {path: path.stat().st_mtime_ns for path in (place / "S" / "fits").rglob("*.parquet")}
    store = ResultStore(str(place / "S"))
    kept = [store.get(fit) for fit in store.done() if "lightgbm" not in json.dumps(store.header(fit).fit)]
    worst = sorted(float(np.abs(one.true - one.predicted).max()) for one in kept)
    rows = [row for row in records(ran) if row["metric"] == "own_metrics:WorstError"]
    assert sum(4 * row["mean"] for row in rows) == pytest.approx(sum(worst))
    assert {row["higher_is_better"] for row in rows} == {False}
    (one,) = records(cli(*words(place, "compare", "gbm", "knn", "--metric", "mae", "--json", experiment=name), *plugin))
    assert one["metric"] == "mae"


def test_a_metric_of_ones_own_may_look_at_probabilities(cli, place):
    (place / "e.yaml").write_text(EXPERIMENT.replace("[roc_auc, log_loss, accuracy]", "own_metrics:Sureness"))
    plugin = ("--plugin", place / "own_metrics.py")
    rows = records(cli(*words(place, "run", "--serial", "--json"), *plugin))
    assert all(0.3 < row["mean"] < 1 for row in rows)
    listed = {one["name"]: one["what"] for one in records(cli("components", "metric", "--json", *plugin))}
    assert listed["own_metrics:Sureness"] == (
        "The mean probability of the true class. (class; higher is better, from probabilities)"
    )
    assert listed["own_metrics:WorstError"] == "The greatest absolute error. (number; lower is better)"
    assert "lower is better" in listed["rmse"]
