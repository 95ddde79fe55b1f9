"""NumPy's protocols: `np.sin(node)`, `array * node` and `np.sum(node)` give nodes, never objects.

A NumPy function finds the function of the same name in `ops`, or else in `autograd.numpy`. One that
only looks at its arguments (a comparison, a shape, a predicate) gets the plain data. Any other
raises.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np

from autograd import ops
from autograd.alternatives import alternative, differentiable_form, name_of
from autograd.convert import PlainArrayError
from autograd.engine.graph import Node
from autograd.engine.operations import interpreter
from autograd.frames import caller, multiplies_sparse
from autograd.ops.predicates import nondifferentiable
from autograd.signatures import UnsupportedArgument, data_and_settings, translated
from autograd.trees import map_tree

_OTHER_NAMES = {
    "absolute": "abs",
    "amax": "max",
    "amin": "min",
    "divide": "div",
    "multiply": "mul",
    "negative": "neg",
    "power": "pow",
    "remainder": "mod",
    "around": "round",
    "conjugate": "conj",
    "subtract": "sub",
    "positive": "identity",
}

_ABOUT_NUMBERS = """
allclose all any argmax argmin argpartition argsort array_equal array_equiv count_nonzero digitize
equal greater greater_equal isclose iscomplex isfinite isin isinf isnan isneginf isposinf isreal
less less_equal bitwise_and bitwise_or bitwise_xor invert logical_and logical_not logical_or
logical_xor not_equal isreal iscomplex nanargmax nanargmin searchsorted signbit spacing
"""
_ABOUT_SHAPE = """
diag_indices_from empty_like iscomplexobj isrealobj may_share_memory ndim ones_like
result_type shape shares_memory size tril_indices_from triu_indices_from zeros_like
"""
_TAKING_OUT = """
argwhere array_repr array_str array2string flatnonzero nonzero save savetxt savez
"""


def _rules() -> dict[Callable[..., Any], Callable[..., Any]]:
    """The differentiable function for each function of NumPy that has one."""
    rules = {}
    for name in ops.__all__:
        theirs = getattr(np, name, None)
        if callable(theirs) and name not in ("array", "identity"):  # they take no nodes
            rules[theirs] = getattr(ops, name)
    for theirs, ours in _OTHER_NAMES.items():
        rules[getattr(np, theirs)] = getattr(ops, ours)
    for module, public in ((np.linalg, ops.linalg), (np.fft, ops.fft)):
        rules |= {getattr(module, name): getattr(public, name) for name in public.__all__}
    rules[np.divmod] = lambda x, y: (ops.floor_divide(x, y), ops.mod(x, y))
    rules[np.rint] = ops.elementwise.round_op
    rules[np.fabs] = lambda x: ops.abs(ops.cast(x, np.result_type(x.dtype, np.float16)))
    rules[np.power] = _power
    rules[np.lib.stride_tricks.sliding_window_view] = ops.sliding_window_view
    rules[np.float_power] = lambda x, y: ops.pow(_in_double(x), _in_double(y))
    return rules


def _power(x: Any, y: Any) -> Any:
    """As the operator, but that of booleans and a Python integer is in int64, not in int8."""
    whole = y.__class__ is int and getattr(x, "dtype", None) == np.bool_
    return ops.pow(ops.cast(x, np.int64) if whole else x, y)


def _in_double(x: Any) -> Any:
    """x in double precision, real or complex."""
    return ops.cast(x, np.result_type(x.dtype, np.float64)) if hasattr(x, "dtype") else x


RULES = _rules()
ABOUT_NUMBERS, ABOUT_SHAPE, TAKING_OUT = (
    frozenset(getattr(np, name) for name in names.split())
    for names in (_ABOUT_NUMBERS, _ABOUT_SHAPE, _TAKING_OUT)
)
LOOKING_ONLY = ABOUT_NUMBERS | ABOUT_SHAPE | TAKING_OUT
_REDUCTIONS = {np.add: ops.sum, np.multiply: ops.prod, np.maximum: ops.max, np.minimum: ops.min}


class NumPyProtocols:
    """What NumPy asks of an object that its functions are handed."""

    __slots__ = ()
    __array_priority__: float = 1000.0
    __pandas_priority__: int = 5000  # above a DataFrame, whose operators then leave it to a node

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__":
            ours = RULES.get(ufunc)
            if ours is not None and not kwargs:
                return ours(*inputs)
            return call_with_nodes(ufunc, inputs, kwargs)
        if method == "reduce" and ufunc in _REDUCTIONS:
            kwargs.setdefault("axis", 0)
            return call_with_nodes(ufunc, inputs, kwargs, _REDUCTIONS[ufunc])
        return _refuse(f"np.{ufunc.__name__}.{method}")

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        return call_with_nodes(func, args, kwargs)

    # Any, not NoReturn: what type checkers say of np.sum(node) would else be Never.
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if multiplies_sparse(caller()):  # which leaves the product to what is no array
            array = np.empty((), object)
            array[()] = self
            return array
        raise PlainArrayError


def call_with_nodes(
    func: Callable[..., Any],
    args: Any,
    kwargs: dict[str, Any],
    ours: Callable[..., Any] | None = None,
) -> Any:
    """The result of a NumPy function, where nodes are among the arguments."""
    if func in ABOUT_NUMBERS:
        data, settings = data_and_settings(func, args, kwargs)
        return nondifferentiable(func, *data, **settings)
    if func in TAKING_OUT:
        taken = partial(_taken_out, f"{name_of(func)}(...)")
        return func(*map_tree(taken, args), **map_tree(taken, kwargs))
    if func in LOOKING_ONLY:
        return func(*_plain(args), **_plain(kwargs))
    ours = ours or RULES.get(func)
    if ours is None:
        ours = differentiable_form(func) or _refuse(name_of(func))
        return ours(*args, **kwargs)
    try:
        if kwargs or len(args) > 2:
            try:
                args, kwargs = translated(func, ours, args, kwargs)
            except UnsupportedArgument:
                ours = differentiable_form(func)
                if ours is None:
                    raise
        return ours(*args, **kwargs)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise TypeError(f"{name_of(func)} of a node: {error}") from error


def _taken_out(how: str, leaf: Any) -> Any:
    return interpreter().take_out(leaf, how) if isinstance(leaf, Node) else leaf


def _plain(tree: Any) -> Any:
    return map_tree(lambda leaf: leaf.primal if isinstance(leaf, Node) else leaf, tree)


def _refuse(name: str) -> NoReturn:
    write = alternative(name)
    raise TypeError(
        f"{name} has no derivative rule for nodes"
        + (f": write {write}. " if write else ". Write it from functions that have one. ")
        + "A rule of your own is stated with autograd.custom_op. For plain numbers, without "
        "derivative, pass x.numpy()."
    )
