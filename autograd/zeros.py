"""Strong zeros: the zeros that 0 · ∞ = 0 holds for in the chain rule.

A zero is strong where it does not depend on the numbers nearby: an entry that `where`, `relu`,
`max` or an index selects away, a constant factor of 0, a cotangent that nothing has contributed to.
What it is multiplied by has no influence, even if it is infinite. Any other zero, such as the slope
of a cosine at its top, stands among small numbers, and its product with ∞ may be anything: NaN.

A pass multiplies plainly, and so makes NaN of both. Where it has, `run_pass` runs it again, and
keeps account of which entries depend on the numbers nearby.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd import kernels
from autograd.around import Around
from autograd.engine.graph import NO_SETTINGS, Array, Derivatives, Node, Nodes, Settings, leaf
from autograd.engine.operations import Interpreter, Op, interpreter, recording, using
from autograd.ops import elementwise as e
from autograd.ops.indexing import gather_op, place_op, set_op
from autograd.ops.op_types import Elementwise, Linear, Multilinear, chain_product
from autograd.ops.running import recur_op
from autograd.ops.structural import concatenate_op, scatter_op, shape_of

Mask: TypeAlias = "bool | NDArray[np.bool_]"
"""Which entries depend on the numbers nearby: True for all, False for none, or one for each."""

_ZEROS_AROUND: Final = (scatter_op, place_op)
"""Operations that put zeros around their argument."""
_PLACED: Final = (set_op, concatenate_op, gather_op, place_op)
"""Operations that are not `Linear`, and arrange the entries of their arguments."""
_KEYED: Final = {gather_op: 1, place_op: 1, set_op: 2}
"""The first of the arguments that are numbers of entries."""


def strong(x: Any, mask: Mask) -> Any:
    """Which entries of plain `x` are strong zeros."""
    if mask is True:
        return False
    return _and(x == 0 if x.__class__ is float else np.equal(x, 0), _not(mask))


def _and(x: Any, y: Any) -> Any:
    if x is False or y is False:
        return False
    return y if x is True else x if y is True else np.logical_and(x, y)


def _or(x: Any, y: Any) -> Any:
    if x is True or y is True:
        return True
    return y if x is False else x if y is False else np.logical_or(x, y)


def _not(x: Any) -> Any:
    return not x if x.__class__ is bool else np.logical_not(x)


def close(product: Any, factors: Sequence[Any], masks: Sequence[Mask]) -> Any:
    """A plain product of two factors, with 0 where one of them is a strong zero."""
    zero = _or(*[strong(x, m) for x, m in zip(factors, masks, strict=True)])
    if zero is False or not np.any(zero):
        return product
    if product.__class__ is float:
        return 0.0
    return np.where(zero, product.dtype.type(0), product)


def closed(
    op: Op, out: Any, args: Sequence[Any], masks: Sequence[Mask], settings: Settings
) -> tuple[Any, Mask]:
    """`out = op(*args, **settings)`, but with strong zeros in the chain rule; and which entries
    depend on the numbers nearby.
    """
    if op is recur_op:
        return _recurrence(*args, *masks)
    if op is chain_product:
        out = close(out, args, masks)
    return out, dependence(op, out, args, masks, settings)


def dependence(
    op: Op, out: Any, args: Sequence[Any], masks: Sequence[Mask], settings: Settings
) -> Mask:
    """Which entries of `out = op(*args, **settings)` depend on the numbers nearby, if those of
    `args` do that `masks` tell. All is plain data. True where it is not known.
    """
    if op is e.identity:  # which starts a derivative: its result is a variable
        return True
    if not any(mask is not False for mask in masks):
        return False
    mask: Mask = True
    if op is e.sign_op:  # whose zero is that of a kink, beside which it is 1 and -1
        mask = _and(masks[0], np.equal(out, 0))
    elif not op.has_derivative:
        return False
    elif op in (e.mul, chain_product):
        (x, y), (x_mask, y_mask) = args, masks
        mask = _or(_and(x_mask, _not(strong(y, y_mask))), _and(y_mask, _not(strong(x, x_mask))))
    elif op is recur_op:
        mask = _recurrence(*args, *masks)[1]
    elif op is e.div:
        mask = _or(masks[0], _and(masks[1], _not(strong(args[0], masks[0]))))
    elif isinstance(op, Elementwise):
        mask = False
        for argnum, part in enumerate(masks):
            if part is False or not op.partials[argnum]:
                continue
            if op.selects[argnum]:
                part = _and(part, op.partials[argnum](out, *args))
            mask = _or(mask, part)
    elif isinstance(op, Linear) or op in _PLACED:
        if any(part is not True for part in masks) or op in _ZEROS_AROUND:
            first = _KEYED.get(op, len(args))
            given = [
                x if n >= first else _indicator(x, part)
                for n, (x, part) in enumerate(zip(args, masks, strict=True))
            ]
            mask = np.not_equal(op.kernel(*given, **settings), 0)
    elif isinstance(op, Multilinear) and len(args) == 2:
        factors = [
            (_indicator(x, part), _indicator(x, np.logical_not(strong(x, part))))
            for x, part in zip(args, masks, strict=True)
        ]
        (x, x_not_0), (y, y_not_0) = factors
        mask = op.kernel(x, y_not_0, **settings) + op.kernel(x_not_0, y, **settings) != 0
    return _shortest(mask, shape_of(out))


def _shortest(mask: Any, shape: tuple[int, ...]) -> Mask:
    if mask.__class__ is bool:
        return mask
    if np.all(mask):
        return True
    return np.broadcast_to(mask, shape) if np.any(mask) else False


def _recurrence(a: Any, b: Any, a_mask: Mask, b_mask: Mask) -> tuple[Any, Mask]:
    """h[i] = a[i] h[i-1] + b[i] along the last axis, where a strong zero times ∞ is 0; and which
    entries of h depend on the numbers nearby.
    """
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = (np.broadcast_to(x, shape) for x in (a, b))
    a_mask, b_mask = (np.broadcast_to(mask, shape) for mask in (a_mask, b_mask))
    out, mask = np.zeros(shape, np.result_type(a, b)), np.zeros(shape, bool)
    for i in range(shape[-1]):
        h, h_mask = (out[..., i - 1], mask[..., i - 1]) if i else (out[..., 0], mask[..., 0])
        factors, parts = (a[..., i], h), (a_mask[..., i], h_mask)
        depends = dependence(chain_product, h, factors, parts, NO_SETTINGS)
        out[..., i] = close(np.multiply(*factors), factors, parts) + b[..., i]
        mask[..., i] = _or(depends, b_mask[..., i])
    return out, _shortest(mask, shape)


def _indicator(x: Any, mask: Mask) -> Any:
    """0 where the mask is False, in the shape of x, else numbers whose sums do not cancel."""
    numbers = np.random.default_rng(0).uniform(1.0, 2.0, shape_of(x))
    return np.multiply(numbers * (1 + 1j) if np.iscomplexobj(x) else numbers, mask)


class StrongZeros(Around):
    """Computes as `inner` does, but in the chain rule a strong zero times ∞ is 0.

    Nodes are what may depend on the numbers nearby, plain data is constant. `inputs` are nodes that
    are variables, however they were computed.
    """

    careful = True

    def __init__(self, inner: Interpreter, inputs: Iterable[Node] = ()) -> None:
        super().__init__(inner)
        self._masks: dict[int, Mask] = {node.index: True for node in inputs}
        """By the creation number of a node."""

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        node = super().apply(op, args, settings)
        masks = [self.mask(arg) for arg in args]
        data = [_data(arg) for arg in args]
        node.primal, self._masks[node.index] = closed(op, node.primal, data, masks, settings)
        return node

    def plain_result(
        self, function: Callable[..., Any], args: tuple[Array, ...], result: Any
    ) -> Any:
        result = super().plain_result(function, args, result)
        return close(result, args, (False, False)) if function is chain_product else result

    def variable(self, x: Array) -> Node:
        """A node that a derivative is taken with respect to."""
        node = x if isinstance(x, Node) else leaf(x)
        self._masks[node.index] = True
        return node

    def constant(self, x: Array) -> Node:
        """A node of plain data, which does not depend on the numbers nearby."""
        return x if isinstance(x, Node) else e.stop_gradient.record(x, (x,), (x,), NO_SETTINGS)

    def mask(self, x: Array) -> Mask:
        """Which entries of a node depend on the numbers nearby; none of plain data."""
        if not isinstance(x, Node):
            return False
        stack = [x]
        while stack:
            node = stack[-1]
            unknown = [
                arg for arg in node.args if isinstance(arg, Node) and arg.index not in self._masks
            ]
            if node.index in self._masks:
                stack.pop()
            elif node.op is None:  # while a program is recorded, variables are results
                self._masks[node.index] = not self.replayed
            elif unknown:
                stack += unknown
            else:
                masks = [self.mask(arg) for arg in node.args]
                data = [_data(arg) for arg in node.args]
                found = dependence(node.op, node.primal, data, masks, node.settings)
                self._masks[node.index] = found
        return self._masks[x.index]


def _data(x: Array) -> Any:
    return x.primal if isinstance(x, Node) else x


@np.errstate(all="ignore")
def run_pass(
    running: Interpreter,
    run: Callable[[bool], None],
    derivatives: Derivatives,
    wanted: Nodes,
    create_graph: bool,
) -> None:
    """`run(create_graph)`, which fills in `derivatives` of the `wanted` nodes; None stands for all.

    If they have NaN, it is run again: `run(True)` computes on nodes, which tell what depends on the
    numbers nearby from constants. Where that cannot be, since a rule takes plain data only or a
    leaf has new data, they stay as they are.
    """
    start = dict(derivatives)
    with recording(create_graph):
        inside = interpreter()
        if inside.careful:
            run(True)
        else:
            run(create_graph)
            if not _any_nan(derivatives, wanted):
                return
            _repeat(run, derivatives, start, StrongZeros(inside, (*start, *(wanted or ()))))
    if not create_graph:
        derivatives |= {node: _data(x) for node, x in derivatives.items()}


def _any_nan(derivatives: Derivatives, wanted: Nodes) -> bool:
    for node in derivatives if wanted is None else wanted:
        x = derivatives.get(node, 0.0)
        if x != x if x.__class__ is float else kernels.has_nan(_data(x)):
            return True
    return False


def _repeat(
    run: Callable[[bool], None], derivatives: Derivatives, start: Derivatives, zeros: StrongZeros
) -> None:
    plain = dict(derivatives)
    derivatives.clear()
    with using(zeros):
        derivatives |= {node: zeros.constant(x) for node, x in start.items()}
        try:
            run(True)
        except ArithmeticError:  # of `debug`, which has found what it looks for
            raise
        except Exception:
            derivatives.clear()
            derivatives |= plain


Interpreter.run_pass = run_pass
