"""Products of matrices and vectors: small ones as loops, others by BLAS."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from autograd.jit.native.layout import Layout
from autograd.jit.native.text import Function, Value, number, type_of

_SMALL = 4096
"""Up to so many multiplications are written as loops, which have no call to pay for."""


def write(
    to: Function,
    constants: dict[str, None],
    x: Layout,
    y: Layout,
    out: Layout,
    base: Callable[[Layout], Value],
) -> None:
    """Write out = x @ y, with NumPy's meaning: vectors, matrices and stacks of matrices.

    base: the address of the first entry of a layout. constants: lines for the module.
    """
    left = x if len(x.shape) > 1 else Layout(x.buffer, (1, *x.shape), (0, *x.strides), x.offset)
    right = y if len(y.shape) > 1 else Layout(y.buffer, (*y.shape, 1), (*y.strides, 0), y.offset)
    rows, inner = left.shape[-2:]
    columns = right.shape[-1]
    stack = out.shape[: len(out.shape) - (len(x.shape) > 1) - (len(y.shape) > 1)]
    pointers = [base(layout) for layout in (x, y, out)]
    apart = [
        Layout(z.buffer, z.shape[:-2], z.strides[:-2]).across(stack) for z in (left, right)
    ]  # fmt: skip
    steps: list[list[int]] = [*map(list, apart)]
    if not stack:
        _one(to, constants, left, right, rows, inner, columns, pointers)
        return
    kind = type_of(out.buffer.dtype)
    with to.loop(str(prod(stack))) as turn:
        places = [_place(to, turn, stack, strides) for strides in steps]
        places.append(to(f"mul i64 {turn}, {rows * columns}"))
        moved = [
            to.at(kind, pointer, place) for pointer, place in zip(pointers, places, strict=True)
        ]
        _one(to, constants, left, right, rows, inner, columns, moved)


def _place(to: Function, turn: Value, shape: tuple[int, ...], strides: list[int]) -> Value:
    """The offset of entry number `turn` of an array of this shape."""
    total, rest = "0", turn
    for size, stride in zip(shape[::-1], strides[::-1], strict=True):
        n = to(f"urem i64 {rest}, {size}")
        rest = to(f"udiv i64 {rest}, {size}")
        total = to(f"add i64 {total}, {to(f'mul i64 {n}, {stride}')}")
    return total


def _one(
    to: Function,
    constants: dict[str, None],
    x: Layout,
    y: Layout,
    rows: int,
    inner: int,
    columns: int,
    pointers: list[Value],
) -> None:
    kind = type_of(x.buffer.dtype)
    by_rows, by_columns = _order(x), _order(y)
    small = rows * inner * columns <= _SMALL or not to.has_blas
    if small or by_rows is None or by_columns is None:
        _loops(to, kind, x.strides[-2:], y.strides[-2:], rows, inner, columns, pointers)
        return
    p, q, r = pointers
    letter = kind[0].replace("f", "s")

    def at(value: int) -> str:
        constants[f"@int{value} = private constant i32 {value}"] = None
        return f"ptr @int{value}"

    def real(value: float) -> str:
        name = f"@{letter}{value:g}".replace(".", "_")
        constants[f"{name} = private constant {kind} {number(value, kind)}"] = None
        return f"ptr {name}"

    def sign(transposed: bool) -> str:
        name = "@T" if transposed else "@N"
        constants[f'{name} = private constant [1 x i8] c"{name[1]}"'] = None
        return f"ptr {name}"

    one, zero = real(1.0), real(0.0)
    # BLAS counts along columns first, so that it sees all transposed: outᵀ = yᵀ xᵀ.
    if rows == 1 or columns == 1:
        matrix, (transposed, lead), vector = (q, by_columns, p) if rows == 1 else (p, by_rows, q)
        step = x.strides[-1] if rows == 1 else y.strides[-2]
        first, second = (inner, columns) if rows == 1 else (rows, inner)
        n_first, n_second = (first, second) if transposed else (second, first)
        turned = transposed if rows == 1 else not transposed
        to.needed.add(f"declare void @blas_{letter}gemv({', '.join(['ptr'] * 11)})")
        to.do(
            f"call void @blas_{letter}gemv({sign(turned)}, {at(n_first)}, {at(n_second)}, {one}, "
            f"ptr {matrix}, {at(lead)}, ptr {vector}, {at(max(step, 1))}, {zero}, ptr {r}, {at(1)})"
        )
        return
    to.needed.add(f"declare void @blas_{letter}gemm({', '.join(['ptr'] * 13)})")
    to.do(
        f"call void @blas_{letter}gemm({sign(by_columns[0])}, {sign(by_rows[0])}, {at(columns)}, "
        f"{at(rows)}, {at(inner)}, {one}, ptr {q}, {at(by_columns[1])}, ptr {p}, {at(by_rows[1])}, "
        f"{zero}, ptr {r}, {at(columns)})"
    )


def _order(x: Layout) -> tuple[bool, int] | None:
    """Whether a matrix lies by columns, and how far its rows or columns are apart; None if its
    entries are apart both ways.
    """
    (rows, columns), (down, across) = x.shape[-2:], x.strides[-2:]
    if (across == 1 or columns == 1) and (down >= columns or rows == 1):
        return False, max(down, columns)
    if (down == 1 or rows == 1) and (across >= rows or columns == 1):
        return True, max(across, rows)
    return None


def _loops(
    to: Function,
    kind: str,
    x: tuple[int, ...],
    y: tuple[int, ...],
    rows: int,
    inner: int,
    columns: int,
    pointers: list[Value],
) -> None:
    p, q, r = pointers

    def entry(base: Value, i: Value, j: Value, strides: tuple[int, ...]) -> Value:
        at = to(f"add i64 {to(f'mul i64 {i}, {strides[0]}')}, {to(f'mul i64 {j}, {strides[1]}')}")
        return to.at(kind, base, at)

    with to.loop(str(rows)) as i, to.loop(str(columns)) as j:
        total = to.slot(kind)
        to.store(kind, number(0.0, kind), total)
        with to.loop(str(inner)) as k:
            left = to.load(kind, entry(p, i, k, x))
            right = to.load(kind, entry(q, k, j, y))
            product = to(f"fmul contract {kind} {left}, {right}")
            so_far = to.load(kind, total)
            so_far = to(f"fadd reassoc contract {kind} {so_far}, {product}")
            to.store(kind, so_far, total)
        value = to.load(kind, total)
        to.store(kind, value, entry(r, i, j, (columns, 1)))
