"""raymer compare on a small corpus, in this process and without Ray."""

import json

import pytest
from support import records

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic

KEYS = {"welch", "paired_t", "nadeau_bengio", "correlated_bayes", "difference", "splits", "verdict", "a", "b", "target"}

CONTEST = """
name: contest
title: contest
corpus: synthetic
targets: [valence, arousal]
protocols:
  splits: {kind: random, count: 8, train_share: 0.8, seed: 0}
systems:
  - {system: SVR, method: svr, published: {valence: {mean: 0.5}, arousal: {mean: 0.4}}}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 4}, published: {valence: {mean: 0.3}, arousal: {mean: 0.1}}}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 2}}
  - {system: RP-SVR, method: rp-svr, reducer: {width: 4}}
"""


@pytest.fixture
def ask(cli, corpus_folder, tmp_path):
    """Compare in the experiment `contest`, or in its text with changes."""

    def run(*words, old="", new="", raw=False):
        path = tmp_path / "contest.yaml"
        path.write_text(CONTEST.replace(old, new))
        where = ("--corpus", corpus_folder, "--store", tmp_path / "S", "--serial")
        return cli("compare", path, *words, *where, *(() if raw else ("--json",)))

    return run


def test_one_record_a_target_and_then_from_the_store(ask):
    first = ask("svr", "pca-svr@4")
    rows = records(first)
    assert "32 fits run, 0 found done" in first.stderr
    assert [row["target"] for row in rows] == ["valence", "arousal"]
    for row in rows:
        assert set(row) >= KEYS
        assert (row["a"], row["b"], row["splits"]) == ("svr", "pca-svr@4", 8)
        assert {"statistic", "p", "interval"} <= set(row["welch"])
        assert {"p_left", "p_rope", "p_right"} == set(row["correlated_bayes"]["probabilities"])
        assert row["protocol"]["count"] == 8
    assert rows[0]["published"]["difference"] == pytest.approx(0.2)
    again = ask("svr", "pca-svr@4")
    assert "0 fits run, 32 found done" in again.stderr
    assert records(again) == rows


def test_more_splits_and_another_method_run_only_what_is_missing(ask):
    few = records(ask("svr", "pca-svr@4", "--target", "valence"))
    more = ask("svr", "pca-svr@4", "--target", "valence", "--splits", 12)
    assert "8 fits run, 16 found done" in more.stderr
    assert records(more)[0]["splits"] == 12
    other = ask("svr", "rp-svr", "--target", "valence")
    assert "8 fits run, 8 found done" in other.stderr
    less = ask("svr", "pca-svr@4", "--target", "valence", "--splits", 8)
    assert "0 fits run, 16 found done" in less.stderr
    assert records(less) == few


def test_exchanging_a_and_b_only_turns_the_sign(ask):
    forth, back = records(ask("svr", "pca-svr@2")), records(ask("PCA-SVR@2", "SVR"))
    for one, other in zip(forth, back, strict=True):
        assert one["difference"] == -other["difference"]
        assert one["verdict"] == other["verdict"]
        assert one["nadeau_bengio"]["p"] == other["nadeau_bengio"]["p"]
        assert one["nadeau_bengio"]["interval"] == [-bound for bound in reversed(other["nadeau_bengio"]["interval"])]


def test_all_pairs_are_adjusted(ask):
    rows = records(ask("--all-pairs", "--splits", 4))
    assert len(rows) == 6 * 2
    assert all(row["nadeau_bengio"]["p_holm"] >= row["nadeau_bengio"]["p"] for row in rows)
    assert len(records(ask("svr", "rp-svr", "pca-svr@2", "--all-pairs", "--splits", 4))) == 3 * 2


def test_the_average_over_targets(ask):
    rows = records(ask("svr", "rp-svr", "--target", "valence", "--target", "arousal", "--target", "average"))
    by_target = {row["target"]: row["difference"] for row in rows}
    assert by_target["average"] == pytest.approx((by_target["valence"] + by_target["arousal"]) / 2)


def test_a_kfold_experiment_is_compared_on_its_folds_or_on_random_splits(ask):
    fold = {"old": "kind: random, count: 8, train_share: 0.8", "new": "kind: kfold, folds: 5"}
    assert records(ask("svr", "rp-svr", **fold))[0]["splits"] == 5
    row = records(ask("svr", "rp-svr", "--splits", 8, **fold))[0]
    assert row["protocol"] == {"kind": "random", "count": 8, "train_share": 0.8, "seed": 0}
    assert row == records(ask("svr", "rp-svr"))[0], "the same splits as the random protocol's"


@pytest.fixture
def plain(ask, corpus_folder):
    """Compare on a corpus large enough for the difference between all features and two components to be plain."""
    write_corpus(make_synthetic(300, 40, noise=0.3, seed=1), corpus_folder, replace_existing=True)
    return ask


