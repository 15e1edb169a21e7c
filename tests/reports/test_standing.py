"""Where representations stand: against the best and the baseline, Holm-corrected, in the metric's direction."""

import re

import numpy as np
import pytest

import raymer
from raymer.corpora.base import Corpus, Input
from raymer.errors import UsageError
from raymer.experiments.spec import Experiment
from raymer.reports.standing import standing_tables, standings
from raymer.reports.widths import has_widths, make_width_points, widths_plot
from raymer.stats import adjust, compare_pairs, pair


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 6))
    y = X[:, 0] + X[:, 1] + 0.3 * rng.normal(size=80)
    made = Corpus.from_arrays(X, y, targets="v", name="c")
    ids = made.clips["clip_id"].to_numpy(dtype=str)
    return made.with_input(Input("noise", ids, rng.normal(size=(80, 5)), tuple("abcde"), {"file": "noise.csv"}))


def ran(corpus, store, **more):
    data = {
        "name": "e",
        "title": "e",
        "corpus": "c",
        "input": "features",
        "targets": ["v"],
        "protocols": {"p": {"kind": "kfold", "folds": 6}},
        "systems": [
            {"system": "nothing", "method": "no_information"},
            {"system": "good", "method": "ridge"},
            {"system": "bad", "method": "ridge", "input": "noise"},
        ],
    }
    spec = Experiment.model_validate({**data, **more})
    study = raymer.open_study(spec, corpus, store, machine=raymer.Machine(serial=True))
    return study, study.run()


def cells(table):
    return [dict(zip([f"{k}:{c.name}" for k, c in enumerate(table.columns)], row, strict=True)) for row in table.rows]


def test_rows_stand_best_first_against_the_best_and_the_blind_row(corpus, tmp_path):
    study, made = ran(corpus, tmp_path / "S")
    table = made.tables()[-1]
    rows = cells(table)
    assert [row["0:system"] for row in rows][0] == "good"
    assert rows[0]["4:to the best"] == ""
    assert table.columns[6].name == "to nothing"
    scores = study.planned.scores(study.store)
    scores = scores.assign(method=scores["system"])
    asked = {"target": "v", "metric": "r2", "epoch": 0}
    pairs = [
        (a, b) for k, a in enumerate(row["0:system"] for row in rows) for b in [r["0:system"] for r in rows][k + 1 :]
    ]
    found = adjust([compare_pairs(pair(scores, a, b, **asked)) for a, b in pairs])
    for row in rows[1:]:
        one = found[pairs.index(("good", row["0:system"]))]
        assert float(row["4:to the best"].rstrip("*")) == pytest.approx(-one.difference, abs=5e-4)
        assert row["4:to the best"].endswith("*") == (one.p_holm < 0.05)
    assert rows[0]["6:to nothing"].startswith("+")
    assert rows[0]["6:to nothing"].endswith("*")


def test_an_error_stands_the_other_way_round(corpus, tmp_path):
    _, made = ran(corpus, tmp_path / "S", metric="rmse")
    rows = cells(made.tables()[-1])
    assert rows[0]["0:system"] == "good"
    assert rows[-1]["4:to the best"].startswith("+")


def test_a_named_baseline_takes_the_blind_rows_place(corpus, tmp_path):
    _, made = ran(corpus, tmp_path / "S", baseline="bad")
    assert made.tables()[-1].columns[6].name == "to bad"
    with pytest.raises(UsageError, match="did you mean 'bad'"):
        ran(corpus, tmp_path / "S2", baseline="bat")


def test_of_one_input_the_report_alone_has_such_a_table_and_a_missing_fit_no_row(corpus, tmp_path):
    systems = [{"system": "one", "method": "ridge"}, {"system": "two", "method": "svr"}]
    study, made = ran(corpus, tmp_path / "S", systems=systems)
    assert len(made.tables()) == 1
    study.report(tmp_path / "R")
    text = (tmp_path / "R" / "index.html").read_text()
    table = text[text.index("<h3>v: where each row stands (r2)") :]
    assert re.search(r"<td[^>]*>\d\.\d{3} \[-?\d\.\d{3}, \d\.\d{3}\]</td>", table)
    assert ">input</th>" not in table
    study, _ = ran(corpus, tmp_path / "S3")
    planned = study.planned
    scores = planned.scores(study.store)
    part = scores[~((scores["system"] == "bad") & (scores["fold"] == 0))]
    labels = [system.name for system in planned.systems]
    table = standing_tables(standings(planned.systems, labels, part, planned.metrics))[0]
    assert [row[0] for row in table.rows] == ["good", "nothing"]


def test_the_report_says_what_each_input_is(corpus, tmp_path):
    study, _ = ran(corpus, tmp_path / "S")
    study.report(tmp_path / "R")
    text = (tmp_path / "R" / "index.html").read_text()
    assert "5 features, 80 of 80 clips, from noise.csv" in text


def test_widths_of_several_inputs_are_lines_of_one_figure(corpus, tmp_path):
    systems = [
        {"system": f"{name} {width}", "method": "pca-svr", "input": name, "reducer": {"width": width}}
        for name in ("features", "noise")
        for width in (1, 2, 4)
    ]
    study, _ = ran(corpus, tmp_path / "S", systems=systems)
    planned = study.planned
    points = make_width_points(planned.systems, planned.scores(study.store), planned.metrics)
    assert has_widths(points)
    labels = [one.label for one in widths_plot(points).series]
    assert labels == ["PCA of features", "PCA of noise"]
