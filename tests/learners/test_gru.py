"""FastGRU against torch.nn.GRU and against the equations written out."""

import copy
import hashlib
import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from raymer.learners.gru import FastGRU

SHAPES = [
    pytest.param(32, 20, 80, (100, 50), id="paper-sizes"),
    pytest.param(1, 1, 1, (1,), id="smallest"),
    pytest.param(1, 9, 3, (7, 5), id="one-clip"),
    pytest.param(6, 1, 5, (4,), id="one-frame"),
    pytest.param(33, 17, 13, (21, 6, 34), id="odd-three-layers"),
    pytest.param(64, 8, 16, (16, 32), id="whole-vectors"),
    pytest.param(47, 25, 10, (12,), id="one-layer"),
]


def through_torch(gru: FastGRU, x: Tensor) -> Tensor:
    """Run the same layers by torch.nn.GRU."""
    for layer in gru.layers:
        x = layer(x)[0]
    return x


def through_numpy(gru: FastGRU, x: np.ndarray) -> np.ndarray:
    """Run the same layers by their equations, in float64."""

    def sigmoid(v: np.ndarray) -> np.ndarray:
        return np.asarray(1.0 / (1.0 + np.exp(-v)))

    for layer in gru.layers:
        w, u, b, c = (p.detach().double().numpy() for p in layer.parameters())
        h, outputs = np.zeros((x.shape[0], u.shape[1])), []
        for t in range(x.shape[1]):
            from_x, from_h = np.split(x[:, t] @ w.T + b, 3, axis=1), np.split(h @ u.T + c, 3, axis=1)
            r, z = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])
            h = (1 - z) * np.tanh(from_x[2] + r * from_h[2]) + z * h
            outputs.append(h)
        x = np.stack(outputs, axis=1)
    return x


def make(n_inputs: int, hidden: tuple[int, ...], seed: int = 0) -> FastGRU:
    """Build a network with reproducible weights."""
    torch.manual_seed(seed)
    return FastGRU(n_inputs, hidden)


def gradients(gru: FastGRU, x: Tensor, y: Tensor, weight: Tensor) -> list[Tensor]:
    """Gradients of the mean over time weighted by `weight`, and of one single frame, for x and all parameters."""
    loss = (y.mean(dim=1) * weight).sum() + (y[:, -1] * weight).square().mean()
    return list(torch.autograd.grad(loss, [x, *gru.parameters()]))


def assert_near(ours: Tensor, theirs: Tensor, bound: float = 1e-5) -> None:
    """Agree to `bound` times the greatest value, or times one when all are smaller."""
    assert ours.shape == theirs.shape
    difference, greatest = ((t.detach().abs().max()).item() for t in (ours - theirs, theirs))
    assert difference <= bound * max(1.0, greatest)


@pytest.mark.parametrize(("n_clips", "n_frames", "n_inputs", "hidden"), SHAPES)
def test_values_and_gradients_are_torchs(n_clips: int, n_frames: int, n_inputs: int, hidden: tuple[int, ...]) -> None:
    gru = make(n_inputs, hidden)
    x = torch.randn(n_clips, n_frames, n_inputs, requires_grad=True)
    weight = torch.randn(n_clips, hidden[-1])
    ours, theirs = gru(x), through_torch(gru, x)
    assert_near(ours, theirs)
    for mine, other in zip(gradients(gru, x, ours, weight), gradients(gru, x, theirs, weight), strict=True):
        assert_near(mine, other)


@pytest.mark.parametrize(("n_clips", "n_frames", "n_inputs", "hidden"), SHAPES)
def test_values_follow_the_equations(n_clips: int, n_frames: int, n_inputs: int, hidden: tuple[int, ...]) -> None:
    gru = make(n_inputs, hidden)
    x = torch.randn(n_clips, n_frames, n_inputs)
    np.testing.assert_allclose(gru(x).detach().numpy(), through_numpy(gru, x.double().numpy()), rtol=0, atol=2e-6)


