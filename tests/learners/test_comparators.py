"""Autoencoder, Gaussian processes, and the names of methods."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from raymer.errors import UsageError
from raymer.features.names import feature_groups
from raymer.learners.autoencoder import AutoencoderReducer, _Net
from raymer.learners.build import make_estimator, make_predictor
from raymer.learners.gaussian_process import GPRegressor, GroupedGPRegressor
from raymer.learners.predictors import HEAD, PREDICTORS
from raymer.learners.presets import preset, preset_names
from raymer.learners.reducers import REDUCERS
from raymer.learners.representation import Pipeline
from raymer.learners.step import Step
from raymer.learners.system import System


@parametrize_with_checks([AutoencoderReducer(width=2, max_epochs=5), GPRegressor(), GroupedGPRegressor()])
def test_sklearn_conventions(estimator, check):
    check(estimator)


def test_autoencoder_learns_and_repeats(regression):
    X, _ = regression
    one, two = (AutoencoderReducer(3, learning_rate=0.02, random_state=0).fit(X) for _ in range(2))
    assert one.weight_.tobytes() == two.weight_.tobytes()
    assert one.loss_[-1] < 0.8 * one.loss_[0]
    assert len(one.loss_) < one.max_epochs, "it stops once the loss no longer falls"


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 12), st.integers(0, 2**31))
def test_the_autoencoders_gradient_is_autograds(n, width, n_features, seed):
    rng = np.random.default_rng(seed)
    X = torch.from_numpy(rng.normal(size=(n + 5, n_features)).astype(np.float32))
    rows = torch.from_numpy(rng.permutation(n + 5)[:n])
    net = _Net(n_features, width, seed)
    net.parameters[:] = rng.normal(size=net.parameters.shape)
    weight, bias, back, offset = (layer.double().requires_grad_() for layer in net._layers)
    x = X[rows].double()
    loss = torch.nn.functional.mse_loss((x @ weight + bias).relu() @ back + offset, x)
    loss.backward()
    assert net.gradient_of(X, rows) == pytest.approx(float(loss.detach()), rel=1e-4)
    for mine, theirs in zip(net._d_layers, (weight, bias, back, offset), strict=True):
        assert np.allclose(mine.numpy(), theirs.grad.numpy(), rtol=1e-3, atol=1e-4 * float(loss.detach()) + 1e-6)


def test_autoencoder_ends_when_the_smoothed_loss_has_settled(regression):
    X, _ = regression
    span = 6
    loss = AutoencoderReducer(3, learning_rate=0.02, patience=span, tol=0.02, random_state=0).fit(X).loss_
    falls = [loss[e - span : e].mean() / loss[e - 2 * span : e - span].mean() for e in range(2 * span, len(loss) + 1)]
    assert falls[-1] > 0.98
    assert all(fall <= 0.98 for fall in falls[:-1])


@pytest.mark.parametrize("params", [{"width": 0}, {"batch": 2.5}, {"learning_rate": 0}, {"tol": -1}])
def test_autoencoder_refuses(params, regression):
    with pytest.raises(ValueError, match=next(iter(params))):
        AutoencoderReducer(**params).fit(regression[0])


def test_grouped_gp_weighs_by_predictive_variance(regression):
    X, y = regression
    grouped = GroupedGPRegressor([0, 0, 1, 1, 1, 2]).fit(X, y)
    pairs = [p.predict(X[:5][:, c], return_std=True) for p, c in zip(grouped.processes_, grouped.columns_, strict=True)]
    weights = np.array([1 / sd**2 for _, sd in pairs])
    by_hand = (weights * [mean for mean, _ in pairs]).sum(0) / weights.sum(0)
    assert np.allclose(grouped.predict(X[:5]), by_hand, rtol=1e-12)
    with pytest.raises(ValueError, match="names a group for 2 features, X has 6"):
        GroupedGPRegressor([0, 1]).fit(X, y)


def test_feature_groups_are_opensmiles_descriptors():
    from raymer.corpora.is13 import FEATURES

    groups = feature_groups(FEATURES)
    assert len(set(groups)) == 27  # table II lists 26; DEAM's files have voicingFinalUnclipped too
    assert np.bincount(groups).max() == 104  # audSpec_Rfilt, as in table II
    assert feature_groups(["f001", "f002", "g1"]) == [0, 0, 1]


@pytest.mark.parametrize("catalogue", [REDUCERS, PREDICTORS], ids=lambda one: one.role)
def test_declared_parameters_are_the_estimators(catalogue):
    for name, component in catalogue.own.items():
        if name == HEAD:
            continue
        estimator = make_estimator(Step(name), component, 0, "number" if component.path else "class")
        known = set(estimator.get_params())
        ours = {"svm": {"label_scale"}, "ridge": {"alpha"}}.get(name, set())  # what make_predictor takes for itself
        assert {component.rename.get(param, param) for param in component.parameters} - ours <= known
        assert set(component.fixed) <= known


TABLES = [name for name in preset_names() if preset(name).network is None]


@pytest.mark.parametrize("name", TABLES)
def test_every_method_fits_predicts_and_repeats_without_a_warning(name, regression):
    X, y = regression
    system = preset(name, {"width": 2} if "-" in name else None)
    assert System.from_dict(system.to_dict()) == system
    kind = "number" if PREDICTORS[system.predictor.use].path else "class"
    if "class" in kinds_of(system) and ("number" not in kinds_of(system) or kind == "class"):
        kind, y = "class", np.array(["low", "middle", "high"])[np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))]
    labels = y
    predictions = []
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            learnt = Pipeline(system.steps)
            Z = learnt.fit(X[:60].copy(), labels[:60], seed=5).train
            predictor = clone(make_predictor(system.predictor, 7, kind, [f"f{k}" for k in range(6)])).fit(Z, y[:60])
            predictions.append(np.asarray(predictor.predict(learnt.transform(X[60:]))))
    assert predictions[0].tobytes() == predictions[1].tobytes()
    assert kind == "class" or np.isfinite(predictions[0]).all()


def kinds_of(system):
    """Kinds of targets that the reducer is for."""
    return REDUCERS[system.main_step.use].kinds if system.main_step else ("number", "class")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("tnn-svrr",), "unknown method 'tnn-svrr': did you mean 'tnn-svr'?"),
        (("tnn-svr", {"widht": 3}), "tnn: unknown parameter 'widht': did you mean 'width'?"),
        (("svr", {"width": 3}), "method svr: it has no reducer"),
        (("svr", None, {"c": 3}), "svr: unknown parameter 'c'"),
        (("pca-gp_groups",), "unknown method 'pca-gp_groups'"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(args, message):
    with pytest.raises(UsageError) as caught:
        preset(*args)
    assert message in str(caught.value)


def test_labels_are_scaled_on_the_rows_of_fit(regression):
    X, y = regression
    predictor = make_predictor(preset("svr").predictor, 0, "number").fit(X[:50], y[:50])
    scaler = predictor.transformer_
    assert (scaler.data_min_[0], scaler.data_max_[0]) == (y[:50].min(), y[:50].max())
