"""From the frame to paired scores: order does not matter, and every fault is named."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raymer.stats import pair, pairs_from_arrays

WHAT = {"target": "arousal", "metric": "r2"}


def test_pairs_by_repeat_and_fold(make_scores):
    frame = make_scores({"a": [0.1, 0.2, 0.3], "b": [0.0, 0.5, 0.1]})
    pairs = pair(frame, "a", "b", **WHAT)
    assert pairs.splits == ((0, 0), (0, 1), (0, 2))
    np.testing.assert_array_equal(pairs.scores_a, [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(pairs.scores_b, [0.0, 0.5, 0.1])
    assert pairs.ratio == pytest.approx(1 / 9)
    assert pairs.songs == 100


@settings(max_examples=40, deadline=None, database=None)
@given(st.randoms(use_true_random=False), st.integers(2, 25))
def test_order_of_rows_does_not_matter(make_scores, random, count):
    values = {name: [random.random() for _ in range(count)] for name in ("a", "b", "c")}
    frame = make_scores(values)
    order = list(range(len(frame)))
    random.shuffle(order)
    straight, shuffled = pair(frame, "a", "b", **WHAT), pair(frame.iloc[order], "a", "b", **WHAT)
    assert straight.splits == shuffled.splits
    np.testing.assert_array_equal(straight.scores_a, shuffled.scores_a)
    np.testing.assert_array_equal(straight.scores_b, shuffled.scores_b)


def test_ratio_is_the_mean_of_the_actual_ratios():
    pairs = pairs_from_arrays([0.1, 0.2], [0.0, 0.3], n_train=[90, 80], n_test=[10, 20])
    assert pairs.ratio == pytest.approx((10 / 90 + 20 / 80) / 2)


def test_vectors_are_read_only_copies(make_pairs):
    source = np.array([0.1, 0.2])
    pairs = pairs_from_arrays(source, [0.0, 0.0], n_train=9, n_test=1)
    source[0] = 9.0
    assert pairs.scores_a[0] == 0.1
    with pytest.raises(ValueError, match="read-only"):
        pairs.scores_a[0] = 1.0


def test_first_keeps_the_order(make_pairs):
    pairs = make_pairs(20)
    np.testing.assert_array_equal(pairs.first(5).scores_a, pairs.scores_a[:5])
    for count in (1, 21):
        with pytest.raises(ValueError, match=f"first {count} of 20 splits"):
            pairs.first(count)


def test_method_that_is_not_iterative_stands_beside_any_epoch(make_scores):
    frame = pd.concat([make_scores({"gru": [0.4, 0.5]}, epoch=400), make_scores({"svr": [0.3, 0.3]})])
    np.testing.assert_array_equal(pair(frame, "gru", "svr", **WHAT, epoch=400).scores_b, [0.3, 0.3])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"a": "tnn-svm"}, "unknown method 'tnn-svm'; did you mean 'tnn-svr'"),
        ({"b": "pca"}, "unknown method 'pca'; did you mean 'pca-svr'"),
        ({"target": "arousel"}, "unknown target 'arousel'; did you mean 'arousal'"),
        ({"metric": "R2"}, "unknown metric 'R2'; did you mean 'r2'"),
        ({"epoch": 7}, "unknown epoch 7; the nearest scored is 0"),
        ({"b": "tnn-svr"}, "'tnn-svr' cannot be compared with itself"),
    ],
)
def test_unknown_names_offer_the_nearest(table, asked, said):
    call = {"a": "tnn-svr", "b": "pca-svr", "target": "arousal", "metric": "r2", "epoch": 0} | asked
    with pytest.raises(ValueError, match=said):
        pair(table, call.pop("a"), call.pop("b"), **call)


def test_nearest_epoch_of_one_method(make_scores):
    values = [0.1, 0.2]
    frame = pd.concat(
        [make_scores({"a": values, "b": values}, epoch=10), make_scores({"a": values, "b": values}, epoch=20)]
        + [make_scores({"a": values}, epoch=28)]
    )
    with pytest.raises(ValueError, match="unknown epoch 17; the nearest scored is 20"):
        pair(frame, "a", "b", **WHAT, epoch=17)
    with pytest.raises(ValueError, match="method 'b' has no scores at epoch 28; nearest: 20"):
        pair(frame, "a", "b", **WHAT, epoch=28)


def test_missing_splits_are_named_for_each_method(make_scores):
    frame = make_scores({"a": [0.1] * 6, "b": [0.2] * 6})
    frame = frame[~((frame["method"] == "a") & (frame["fold"] == 4))]
    frame = frame[~((frame["method"] == "b") & (frame["fold"] == 1))]
    with pytest.raises(ValueError, match=r"'a' lacks \(repeat, fold\) \(0, 4\); 'b' lacks \(repeat, fold\) \(0, 1\)"):
        pair(frame, "a", "b", **WHAT)


def test_many_missing_splits_are_counted(make_scores):
    frame = pd.concat([make_scores({"a": [0.1] * 9}), make_scores({"b": [0.2] * 2})])
    with pytest.raises(ValueError, match=r"'b' lacks .*\(0, 6\) and 2 more"):
        pair(frame, "a", "b", **WHAT)


def test_not_a_number_is_named(make_scores):
    frame = make_scores({"a": [0.1, 0.2, 0.3], "b": [0.1, float("nan"), 0.3]})
    with pytest.raises(ValueError, match=r"method 'b' has scores that are not finite at \(repeat, fold\) \(0, 1\)"):
        pair(frame, "a", "b", **WHAT)


def test_a_split_scored_twice_is_named(make_scores):
    frame = make_scores({"a": [0.1, 0.2], "b": [0.1, 0.3]})
    with pytest.raises(ValueError, match=r"'b' is scored more than once at \(repeat, fold\) \(0, 1\)"):
        pair(pd.concat([frame, frame.tail(1)]), "a", "b", **WHAT)


def test_one_split_has_no_spread(make_scores):
    with pytest.raises(ValueError, match="'a' and 'b' share 1 split"):
        pair(make_scores({"a": [0.1], "b": [0.2]}), "a", "b", **WHAT)


def test_sizes_must_agree_between_methods(make_scores):
    frame = pd.concat([make_scores({"a": [0.1, 0.2]}), make_scores({"b": [0.1, 0.3]}, n_train=80)])
    with pytest.raises(ValueError, match=r"'a' and 'b' differ in n_train at \(repeat, fold\) \(0, 0\), \(0, 1\)"):
        pair(frame, "a", "b", **WHAT)


@pytest.mark.parametrize("size", [0, -3, float("nan")])
def test_sizes_must_be_positive(size):
    with pytest.raises(ValueError, match="n_test must be a positive number"):
        pairs_from_arrays([0.1, 0.2], [0.1, 0.3], n_train=90, n_test=size)


def test_columns_and_rows_must_be_there(make_scores):
    frame = make_scores({"a": [0.1, 0.2], "b": [0.1, 0.3]})
    with pytest.raises(ValueError, match=r"lack the column\(s\) fold, n_test"):
        pair(frame.drop(columns=["fold", "n_test"]), "a", "b", **WHAT)
    with pytest.raises(ValueError, match="hold no rows"):
        pair(frame.iloc[:0], "a", "b", **WHAT)


def test_method_without_this_target(make_scores):
    frame = pd.concat([make_scores({"a": [0.1, 0.2]}), make_scores({"b": [0.1, 0.3]}, target="valence")])
    with pytest.raises(ValueError, match="method 'b' has no scores of target 'arousal' by metric 'r2'"):
        pair(frame, "a", "b", **WHAT)


def test_target_never_scored_by_this_metric(make_scores):
    values = {"a": [0.1, 0.2], "b": [0.1, 0.3]}
    frame = pd.concat([make_scores(values), make_scores(values, target="genre", metric="accuracy")])
    with pytest.raises(ValueError, match="no scores of target 'genre' by metric 'r2'"):
        pair(frame, "a", "b", target="genre", metric="r2")


def test_vectors_of_unequal_length():
    with pytest.raises(ValueError, match="vectors of one length"):
        pairs_from_arrays([0.1, 0.2], [0.1, 0.2, 0.3], n_train=9, n_test=1)


def test_the_same_place_and_size_is_not_the_same_split():
    """Splits are known by their clips: two protocols with folds of one size are two protocols."""
    rows = [
        {"method": method, "target": "v", "metric": "r2", "epoch": 0, "repeat": 0, "fold": fold, "value": 0.1 * fold,
         "n_train": 40, "n_test": 10, "split": f"{'other' if method == 'b' and fold == 2 else 'same'}-{fold}"}
        for method in ("a", "b", "c")
        for fold in range(5)
    ]  # fmt: skip
    scores = pd.DataFrame(rows)
    with pytest.raises(ValueError, match=r"scored on other clips at \(repeat, fold\) .*2.*: not the same splits"):
        pair(scores, "a", "b", target="v", metric="r2")
    assert len(pair(scores, "a", "c", target="v", metric="r2").splits) == 5