def test_gradient_is_the_slope_of_the_loss() -> None:
    gru = make(6, (9, 5))
    x, weight = torch.randn(5, 12, 6), torch.randn(5, 12, 5)
    (gru(x) * weight).sum().backward()
    rng = np.random.default_rng(0)
    for name, parameter in gru.named_parameters():
        direction = torch.from_numpy(rng.standard_normal(parameter.shape))
        values = []
        for step in (1e-4, -1e-4):
            moved = copy.deepcopy(gru).double()
            with torch.no_grad():
                moved.get_parameter(name).add_(step * direction)
                values.append(float((moved(x.double()) * weight).sum()))
        assert parameter.grad is not None
        slope, expected = float((parameter.grad * direction).sum()), (values[0] - values[1]) / 2e-4
        assert slope == pytest.approx(expected, rel=1e-4, abs=1e-4), name


@pytest.mark.parametrize(("size", "bound"), [(30.0, 1e-5), (1e4, 1e-3), (1e30, None)])
def test_saturated_gates_stay_finite(size: float, bound: float | None) -> None:
    # At 1e4 the sums themselves round to about 1e-3, and at 1e30 the gradient of a gate is noise in torch too.
    gru = make(8, (12,))
    x = (size * torch.randn(4, 10, 8)).requires_grad_()
    ours, theirs = gru(x), through_torch(gru, x)
    slopes = torch.autograd.grad(ours.sum(), x)[0], torch.autograd.grad(theirs.sum(), x)[0]
    assert ours.isfinite().all()
    assert slopes[0].isfinite().all()
    if bound is not None:
        assert_near(ours, theirs, bound)
        assert_near(*slopes, bound)


def test_not_a_number_is_not_hidden_and_stays_with_its_clip() -> None:
    x = torch.randn(40, 6, 8)
    x[3, 2, 5] = float("nan")
    with torch.no_grad():
        y = make(8, (12, 4))(x)
    assert y[3, 2:].isnan().all()
    assert not y[3, :2].isnan().any()
    assert not y[torch.arange(40) != 3].isnan().any()


def test_same_bits_twice_whatever_ran_between() -> None:
    gru = make(13, (21, 6))
    x, weight = torch.randn(37, 19, 13, requires_grad=True), torch.randn(37, 6)

    def run() -> list[Tensor]:
        y = gru(x)
        return [y, *gradients(gru, x, y, weight)]

    first = run()
    other = torch.randn(70, 30, 13, requires_grad=True)
    gru(other).sum().backward()
    with torch.no_grad():
        gru(other[:, :5])
    for a, b in zip(first, run(), strict=True):
        assert torch.equal(a, b)


def digest() -> str:
    """Hash the values and gradients of a fixed small network."""
    gru = make(10, (20, 7), seed=3)
    y = gru(torch.randn(35, 11, 10))
    y.square().sum().backward()
    parts = [y.detach(), *(p.grad for p in gru.parameters() if p.grad is not None)]
    return hashlib.sha256(b"".join(part.contiguous().numpy().tobytes() for part in parts)).hexdigest()


def test_same_bits_in_another_process() -> None:
    program = "import runpy, sys; print(runpy.run_path(sys.argv[1])['digest']())"
    assert subprocess.check_output([sys.executable, "-c", program, __file__], text=True).strip() == digest()


@pytest.mark.parametrize("n_clips", [1, 16, 32, 45])
def test_without_gradients_the_same_bits_and_nothing_kept(n_clips: int) -> None:
    gru = make(9, (10, 6))
    x = torch.randn(n_clips, 300, 9)
    with torch.no_grad():
        y = gru(x)
    assert not y.requires_grad
    assert max(len(record.data) for record in gru._workspace.free) < 300 * 32 * 6
    assert torch.equal(y, gru(x).detach())


def test_clips_do_not_depend_on_their_neighbours() -> None:
    gru, x = make(9, (10,)), torch.randn(50, 7, 9)
    with torch.no_grad():
        assert torch.equal(gru(x)[31:34], gru(x[31:34]))