def test_sequential_says_its_rule_and_stops_when_the_difference_is_plain(plain):
    result = plain("svr", "pca-svr@2", "--sequential", "--splits", 40)
    assert "looks after 10, 20, 30, 40 splits" in result.stderr
    assert "5 % for a false claim" in result.stderr
    for row in records(result):
        looks = row["sequential"]
        assert row["splits"] == looks["ended_at"] < 40
        assert "a difference at" in looks["reason"]
        assert row["nadeau_bengio"]["p"] < looks["alpha"]
        assert row["nadeau_bengio"]["confidence"] == pytest.approx(1 - looks["alpha"])
        assert sum(look["splits"] for look in looks["planned"]) == 100
    assert "0 fits run" in plain("svr", "pca-svr@2", "--sequential", "--splits", 40).stderr


def test_words_and_plot(plain, tmp_path):
    result = plain("svr", "pca-svr@2", "--plot", tmp_path / "p" / "forest.svg", raw=True)
    assert result.exit_code == 0, result.stderr
    assert "valence: svr is better than pca-svr@2" in result.stdout
    assert "Welch, as published (not valid)" in result.stdout
    assert "<svg" in (tmp_path / "p" / "forest.svg").read_text()
    assert "ended after" in plain("svr", "pca-svr@2", "--sequential", raw=True).stdout


def test_a_failed_fit_leaves_no_verdict(ask):
    failing = 'steps: [{use: "sklearn.preprocessing:OneHotEncoder"}, svr]'  # it meets values it has not seen
    result = ask("svr", "rp-svr", old="method: rp-svr, reducer: {width: 4}", new=failing)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("failed: fit") == 16
    assert "no verdict" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("svr", "pca-svr"), "'pca-svr' names 2 systems: say which, pca-svr@4, pca-svr@2"),
        (("svr", "rp-svm"), "unknown system 'rp-svm': did you mean 'rp-svr'?"),
        (("svr", "SVR"), "cannot be compared with itself"),
        (("svr",), "1 systems named: give two"),
        (("svr", "--all-pairs"), "one system makes no pair"),
        (("svr", "rp-svr", "--all-pairs", "--sequential"), "does not go with --all-pairs"),
        (("svr", "rp-svr", "--metric", "r3"), "unknown metric 'r3': did you mean 'r2'?"),
        (("svr", "rp-svr", "--target", "valenze"), "unknown target 'valenze': did you mean 'valence'?"),
        (("svr", "rp-svr", "--rope", "-1"), "rope must be 0 or more"),
        (("svr", "rp-svr", "--splits", "1"), "--splits 1: a comparison needs at least 2"),
        (("svr", "rp-svr", "--splits", "4", "--sequential"), "each look needs at least two new splits"),
        (("svr", "rp-svr", "--protocol", "split"), "unknown protocol 'split': did you mean 'splits'?"),
        (("svr", "rp-svr", "--plot", "x.gif"), "a plot is .svg, .png, .pdf"),
        (("svr", "rp-svr", "--workers", "2"), "would have no effect"),
        (("svr", "rp-svr", "--epochs", "9"), "trained by epochs"),
        (("svr", "rp-svr", "--splits", "2", "--epoch", "400"), "unknown epoch 400; the nearest scored is 0"),
    ],
)
def test_wrong_use_is_one_line(ask, words, message):
    result = ask(*words)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_what_was_run_with_other_folds_is_compared_on_them(ask, cli, corpus_folder, tmp_path):
    as_folds = {"old": "kind: random, count: 8, train_share: 0.8", "new": "folds: 5"}
    few = ask("svr", "rp-svr", "--folds", "3", **as_folds)
    assert {row["splits"] for row in records(few)} == {3}
    where = ("--corpus", corpus_folder, "--store", tmp_path / "S", "--serial")
    assert "0 found done" in few.stderr
    assert "12 found done" in cli("run", tmp_path / "contest.yaml", "--folds", "3", *where).stderr


def test_several_protocols_want_a_name_and_unlike_folds_a_number_of_splits(ask):
    two = ask("svr", "rp-svr", old="protocols:", new="protocols:\n  folds: {folds: 5}")
    assert two.exit_code == 2
    assert "has protocols folds, splits: name one" in two.stderr
    unlike = "method: svr, folds: 4,"
    text = CONTEST.replace("kind: random, count: 8, train_share: 0.8", "folds: 5").replace("method: svr,", unlike)
    folds = ask("svr", "rp-svr", old=CONTEST, new=text)
    assert folds.exit_code == 2
    assert "different numbers of folds: give --splits" in folds.stderr
    assert json.loads(ask("svr", "rp-svr", "--splits", 4, old=CONTEST, new=text).stdout)[0]["splits"] == 4
