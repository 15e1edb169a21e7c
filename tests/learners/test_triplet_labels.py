"""TripletReducer on classes and on several targets: who is what to whom, and the exact loss, against brute force."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from raymer.learners.gaps import CLASS_GAPS, LabelGaps, fill_ranges
from raymer.learners.labels import are_classes
from raymer.learners.triplet import TripletReducer
from raymer.learners.triplet_joint import JointGaps, fill_sides, joint_weights, scale_targets
from raymer.learners.triplet_loss import exact_weights, laplacian, squared_distances
from raymer.learners.triplet_mining import mine_paper

GOLDEN = {  # the first two units' weights of feature 0, and the last loss, from before classes and joint targets
    "exact": ([-0.1732145994901657, -0.24464434385299683], 19.654698405707332),
    "paper": ([-0.18125967681407928, -0.23274463415145874], 4.919276090860367),
    "reference": ([-0.30169597268104553, -0.3641110360622406], 4.411656638768047),
}
SETTINGS = {
    "exact": {"steps": 15, "batch": 32},
    "paper": {"rounds": 2, "epochs": 2, "triplets": 200, "learning_rate": 1e-3},
    "reference": {"rounds": 2, "epochs": 1, "learning_rate": 1e-3},
}
LONGER = {"exact": {"steps": 100, "batch": 64}, "paper": {"rounds": 8, "epochs": 2, "triplets": 400}}


@pytest.mark.parametrize("mode", GOLDEN)
def test_one_number_a_song_is_learnt_as_ever(mode):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(90, 6))
    y = X[:, 0] * 2 + rng.normal(size=90) * 0.3
    reducer = TripletReducer(5, mining=mode, random_state=0, **SETTINGS[mode]).fit(X, y)
    weights, loss = GOLDEN[mode]
    assert np.allclose(reducer.weight_[0, :2], weights, rtol=1e-4)
    assert reducer.loss_[-1] == pytest.approx(loss, rel=1e-4)
    column = TripletReducer(5, mining=mode, random_state=0, **SETTINGS[mode]).fit(X, y[:, None])
    assert column.weight_.tobytes() == reducer.weight_.tobytes()


def brute_force(z, positive, negative, margin):
    """Return the loss, a double loop over pairs of an anchor, for autograd."""
    anchors = [a for a in range(len(z)) if positive[a].any() and negative[a].any()]
    total = z.sum() * 0.0
    for a in anchors:
        near, far = np.flatnonzero(positive[a]), np.flatnonzero(negative[a])
        for p, n in itertools.product(near, far):
            excess = ((z[a] - z[p]) ** 2).sum() - ((z[a] - z[n]) ** 2).sum() + margin
            total = total + torch.clamp(excess, min=0) / (len(near) * len(far))
    return total / max(len(anchors), 1)


def check_against_autograd(z, positive, negative, weigh):
    """Hold loss and gradient of `weigh(distance, margin, weights)` against autograd over all triplets."""
    n, margin = len(z), 1.0
    reference = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    loss = brute_force(reference, positive, negative, margin)
    loss.backward()
    distance, weights, graph = (np.empty((n, n), dtype=np.float32) for _ in range(3))
    squared_distances(z @ z.T, distance)
    found = weigh(distance, np.float32(margin), weights)
    laplacian(weights, graph)
    assert found == pytest.approx(loss.item(), rel=1e-4, abs=1e-5)
    assert np.allclose(graph @ z, reference.grad.numpy(), atol=1e-4)


def embed(n, seed):
    """Return embeddings whose triplets all lie clear of the kink, where a rounding would change a count."""
    rng = np.random.default_rng(seed)
    z = (rng.integers(-6, 7, size=(n, 3)) / 4).astype(np.float32)  # squared distances are whole sixteenths,
    z[:, 0] += np.float32(1 / 64) * np.arange(n)  # and with these no two differ by just the margin
    excess = ((z[:, None] - z[None]).astype(np.float64) ** 2).sum(axis=2)
    clear = np.abs(excess[:, :, None] - excess[:, None, :] + 1.0)
    return z, clear.min() > 1e-4


@given(st.lists(st.integers(0, 3), min_size=2, max_size=14), st.integers(0, 2**31 - 1))
@settings(max_examples=60)
def test_class_ranges_are_all_triplets_of_own_and_other_classes(codes, seed):
    codes = np.sort(np.array(codes, dtype=np.float64))
    n = len(codes)
    same = codes[:, None] == codes[None, :]
    ranges = np.empty((n, 4), dtype=np.int64)
    fill_ranges(codes, *CLASS_GAPS, ranges)
    z, clear = embed(n, seed)
    assume(clear)
    check_against_autograd(
        z, same & ~np.eye(n, dtype=bool), ~same, lambda d, margin, w: exact_weights(d, ranges, margin, w)
    )


def relation(labels, d_p, d_n):
    gap = np.abs(labels[:, None] - labels[None, :]).max(axis=2)
    return (gap <= d_p) & ~np.eye(len(labels), dtype=bool), gap >= d_n


several = st.tuples(st.integers(2, 14), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-1, 1, width=16))
)


@given(several, st.floats(0, 0.6), st.floats(0.65, 1.5), st.integers(0, 2**31 - 1))
@settings(max_examples=80)
def test_joint_is_near_in_all_and_far_in_one(labels, d_p, d_n, seed):
    positive, negative = relation(labels, d_p, d_n)
    sides = np.empty((len(labels), len(labels)), dtype=np.int8)
    fill_sides(labels, d_p, d_n, sides)
    assert ((sides == 1) == positive).all()
    assert ((sides == -1) == negative).all()
    z, clear = embed(len(labels), seed)
    assume(clear)
    check_against_autograd(z, positive, negative, lambda d, margin, w: joint_weights(d, sides, margin, w))


@given(several, st.integers(0, 2**31 - 1))
@settings(max_examples=40)
def test_joint_mining_keeps_to_the_gaps(labels, seed):
    positive, negative = relation(labels, 0.3, 0.7)
    usable = positive.any(axis=1) & negative.any(axis=1)
    if not usable.any():
        with pytest.raises(ValueError, match="none of the"):
            JointGaps.of(labels, 0.3, 0.7)
        return
    gaps = JointGaps.of(labels, 0.3, 0.7)
    assert gaps.anchors.tolist() == np.flatnonzero(usable).tolist()
    anchor, near, far = mine_paper(gaps, 2_000, np.random.default_rng(seed))
    assert positive[anchor, near].all()
    assert negative[anchor, far].all()
    drawn = set(zip(anchor.tolist(), near.tolist(), strict=True))
    if positive[usable].sum() < 50:
        assert drawn == set(zip(*(rows.tolist() for rows in np.nonzero(positive & usable[:, None])), strict=True))


@given(st.lists(st.sampled_from("abcd"), min_size=4, max_size=30), st.integers(0, 2**31 - 1))
@settings(max_examples=40)
def test_class_mining_keeps_to_the_classes(names, seed):
    codes = np.unique(names, return_inverse=True)[1].astype(np.float64)
    assume(1 < len(np.unique(codes)) < len(codes))
    anchor, near, far = mine_paper(LabelGaps.of_classes(codes), 200, np.random.default_rng(seed))
    assert (codes[anchor] == codes[near]).all()
    assert (anchor != near).all()
    assert (codes[anchor] != codes[far]).all()


@pytest.fixture
def clouds():
    """Return features (90, 6) of three classes that differ in one direction of them, and their names."""
    rng = np.random.default_rng(0)
    names = np.array(["blues", "jazz", "rock"] * 30)
    X = rng.normal(size=(90, 6))
    X[:, 0] += 3.0 * np.unique(names, return_inverse=True)[1]
    return X, names


@pytest.mark.parametrize("mode", ["exact", "paper"])
def test_classes_are_recognised_and_brought_together(mode, clouds):
    X, names = clouds
    params = {"mining": mode, "random_state": 0, **SETTINGS[mode], "learning_rate": 0.01}
    by_name = TripletReducer(5, **params).fit(X, names)
    for same in (names.astype(object), np.unique(names, return_inverse=True)[1]):
        assert TripletReducer(5, **params).fit(X, same).weight_.tobytes() == by_name.weight_.tobytes()
    coded = np.unique(names, return_inverse=True)[1].astype(float)
    said = TripletReducer(5, labels="classes", **params).fit(X, coded)
    assert said.weight_.tobytes() == by_name.weight_.tobytes()
    regressed = TripletReducer(5, labels="numbers", **params).fit(X, coded.astype(int))
    assert regressed.weight_.tobytes() == TripletReducer(5, **params).fit(X, coded).weight_.tobytes()
    assert by_name.loss_[-1] < 0.9 * by_name.loss_[0]


@pytest.mark.parametrize("mode", ["exact", "paper"])
def test_several_targets_are_learnt_jointly(mode, regression):
    X, y = regression
    both = np.column_stack([y, X[:, 1]])
    params = {"mining": mode, "d_p": 0.3, "d_n": 0.6, "random_state": 0, **LONGER[mode], "learning_rate": 0.03}
    one, two = (TripletReducer(5, **params).fit(X, both) for _ in range(2))
    assert one.weight_.tobytes() == two.weight_.tobytes()
    assert one.loss_[-1] < 0.9 * one.loss_[0]
    positive, negative = relation(scale_targets(both), 0.3, 0.6)
    assert one.n_unused_anchors_ == (~(positive.any(axis=1) & negative.any(axis=1))).sum()


def test_one_song_of_a_class_is_never_an_anchor(clouds):
    X, names = clouds
    names[0] = "ska of its own"
    assert TripletReducer(2, steps=2).fit(X, names).n_unused_anchors_ == 1


@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({}, ["a"] * 20, "all 20 songs are of one"),
        ({}, list(range(20)), "none of the 20 classes has two songs"),
        ({"d_p": 0.2}, ["a", "b"] * 10, "d_p=0.2 and d_n=0.5 would have no effect on classes"),
        ({"mining": "reference"}, ["a", "b"] * 10, "rule for one number"),
        ({"mining": "reference"}, np.random.default_rng(0).normal(size=(20, 2)), "rule for one number"),
        ({"labels": "genres"}, ["a", "b"] * 10, "labels='genres' is unknown"),
        ({"labels": "classes"}, np.ones((20, 2)), "classes are one column"),
        ({}, np.column_stack([np.arange(20.0), np.ones(20)]), "all 20 labels of target 1 are 1"),
        ({}, np.random.default_rng(0).normal(size=(20, 9)), "within dP=0.1 in all 9 targets"),
    ],
)
def test_labels_are_refused_in_one_line(params, y, message):
    with pytest.raises(ValueError, match=message) as caught:
        TripletReducer(**params).fit(np.random.default_rng(1).normal(size=(20, 3)), y)
    assert "\n" not in str(caught.value)


def test_what_is_a_class():
    assert are_classes(["a", "b"])
    assert are_classes(np.array([1, 2]))
    assert are_classes(np.array([True, False]))
    assert are_classes(np.array(["a", 1], dtype=object))
    assert not are_classes(np.array([1.0, 2.0]))
    assert not are_classes(np.array([1.0, 2], dtype=object))
    assert not are_classes(np.array([[1, 2]]))
    assert not are_classes([1, 2], "numbers")
    assert are_classes([1.0, 2.0], "classes")
