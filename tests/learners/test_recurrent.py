"""The GRU estimators: the conventions of scikit-learn that apply to three axes."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR

from raymer.learners.recurrent import GRUClassifier, GRURegressor, SimilarityGRU

QUICK = {"hidden": (6, 4), "excerpt": 10, "epochs": 3, "batch": 16, "random_state": 0}
N, FRAMES, BINS = 30, 18, 3
MODELS = [
    pytest.param(SimilarityGRU(**QUICK), id="rbf"),
    pytest.param(SimilarityGRU("cosine", **QUICK), id="cosine"),
    pytest.param(SimilarityGRU("polynomial", **QUICK), id="polynomial"),
    pytest.param(GRURegressor(**QUICK), id="regressor"),
    pytest.param(GRUClassifier(**QUICK), id="classifier"),
]


def data(model=None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.uniform(1, 9, N)
    X = rng.normal(size=(N, FRAMES, BINS)).astype(np.float32)
    X[:, :, 0] += y[:, None]
    lengths = rng.integers(5, FRAMES + 1, N)
    return X, np.where(y > 5, "high", "low") if isinstance(model, GRUClassifier) else y, lengths


@pytest.mark.parametrize("model", MODELS)
def test_conventions(model):
    X, y, lengths = data(model)
    before = copy.deepcopy((X, y, lengths))
    model = clone(model)
    params = copy.deepcopy(model.get_params())
    assert clone(model).get_params() == params
    with pytest.raises(NotFittedError):
        model.transform(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.fit(X, y, lengths) is model
        features = model.transform(X, lengths)
        again = clone(model).fit_transform(X, y, lengths)
    assert model.get_params() == params
    assert features.shape == (N, 4)
    assert features.dtype == np.float32
    assert features.tobytes() == again.tobytes(), "equal seeds, equal bits"
    assert model.loss_.shape == (3,)
    assert model.n_features_in_ == BINS
    assert list(model.get_feature_names_out()) == [f"{type(model).__name__.lower()}{k}" for k in range(4)]
    for array, kept in zip((X, y, lengths), before, strict=True):
        assert np.array_equal(array, kept), "inputs are not written"
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(copied.transform(X, lengths), features)
    assert model.fit(X, y, lengths).transform(X, lengths).tobytes() == features.tobytes(), "a second fit forgets"


@pytest.mark.parametrize("model", MODELS)
def test_padding_has_no_effect(model):
    X, y, lengths = data(model)
    model = clone(model).fit(X, y, lengths)
    features = model.transform(X, lengths)
    broken = X.copy()
    broken[np.arange(FRAMES) >= lengths[:, None]] = np.nan
    assert np.array_equal(clone(model).fit(broken, y, lengths).transform(broken, lengths), features)
    longer = np.concatenate([X, X], axis=1)
    assert np.array_equal(model.transform(longer, lengths), features)
    assert np.array_equal(model.transform(X[:7], lengths[:7]), features[:7])
    assert not np.array_equal(model.transform(X), features)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32])
def test_other_types_of_numbers(dtype):
    X, y, _ = data()
    X = np.round(8 * X).astype(dtype)
    features = [SimilarityGRU(**QUICK).fit(x, y).transform(x) for x in (X, X.astype(np.float32), X.tolist())]
    assert np.allclose(features[0], features[1], atol=1e-5)
    assert np.allclose(features[0], features[2], atol=1e-5)


def test_predictions_have_the_unit_and_shape_of_y():
    X, y, lengths = data()
    one = GRURegressor(**{**QUICK, "epochs": 60}).fit(X, y, lengths)
    assert one.predict(X, lengths).shape == (N,)
    assert np.corrcoef(one.predict(X, lengths), y)[0, 1] > 0.8
    assert abs(one.predict(X, lengths).mean() - y.mean()) < 1
    two = GRURegressor(**QUICK).fit(X, np.column_stack([y, 100 * y]), lengths)
    assert two.predict(X, lengths).shape == (N, 2)
    assert GRURegressor(**QUICK).fit(X, np.round(y).astype(int)).predict(X).dtype == np.float64
    assert not np.array_equal(
        GRURegressor(label_scale="none", **QUICK).fit(X, y).transform(X), GRURegressor(**QUICK).fit(X, y).transform(X)
    )


def test_classifier():
    X, y, lengths = data(GRUClassifier())
    model = GRUClassifier(**{**QUICK, "epochs": 60}).fit(X, y, lengths)
    assert list(model.classes_) == ["high", "low"]
    shares = model.predict_proba(X, lengths)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.array_equal(model.predict(X, lengths), model.classes_[shares.argmax(axis=1)])
    assert (model.predict(X, lengths) == y).mean() > 0.8
    numbers = GRUClassifier(**QUICK).fit(X, (y == "high").astype(float))
    assert set(numbers.predict(X)) <= {0.0, 1.0}


def test_kinds():
    assert is_regressor(GRURegressor())
    assert is_classifier(GRUClassifier())
    for model in (SimilarityGRU(), GRURegressor(), GRUClassifier()):
        tags = model.__sklearn_tags__()
        assert tags.input_tags.three_d_array
        assert not tags.input_tags.two_d_array
        assert tags.target_tags.required


def test_within_scikit_learn():
    X, y, _ = data()
    pipeline = make_pipeline(SimilarityGRU(**QUICK), SVR(C=1, gamma=0.5))
    assert np.isfinite(cross_val_score(pipeline, X, y, cv=3)).all()
    search = GridSearchCV(
        make_pipeline(SimilarityGRU(**QUICK), SVC()), {"similaritygru__kernel": ["rbf", "cosine"]}, cv=2
    )
    assert search.fit(X, (y > 5).astype(int)).best_params_["similaritygru__kernel"] in ("rbf", "cosine")
    assert np.isfinite(cross_val_score(GRURegressor(**QUICK), X, y, cv=2)).all()


def test_global_random_state_is_left_alone():
    X, y, _ = data()
    torch.manual_seed(1)
    np.random.seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    SimilarityGRU(**QUICK).fit(X, y)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kernel": "rfb"}, "did you mean 'rbf'"),
        ({"kernel": "cosine", "gamma": 0.5}, "gamma=0.5 would have no effect"),
        ({"degree": 3}, "degree=3 would have no effect"),
        ({"epochs": 0}, "epochs=0"),
        ({"hidden": 5}, "hidden=5"),
        ({"hidden": (5, 0)}, "hidden"),
        ({"optimiser": "Adma"}, "did you mean"),
        ({"device": "abacus"}, "device='abacus'"),
        ({"label_scale": "units"}, "did you mean 'unit'"),
    ],
)
def test_parameters_refused(params, message):
    X, y, _ = data()
    with pytest.raises(ValueError, match=message):
        SimilarityGRU(**{**QUICK, **params}).fit(X, y)


def with_nan(X: np.ndarray) -> np.ndarray:
    X = X.copy()
    X[4, 2, 0] = np.nan
    return X


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, X, y, n: m.fit(with_nan(X), y), "clip 4 holds NaN"),
        (lambda m, X, y, n: m.fit(X, y).transform(with_nan(X)), "clip 4 holds NaN"),
        (lambda m, X, y, n: m.fit(X[:, 0], y), "X must be"),
        (lambda m, X, y, n: m.fit(X[:, :, :0], y), "X must be"),
        (lambda m, X, y, n: m.fit(np.ones_like(X), y), "frames are constant"),
        (lambda m, X, y, n: m.fit(X, None), "y=None"),
        (lambda m, X, y, n: m.fit(X, y[:-1]), "30 clips and annotations of 29"),
        (lambda m, X, y, n: m.fit(X, np.full(N, 2.0)), "constant"),
        (lambda m, X, y, n: m.fit(X, np.ones(N, int)), "1 class"),
        (lambda m, X, y, n: m.fit(X, np.where(y > 5, np.nan, y)), "NaN"),
        (lambda m, X, y, n: m.fit(X, y, n[:-1]), "30 whole numbers"),
        (lambda m, X, y, n: m.fit(X, y, n + 0.0), "30 whole numbers"),
        (lambda m, X, y, n: m.fit(X, y, n + FRAMES), "X has 18 frames"),
        (lambda m, X, y, n: m.fit(X, y, n * 0), "lengths lie in"),
        (lambda m, X, y, n: m.fit(X, y).transform(X[:, :, :2]), "X has 2 bins a frame, in fit it had 3"),
        (lambda m, X, y, n: m.set_params(label_scale="unit").fit(X, (y > 5)), "no effect on classes"),
    ],
)
def test_data_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(SimilarityGRU(**QUICK), *data())


def test_classifier_refuses_numbers():
    X, y, _ = data()
    with pytest.raises(ValueError, match="[Uu]nknown label type"):
        GRUClassifier(**QUICK).fit(X, y)
