"""Rank-N-Contrast: loss and gradient against a naive loop and autograd, and the reducer's manners."""

import warnings

import numpy as np
import pytest
import skops.io
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from raymer.learners.rnc import Encoder, RnCReducer, rank_gradient
from raymer.learners.rnc_loss import label_gaps


@parametrize_with_checks([RnCReducer(2, hidden=hidden, epochs=2) for hidden in (None, 4)])
def test_sklearn_conventions(estimator, check):
    check(estimator)


def naive(z, gaps, tau):
    """Return the loss by the paper's equation, a loop over anchors, others and rivals."""
    n, total = len(z), 0.0
    distance = [[torch.linalg.vector_norm(z[i] - z[j]) for j in range(n)] for i in range(n)]
    for i in range(n):
        for j in range(n):
            if j != i:
                rivals = [torch.exp(-distance[i][k] / tau) for k in range(n) if k != i and gaps[i, k] >= gaps[i, j]]
                total = total + distance[i][j] / tau + torch.log(sum(rivals))
    return total / (n * (n - 1))


@given(
    st.integers(2, 9),
    st.integers(1, 4),
    st.integers(1, 2),
    st.sampled_from([1.0, 0.25]),
    st.sampled_from([0.5, 2.0]),
    st.integers(0, 2**31 - 1),
)
@settings(max_examples=40)
def test_loss_and_gradient_equal_the_naive_loop_and_autograd(n, width, n_targets, grid, tau, seed):
    rng = np.random.default_rng(seed)
    z = 3 * rng.normal(size=(n, width))
    labels = np.round(rng.uniform(-1, 1, size=(n, n_targets)) / grid) * grid  # many ties
    reference = torch.tensor(z, requires_grad=True)
    loss = naive(reference, label_gaps(labels), tau)
    if loss.requires_grad:
        loss.backward()
    found, gradient = rank_gradient(z, labels, tau)
    assert found == pytest.approx(loss.item(), rel=1e-6, abs=1e-9)
    np.testing.assert_allclose(gradient, reference.grad.numpy(), rtol=1e-5, atol=1e-7)


def test_equal_gaps_are_equal_whatever_their_last_bit():
    gaps = label_gaps(np.array([[5.1], [5.2], [5.3]]))
    assert gaps[1, 0] == gaps[1, 2]


def test_songs_far_apart_and_songs_at_one_place_are_numbers():
    z = np.array([[0.0, 0.0], [0.0, 0.0], [4e3, 0.0], [9e3, 1.0]])
    loss, gradient = rank_gradient(z, np.array([[-1.0], [1.0], [0.5], [-0.5]]), 2.0)
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("sizes", [[5, 3], [5, 4, 3]])
def test_the_encoders_gradients_equal_autograd(sizes):
    rng = np.random.default_rng(0)
    encoder = Encoder(sizes, rng)
    x, d_z = rng.normal(size=(7, 5)).astype(np.float32), rng.normal(size=(7, 3)).astype(np.float32)
    parameters = [torch.tensor(array, requires_grad=True) for array in encoder.weights + encoder.biases]
    weights, biases = parameters[: len(sizes) - 1], parameters[len(sizes) - 1 :]
    z = torch.tensor(x)
    for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        z = (z.relu() if k else z) @ weight + bias
    (z * torch.tensor(d_z)).sum().backward()
    np.testing.assert_allclose(encoder.forward(x), z.detach().numpy(), rtol=1e-5, atol=1e-6)
    for k, (d_weight, d_bias) in enumerate(encoder.gradients(d_z)):
        np.testing.assert_allclose(d_weight, weights[k].grad.numpy(), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(d_bias, biases[k].grad.numpy(), rtol=1e-4, atol=1e-5)


def test_the_step_is_adamw():
    rng = np.random.default_rng(1)
    encoder = Encoder([4, 2], rng)
    weight = torch.nn.Parameter(torch.tensor(encoder.weights[0].copy()))
    adamw = torch.optim.AdamW([weight], lr=0.01, weight_decay=0.1, eps=1e-7)
    for _ in range(5):
        x, d_z = rng.normal(size=(6, 4)).astype(np.float32), rng.normal(size=(6, 2)).astype(np.float32)
        encoder.forward(x)
        encoder.step(d_z, 0.01, 0.1)
        weight.grad = torch.tensor(x.T @ d_z)
        adamw.step()
    np.testing.assert_allclose(encoder.weights[0], weight.detach().numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("hidden", [None, 8])
def test_same_bits_from_the_same_seed_without_a_warning_and_saved(hidden, regression):
    X, y = regression
    params = {"hidden": hidden, "epochs": 3, "batch": 40}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, two, other = (RnCReducer(3, random_state=seed, **params).fit(X, y) for seed in (0, 0, 1))
    assert one.transform(X).tobytes() == two.transform(X).tobytes()
    assert one.transform(X).tobytes() != other.transform(X).tobytes()
    assert one.get_feature_names_out().tolist() == ["rncreducer0", "rncreducer1", "rncreducer2"]
    kept = skops.io.dumps(one)
    unknown = skops.io.get_untrusted_types(data=kept)
    assert unknown == ["raymer.learners.rnc.RnCReducer"]
    assert skops.io.loads(kept, trusted=unknown).transform(X).tobytes() == one.transform(X).tobytes()


@pytest.mark.parametrize("hidden", [None, 16])
def test_training_orders_songs_by_their_labels(hidden, regression):
    X, y = regression
    reducer = RnCReducer(2, hidden=hidden, epochs=60, learning_rate=0.01, random_state=0).fit(X, y)
    assert reducer.loss_[-1] < 0.95 * reducer.loss_[0]
    gaps = np.abs(y[:, None] - y[None])
    pairs = np.triu_indices(len(y), 1)

    def likeness(Z):
        return np.corrcoef(np.linalg.norm(Z[:, None] - Z[None], axis=2)[pairs], gaps[pairs])[0, 1]

    assert likeness(reducer.transform(X)) > likeness(X) + 0.2
    both = clone(reducer).fit(X, np.column_stack([y, X[:, 1]]))
    assert both.loss_[-1] < 0.95 * both.loss_[0]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"width": 0}, "width=0 must be"),
        ({"hidden": 0}, "hidden=0 must be"),
        ({"batch": 2}, "batch=2 must be a whole number of at least 3"),
        ({"epochs": 1.5}, "epochs=1.5 must be"),
        ({"tau": 0}, "tau=0 must be"),
        ({"learning_rate": -1}, "learning_rate=-1 must be"),
        ({"weight_decay": -1}, "weight_decay=-1 must be"),
    ],
)
def test_parameters_are_refused_in_one_line(params, message, regression):
    with pytest.raises(ValueError, match=message) as caught:
        RnCReducer(**params).fit(*regression)
    assert "\n" not in str(caught.value)


def test_equal_labels_are_refused(regression):
    with pytest.raises(ValueError, match="all 90 labels of target 0 are 1"):
        RnCReducer(2).fit(regression[0], np.ones(90))
    assert RnCReducer(2).__sklearn_tags__().target_tags.required
