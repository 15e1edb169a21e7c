"""The linear supervised reducers: PLS, LDA, NCA and MLKR, against scikit-learn, autograd and their own promises."""

import warnings

import numpy as np
import pytest
import skops.io
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.utils.estimator_checks import parametrize_with_checks

from raymer.learners.lda import LDAReducer
from raymer.learners.mlkr import MLKRReducer, leave_one_out
from raymer.learners.nca import NCAReducer
from raymer.learners.pls import PLSReducer

OF_NUMBERS = [PLSReducer(2), MLKRReducer(2, iterations=2)]
OF_CLASSES = [LDAReducer(), NCAReducer(2, iterations=3)]
names = pytest.mark.parametrize("reducer", OF_NUMBERS + OF_CLASSES, ids=lambda reducer: type(reducer).__name__)


@parametrize_with_checks([PLSReducer(1), MLKRReducer(1, iterations=2), LDAReducer(), NCAReducer(1, iterations=3)])
def test_sklearn_conventions(estimator, check):
    check(estimator)


@pytest.fixture
def clouds():
    """Return features (90, 6) of three classes, and their names."""
    rng = np.random.default_rng(0)
    classes = np.array(["blues", "jazz", "rock"] * 30)
    return rng.normal(size=(90, 6)) + 2 * rng.normal(size=(3, 6))[np.unique(classes, return_inverse=True)[1]], classes


def data_of(reducer, regression, clouds):
    return clouds if type(reducer) in (LDAReducer, NCAReducer) else regression


@names
def test_fits_without_a_warning_repeats_and_is_saved(reducer, regression, clouds):
    X, y = data_of(reducer, regression, clouds)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, two = (clone(reducer).fit(X, y) for _ in range(2))
    assert one.transform(X).tobytes() == two.transform(X).tobytes()
    assert one.get_feature_names_out().tolist() == [f"{type(reducer).__name__.lower()}{k}" for k in range(2)]
    kept = skops.io.dumps(one)
    unknown = skops.io.get_untrusted_types(data=kept)
    assert unknown == [f"{type(reducer).__module__}.{type(reducer).__name__}"], "nothing but the class and plain arrays"
    assert skops.io.loads(kept, trusted=unknown).transform(X).tobytes() == one.transform(X).tobytes()


@names
def test_says_that_it_needs_labels(reducer):
    assert reducer.__sklearn_tags__().target_tags.required
    with pytest.raises(ValueError, match="requires y"):
        clone(reducer).fit(np.eye(5), None)


@pytest.mark.parametrize("width", [1, 3, 6])
@pytest.mark.parametrize("n_targets", [1, 2])
def test_pls_is_scikit_learns(width, n_targets, regression):
    X, y = regression
    X = X * [1, 10, 0.1, 1, 1, 1] + 5
    y = y if n_targets == 1 else np.column_stack([y, X[:, 1]])
    ours, theirs = PLSReducer(width).fit(X, y), PLSRegression(n_components=width).fit(X, y)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-7, atol=1e-9)


def test_pls_never_gives_fewer_components_than_asked(regression):
    X, y = regression
    with pytest.raises(ValueError, match="width=7 is above what 90 songs of 6 features have"):
        PLSReducer(7).fit(X, y)
    twice = np.hstack([X[:, :2], X[:, :2]])
    with pytest.raises(ValueError, match="width=3 is above the 2 components"):
        PLSReducer(3).fit(twice, y)
    with pytest.raises(ValueError, match="width=2 is above the 1 components"):
        PLSReducer(2).fit(X[:, :1] * [1, 0], X[:, 0])
    with pytest.raises(ValueError, match="all 90 are equal"):
        PLSReducer(1).fit(X, np.ones(90))


def test_lda_is_scikit_learns_with_shrinkage(clouds):
    X, y = clouds
    theirs = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(X, y)
    np.testing.assert_allclose(LDAReducer().fit(X, y).transform(X), theirs.transform(X), rtol=1e-9)
    assert LDAReducer(1).fit(X, y).transform(X).tobytes() == np.ascontiguousarray(X @ theirs.scalings_[:, :1]).tobytes()


