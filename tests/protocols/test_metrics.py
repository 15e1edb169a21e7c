"""Metrics against their formulas and against scikit-learn."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from raymer.protocols.metrics import CATALOGUE

NUMBERS = [metric for metric in CATALOGUE.values() if metric.kind == "number"]
LABELS = [metric for metric in CATALOGUE.values() if metric.kind == "class" and metric.needs == "labels"]


def concordance(true, predicted):
    s_xy = np.cov(true, predicted, bias=True)
    return 2 * s_xy[0, 1] / (s_xy[0, 0] + s_xy[1, 1] + (true.mean() - predicted.mean()) ** 2)


OF_NUMBERS = {
    "r2": reference.r2_score,
    "pearson": lambda true, predicted: np.corrcoef(true, predicted)[0, 1],
    "spearman": lambda true, predicted: np.corrcoef(rankdata(true), rankdata(predicted))[0, 1],
    "ccc": concordance,
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
}
OF_CLASSES = {
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "macro_f1": lambda true, predicted: reference.f1_score(true, predicted, average="macro"),
    "mcc": reference.matthews_corrcoef,
}


@pytest.mark.parametrize("metric", NUMBERS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("seed", range(3))
def test_numbers_equal_scikit_learn_or_the_formula(metric, seed):
    rng = np.random.default_rng(seed)
    true = rng.normal(size=40).round(1)
    predicted = 0.5 * true + rng.normal(size=40).round(1)
    assert metric.score(true, predicted) == pytest.approx(OF_NUMBERS[metric.name](true, predicted), rel=1e-12)


@pytest.mark.parametrize("metric", LABELS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("names", [["rock", "pop", "jazz"], [3, 1, 2], ["a", "b"]])
def test_classes_equal_scikit_learn(metric, seed, names):
    rng = np.random.default_rng(seed)
    true, predicted = rng.choice(names, size=30), rng.choice(names, size=30)
    assert metric.score(true, predicted) == pytest.approx(OF_CLASSES[metric.name](true, predicted), rel=1e-12)
    assert metric.score(true.astype(object), predicted) == metric.score(true, predicted)


def draw_probabilities(rng, n, n_classes):
    table = rng.random((n, n_classes)) + 1e-3
    return table / table.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "c", "d"]])
def test_probabilities_equal_scikit_learn(names):
    rng = np.random.default_rng(0)
    true = np.array(names * 10)
    table = draw_probabilities(rng, len(true), len(names))
    table[:3] = np.eye(len(names))[0]  # sure, and twice wrong
    auc = reference.roc_auc_score(
        true, table[:, 1] if len(names) == 2 else table, multi_class="ovr", average="macro", labels=names
    )
    assert CATALOGUE["roc_auc"].score(true, table) == pytest.approx(auc, rel=1e-12)
    assert CATALOGUE["log_loss"].score(true, table) == pytest.approx(reference.log_loss(true, table), rel=1e-12)


def test_columns_are_known_by_their_classes_not_by_their_place():
    rng = np.random.default_rng(1)
    true, table = np.array(list("abc") * 8), draw_probabilities(rng, 24, 3)
    for name in ("roc_auc", "log_loss"):
        metric = CATALOGUE[name]
        assert metric.score(true, table[:, [2, 0, 1]], ["c", "a", "b"]) == metric.score(true, table)


def test_a_class_without_a_column_was_given_nought():
    true, table = np.array(["a", "b", "c", "a"]), np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.4, 0.6]])
    whole = np.hstack([table, np.zeros((4, 1))])
    for name in ("roc_auc", "log_loss"):
        assert CATALOGUE[name].score(true, table, ["a", "b"]) == CATALOGUE[name].score(true, whole, list("abc"))
    assert CATALOGUE["log_loss"].score(true, table, ["a", "b"]) > 9  # -log(eps) / 4


VARIED, EQUAL = np.array([1.0, 2.0, 4.0, 3.0]), np.full(4, 0.1)
JITTER = EQUAL + np.array([0.0, 1.4e-17, 0.0, -1.4e-17])  # equal but for the last bit


@pytest.mark.parametrize("equal", [EQUAL, JITTER])
def test_numbers_that_mean_nothing_are_no_numbers(equal):
    for name in ("r2", "pearson", "spearman", "ccc"):
        assert CATALOGUE[name].score(equal, VARIED) is None
        assert CATALOGUE[name].score(equal, equal) is None, "scikit-learn's R2 says 1.0 here"
        assert CATALOGUE[name].score(VARIED[:1], VARIED[:1]) is None
        assert CATALOGUE[name].score(VARIED, equal) is None or name == "r2"
    assert CATALOGUE["r2"].score(VARIED, np.full(4, VARIED.mean())) == 0.0
    assert CATALOGUE["rmse"].score(VARIED[:1], VARIED[:1] + 2) == 2.0
    assert CATALOGUE["mae"].score(equal, equal) == 0.0


def test_classes_that_mean_nothing_are_no_numbers():
    one, two = np.array(["a"] * 4), np.array(["a", "b", "a", "b"])
    assert CATALOGUE["mcc"].score(one, two) is None
    assert CATALOGUE["mcc"].score(two, one) is None
    assert CATALOGUE["balanced_accuracy"].score(one, two) == 0.5
    half = np.full((4, 2), 0.5)
    assert CATALOGUE["roc_auc"].score(one, half, ["a", "b"]) is None
    assert CATALOGUE["roc_auc"].score(two, half) == 0.5
    assert CATALOGUE["roc_auc"].score(two, np.full((4, 3), 1 / 3), ["a", "b", "c"]) is None
    assert CATALOGUE["log_loss"].score(one, half, ["a", "b"]) == pytest.approx(np.log(2))
    assert CATALOGUE["log_loss"].score(one, np.ones((4, 1))) is None


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.name)
def test_no_clips_have_no_score(metric):
    shape = (0, 2) if metric.needs == "probabilities" else 0
    names = {"classes": ["a", "b"]} if metric.needs == "probabilities" else {}
    true = np.empty(0) if metric.kind == "number" else np.empty(0, dtype="U1")
    assert metric.score(true, np.empty(shape), **names) is None


@given(st.integers(0, 6).flatmap(lambda n: arrays(np.float64, (2, n), elements=st.floats(-1e300, 1e300))))
def test_a_score_is_a_finite_float_or_none(pair):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for metric in NUMBERS:
            value = metric.score(*pair)
            assert value is None or (type(value) is float and np.isfinite(value))


@given(st.integers(0, 6).flatmap(lambda n: arrays(np.int64, (2, n), elements=st.integers(0, 3))))
def test_a_score_of_classes_is_a_finite_float_or_none_without_a_warning(pair):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for metric in LABELS:
            value = metric.score(*pair)
            assert value is None or (type(value) is float and np.isfinite(value))


@pytest.mark.parametrize(
    ("name", "true", "predicted", "message"),
    [
        ("r2", [1.0, 2.0], [1.0], "2 labels do not go with 1 predictions"),
        ("rmse", [1.0, 2.0], [1.0, np.nan], "predictions hold NaN"),
        ("ccc", [[1.0, 2.0]], [1.0, 2.0], r"labels have the shape \(1, 2\)"),
        ("accuracy", ["1", "2"], [1, 2], "both be text"),
        ("macro_f1", ["a"], ["a", "b"], "1 labels do not go with 2"),
        ("log_loss", ["a", "b"], [[0.2, 0.3, 0.5]] * 2, "2 labels and 2 classes"),
        ("roc_auc", ["a", "b"], [[0.2, 1.8]] * 2, "between 0 and 1"),
    ],
)
def test_what_does_not_go_together_is_refused(name, true, predicted, message):
    with pytest.raises(ValueError, match=message):
        CATALOGUE[name].score(true, predicted)


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_says_what_is_better_and_how_it_is_said(name):
    metric = CATALOGUE[name]
    if metric.kind == "number":
        true, near, far = VARIED, VARIED + [0.1, 0.0, 0.0, -0.2], VARIED[::-1] + 3
    elif metric.needs == "labels":
        true, near, far = np.array(list("abcabc")), np.array(list("abcaba")), np.array(list("bcabac"))
    else:
        true = np.array(list("abcabc"))
        right = (true[:, None] == np.array(list("abc"))).astype(np.float64)
        near, far = 0.7 * right + 0.1, 0.3 * (1 - right) + 0.4 * right[:, [1, 2, 0]]
    scores = [metric.score(true, predicted) for predicted in (near, far)]
    assert (scores[0] > scores[1]) == metric.higher_is_better
    assert scores[0] != scores[1]
    assert metric.words
    assert metric.name == name
