"""The SIMD kernels under `FastGRU`: a whole stack of GRU layers forward and backward, one thread, float32.

A block of `LANES` clips goes through all time steps and all layers before the next block starts, so that its state
stays in the nearest cache and only the weights stream past. Inside a block everything is *lane-major*: (feature, lane),
one clip a SIMD lane. Then a gate's row is contiguous, the small product of a step is a sum of (weight broadcast) x
(row of lanes), and the gates are finished in the registers that hold the product's sums.

Numba's own loops do not keep a tile of sums in registers and, on many CPUs, use half the vector width, so the four
inner kernels are written as LLVM vector code through numba's `intrinsic`. They and the loops that call them share this
file because numba renews its cache when the file of the *caller* changes.

Gates, for one layer (torch.nn.GRU's equations; paper B eq. 3 takes r before the product with U instead):

    r = sigmoid(W_r x + b_r + U_r h + c_r),  z likewise
    q = U_n h + c_n,  n = tanh(W_n x + b_n + r q),  h' = n + z (h - n)
"""

from functools import partial
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core.extending import intrinsic

from raymer.learners.compiled import compiled


def _vector_shape() -> tuple[int, int]:
    """Floats a vector and vectors a block row: as many sums as this CPU's registers hold."""
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 16, 2
    return (8, 1) if features.get("avx2") else (4, 2)


WIDTH, VECTORS = _vector_shape()
LANES = WIDTH * VECTORS
UNITS = 4  # hidden units a tile; three gates each give the tile's rows
ROWS = 3 * UNITS
CHUNK = 8  # time steps between two additions to the weight gradients: their factors then stay in the second cache
DG_STRIDE = CHUNK * LANES + WIDTH  # floats a row of gate gradients: odd in cache lines, so that rows do not collide

F32, I64 = ir.FloatType(), ir.IntType(64)
VEC, INTS = ir.VectorType(F32, WIDTH), ir.VectorType(ir.IntType(32), WIDTH)

LAYER = np.dtype(
    [
        (name, np.int64)
        for name in (
            "inputs",  # features in
            "hidden",  # units
            "rows",  # units padded to whole tiles
            "wide_in",  # inputs padded to whole vectors
            "wide",  # units padded to whole vectors
            "pack",  # offset of the forward weights
            "pack_u",  # offset of the backward weights, by state
            "pack_w",  # offset of the backward weights, by input
            "gates",  # offset in a block's record: (steps, 5, rows, LANES) r, z, n, q, h - n
            "natural",  # offset in a block's record: (steps + 1, LANES, wide) states, clip-major
            "state",  # offset in the scratch: (2, wide, LANES) states of this and the next step
            "grad",  # offset in the scratch: (wide, LANES) gradient of the state
            "dg",  # offset in the scratch: (4, rows, DG_STRIDE) gradients of n, r, z, q
            "sum_b",  # offset in the sums: (4, rows, LANES)
            "sum_w",  # offset in the sums: (3, rows, wide_in), gates n, r, z
            "sum_u",  # offset in the sums: (3, rows, wide), gates r, z, n
        )
    ]
)


