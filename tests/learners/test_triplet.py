"""TripletReducer: its gradient against oracles, its mining as properties, its manners as an estimator."""

import itertools
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.utils.estimator_checks import parametrize_with_checks

from raymer.learners.gaps import LabelGaps, fill_ranges, scale_labels
from raymer.learners.triplet import MODES, TripletReducer
from raymer.learners.triplet_loss import exact_weights, laplacian, squared_distances, triplet_gradient
from raymer.learners.triplet_mining import PAIRS, WINDOW, mine_paper, mine_reference

QUICK = {
    "exact": {"steps": 15, "batch": 32},
    "paper": {"rounds": 2, "epochs": 2, "triplets": 200, "learning_rate": 1e-3},
    "reference": {"rounds": 2, "epochs": 1, "learning_rate": 1e-3, "labels": "numbers"},
}
labels_in_range = arrays(np.float64, st.integers(4, 40), elements=st.floats(-1, 1, width=16))


@parametrize_with_checks(
    [TripletReducer(width=3, mining=mode, **QUICK[mode]) for mode in MODES]
    + [TripletReducer(width=3, labels="numbers", **QUICK["exact"])]
)
def test_sklearn_conventions(estimator, check):
    check(estimator)


def relation(labels, d_p, d_n):
    gap = np.abs(labels[:, None] - labels[None, :])
    return (gap <= d_p) & ~np.eye(len(labels), dtype=bool), gap >= d_n


@given(labels_in_range, st.floats(0, 0.4), st.floats(0.45, 1.5))
@settings(max_examples=60, deadline=None)
def test_gaps_are_the_relation_of_the_paper(labels, d_p, d_n):
    positive, negative = relation(labels, d_p, d_n)
    usable = positive.any(axis=1) & negative.any(axis=1)
    if not usable.any():
        with pytest.raises(ValueError, match="none of the"):
            LabelGaps.of(labels, d_p, d_n)
        return
    gaps = LabelGaps.of(labels, d_p, d_n)
    assert sorted(gaps.order[gaps.anchors]) == np.flatnonzero(usable).tolist()
    for place, row in enumerate(gaps.order):
        low, high, before, after = gaps.ranges[place]
        near = set(gaps.order[low:high]) - {row}
        far = set(gaps.order[:before]) | set(gaps.order[after:])
        assert near == set(np.flatnonzero(positive[row]))
        assert far == set(np.flatnonzero(negative[row]))


@given(labels_in_range, st.integers(0, 2**31 - 1))
@settings(max_examples=40, deadline=None)
def test_paper_mining_keeps_to_the_gaps(labels, seed):
    positive, negative = relation(labels, 0.1, 0.5)
    if not (positive.any(axis=1) & negative.any(axis=1)).any():
        return
    anchor, near, far = mine_paper(LabelGaps.of(labels, 0.1, 0.5), 300, np.random.default_rng(seed))
    assert positive[anchor, near].all()
    assert negative[anchor, far].all()


def test_paper_mining_is_uniform():
    labels = np.array([-1.0, -0.95, -0.9, 0.0, 0.05, 1.0])
    anchor, near, far = mine_paper(LabelGaps.of(labels, 0.1, 0.5), 200_000, np.random.default_rng(0))
    assert np.allclose(np.bincount(anchor, minlength=6)[:5] / 200_000, 0.2, atol=0.005)
    of_first = anchor == 0
    assert np.allclose(np.bincount(near[of_first], minlength=6)[1:3] / of_first.sum(), 0.5, atol=0.01)
    assert np.allclose(np.bincount(far[of_first], minlength=6)[3:] / of_first.sum(), 1 / 3, atol=0.01)


def test_reference_mining_follows_the_notebook():
    labels = np.sort(np.random.default_rng(0).uniform(-1, 1, 200))
    anchor, near, far = mine_reference(labels, 0.1, 0.5, np.random.default_rng(1))
    assert len(anchor) == len(near) == len(far) == len(labels) * PAIRS * PAIRS
    first_label = slice(0, PAIRS * PAIRS)
    window = np.unique(np.concatenate([anchor[first_label], near[first_label]]))
    assert np.ptp(window) < WINDOW
    gap = np.abs(labels[anchor] - labels[near])
    assert gap.max() <= 0.2
    assert (gap > 0.1).any(), "an anchor that is not the label's song makes some positives lie further than dP"


def brute_force(z, labels, d_p, d_n, margin):
    positive, negative = relation(labels, d_p, d_n)
    anchors = [a for a in range(len(z)) if positive[a].any() and negative[a].any()]
    total = 0.0
    for a in anchors:
        near, far = np.flatnonzero(positive[a]), np.flatnonzero(negative[a])
        for p, n in itertools.product(near, far):
            excess = ((z[a] - z[p]) ** 2).sum() - ((z[a] - z[n]) ** 2).sum() + margin
            total = total + torch.clamp(excess, min=0) / (len(near) * len(far))
    return total / len(anchors)


@pytest.mark.parametrize("seed", range(4))
def test_exact_loss_and_gradient_equal_autograd_over_all_triplets(seed):
    rng = np.random.default_rng(seed)
    n, width = 23, 5
    labels = np.sort(rng.uniform(-1, 1, n))
    z = rng.normal(size=(n, width)).astype(np.float32)
    reference = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    loss = brute_force(reference, labels, 0.2, 0.5, 1.0)
    loss.backward()

    ranges = np.empty((n, 4), dtype=np.int64)
    fill_ranges(labels, 0.2, 0.5, ranges)
    distance, weights, graph = (np.empty((n, n), dtype=np.float32) for _ in range(3))
    squared_distances(z @ z.T, distance)
    found = exact_weights(distance, ranges, np.float32(1.0), weights)
    laplacian(weights, graph)
    assert found == pytest.approx(loss.item(), rel=1e-5)
    assert np.allclose(graph @ z, reference.grad.numpy(), atol=1e-5)


