"""ClipOutliers and Impute: what they know is of the train rows, and what is missing is said."""

import warnings

import numpy as np
import pytest
import skops.io
from sklearn.utils.estimator_checks import parametrize_with_checks

from raymer.learners.steps import ClipOutliers, Impute

NAN = np.nan


@parametrize_with_checks([ClipOutliers(), Impute(), Impute(indicators=True)])
def test_sklearn_conventions(estimator, check):
    check(estimator)


def test_clips_at_the_train_rows_mean_and_deviations():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)) * [1, 10, 0.1]
    X[0] = 100
    step = ClipOutliers(2).fit(X)
    mean, sd = X.mean(axis=0), X.std(axis=0)
    np.testing.assert_allclose(step.transform(X), np.clip(X, mean - 2 * sd, mean + 2 * sd), rtol=1e-12)
    assert step.n_clipped_ == (np.abs(X - mean) > 2 * sd).sum()
    np.testing.assert_allclose(step.transform(np.full((1, 3), -1e9))[0], mean - 2 * sd, rtol=1e-9)
    assert step.transform(X.astype(np.float32)).dtype == np.float32


def test_clipping_leaves_what_is_missing_and_knows_constants():
    X = np.array([[1.0, NAN, 0.1], [3.0, NAN, 0.1], [NAN, NAN, 0.1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = ClipOutliers(1).fit(X)
        found = step.transform(np.array([[9.0, 7.0, 5.0], [NAN, NAN, NAN]]))
    assert found[0].tolist() == [3.0, 7.0, 0.1]
    assert np.isnan(found[1]).all()


def test_fills_with_the_train_rows_medians_and_counts_what_is_empty():
    X = np.array([[1.0, NAN, 5.0], [2.0, NAN, NAN], [9.0, NAN, 7.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = Impute().fit(X)
        found = step.transform(np.array([[NAN, 3.0, NAN], [4.0, NAN, 8.0]]))
    assert found.tolist() == [[2.0, 0.0, 6.0], [4.0, 0.0, 8.0]]
    assert (step.n_empty_, step.n_missing_) == (1, 4)


def test_indicators_are_of_features_missing_in_some_train_row():
    X = np.array([[1.0, NAN, 5.0], [2.0, NAN, NAN]])
    step = Impute(indicators=True).fit(X)
    assert step.transform(np.array([[NAN, NAN, NAN], [1.0, 1.0, 1.0]])).tolist() == [[1.5, 0, 5, 1], [1, 0, 1, 0]]
    assert step.get_feature_names_out().tolist() == ["x0", "x1", "x2", "missing_x2"]
    assert step.get_feature_names_out(["a", "b", "c"]).tolist() == ["a", "b", "c", "missing_c"]


@pytest.mark.parametrize("step", [ClipOutliers(), Impute(indicators=True)])
def test_saved_as_plain_arrays(step):
    X = np.array([[1.0, NAN], [2.0, 3.0], [4.0, 5.0]])
    kept = skops.io.dumps(step.fit(X))
    unknown = skops.io.get_untrusted_types(data=kept)
    assert unknown == [f"raymer.learners.steps.{type(step).__name__}"]
    again = skops.io.loads(kept, trusted=unknown)
    assert again.transform(X).tobytes() == step.transform(X).tobytes()


def test_refuses_in_one_line():
    with pytest.raises(ValueError, match="sd=0 must be a number above 0"):
        ClipOutliers(0).fit(np.eye(2))
    with pytest.raises(ValueError, match="infinity"):
        Impute().fit(np.array([[np.inf]]))
