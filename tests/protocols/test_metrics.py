"""Metrics against their formulas."""

import numpy as np
import pytest

from raymer.protocols.metrics import METRICS, accuracy, pearson, r2


def test_r2_and_pearson_equal_their_formulas():
    rng = np.random.default_rng(0)
    true, predicted = rng.normal(size=50), rng.normal(size=50)
    assert r2(true, predicted) == pytest.approx(1 - ((true - predicted) ** 2).sum() / ((true - true.mean()) ** 2).sum())
    assert pearson(true, predicted) == pytest.approx(np.corrcoef(true, predicted)[0, 1])
    assert pearson(2 * true + 1, true) == pytest.approx(1)


def test_a_constant_prediction_explains_nothing():
    assert pearson(np.arange(5.0), np.ones(5)) == 0.0


def test_accuracy_counts():
    assert accuracy(np.array(["a", "b", "b"]), np.array(["a", "b", "a"])) == pytest.approx(2 / 3)


def test_every_kind_of_target_has_metrics():
    assert set(METRICS) == {"number", "class"}
