"""A class of somebody else's runs, resumes, is saved and compared like raymer's own, and an edited one is another."""

import json

import pytest
from components.own import ALL, EXPERIMENT, MINE, REDUCER

from raymer.components.plugins import PLUGINS
from raymer.results.store import ResultStore


@pytest.fixture
def place(tmp_path, corpus_folder):
    (tmp_path / "mine_classes.py").write_text(REDUCER)
    (tmp_path / "mine.yaml").write_text(EXPERIMENT)
    yield tmp_path
    PLUGINS.drop("mine_classes")


@pytest.fixture
def raymer(place, cli):
    """Run a verb on the experiment in this process, with the plugin unless it says otherwise."""

    def run(verb, *words, plugin=True, code=0):
        if not plugin:
            PLUGINS.drop("mine_classes")
        brought = ["--plugin", place / "mine_classes.py"] if plugin else []
        result = cli(verb, *words, *brought)
        assert result.exit_code == code, result.stdout + result.stderr
        return result

    return run


def where(place):
    return ["--corpus", place / "corpus", "--store", place / "S"]


def test_without_consent_each_verb_is_one_line(place, raymer):
    words = [place / "mine.yaml", *where(place)]
    for verb, more in (
        ("run", ["--serial"]),
        ("report", ["-o", place / "R"]),
        ("compare", ["mine", "svr", "--serial"]),
    ):
        result = raymer(verb, *words, *more, plugin=False, code=2)
        assert "--plugin mine_classes.py" in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_it_runs_and_every_verb_takes_it(place, raymer):
    words = [place / "mine.yaml", *where(place)]
    result = raymer("run", *words, "--serial", "--json")
    rows = json.loads(result.stdout)
    assert {row["method"] for row in rows} == {"svr", "pca-svr", "tnn-svr", "MyReducer-Ridge", "gbm"}
    assert all(row["missing"] == 0 and row["epoch"] == 0 and row["input"] == "features" for row in rows)
    found = json.loads(raymer("compare", *words, "mine", "svr", "--serial", "--json").stdout)
    assert [one["target"] for one in found] == ["valence", "arousal"]
    raymer("report", *words, "-o", place / "R")
    assert "MyReducer" in (place / "R" / "index.html").read_text() or "Mine" in (place / "R" / "index.html").read_text()
    store = ResultStore(str(place / "S"))
    mine = next(fit for fit in sorted(store.done()) if "mine_classes" in json.dumps(store.header(fit).fit))
    assert "the same to the bit" in raymer("rerun", mine, *where(place)).stdout
    refused = raymer("rerun", mine, *where(place), plugin=False, code=2)
    assert "mine_classes" in refused.stderr


def test_a_model_of_it_predicts_only_with_the_class(place, raymer, corpus):
    words = [place / "mine.yaml", "Mine", "--corpus", place / "corpus"]
    raymer("fit", *words, "-o", place / "M")
    item = corpus.input(None)
    import pandas as pd

    frame = pd.DataFrame(item.values, columns=list(item.columns)).assign(song=item.clip_ids)
    frame.to_csv(place / "new.csv", index=False)
    asked = [place / "M", "--features-table", place / "new.csv", "--id", "song", "--json"]
    assert len(json.loads(raymer("predict", *asked).stdout)) == len(frame)
    refused = raymer("predict", *asked, plugin=False, code=2)
    assert "mine_classes:MyReducer" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_an_edited_file_is_another_system(place, raymer):
    words = [place / "mine.yaml", *where(place), "--serial"]
    assert f"{ALL} fits run, 0 found done" in raymer("run", *words).stderr
    assert f"0 fits run, {ALL} found done" in raymer("run", *words).stderr
    (place / "mine_classes.py").write_text(REDUCER.replace("1e-9", "2e-9"))
    assert f"{MINE} fits run, {ALL - MINE} found done" in raymer("run", *words).stderr


def test_an_edited_file_that_another_imports_makes_another_system(place, raymer):
    words = [place / "mine.yaml", *where(place), "--serial"]
    (place / "my_helpers.py").write_text("TINY = 1e-9\n")
    (place / "mine_classes.py").write_text("from my_helpers import TINY\n" + REDUCER.replace("1e-9", "TINY"))
    assert "bring it too, with --plugin my_helpers.py" in raymer("run", *words, code=2).stderr
    words += ["--plugin", place / "my_helpers.py"]
    assert f"{ALL} fits run" in raymer("run", *words).stderr
    assert f"0 fits run, {ALL} found done" in raymer("run", *words).stderr
    (place / "my_helpers.py").write_text("TINY = 2e-9\n")
    assert f"{MINE} fits run, {ALL - MINE} found done" in raymer("run", *words).stderr
    assert PLUGINS.module("mine_classes").TINY == 2e-9
    PLUGINS.drop("my_helpers")


def test_a_saved_model_is_of_the_file_as_it_was(place, raymer):
    raymer("fit", place / "mine.yaml", "Mine", "--corpus", place / "corpus", "-o", place / "M")
    (place / "mine_classes.py").write_text(REDUCER.replace("1e-9", "2e-9"))
    refused = raymer("predict", place / "M", "--features-table", place / "new.csv", code=2)
    assert "another than the results were made with" in refused.stderr


def test_global_generators_are_seeded_and_put_back(place, cli, planted):
    import numpy as np

    text = EXPERIMENT.replace("mine_classes:MyReducer", "planted_classes:GlobalRandom")
    (place / "global.yaml").write_text(text)
    made = []
    for name in ("A", "B"):
        np.random.seed(3)
        before = np.random.get_state()[1].copy()
        result = cli(
            *("run", place / "global.yaml", "-c", place / "corpus", "-s", place / name),
            *("--serial", "--json", "--plugin", planted),
        )
        assert result.exit_code == 0, result.stderr
        assert np.array_equal(np.random.get_state()[1], before)
        made.append([row["mean"] for row in json.loads(result.stdout)])
        np.random.normal(size=5)
    assert made[0] == made[1]
