"""Published verdicts beside what the splits say: agreement, power, and only whole pairs."""

import numpy as np
import pytest

import raymer
from raymer.api.gathering import gather
from raymer.corpora.base import Corpus
from raymer.experiments.spec import Experiment
from raymer.reports.claims import claim_tests, claims_table
from raymer.reports.comparison import PublishedClaim, agreement
from raymer.reports.page import make_page
from raymer.reports.plot import draw_whole
from raymer.stats import compare_pairs, pairs_from_arrays, power_at


def comparison(shift, spread, *, higher_is_better=True):
    rng = np.random.default_rng(0)
    b = rng.normal(0.4, 0.05, 30)
    pairs = pairs_from_arrays(b + shift + rng.normal(0, spread, 30), b, n_train=360, n_test=40, a="x", b="y")
    return compare_pairs(pairs, rope=0.01, higher_is_better=higher_is_better)


BETTER, WORSE = comparison(0.1, 0.02), comparison(-0.1, 0.02)
EQUAL, OPEN = comparison(0.0, 0.001), comparison(0.01, 0.1)


@pytest.mark.parametrize(
    ("improved", "of_a", "seen"),
    [
        (True, True, ("same", "opposite", "opposite", "not decidable")),
        (False, True, ("opposite", "same", "same", "not decidable")),
        (True, False, ("opposite", "same", "opposite", "not decidable")),
        (False, False, ("same", "opposite", "same", "not decidable")),
    ],
)
def test_agreement_has_three_answers(improved, of_a, seen):
    claim = PublishedClaim(None, "said", improved, of_a)
    assert tuple(agreement(claim, one) for one in (BETTER, WORSE, EQUAL, OPEN)) == seen


def test_agreement_follows_the_metric():
    low = comparison(0.1, 0.02, higher_is_better=False)
    assert agreement(PublishedClaim(None, "said", True, True), low) == "opposite"
    assert agreement(PublishedClaim(0.1, None), low) is None
    assert agreement(None, low) is None


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 8))
    y = X[:, :3] + 0.8 * rng.normal(size=(120, 3))
    spec = Experiment.model_validate(
        {
            "name": "e",
            "title": "e",
            "corpus": "c",
            "input": "features",
            "targets": ["t1", "t2", "t3"],
            "protocols": {"splits": {"kind": "random", "count": 12, "train_share": 0.8}},
            "systems": [
                {"system": "R", "method": "ridge", "published": {t: {"mean": 0.5} for t in ("t1", "t2", "t3")}},
                {
                    "system": "N",
                    "method": "no_information",
                    "published": {t: {"mean": 0.4} for t in ("t1", "t2", "t3")},
                },
            ],
            "published_verdicts": [
                {"method": "ridge", "baseline": "no_information", "verdict": "improved", "splits": 12},
                {"method": "no_information", "baseline": "ridge", "verdict": "improved", "splits": 12, "target": "t2"},
            ],
        }
    )
    corpus = Corpus.from_arrays(X, y, targets=["t1", "t2", "t3"], name="c")
    folder = tmp_path_factory.mktemp("S")
    opened = raymer.open_study(spec, corpus, folder, machine=raymer.Machine(serial=True))
    opened.run()
    return gather(opened.planned, corpus, opened.store, None)


def test_the_mean_decides_and_the_targets_stand_below_it(report):
    tests = report.claim_tests()
    assert [test.comparison.target for test in tests] == ["average", "t1", "t2", "t3", "t2"]
    assert [test.agreement for test in tests] == ["same", None, "opposite", None, "opposite"]
    assert tests[0].comparison.p_holm is None, "the claim itself is one test"
    assert all(test.comparison.p_holm >= test.comparison.nadeau_bengio.p for test in tests[1:4])
    assert tests[4].comparison.p_holm is None


def test_the_table_has_power_for_the_published_difference(report):
    tests = report.claim_tests()
    table = claims_table(tests)
    rows = [dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows]
    one = tests[0].comparison
    power = power_at(0.1, sd=one.spread.sd, splits=12, ratio=one.spread.ratio)
    assert (rows[0]["published"], rows[0]["power"]) == ("improved, +0.100", f"{power:.0%}")
    assert [row["published"] for row in rows[1:]] == ["+0.100", "improved, +0.100", "+0.100", "improved, -0.100"]
    assert rows[0]["Welch here"].startswith("A better, p = ")
    assert (rows[0]["what holds"], rows[4]["what holds"]) == ("A better", "B better")
    assert "improved, +0.100</td>" in make_page(report, [])


def test_a_pair_that_lacks_a_score_is_not_tested(report):
    first = report.scores.iloc[0]
    short = report.scores[report.scores["fit"] != first["fit"]]
    tests = claim_tests(report.spec, report.systems, report.labels, short, report.metrics)
    assert first["target"] not in [test.comparison.target for test in tests][:4]
    assert "average" not in [test.comparison.target for test in tests]


def test_the_figure_marks_the_published_difference(report):
    (plot,) = [plot for plot in report.plots() if plot.name == "claims"]
    axes = draw_whole(plot).axes[0]
    crosses = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "x"]
    assert crosses == pytest.approx([0.1, 0.1, 0.1, 0.1, -0.1])
    texts = [text.get_text() for text in axes.texts]
    assert texts[0].endswith("paper: improved, +0.100; same")
    assert texts[4].endswith("paper: improved, -0.100; opposite")