class _Vec:
    """A vector value under construction, so that formulas read as formulas."""

    def __init__(self, b: Any, value: Any) -> None:
        self.b, self.value = b, value

    def _other(self, x: "_Vec | float") -> Any:
        return x.value if isinstance(x, _Vec) else ir.Constant(VEC, [float(x)] * WIDTH)

    def __add__(self, x: "_Vec | float") -> "_Vec":
        return _Vec(self.b, self.b.fadd(self.value, self._other(x)))

    def __sub__(self, x: "_Vec | float") -> "_Vec":
        return _Vec(self.b, self.b.fsub(self.value, self._other(x)))

    def __rsub__(self, x: float) -> "_Vec":
        return _Vec(self.b, self.b.fsub(self._other(x), self.value))

    def __mul__(self, x: "_Vec | float") -> "_Vec":
        return _Vec(self.b, self.b.fmul(self.value, self._other(x)))

    def __rtruediv__(self, x: float) -> "_Vec":
        return _Vec(self.b, self.b.fdiv(self._other(x), self.value))

    def fma(self, x: "_Vec | float", y: "_Vec | float") -> "_Vec":
        """Return self * x + y, rounded once."""
        name, kind = f"llvm.fma.v{WIDTH}f32", ir.FunctionType(VEC, [VEC] * 3)
        function = self.b.module.globals.get(name) or ir.Function(self.b.module, kind, name)
        return _Vec(self.b, self.b.call(function, [self.value, self._other(x), self._other(y)]))

    def clamp(self, bound: float) -> "_Vec":
        """Keep within +-bound; what is not a number stays so."""
        value = self.value
        for relation, edge in ((">", bound), ("<", -bound)):
            limit = ir.Constant(VEC, [edge] * WIDTH)
            value = self.b.select(self.b.fcmp_ordered(relation, value, limit), limit, value)
        return _Vec(self.b, value)

    def power_of_two(self) -> "_Vec":
        """Return 2 ** self for |self| < 126, to 1e-7 of its value.

        Adding 1.5 * 2**23 rounds to the nearest integer and leaves it in the low bits, from where a shift puts it
        into the exponent; the fraction goes through a minimax polynomial (fitted for this file; 1 at 0 exactly).
        """
        magic = 12582912.0
        shifted = self + magic
        fraction = self - (shifted - magic)
        bits = self.b.shl(self.b.bitcast(shifted.value, INTS), ir.Constant(INTS, [23] * WIDTH))
        scale = self.b.bitcast(self.b.add(bits, ir.Constant(INTS, [127 << 23] * WIDTH)), VEC)
        result = fraction.fma(0.0013264728957, 0.0096715129137)
        for coefficient in (0.0555073374062, 0.2402224208125, 0.6931469775991, 1.0):
            result = result.fma(fraction, coefficient)
        return result * _Vec(self.b, scale)

    def one_plus_exp_minus(self, factor: float) -> "_Vec":
        """Return 1 + exp(-factor * self); beyond 2**43 the sigmoid it serves is 0 or 1 to the last bit."""
        return (self * (-factor * 1.4426950408889634)).clamp(43.0).power_of_two() + 1.0


def _pointer(b: Any, address: Any) -> Any:
    return b.inttoptr(address, F32.as_pointer())


def _at(b: Any, pointer: Any, offset: Any) -> Any:
    return b.gep(pointer, [I64(offset) if isinstance(offset, int) else offset])


def _load(b: Any, pointer: Any, offset: Any = 0) -> _Vec:
    return _Vec(b, b.load(b.bitcast(_at(b, pointer, offset), VEC.as_pointer()), align=4))


def _store(b: Any, value: _Vec, pointer: Any, offset: Any = 0) -> None:
    b.store(value.value, b.bitcast(_at(b, pointer, offset), VEC.as_pointer()), align=4)


def _broadcast(b: Any, pointer: Any, offset: Any) -> _Vec:
    first = b.insert_element(ir.Constant(VEC, ir.Undefined), b.load(_at(b, pointer, offset)), ir.IntType(32)(0))
    return _Vec(b, b.shuffle_vector(first, ir.Constant(VEC, ir.Undefined), ir.Constant(INTS, [0] * WIDTH)))


def _multiply(b: Any, a: Any, a_row: int, a_step: int, x: Any, x_step: Any, depth: Any, sums: list[list[_Vec]]) -> None:
    """Add sum_k a[k * a_step + i * a_row] * x[k * x_step:] to every sums[i], which stay in registers. depth >= 1."""
    before, loop = b.block, b.append_basic_block("depth")
    after = b.append_basic_block("depth.done")
    b.branch(loop)
    b.position_at_end(loop)
    phis = {name: b.phi(kind) for name, kind in (("k", I64), ("a", a.type), ("x", x.type))}
    for name, start in (("k", I64(0)), ("a", a), ("x", x)):
        phis[name].add_incoming(start, before)
    held = [[b.phi(VEC) for _ in row] for row in sums]
    columns = [_load(b, phis["x"], v * WIDTH) for v in range(len(sums[0]))]
    for i, row in enumerate(sums):
        weight = _broadcast(b, phis["a"], i * a_row)
        for v, total in enumerate(row):
            held[i][v].add_incoming(total.value, before)
            row[v] = columns[v].fma(weight, _Vec(b, held[i][v]))
            held[i][v].add_incoming(row[v].value, loop)
    k = b.add(phis["k"], I64(1))
    for name, value in (("k", k), ("a", _at(b, phis["a"], a_step)), ("x", _at(b, phis["x"], x_step))):
        phis[name].add_incoming(value, loop)
    b.cbranch(b.icmp_signed("<", k, depth), loop, after)
    b.position_at_end(after)


