"""GRU layers that train fast on one CPU core (paper B, section 2.1; the kernels are in `gru_kernels`)."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from raymer.learners import gru_kernels as kernels
from raymer.learners.compiled import compiled
from raymer.learners.gru_kernels import CHUNK, DG_STRIDE, LANES, LAYER, ROWS, UNITS, WIDTH


class FastGRU(nn.Module):
    """A stack of GRU layers, each fed with all outputs of the one before: a drop-in for torch.nn.GRU, batch first.

    On the CPU in float32 it runs hand-written kernels on the calling thread alone, whatever torch's thread count, and
    the same inputs and weights give the same bits in every process on the same kind of CPU. On any other device or in
    any other type it runs torch.nn.GRU itself.

    The equations are torch.nn.GRU's, with zero first state:

        r = sigmoid(W_r x + b_r + U_r h + c_r),  z = sigmoid(W_z x + b_z + U_z h + c_z)
        n = tanh(W_n x + b_n + r * (U_n h + c_n)),  h' = (1 - z) * n + z * h

    Paper B's equation 3 applies r before the product, U_n (r * h), and has one bias a gate; torch's form is kept so
    that the two can be compared number for number.

    Parameters
    ----------
    input_size : int
        Features a frame.
    hidden_sizes : sequence of int
        Units of each layer, from the input up; paper B has (100, 50).

    Attributes
    ----------
    layers : nn.ModuleList of nn.GRU
        One single-layer nn.GRU each, which holds the parameters (weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0)
        with torch's shapes and initialisation: copy weights by `load_state_dict` on `layers[i]`.

    Raises
    ------
    ValueError
        When there is no layer or a size is less than one.
    """

    def __init__(self, input_size: int, hidden_sizes: Sequence[int]) -> None:
        super().__init__()
        sizes = (input_size, *hidden_sizes)
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"a GRU needs at least one layer and positive sizes, not {input_size} -> {hidden_sizes}")
        self.input_size = input_size
        self.hidden_sizes = sizes[1:]
        self.layers = nn.ModuleList(nn.GRU(a, b, batch_first=True) for a, b in itertools.pairwise(sizes))
        self._workspace = _Workspace(sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return all outputs of the last layer.

        Without gradients (`torch.no_grad()`, or nothing that requires one) nothing is kept for a backward pass: beside
        `x` and the result, memory is of the order of 32 clips times the units.

        Parameters
        ----------
        x : Tensor of shape (n_clips, n_frames, input_size)
            Any strides will do: a slice of frames, or a time-first tensor transposed, is not copied.

        Returns
        -------
        Tensor of shape (n_clips, n_frames, hidden_sizes[-1]), of the type and on the device of `x`.

        Raises
        ------
        ValueError
            When `x` has another shape, or no frames.
        """
        if x.dim() != 3 or x.shape[2] != self.input_size or x.shape[1] == 0:
            raise ValueError(f"expected (n_clips, n_frames > 0, {self.input_size}) features, got {tuple(x.shape)}")
        weights = self._weights()
        if any(t.device.type != "cpu" or t.dtype != torch.float32 for t in (x, *weights)):
            for layer in self.layers:
                x = layer(x)[0]
            return x
        if torch.is_grad_enabled() and any(t.requires_grad for t in (x, *weights)):
            return _Stack.apply(self._workspace, x, *weights)  # type: ignore[no-any-return]
        return self._workspace.forward(x, weights, keep=False)[0]

    def _weights(self) -> list[Tensor]:
        """W, U, b, c of every layer from the input up."""
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        return [getattr(layer, name) for layer in self.layers for name in names]