def test_nca_is_scikit_learns(clouds):
    X, y = clouds
    theirs = NeighborhoodComponentsAnalysis(n_components=2).fit(X, y)
    np.testing.assert_allclose(NCAReducer(2).fit(X, y).transform(X), theirs.transform(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("reducer", "y", "message"),
    [
        (LDAReducer(2), ["a", "b"] * 10, "width=2 is above the 1 of 2 classes"),
        (LDAReducer(), ["a"] * 20, "all 20 songs are of one class"),
        (LDAReducer(), ["a", "b"] * 9 + ["a", "c"], "class c has one song"),
        (LDAReducer(0), ["a", "b"] * 10, "width=0 must be"),
        (NCAReducer(9), ["a", "b"] * 10, "width=9 is above the 3 features"),
        (NCAReducer(), ["a"] * 20, "all 20 songs are of one class"),
        (NCAReducer(2, iterations=0), ["a", "b"] * 10, "iterations=0 must be"),
        (MLKRReducer(4), np.arange(20.0), "width=4 is above what 20 songs of 3 features have"),
        (MLKRReducer(2), np.ones(20), "all 20 are equal"),
        (MLKRReducer(1.5), np.arange(20.0), "width=1.5 must be"),
    ],
)
def test_refused_in_one_line(reducer, y, message):
    with pytest.raises(ValueError, match=message) as caught:
        clone(reducer).fit(np.random.default_rng(0).normal(size=(20, 3)), y)
    assert "\n" not in str(caught.value)


def test_discriminants_without_any_spread_within_a_class_are_refused():
    X = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="no feature differs within a class"):
        LDAReducer().fit(X, list("aabb"))


@given(st.integers(3, 20), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**31 - 1))
@settings(max_examples=40)
def test_mlkr_error_and_gradient_equal_autograd(n, n_features, width, n_targets, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n, n_features)), rng.normal(size=(n, n_targets))
    components = rng.normal(size=(width, n_features))
    reference = torch.tensor(components, requires_grad=True)
    z = torch.tensor(X) @ reference.T
    kernel = torch.exp(-((z[:, None] - z[None]) ** 2).sum(dim=2)) * (1 - torch.eye(n))
    predicted = kernel @ torch.tensor(y) / kernel.sum(dim=1, keepdim=True)
    loss = ((predicted - torch.tensor(y)) ** 2).sum()
    loss.backward()
    found, gradient = leave_one_out(components, X, y)
    assert found == pytest.approx(loss.item(), rel=1e-9)
    np.testing.assert_allclose(gradient, reference.grad.numpy(), rtol=1e-6, atol=1e-9 * max(1, np.abs(gradient).max()))


def test_mlkr_of_songs_far_apart_is_a_number():
    X = np.array([[0.0], [1e3], [5e3], [5.1e3]])
    loss, gradient = leave_one_out(np.ones((1, 1)), X, np.array([[0.0], [1.0], [2.0], [3.0]]))
    assert loss == pytest.approx(1 + 1 + 1 + 1)  # each is predicted by its one nearest neighbour
    assert np.isfinite(gradient).all()


def test_mlkr_lowers_its_error_on_the_train_rows(regression):
    X, y = regression
    short, long = (MLKRReducer(2, iterations=k).fit(X, np.column_stack([y, X[:, 1]])) for k in (1, 20))
    assert (np.diff(long.loss_) <= 0).all()
    assert long.loss_[-1] < short.loss_[-1] < short.loss_[0]
    assert long.loss_[-1] < 0.7 * long.loss_[0]
    assert len(short.loss_) == 2
    targets = np.column_stack([y, X[:, 1]])
    targets = (targets - targets.mean(axis=0)) / targets.std(axis=0)
    assert leave_one_out(long.components_, X - X.mean(axis=0), targets)[0] / 90 == pytest.approx(long.loss_[-1])