def _kernel(emit: Any) -> Any:
    """Make a numba function of one tuple of int64 addresses and counts, whose body `emit(builder, *values)` writes."""

    @intrinsic
    def kernel(typing: Any, arguments: Any) -> Any:
        def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
            emit(b, *(b.extract_value(values[0], i) for i in range(len(arguments))))
            return context.get_dummy_value()

        return types.void(arguments), generate

    return kernel


def _emit_cell(
    vectors: int, b: Any, pack: Any, x: Any, n_x: Any, h: Any, n_h: Any, own: Any, record: Any, gap: Any, new: Any
) -> None:
    """One step of one tile of units: both products, then the gates (`record`: r, z, n, q, h - n; `new`: the state)."""
    pack, x, h, own, record, new = (_pointer(b, address) for address in (pack, x, h, own, record, new))
    depth = b.add(n_x, n_h)
    bias = _at(b, pack, b.mul(depth, I64(ROWS)))
    sums = [[_broadcast(b, bias, i)] * vectors for i in range(ROWS)]
    _multiply(b, pack, 1, ROWS, x, LANES, n_x, sums)
    from_input = sums[2 * UNITS :]
    sums[2 * UNITS :] = [[_broadcast(b, bias, ROWS + i)] * vectors for i in range(UNITS)]
    _multiply(b, _at(b, pack, b.mul(n_x, I64(ROWS))), 1, ROWS, h, LANES, n_h, sums)
    places = [(unit, v) for unit in range(UNITS) for v in range(vectors)]  # in lockstep: one place alone only waits
    over = [[sums[gate * UNITS + unit][v].one_plus_exp_minus(1.0) for gate in (0, 1)] for unit, v in places]
    both = [1.0 / (over_r * over_z) for over_r, over_z in over]  # one division for two sigmoids
    r = [whole * over_z for whole, (_, over_z) in zip(both, over, strict=True)]
    z = [whole * over_r for whole, (over_r, _) in zip(both, over, strict=True)]
    q = [sums[2 * UNITS + unit][v] for unit, v in places]
    over_n = [r[i].fma(q[i], from_input[unit][v]).one_plus_exp_minus(2.0) for i, (unit, v) in enumerate(places)]
    n = [(1.0 / over).fma(2.0, -1.0) for over in over_n]
    for i, (unit, v) in enumerate(places):
        place = unit * LANES + v * WIDTH
        change = _load(b, own, place) - n[i]
        _store(b, z[i].fma(change, n[i]), new, place)
        for field, value in enumerate((r[i], z[i], n[i], q[i], change)):
            _store(b, value, _at(b, record, b.mul(gap, I64(field))), place)


def _emit_gates_back(b: Any, record: Any, gap: Any, grad: Any, dg: Any, dg_gap: Any, sums: Any, sums_gap: Any) -> None:
    """One vector of one unit: `grad` from the new state to its direct part of the old, `dg`, bias sums."""
    record, grad, dg, sums = (_pointer(b, address) for address in (record, grad, dg, sums))
    r, z, n, q, change = (_load(b, _at(b, record, b.mul(gap, I64(i)))) for i in range(5))
    new = _load(b, grad)
    old = new * z
    d_n = (new - old) * (1.0 - n * n)
    d_q = d_n * r
    _store(b, old, grad)
    for i, value in enumerate((d_n, d_q * q * (1.0 - r), old * change * (1.0 - z), d_q)):
        _store(b, value, _at(b, dg, b.mul(dg_gap, I64(i))))
        place = _at(b, sums, b.mul(sums_gap, I64(i)))
        _store(b, _load(b, place) + value, place)