class _Plan:
    """Where everything lies in the flat buffers, for given sizes and a number of time steps to keep."""

    def __init__(self, sizes: Sequence[int], steps: int) -> None:
        self.layers = np.zeros(len(sizes) - 1, dtype=LAYER)
        self.steps = steps
        self.pack = self.pack_back = self.record = self.sums = 0
        for layer, (inputs, hidden) in zip(self.layers, itertools.pairwise(sizes), strict=True):
            rows, wide_in, wide = _up(hidden, UNITS), _up(inputs, WIDTH), _up(hidden, WIDTH)
            layer["inputs"], layer["hidden"], layer["rows"] = inputs, hidden, rows
            layer["wide_in"], layer["wide"] = wide_in, wide
            tile = (inputs + hidden) * ROWS + ROWS + UNITS
            self.pack = _place(layer, "pack", self.pack, rows // UNITS * tile)
            self.pack_back = _place(layer, "pack_u", self.pack_back, 3 * rows * rows)
            self.pack_back = _place(layer, "pack_w", self.pack_back, 3 * rows * _up(inputs, UNITS))
            self.record = _place(layer, "gates", self.record, steps * 5 * rows * LANES)
            self.record = _place(layer, "natural", self.record, (steps + 1) * LANES * wide)
            self.sums = _place(layer, "sum_b", self.sums, 4 * rows * LANES)
            self.sums = _place(layer, "sum_w", self.sums, 3 * rows * wide_in)
            self.sums = _place(layer, "sum_u", self.sums, 3 * rows * wide)
        self._place_scratch()

    def _place_scratch(self) -> None:
        """One block's input in lanes comes first; backward, the output's gradient and a chunk of inputs follow."""
        wide_in, wide_out = int(self.layers[0]["wide_in"]), int(self.layers[-1]["wide"])
        self.scratch = wide_in * LANES
        self.scratch_back = (wide_in + wide_out + CHUNK * wide_in) * LANES
        for layer in self.layers:
            self.scratch = _place(layer, "state", self.scratch, 2 * int(layer["wide"]) * LANES)
            self.scratch_back = _place(layer, "grad", self.scratch_back, int(layer["wide"]) * LANES)
        for layer in self.layers:
            self.scratch_back = _place(layer, "dg", self.scratch_back, 4 * int(layer["rows"]) * DG_STRIDE)


class _Record:
    """What a forward pass keeps for its backward pass; `use` counts the passes that have written into it."""

    def __init__(self, size: int) -> None:
        self.data = _zeros(size)
        self.use = 0


class _Workspace:
    """One module's buffers, reused from step to step. Not state: copies and pickles of the module start without."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sizes)
        self.still = self.plan = _Plan(sizes, 1)
        self.buffers: dict[str, np.ndarray[Any, Any]] = {}
        self.free: list[_Record] = []

    def __reduce__(self) -> tuple[type["_Workspace"], tuple[tuple[int, ...]]]:
        """Copy and pickle as an empty workspace of the same sizes."""
        return _Workspace, (self.sizes,)

    def forward(self, x: Tensor, weights: Sequence[Tensor], keep: bool) -> tuple[Tensor, _Record]:
        """Run the stack; with `keep` the record holds what `backward` needs."""
        n_clips, n_frames, _ = x.shape
        plan = self._plan_for(n_frames) if keep else self.still
        pack, arrays = self._buffer("pack", plan.pack), _arrays(weights)
        for i, layer in enumerate(plan.layers):
            w, u, b, c = arrays[4 * i : 4 * i + 4]
            _pack_forward(layer, w, u, b, c, pack)
        blocks = -(-n_clips // LANES) if keep else 1
        record = self._take(plan.record * blocks)
        y = torch.empty((n_clips, n_frames, self.sizes[-1]))
        scratch, flat_y = self._buffer("scratch", plan.scratch), y.view(-1).numpy()
        shape = n_clips, n_frames
        kernels.forward(_flat(x), shape, plan.layers, pack, record.data, plan.record, scratch, flat_y, keep)
        if not keep:
            self.free.append(record)
        return y, record

    def backward(
        self, x: Tensor, weights: Sequence[Tensor], record: _Record, dy: Tensor, want_dx: bool
    ) -> tuple[Tensor | None, list[Tensor]]:
        """Gradients of `x` (None unless wanted) and of all weights, and give the record back for the next pass."""
        n_clips, n_frames, _ = x.shape
        plan = self._plan_for(n_frames)
        pack, arrays = self._buffer("pack_back", plan.pack_back), _arrays(weights)
        for i, layer in enumerate(plan.layers):
            _pack_backward(layer, arrays[4 * i], layer["pack_w"], (2, 0, 1), pack)
            _pack_backward(layer, arrays[4 * i + 1], layer["pack_u"], (0, 1, 2), pack)
        sums, scratch = _zeros(plan.sums), self._buffer("scratch_back", plan.scratch_back)
        dx = torch.empty(x.shape if want_dx else (0,))
        flat_x, flat_dy, flat_dx, shape = _flat(x), _flat(dy), dx.view(-1).numpy(), (n_clips, n_frames)
        kernels.backward(flat_x, shape, plan.layers, pack, record.data, plan.record, scratch, flat_dy, sums, flat_dx)
        if all(record is not other for other in self.free):
            self.free.append(record)
        return (dx if want_dx else None), [grad for layer in plan.layers for grad in _gradients(layer, sums)]

    def _plan_for(self, steps: int) -> _Plan:
        if self.plan.steps != steps:
            self.plan = _Plan(self.sizes, steps)
        return self.plan

    def _buffer(self, name: str, size: int) -> np.ndarray[Any, Any]:
        """Every size but the record's is the same for all shapes of `x`."""
        if name not in self.buffers:
            self.buffers[name] = _zeros(size)
        return self.buffers[name]

    def _take(self, size: int) -> _Record:
        """Return a free record of at least `size`; smaller ones are let go, so that memory stays at what is in use."""
        fit = [record for record in self.free if len(record.data) >= size]
        self.free = fit[1:]
        record = fit[0] if fit else _Record(size)
        record.use += 1
        return record


class _Stack(torch.autograd.Function):
    """The whole stack as one node of the graph."""

    @staticmethod
    def forward(ctx: Any, workspace: _Workspace, x: Tensor, *weights: Tensor) -> Tensor:
        """Run the kernels and keep their record."""
        y, record = workspace.forward(x, weights, keep=True)
        ctx.workspace, ctx.record, ctx.use = workspace, record, record.use
        ctx.save_for_backward(x, *weights)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of `x` and all weights."""
        if ctx.record.use != ctx.use:
            raise RuntimeError("a second backward pass must come before the next forward pass: its buffers are reused")
        x, *weights = ctx.saved_tensors
        dx, grads = ctx.workspace.backward(x, weights, ctx.record, dy, ctx.needs_input_grad[1])
        wanted = (grad if need else None for grad, need in zip(grads, ctx.needs_input_grad[2:], strict=True))
        return None, dx, *wanted


def _up(n: int, step: int) -> int:
    """Round up to a multiple of `step`."""
    return -(-n // step) * step


def _place(layer: Any, name: str, end: int, size: int) -> int:
    """Put `name` at the end of a buffer and return the new end."""
    layer[name] = end
    return end + size


def _zeros(size: int) -> np.ndarray[Any, Any]:
    """float32 zeros from torch's allocator, which starts on a cache line."""
    array: np.ndarray[Any, Any] = torch.zeros(size).numpy()
    return array


def _arrays(tensors: Sequence[Tensor]) -> list[np.ndarray[Any, Any]]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def _flat(x: Tensor) -> tuple[np.ndarray[Any, Any], tuple[int, int]]:
    """View (clips, steps, features) as one row of floats, with its strides; features that lie apart are copied."""
    x = x.detach()
    if x.numel() == 0 or x.stride(2) != 1:
        x = x.contiguous()
    clip, step, _ = x.stride()
    span = 1 + sum((n - 1) * stride for n, stride in zip(x.shape, x.stride(), strict=True)) if x.numel() else 0
    return x.as_strided((span,), (1,)).numpy(), (clip, step)


def _gradients(layer: Any, sums: np.ndarray[Any, Any]) -> list[Tensor]:
    """Cut one layer's gradients of W, U, b, c out of the padded sums, gates in torch's order r, z, n."""
    rows, wide_in, wide, inputs, hidden = (int(layer[n]) for n in ("rows", "wide_in", "wide", "inputs", "hidden"))
    b = torch.from_numpy(sums[layer["sum_b"] :][: 4 * rows * LANES]).view(4, rows, LANES).sum(2)[:, :hidden]
    w = torch.from_numpy(sums[layer["sum_w"] :][: 3 * rows * wide_in]).view(3, rows, wide_in)[:, :hidden, :inputs]
    u = torch.from_numpy(sums[layer["sum_u"] :][: 3 * rows * wide]).view(3, rows, wide)[:, :hidden, :hidden]
    whole = torch.cat((w[1:], w[:1])).view(-1, inputs), u.clone(memory_format=torch.contiguous_format).view(-1, hidden)
    return [*whole, torch.cat((b[1:3], b[:1])).view(-1), b[1:].reshape(-1)]


@compiled()
def _pack_forward(layer: Any, w: Any, u: Any, b: Any, c: Any, pack: Any) -> None:
    """Lay out one layer's weights in the order the step reads them: one tile of units after another, biases last."""
    o = layer.pack
    for first in range(0, layer.rows, UNITS):
        here = min(UNITS, layer.hidden - first)
        for matrix in (w, u):
            for k in range(matrix.shape[1]):
                for gate in range(3):
                    for i in range(here):
                        pack[o + gate * UNITS + i] = matrix[gate * layer.hidden + first + i, k]
                o += ROWS
        for i in range(here):
            for gate in range(3):
                row = gate * layer.hidden + first + i
                pack[o + gate * UNITS + i] = b[row] + (c[row] if gate < 2 else np.float32(0.0))
            pack[o + ROWS + i] = c[2 * layer.hidden + first + i]
        o += ROWS + UNITS


@compiled()
def _pack_backward(layer: Any, matrix: Any, o: Any, order: Any, pack: Any) -> None:
    """Lay out the transpose of (3 * hidden, columns), gates in `order`: one tile of columns after another."""
    columns = matrix.shape[1]
    whole = (columns + UNITS - 1) // UNITS * UNITS
    first = 0
    while first < whole:
        size = ROWS if first + ROWS <= whole else UNITS
        here = min(size, columns - first)
        for gate in order:
            for unit in range(layer.hidden):
                for i in range(here):
                    pack[o + unit * size + i] = matrix[gate * layer.hidden + unit, first + i]
            o += layer.rows * size
        first += size