@pytest.mark.parametrize("view", ["frames", "time-first", "features"])
def test_any_strides(view: str) -> None:
    gru = make(6, (5,))
    whole = torch.randn(20, 30, 12)
    x = {"frames": whole[3:, 4:11, :6], "time-first": whole.transpose(0, 1)[..., :6], "features": whole[..., ::2]}[view]
    y = gru(x)
    assert_near(y, through_torch(gru, x))
    weight = torch.randn(5, *y.shape[:2]).permute(1, 2, 0)
    ours = torch.autograd.grad(y, list(gru.parameters()), weight)
    for a, b in zip(ours, torch.autograd.grad(through_torch(gru, x), list(gru.parameters()), weight), strict=True):
        assert_near(a, b)


def test_two_forwards_before_their_backwards() -> None:
    gru = make(6, (8, 5))
    a, b = (torch.randn(10, 12, 6, requires_grad=True) for _ in range(2))
    y_a, y_b = gru(a), gru(b)
    ours = torch.autograd.grad((y_a[:, -1] * y_b[:, -1]).sum(), [a, b])
    theirs = torch.autograd.grad((through_torch(gru, a)[:, -1] * through_torch(gru, b)[:, -1]).sum(), [a, b])
    for mine, other in zip(ours, theirs, strict=True):
        assert_near(mine, other)


def test_backward_again_works_until_the_buffers_are_reused() -> None:
    gru, x = make(6, (8,)), torch.randn(4, 5, 6, requires_grad=True)
    y = gru(x)
    first = torch.autograd.grad(y.sum(), x, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(y.sum(), x, retain_graph=True)[0])
    gru(x)
    with pytest.raises(RuntimeError, match="buffers are reused"):
        y.sum().backward()


def test_frozen_parameters_get_no_gradient() -> None:
    gru = make(6, (8, 5))
    gru.layers[0].requires_grad_(False)
    gru(torch.randn(4, 5, 6)).sum().backward()
    assert [p.grad is None for p in gru.parameters()] == [True] * 4 + [False] * 4


def test_double_precision_goes_through_torch() -> None:
    gru = make(7, (6, 5))
    x = torch.randn(9, 8, 7)
    single = gru(x)
    double = copy.deepcopy(gru).double()(x.double())
    assert double.dtype == torch.float64
    assert torch.equal(double, through_torch(copy.deepcopy(gru).double(), x.double()))
    assert_near(single, double.float())


def test_weights_go_to_torch_and_back() -> None:
    gru, torchs = make(7, (6, 5)), [nn.GRU(7, 6, batch_first=True), nn.GRU(6, 5, batch_first=True)]
    x = torch.randn(3, 8, 7)
    for ours, theirs in zip(gru.layers, torchs, strict=True):
        theirs.load_state_dict(ours.state_dict())
    expected = torchs[1](torchs[0](x)[0])[0]
    assert_near(gru(x), expected)
    other = make(7, (6, 5), seed=1)
    for ours, theirs in zip(other.layers, torchs, strict=True):
        ours.load_state_dict(theirs.state_dict())
    assert torch.equal(other(x), gru(x))


def test_saving_and_copying_leave_the_buffers_behind() -> None:
    gru, x = make(7, (6,)), torch.randn(3, 8, 7)
    y = gru(x)
    twin = copy.deepcopy(gru)
    assert not twin._workspace.buffers
    assert not twin._workspace.free
    assert torch.equal(twin(x), y)
    file = io.BytesIO()
    torch.save(gru.state_dict(), file)
    file.seek(0)
    loaded = make(7, (6,), seed=5)
    loaded.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(loaded(x), y)


def test_no_clips_give_no_outputs() -> None:
    gru = make(7, (6,))
    y = gru(torch.empty(0, 4, 7))
    assert y.shape == (0, 4, 6)
    y.sum().backward()
    assert all(p.grad is not None and not p.grad.any() for p in gru.parameters())


@pytest.mark.parametrize("shape", [(4, 7), (4, 0, 7), (4, 5, 6)])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(n_clips, n_frames > 0, 7\)"):
        make(7, (6,))(torch.zeros(shape))


@pytest.mark.parametrize(("n_inputs", "hidden"), [(0, (4,)), (3, ()), (3, (4, 0))])
def test_wrong_sizes_are_refused(n_inputs: int, hidden: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least one layer"):
        FastGRU(n_inputs, hidden)
