"""Similarities and losses against NumPy's formulas; gradients against finite differences."""

import numpy as np
import pytest
import torch

from raymer.learners.kernels import Similarity, cosine, polynomial, rbf, similarity_loss


def rbf_by_hand(x: np.ndarray, gamma: float) -> np.ndarray:
    return np.array([[np.exp(-gamma * ((a - b) ** 2).sum()) for b in x] for a in x])


def cosine_by_hand(x: np.ndarray) -> np.ndarray:
    return np.array([[a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) for b in x] for a in x])


def polynomial_by_hand(x: np.ndarray, degree: int, offset: float) -> np.ndarray:
    return np.array([[(a @ b + offset) ** degree for b in x] for a in x])


CASES = [
    pytest.param(Similarity.of("rbf"), lambda x: rbf_by_hand(x, 0.5), id="rbf"),
    pytest.param(Similarity.of("rbf", gamma=2.0), lambda x: rbf_by_hand(x, 2.0), id="rbf-2"),
    pytest.param(Similarity.of("cosine"), cosine_by_hand, id="cosine"),
    pytest.param(Similarity.of("polynomial"), lambda x: polynomial_by_hand(x, 2, 0.0), id="polynomial"),
    pytest.param(
        Similarity.of("polynomial", degree=3, offset=1.5), lambda x: polynomial_by_hand(x, 3, 1.5), id="polynomial-3"
    ),
]


def rows(n: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(n, width)))


@pytest.mark.parametrize(("similarity", "by_hand"), CASES)
def test_values_are_the_formulas(similarity, by_hand):
    x, a = rows(7, 5), rows(7, 2, seed=1)
    assert np.allclose(similarity(x).numpy(), by_hand(x.numpy()), rtol=1e-12, atol=1e-12)
    loss = np.sqrt(((by_hand(x.numpy()) - by_hand(a.numpy())) ** 2).sum())
    assert float(similarity_loss(x, a, similarity)) == pytest.approx(loss, rel=1e-12)
    single = similarity_loss(x.float(), a.float(), similarity)
    assert float(single) == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize(("similarity", "by_hand"), CASES)
@pytest.mark.parametrize("width", [1, 4])
def test_gradients_are_those_of_finite_differences(similarity, by_hand, width):
    x, a = rows(6, width).requires_grad_(), rows(6, 3, seed=1)
    assert torch.autograd.gradcheck(lambda f: similarity_loss(f, a, similarity), (x,))


@pytest.mark.parametrize("kind", ["rbf", "cosine", "polynomial"])
def test_no_loss_has_no_gradient(kind):
    x = rows(5, 3).requires_grad_()
    loss = similarity_loss(x, x.detach().clone(), Similarity.of(kind))
    loss.backward()
    assert loss.item() == 0
    assert not x.grad.any()


def test_zero_and_equal_rows_are_harmless():
    x = torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]], dtype=torch.float64, requires_grad=True)
    assert cosine(x).detach().numpy() == pytest.approx(np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]]))
    for similarity in (Similarity.of("rbf"), Similarity.of("cosine"), Similarity.of("polynomial")):
        (gradient,) = torch.autograd.grad(similarity_loss(x, rows(3, 2), similarity), x)
        assert gradient.isfinite().all()


def test_rbf_of_a_row_with_itself_is_one_despite_rounding():
    x = 30 + rows(40, 50).float()
    assert float(rbf(x).max()) <= 1
    assert float((rbf(x).diagonal() - 1).abs().max()) < 1e-4


def test_scale_of_the_loss_as_documented():
    corners = torch.tensor([[0.0] * 9, [1.0] * 9])
    assert float(rbf(corners).min()) == pytest.approx(np.exp(-4.5))
    x, a = rows(40, 4), rows(40, 2, seed=1)
    twice = similarity_loss(torch.cat((x, x)), torch.cat((a, a)), Similarity.of("rbf"))
    assert float(twice) == pytest.approx(2 * float(similarity_loss(x, a, Similarity.of("rbf"))))


def test_polynomial_square_is_the_power():
    x = rows(4, 3)
    assert torch.equal(polynomial(x, 2, 1.0), (x @ x.T + 1.0) ** 2)


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("rbff", {}, "did you mean 'rbf'"),
        ("cosine", {"gamma": 0.5}, "gamma=0.5 would have no effect with kernel='cosine'"),
        ("rbf", {"degree": 2}, "degree=2 would have no effect"),
        ("rbf", {"gamma": 0}, "gamma=0 must be a number above 0"),
        ("polynomial", {"degree": 1.5}, "degree=1.5 must be a whole number"),
        ("polynomial", {"offset": -1}, "offset=-1 must be"),
    ],
)
def test_refuses(kind, params, message):
    with pytest.raises(ValueError, match=message):
        Similarity.of(kind, **params)


def test_none_stands_for_the_papers_value():
    assert Similarity.of("rbf", gamma=None, degree=None) == Similarity.of("rbf", gamma=0.5)
