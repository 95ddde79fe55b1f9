"""Functions of NumPy give the type and the value that NumPy gives, for arrays of every real type:
compiled, over a batch and of nodes. `ops/test_integers.py` does the same for operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp
from autograd import Node, Tensor, jit, vmap
from tests.autograd.numpy.cases import CASES, LINALG

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::autograd.JitNotice"),
]

TYPES = ("bool", "float32", "uint8", "float64", "int64", "float16", "int8", "int32", "uint64")
EXCEPTIONS = {
    # int8 in NumPy; modes that compute; leading zeros; a difference
    "bool": {"conjugate", "pad", "polymul", "quantile"},
}
MIXED = (("float32", "float64"), ("float32", "int64"), ("int64", "float32"), ("float16", "float32"))
"""Types of the first argument and of the others."""


def of_type(x: Any, dtype: str) -> Any:
    if dtype == "bool":
        return np.greater(x, 0.5)
    return (
        np.asarray(x, dtype)
        if "float" in dtype
        else np.abs(np.rint(np.multiply(x, 2))).astype(dtype)
    )


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, list | tuple):
        return [leaf for part in tree for leaf in leaves(part)]
    return [np.asarray(tree.data if isinstance(tree, Node) else tree)]


def second(f: Callable[..., Any], args: list[Any]) -> Any:
    compiled = jit(f)
    compiled(*args)
    return compiled(*args)


def as_numpy(f: Callable[..., Any], args: list[Any], types: set[str]) -> None:
    """Check f(autograd.numpy, *args) in every way of running against f(numpy, *args)."""
    try:
        expected = leaves(f(np, *args))
    except (TypeError, ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError):
        return  # such as a difference of booleans

    def ours(*args: Any) -> Any:
        return f(anp, *args)

    found = [leaves(second(ours, args))]
    batch = vmap(ours)(*[np.stack([arg, arg]) for arg in args])
    found.append([leaf[1] for leaf in leaves(batch)])
    if all("float" in dtype for dtype in types):
        found.append(leaves(ours(*map(Tensor, args))))
    rtol = 4e-3 if "float16" in types else 1e-4 if "float32" in types else 1e-9
    for way in found:
        for one, other in zip(way, expected, strict=True):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            small = 4e-3 if other.dtype == np.float16 else rtol
            np.testing.assert_allclose(one.astype(float), other.astype(float), small, small)


OLD = np.lib.NumpyVersion(np.__version__) < "2.1.0"
NEW = np.lib.NumpyVersion(np.__version__) >= "2.5.0"


def cases_of(module: Any, table: dict[str, list[Any]]) -> list[Any]:
    """The cases of the functions that this version of NumPy has, numbered; a number is the same
    with every version.
    """
    cases = [
        (name, number, f, args)
        for name, cases in table.items()
        for number, (f, args) in enumerate(cases)
    ]
    return [
        pytest.param(name, f, args, turn, id=f"{name}-{number}")
        for turn, (name, number, f, args) in enumerate(cases)
        if hasattr(module, name)
        and not (NEW and name == "fix")  # which is deprecated
        and not (OLD and name == "pad")  # whose odd reflections were others
    ]


OF_NUMPY = cases_of(np, CASES)


@pytest.mark.parametrize(("name", "f", "args", "turn"), [*OF_NUMPY, *cases_of(np.linalg, LINALG)])
def test_result_has_the_type_and_value_of_numpy(name: str, f: Any, args: Any, turn: int) -> None:
    for k in (0, 3, 5):  # each function meets three types, and all functions of a kind meet all
        dtype = TYPES[(turn + k) % len(TYPES)]
        if name not in EXCEPTIONS.get(dtype, ()):
            as_numpy(f, [of_type(arg, dtype) for arg in args], {dtype})
    if len(args) > 1 and name != "sum":  # whose `initial` a node makes a real number of
        types = MIXED[turn % len(MIXED)]
        mixed = [of_type(arg, types[number > 0]) for number, arg in enumerate(args)]
        as_numpy(f, mixed, set(types))


def test_power_of_booleans_by_a_python_integer_is_int64() -> None:
    x = np.array([True, False])
    for n in (0, 1, 2):
        for f in (lambda x, n=n: np.power(x, n), lambda x, n=n: x**n):
            assert second(f, [x]).dtype == f(x).dtype


# --------------------------------------------------------------------------------------------------
# Numbers that are not finite, and zeros with a sign

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1.0])
ELSEWHERE = {
    "convolve": "inf times the zeros beyond the ends is NaN",
    "correlate": "as convolve",
    "polymul": "as convolve, and NumPy drops leading zeros",
    "interp": "NaN at a knot with an infinite value",
    "nanprod": "factors are multiplied in another order",
}
"""What gives NaN where NumPy gives a number, or another rounding."""


@pytest.mark.parametrize(("name", "f", "args", "turn"), OF_NUMPY)
def test_result_at_special_numbers_is_that_of_numpy(
    name: str, f: Any, args: Any, turn: int
) -> None:
    if name in ELSEWHERE:
        return
    rng = np.random.default_rng(turn)
    for _ in range(2):
        special = [np.array(arg, float) for arg in args]
        for x in special:
            places = rng.integers(0, x.size, 1 + x.size // 4)
            x.reshape(-1)[places] = rng.choice(SPECIAL, len(places))
        as_numpy(f, special, {"float64"})
