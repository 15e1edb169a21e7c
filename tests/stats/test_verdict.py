"""The comparison of two methods, in tests and in words."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raymer.stats import (
    compare,
    correlated_bayes,
    nadeau_bengio,
    pair,
    paired_t,
    standardised_effect,
    verdict,
    welch,
)
from raymer.stats.outcome import TTest

KEYS = [
    "target",
    "metric",
    "higher_is_better",
    "a",
    "b",
    "welch",
    "paired_t",
    "nadeau_bengio",
    "correlated_bayes",
    "difference",
    "splits",
    "verdict",
]


def test_holds_every_test_of_the_pairs(table):
    (one,) = compare(table, "tnn-svr", "pca-svr", target="valence", metric="r2", rope=0.02)
    pairs = pair(table, "tnn-svr", "pca-svr", target="valence", metric="r2")
    level = 1 - 0.05
    assert one.welch == welch(pairs, level)
    assert one.paired_t == paired_t(pairs, level)
    assert one.nadeau_bengio == nadeau_bengio(pairs, level)
    assert one.correlated_bayes == correlated_bayes(pairs, rope=0.02, confidence=level)
    assert one.effect == standardised_effect(pairs, level)
    assert (one.difference, one.splits) == (pairs.difference, 20)
    assert one.verdict == "tnn-svr is better than pca-svr"


def test_every_target_in_order(table):
    assert [one.target for one in compare(table.iloc[::-1], "svr", "pca-svr")] == ["arousal", "valence"]


def test_record_has_these_keys_and_is_strict_json(table):
    (one,) = compare(table, "tnn-svr", "pca-svr", target="arousal")
    record = one.to_record()
    assert list(record) == KEYS
    again = json.loads(json.dumps(record, allow_nan=False))
    assert again["splits"] == 20
    for name in ("welch", "paired_t", "nadeau_bengio"):
        assert {"statistic", "p", "interval", "valid"} <= set(again[name])
        assert len(again[name]["interval"]) == 2
    assert set(again["correlated_bayes"]["probabilities"]) == {"p_left", "p_rope", "p_right"}
    assert again["nadeau_bengio"]["p"] == one.nadeau_bengio.p
    assert "p_holm" not in again["nadeau_bengio"]


def test_record_of_a_limit_is_strict_json(make_scores):
    frame = make_scores({"a": [0.6, 0.7, 0.8], "b": [0.5, 0.6, 0.7]})
    (one,) = compare(frame, "a", "b")
    assert one.paired_t.statistic == math.inf
    text = json.dumps(one.to_record(), allow_nan=False)
    assert json.loads(text)["paired_t"]["statistic"] is None


def test_identical_scores(make_scores):
    scores = [0.2, 0.5, 0.4]
    (one,) = compare(make_scores({"a": scores, "b": scores}), "a", "b", rope=0.0)
    assert one.verdict == "identical"
    assert one.difference == 0.0
    for test in (one.welch, one.paired_t, one.nadeau_bengio):
        assert (test.p, test.interval) == (1.0, (0.0, 0.0))


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(2, 30), st.integers(0, 10**6), st.floats(0.0, 0.2), st.booleans())
def test_exchanging_the_methods(make_scores, count, seed, shift, higher):
    rng = np.random.default_rng(seed)
    frame = make_scores({"a": rng.normal(shift, 0.05, count), "b": rng.normal(0, 0.05, count)})
    (ours,) = compare(frame, "a", "b", higher_is_better=higher)
    (theirs,) = compare(frame, "b", "a", higher_is_better=higher)
    assert ours.verdict == theirs.verdict
    assert ours.difference == -theirs.difference
    for name in ("welch", "paired_t", "nadeau_bengio"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert mine.p == pytest.approx(other.p, abs=1e-12)
        assert mine.statistic == pytest.approx(-other.statistic, rel=1e-12)
        assert mine.interval == pytest.approx((-other.interval[1], -other.interval[0]), abs=1e-12)


@settings(max_examples=20, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_order_of_rows_does_not_matter(make_scores, seed):
    rng = np.random.default_rng(seed)
    frame = make_scores({"a": rng.normal(0.1, 0.05, 15), "b": rng.normal(0, 0.05, 15)})
    assert compare(frame, "a", "b") == compare(frame.sample(frac=1, random_state=rng), "a", "b")


@pytest.mark.parametrize(
    ("interval", "p", "rope", "said"),
    [
        ((0.02, 0.06), 0.001, 0.01, "A is better than B"),
        ((-0.06, -0.02), 0.001, 0.01, "B is better than A"),
        ((0.005, 0.055), 0.02, 0.01, "A is better than B, perhaps by less than 0.01"),
        ((0.001, 0.007), 0.01, 0.01, "practically equal"),
        ((-0.007, 0.005), 0.4, 0.01, "practically equal"),
        ((-0.02, 0.04), 0.4, 0.01, "no difference can be claimed"),
        ((-0.007, 0.005), 0.4, 0.0, "no difference can be claimed"),
        ((0.001, 0.007), 0.01, 0.0, "A is better than B"),
        ((0.0, 0.0), 1.0, 0.0, "identical"),
    ],
)
def test_words(interval, p, rope, said):
    test = TTest("nadeau_bengio", 0.0, 9, p, sum(interval) / 2, interval, 0.95, True)
    assert verdict("A", "B", test, rope=rope, alpha=0.05) == said


def test_words_for_errors_and_adjusted_p():
    test = TTest("nadeau_bengio", 3.0, 9, 0.02, 0.04, (0.02, 0.06), 0.95, True)
    assert verdict("A", "B", test, rope=0.01, alpha=0.05, higher_is_better=False) == "B is better than A"
    assert verdict("A", "B", test, rope=0.01, alpha=0.05, p=0.06) == "no difference can be claimed"


def test_decided_by_the_corrected_test_not_by_welch(make_scores):
    rng = np.random.default_rng(4)
    b = rng.normal(0.5, 0.03, 100)
    frame = make_scores({"a": b + rng.normal(0.012, 0.06, 100), "b": b})
    (one,) = compare(frame, "a", "b")
    assert one.paired_t.p < 0.05 < one.nadeau_bengio.p
    assert one.verdict == "no difference can be claimed"


def test_alpha_sets_the_level_of_the_intervals(table):
    (one,) = compare(table, "svr", "pca-svr", target="arousal", alpha=0.01)
    assert one.nadeau_bengio.confidence == 0.99
    (wide,) = compare(table, "svr", "pca-svr", target="arousal")
    assert one.nadeau_bengio.interval[0] < wide.nadeau_bengio.interval[0]


def test_metric_may_be_left_out_only_if_there_is_one(table):
    frame = pd.concat([table, table.assign(metric="pearson")])
    assert compare(table, "svr", "pca-svr") == compare(table, "svr", "pca-svr", metric="r2")
    with pytest.raises(ValueError, match="several metrics, name one of: pearson, r2"):
        compare(frame, "svr", "pca-svr")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"a": "svm"}, "unknown method 'svm'"),
        ({"b": "tnn-svr"}, "cannot be compared with itself"),
        ({"target": "valance"}, "did you mean 'valence'"),
        ({"metric": "r"}, "did you mean 'r2'"),
        ({"epoch": 10}, "unknown epoch 10"),
        ({"rope": -0.1}, "rope must be 0 or more"),
        ({"alpha": 5.0}, "alpha must lie between 0 and 1"),
    ],
)
def test_wrong_calls_are_refused(table, change, said):
    call = {"a": "tnn-svr", "b": "pca-svr"} | change
    with pytest.raises(ValueError, match=said):
        compare(table, call.pop("a"), call.pop("b"), **call)