def _product(rows: int, vectors: int, a_row: int, a_step: int) -> Any:
    """Make the kernel (a, x, x_step, depth, out, out_step) that adds `rows` x `vectors` of a product to `out`."""

    def emit(b: Any, a: Any, x: Any, x_step: Any, depth: Any, out: Any, out_step: Any) -> None:
        a, x, out = (_pointer(b, address) for address in (a, x, out))
        places = [_at(b, out, b.mul(out_step, I64(i))) for i in range(rows)]
        sums = [[_load(b, place, v * WIDTH) for v in range(vectors)] for place in places]
        _multiply(b, a, a_row, a_step, x, x_step, depth, sums)
        for place, row in zip(places, sums, strict=True):
            for v, total in enumerate(row):
                _store(b, total, place, v * WIDTH)

    return _kernel(emit)


def _emit_transpose(b: Any, source: Any, source_step: Any, target: Any, target_step: Any) -> None:
    """Transpose WIDTH x WIDTH floats: swap ever larger blocks off the diagonal."""
    source, target = _pointer(b, source), _pointer(b, target)
    rows = [_load(b, _at(b, source, b.mul(source_step, I64(i)))).value for i in range(WIDTH)]
    size = 1
    while size < WIDTH:
        low = [j if not j & size else WIDTH + j - size for j in range(WIDTH)]
        high = [j + size if not j & size else WIDTH + j for j in range(WIDTH)]
        for i in (i for i in range(WIDTH) if not i & size):
            pair = rows[i], rows[i + size]
            rows[i], rows[i + size] = (b.shuffle_vector(*pair, ir.Constant(INTS, mask)) for mask in (low, high))
        size *= 2
    for i, row in enumerate(rows):
        _store(b, _Vec(b, row), _at(b, target, b.mul(target_step, I64(i))))


_cell = _kernel(partial(_emit_cell, VECTORS))
_narrow_cell = _kernel(partial(_emit_cell, 1))
_gates_back = _kernel(_emit_gates_back)
_transpose = _kernel(_emit_transpose)
_back_tile = _product(ROWS, VECTORS, 1, ROWS)
_back_rest = _product(UNITS, VECTORS, 1, UNITS)
_weights_tile = _product(ROWS, VECTORS, DG_STRIDE, 1)
_weights_rest = _product(ROWS, 1, DG_STRIDE, 1)


@compiled()
def _address(array: Any, offset: Any) -> Any:
    return np.int64(array.ctypes.data) + 4 * offset


@compiled()
def _to_lanes(source: Any, start: Any, stride: Any, clips: Any, features: Any, target: Any, place: Any) -> None:
    """Transpose (clips, features) with `stride` between clips into (features, LANES)."""
    whole_clips, whole_features = clips // WIDTH * WIDTH, features // WIDTH * WIDTH
    for c in range(0, whole_clips, WIDTH):
        for f in range(0, whole_features, WIDTH):
            _transpose(
                (_address(source, start + c * stride + f), stride, _address(target, place + f * LANES + c), LANES)
            )
    for c in range(clips):
        for f in range(whole_features if c < whole_clips else 0, features):
            target[place + f * LANES + c] = source[start + c * stride + f]


@compiled()
def _from_lanes(source: Any, start: Any, wide: Any, target: Any, place: Any) -> None:
    """Transpose (wide, LANES) into (LANES, wide)."""
    for f in range(0, wide, WIDTH):
        for c in range(0, LANES, WIDTH):
            _transpose((_address(source, start + f * LANES + c), LANES, _address(target, place + c * wide + f), wide))


@compiled()
def _copy_rows(source: Any, start: Any, stride: Any, target: Any, place: Any, step: Any, rows: Any, width: Any) -> None:
    for i in range(rows):
        to = target[place + i * step : place + i * step + width]
        row = source[start + i * stride : start + i * stride + width]
        for j in range(width):
            to[j] = row[j]


@compiled()
def _add(target: Any, more: Any) -> None:
    for i in range(len(target)):
        target[i] += more[i]