def test_exact_loss_is_the_expectation_of_the_papers_sampling():
    rng = np.random.default_rng(0)
    labels = np.sort(rng.uniform(-1, 1, 40))
    z = rng.normal(size=(40, 3)).astype(np.float32)
    a, p, n = mine_paper(LabelGaps.of(labels, 0.1, 0.5), 400_000, rng)
    excess = ((z[a] - z[p]) ** 2).sum(1) - ((z[a] - z[n]) ** 2).sum(1) + 2
    sampled = np.maximum(excess, 0)
    exact = brute_force(torch.tensor(z, dtype=torch.float64), labels, 0.1, 0.5, 2.0).item()
    assert exact == pytest.approx(sampled.mean(), abs=5 * sampled.std() / np.sqrt(len(sampled)))


def test_triplet_gradient_equals_autograd():
    rng = np.random.default_rng(2)
    x, w = torch.randn(30, 6, dtype=torch.float32), torch.randn(6, 4, dtype=torch.float32)
    pre = (x @ w).double().requires_grad_(True)
    z = pre.relu()
    a, p, n = z[:10], z[10:20], z[20:]
    loss = torch.clamp(((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + 1.5, min=0).mean()
    loss.backward()
    gradient = rng.normal(size=(30, 4)).astype(np.float32)
    found = triplet_gradient(z.detach().float().numpy(), np.float32(1.5), gradient)
    assert found == pytest.approx(loss.item(), rel=1e-5)
    assert np.allclose(gradient, pre.grad.numpy(), atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_same_bits_from_the_same_seed(mode, regression):
    X, y = regression
    one, two, other = (TripletReducer(5, mining=mode, random_state=s, **QUICK[mode]).fit(X, y) for s in (0, 0, 1))
    assert one.weight_.tobytes() == two.weight_.tobytes()
    assert one.weight_.tobytes() != other.weight_.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_training_lowers_the_loss(mode, regression):
    X, y = regression
    longer = {"exact": {"steps": 150}, "paper": {"rounds": 10}, "reference": {"rounds": 10}}[mode]
    loss = (
        TripletReducer(5, mining=mode, random_state=0, **(QUICK[mode] | longer | {"learning_rate": 0.01}))
        .fit(X, y)
        .loss_
    )
    assert loss[-5:].mean() < 0.8 * loss[:2].mean()


def test_transform_is_the_layer(regression):
    X, y = regression
    reducer = TripletReducer(5, random_state=0, **QUICK["exact"]).fit(X, y)
    assert np.allclose(reducer.transform(X), np.maximum(X @ reducer.weight_ + reducer.bias_, 0), atol=1e-5)
    assert reducer.get_feature_names_out().tolist() == [f"tripletreducer{k}" for k in range(5)]


def test_pipeline_grid_search_and_clone_without_a_warning(regression):
    X, y = regression
    pipeline = make_pipeline(StandardScaler(), TripletReducer(random_state=0, steps=10), SVR())
    search = GridSearchCV(pipeline, {"tripletreducer__width": [2, 4], "tripletreducer__margin": [1.0, 5.0]}, cv=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search.fit(X, y)
    assert clone(search.best_estimator_).get_params()["tripletreducer"].steps == 10


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"steps": 5, "mining": "paper"}, "steps=5 would have no effect with mining='paper'"),
        ({"rounds": 5}, "rounds=5 would have no effect with mining='exact'"),
        ({"triplets": 5, "mining": "reference"}, "triplets=5 would have no effect"),
        ({"mining": "hard"}, "mining='hard' is unknown"),
        ({"d_p": 0.5, "d_n": 0.5}, "must be below dN"),
        ({"d_p": -0.1}, "d_p=-0.1 must be"),
        ({"width": 0}, "width=0 must be"),
        ({"margin": 0.0}, "margin=0.0 must be"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0 must be"),
        ({"steps": 1.5}, "steps=1.5 must be"),
    ],
)
def test_parameters_are_refused_in_one_line(params, message, regression):
    with pytest.raises(ValueError, match="(?s)" + message.replace("(", r"\(")) as caught:
        TripletReducer(**params).fit(*regression)
    assert "\n" not in str(caught.value)


def test_labels_that_make_no_triplet_are_refused():
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match="all 20 labels are 3"):
        TripletReducer().fit(X, np.full(20, 3.0))
    with pytest.raises(ValueError, match="none of the 20 songs has both a positive"):
        TripletReducer(d_p=0.01, d_n=1.99).fit(X, np.linspace(0, 1, 20))
    with pytest.raises(ValueError, match="NaN"):
        TripletReducer().fit(np.full((20, 3), np.nan), np.arange(20.0))


def test_unused_anchors_are_counted():
    y = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 0.5])
    reducer = TripletReducer(2, steps=2, d_p=0.1, d_n=0.9).fit(np.random.default_rng(0).normal(size=(6, 3)), y)
    assert reducer.n_unused_anchors_ == 1  # the song at 0.5 has no positive


def test_more_units_than_songs_is_allowed(regression):
    X, y = regression
    assert TripletReducer(200, steps=3, random_state=0).fit_transform(X, y).shape == (90, 200)


def test_scaling_uses_the_rows_given():
    assert scale_labels(np.array([1.0, 3.0, 2.0])).tolist() == [-1.0, 1.0, 0.0]
