"""HIPS autograd's checks of derivatives, with its way of calling `check_grads`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from autograd import check
from autograd.check import GradientError
from autograd.hips.spaces import vspace
from autograd.wrap_util import get_name, unary_to_nary

_MODES = {"fwd": "forward", "rev": "reverse"}
TOL = RTOL = EPS = 1e-6


def scalar_close(a: Any, b: Any) -> bool:
    """Whether two numbers differ by less than 1e-6, absolutely or relative to their sum.

    >>> from autograd.test_util import scalar_close
    >>> scalar_close(1e9, 1e9 + 1.0)
    True
    """
    return bool(abs(a - b) < TOL or abs(a - b) / abs(a + b) < RTOL)


def make_numerical_jvp(f: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """The function v ↦ J v at x, by central differences.

    >>> from autograd.test_util import make_numerical_jvp
    >>> round(float(make_numerical_jvp(lambda x: x**2, 3.0)(10.0)), 5)
    60.0
    """
    space, target = vspace(x), vspace(f(x))

    def jvp(v: Any) -> Any:
        ahead = f(space.add(x, space.scalar_mul(v, EPS / 2)))
        behind = f(space.add(x, space.scalar_mul(v, -EPS / 2)))
        difference = target.add(ahead, target.scalar_mul(behind, -1.0))
        return target.scalar_mul(difference, 1.0 / EPS)

    return jvp


@unary_to_nary
def check_grads(
    fun: Callable[..., Any], x: Any, modes: Sequence[str] = ("fwd", "rev"), order: int = 2
) -> None:
    """check_grads(f)(*args) raises AssertionError if a derivative of f at `args` is wrong.

    modes: "fwd" for forward mode, "rev" for reverse mode.
    order: the highest order to check.

    Raises ValueError for other modes.

    >>> import autograd.numpy as np
    >>> from autograd.test_util import check_grads
    >>> check_grads(lambda x, y: np.sin(x * y), argnum=(0, 1), order=3)(0.5, 2.0)
    """
    if not set(modes) <= set(_MODES):
        raise ValueError(f"check_grads: modes are 'fwd' and 'rev', not {modes}")
    try:
        check.check_grads(
            fun, x, order=order, modes=[_MODES[mode] for mode in modes], rtol=RTOL, atol=TOL
        )
    except GradientError as error:
        kind = "VJP" if error.mode == "reverse" else "JVP"
        name = f"{kind.lower()}_" * (error.order - 1) + get_name(fun)
        message = f"Derivative ({kind}) check of {name} failed with arg {x}: {error}"
        raise GradientError(message, error.mode, error.order) from None


def check_vjp(fun: Callable[..., Any], x: Any) -> None:
    """Check the first derivatives of reverse mode. Raises AssertionError if one is wrong.

    >>> import autograd.numpy as np
    >>> from autograd.test_util import check_vjp
    >>> check_vjp(np.sin, 0.5)
    """
    check_grads(fun, modes=["rev"], order=1)(x)


def check_jvp(fun: Callable[..., Any], x: Any) -> None:
    """Check the first derivatives of forward mode. Raises AssertionError if one is wrong.

    >>> import autograd.numpy as np
    >>> from autograd.test_util import check_jvp
    >>> check_jvp(np.sin, 0.5)
    """
    check_grads(fun, modes=["fwd"], order=1)(x)


def check_equivalent(x: Any, y: Any) -> None:
    """Raise AssertionError if two results differ in structure, or by more than 1e-6 in a number.

    >>> from autograd.test_util import check_equivalent
    >>> check_equivalent((1.0, [2.0]), (1.0 + 1e-9, [2.0]))
    """
    if isinstance(x, dict):
        assert x.keys() == y.keys(), f"keys {list(x)} and {list(y)}"
        for key in x:
            check_equivalent(x[key], y[key])
    elif isinstance(x, list | tuple):
        assert len(x) == len(y), f"{len(x)} parts and {len(y)}"
        for a, b in zip(x, y, strict=True):
            check_equivalent(a, b)
    else:
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-6, strict=True)


def combo_check(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., None]:
    """combo_check(f, argnum, modes, order)(*lists, **lists) runs `check_grads` at every combination
    of the arguments listed.

    >>> import autograd.numpy as np
    >>> from autograd.test_util import combo_check
    >>> combo_check(np.power, (0, 1))([1.0, 2.0], [3.0, 0.5])
    """
    check_one = check_grads(fun, *args, **kwargs)

    def check_all(*lists: Any, **named: Any) -> None:
        for values in product(*lists, *named.values()):
            at = values[: len(lists)]
            check_one(*at, **dict(zip(named, values[len(lists) :], strict=True)))

    return check_all