@compiled()
def _layer_forward(
    layer: Any, source: Any, pack: Any, record: Any, gates: Any, scratch: Any, old: Any, new: Any, narrow: Any
) -> None:
    """One layer, one step: from the address `source` of its input and the state at `old` to the state at `new`."""
    gap = layer.rows * LANES
    tile_size = (layer.inputs + layer.hidden) * ROWS + ROWS + UNITS
    state = _address(scratch, old)
    for tile in range(layer.rows // UNITS):
        own = tile * UNITS * LANES
        weights, result = _address(pack, layer.pack + tile * tile_size), _address(scratch, new + own)
        kept = _address(record, gates + own)
        if narrow:
            _narrow_cell((weights, source, layer.inputs, state, layer.hidden, state + 4 * own, kept, gap, result))
        else:
            _cell((weights, source, layer.inputs, state, layer.hidden, state + 4 * own, kept, gap, result))


@compiled(nogil=True)
def forward(x: Any, shape: Any, plan: Any, pack: Any, record: Any, size: Any, scratch: Any, y: Any, keep: Any) -> None:
    """Run the stack over `x` into the flat `y` (clips, steps, units of the last layer), from a zero state.

    `x` is a pair: the floats of (clips, steps, inputs), and how many lie from one clip to the next and from one step to
    the next; `shape` is (clips, steps); `plan` an array of LAYER. With `keep`, block i leaves what `backward` needs in
    `record[i * size : (i + 1) * size]`; without, `record` holds one step of one block.
    """
    (frames, strides), (clips, steps) = x, shape
    inputs, last = plan[0].inputs, len(plan) - 1
    for first in range(0, clips, LANES):
        here = min(LANES, clips - first)
        block = first // LANES * size if keep else 0
        narrow = here <= WIDTH and not keep  # a record needs its idle lanes written too
        scratch[:] = 0.0
        for t in range(steps):
            _to_lanes(frames, first * strides[0] + t * strides[1], strides[0], here, inputs, scratch, 0)
            source, kept = _address(scratch, 0), t if keep else 0
            for i in range(len(plan)):
                layer = plan[i]
                turn = layer.wide * LANES
                old, new = layer.state + (t & 1) * turn, layer.state + (1 - (t & 1)) * turn
                gates = block + layer.gates + kept * 5 * layer.rows * LANES
                _layer_forward(layer, source, pack, record, gates, scratch, old, new, narrow)
                source = _address(scratch, new)
                natural = block + layer.natural + (kept + 1) * LANES * layer.wide
                if keep and t == 0:
                    record[natural - LANES * layer.wide : natural] = 0.0
                if keep or i == last:
                    _from_lanes(scratch, new, layer.wide, record, natural)
                if i == last:
                    units = layer.hidden
                    _copy_rows(record, natural, layer.wide, y, (first * steps + t) * units, steps * units, here, units)


@compiled()
def _add_rows(pack: Any, x: Any, depth: Any, out: Any, rows: Any) -> None:
    """Add (rows, depth) packed weights times (depth, LANES) gate gradients to `out` (rows, LANES); addresses."""
    for row in range(0, rows // ROWS * ROWS, ROWS):
        _back_tile((pack + 4 * row * depth, x, DG_STRIDE, depth, out + 4 * row * LANES, LANES))
    for row in range(rows // ROWS * ROWS, rows, UNITS):
        _back_rest((pack + 4 * row * depth, x, DG_STRIDE, depth, out + 4 * row * LANES, LANES))


@compiled()
def _add_weights(dg: Any, factor: Any, wide: Any, depth: Any, out: Any, rows: Any) -> None:
    """Add gate gradients (rows, depth) times `factor` (depth, wide) to `out` (rows, wide); addresses."""
    whole = wide // LANES * LANES
    for column in range(0, whole, LANES):
        for row in range(0, rows, ROWS):
            place = out + 4 * (row * wide + column)
            _weights_tile((dg + 4 * row * DG_STRIDE, factor + 4 * column, wide, depth, place, wide))
    for column in range(whole, wide, WIDTH):
        for row in range(0, rows, ROWS):
            place = out + 4 * (row * wide + column)
            _weights_rest((dg + 4 * row * DG_STRIDE, factor + 4 * column, wide, depth, place, wide))


@compiled()
def _layer_back(
    layer: Any, below: Any, pack: Any, record: Any, block: Any, t: Any, column: Any, scratch: Any, sums: Any
) -> None:
    """One layer, one step: gate gradients into `column` of its `dg`; the state's gradient; `below` += the input's."""
    gap = layer.rows * LANES
    gates = block + layer.gates + t * 5 * gap
    for unit in range(layer.rows):
        for lane in range(0, LANES, WIDTH):
            own = unit * LANES + lane
            grad, total = _address(scratch, layer.grad + own), _address(sums, layer.sum_b + own)
            dg = _address(scratch, layer.dg + unit * DG_STRIDE + column + lane)
            _gates_back((_address(record, gates + own), gap, grad, dg, layer.rows * DG_STRIDE, total, gap))
    dg, depth = _address(scratch, layer.dg + column), 3 * layer.rows
    dg_state = dg + 4 * layer.rows * DG_STRIDE
    _add_rows(_address(pack, layer.pack_u), dg_state, depth, _address(scratch, layer.grad), layer.rows)
    if below >= 0:
        rows = (layer.inputs + UNITS - 1) // UNITS * UNITS
        _add_rows(_address(pack, layer.pack_w), dg, depth, _address(scratch, below), rows)


@compiled()
def _chunk_weights(
    plan: Any, record: Any, block: Any, start: Any, end: Any, scratch: Any, x_rows: Any, sums: Any
) -> None:
    """Add what the steps from `start` to `end` give to the weight gradients of all layers."""
    depth = (end - start) * LANES
    for i in range(len(plan)):
        layer = plan[i]
        factor = _address(scratch, x_rows)
        if i > 0:
            factor = _address(record, block + plan[i - 1].natural + (start + 1) * LANES * layer.wide_in)
        state = _address(record, block + layer.natural + start * LANES * layer.wide)
        dg, rows = _address(scratch, layer.dg), 3 * layer.rows
        dg_state = dg + 4 * layer.rows * DG_STRIDE
        _add_weights(dg, factor, layer.wide_in, depth, _address(sums, layer.sum_w), rows)
        _add_weights(dg_state, state, layer.wide, depth, _address(sums, layer.sum_u), rows)


@compiled(nogil=True)
def backward(
    x: Any, shape: Any, plan: Any, pack: Any, record: Any, size: Any, scratch: Any, dy: Any, sums: Any, dx: Any
) -> None:
    """Add the gradients of all weights and biases to `sums`, given `dy` (a pair as `x`); fill `dx` unless empty."""
    (frames, strides), (grads, dy_strides), (clips, steps) = x, dy, shape
    bottom, top = plan[0], plan[len(plan) - 1]
    inputs, wide_in = bottom.inputs, bottom.wide_in
    dy_lanes = wide_in * LANES
    x_rows = dy_lanes + top.wide * LANES
    for first in range(0, clips, LANES):
        here, block = min(LANES, clips - first), first // LANES * size
        scratch[: bottom.dg] = 0.0
        for end in range(steps, 0, -CHUNK):
            start = max(0, end - CHUNK)
            for t in range(end - 1, start - 1, -1):
                place = first * dy_strides[0] + t * dy_strides[1]
                _to_lanes(grads, place, dy_strides[0], here, top.hidden, scratch, dy_lanes)
                _add(scratch[top.grad : top.grad + top.wide * LANES], scratch[dy_lanes:x_rows])
                column = (t - start) * LANES
                for i in range(len(plan) - 1, 0, -1):
                    _layer_back(plan[i], plan[i - 1].grad, pack, record, block, t, column, scratch, sums)
                if len(dx) == 0:
                    _layer_back(bottom, -1, pack, record, block, t, column, scratch, sums)
                else:
                    scratch[:dy_lanes] = 0.0
                    _layer_back(bottom, 0, pack, record, block, t, column, scratch, sums)
                    _from_lanes(scratch, 0, wide_in, scratch, x_rows)
                    place = (first * steps + t) * inputs
                    _copy_rows(scratch, x_rows, wide_in, dx, place, steps * inputs, here, inputs)
            for t in range(start, end):
                place = x_rows + (t - start) * LANES * wide_in
                _copy_rows(
                    frames, first * strides[0] + t * strides[1], strides[0], scratch, place, wide_in, here, inputs
                )
            _chunk_weights(plan, record, block, start, end, scratch, x_rows, sums)
