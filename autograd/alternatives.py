"""What stands for a function of NumPy or SciPy that the table has no rule for: the function of
`autograd.numpy` or `autograd.scipy` of that name, or what to write in its place.

Those modules are imported when the first such function meets a node.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any


class Mark(Enum):
    """What a function does with nodes."""

    DERIVATIVE = "is differentiable to any order"
    PLAIN = "has no derivative: it uses the data of nodes and returns a plain result"
    REFUSED = "raises TypeError"


MARKS: dict[str, dict[str, Mark]] = {}
"""By module and name, what the functions of `autograd.numpy` and `autograd.scipy` do with nodes."""

_MODULES = (
    "numpy",
    "numpy.linalg",
    "numpy.fft",
    "scipy.special",
    "scipy.linalg",
    "scipy.integrate",
)

_COMPOSED = {
    "np.add.accumulate": "np.cumsum(x)",
    "np.add.at": "x.at[i].add(v)",
    "np.add.outer": "x[:, None] + y",
    "np.multiply.accumulate": "np.cumprod(x)",
    "np.multiply.outer": "np.outer(x, y)",
    "np.subtract.outer": "x[:, None] - y",
    "apply_over_axes": "np.sum(x, (0, 1)), a reduction over several axes",
    "choose": "np.select([i == 0, i == 1], [a, b])",
    "copyto": "np.where(mask, new, x)",
    "eig": "np.linalg.eigh(a), for a symmetric matrix",
    "eigvals": "np.linalg.eigvalsh(a), for a symmetric matrix",
    "fill_diagonal": "x.at[np.diag_indices(n)].set(v)",
    "insert": "np.concatenate([x[:i], v, x[i:]])",
    "lstsq": "np.linalg.solve(a.T @ a, a.T @ b), or np.linalg.pinv(a) @ b",
    "nanmedian": "np.median(x[~np.isnan(x)])",
    "nanpercentile": "np.percentile(x[~np.isnan(x)], q)",
    "nanquantile": "np.quantile(x[~np.isnan(x)], q)",
    "pchip_interpolate": "autograd.scipy.interpolate.PchipInterpolator(x, y)(t)",
    "piecewise": "np.select(conditions, values), or np.where",
    "place": "np.where(mask, new, x)",
    "poly": "np.polymul of the factors [1, -root]",
    "polyfit": "np.linalg.solve with np.vander(x, n + 1)",
    "put": "x.at[i].set(v)",
    "put_along_axis": "x.at[i].set(v)",
    "putmask": "np.where(mask, new, x)",
    "schur": "autograd.scipy.linalg.eig(a), for eigenvalues, or np.linalg.eigh(a), for Hermitian a",
    "sort_complex": "np.sort(x)",
    "splrep": "autograd.scipy.interpolate.make_interp_spline(x, y)",
    "unique": "x[np.unique(x.numpy(), return_index=True)[1]]",
}


def name_of(function: Callable[..., Any]) -> str:
    """The name of a function with that of its module, as in `np.linalg.inv`."""
    name = function.__name__
    module = getattr(function, "__module__", None)
    if module is None:  # a ufunc
        special = sys.modules.get("scipy.special")
        module = "scipy.special" if getattr(special, name, None) is function else "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{name}"


def _place_of(name: str) -> tuple[str, str]:
    """The module and the name of a function, such as "np.i0"."""
    module, _, function = name.replace("np.", "numpy.", 1).rpartition(".")
    return module, function


@cache
def differentiable_form(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function of `autograd.numpy` or `autograd.scipy` that has a derivative and gives what
    `function` gives; None where there is none.
    """
    module, name = _place_of(name_of(function))
    if not _imports(module) or MARKS[module].get(name) is not Mark.DERIVATIVE:
        return None
    ours = getattr(import_module(f"autograd.{module}"), name)
    return ours if hasattr(ours, "with_nodes") else None  # else it would call `function` again


def alternative(name: str) -> str:
    """What to write in place of the function of a name, such as "np.i0"; "" where there is none."""
    module, function = _place_of(name)
    marks = all_marks()
    if module in marks:
        for place in (module, *marks):
            if marks[place].get(function, Mark.REFUSED) is not Mark.REFUSED:
                return f"autograd.{place}.{function}(x)"
    return _COMPOSED.get(name) or _COMPOSED.get(function, "")


@cache
def all_marks() -> dict[str, dict[str, Mark]]:
    """`MARKS` of all modules that can be imported."""
    return {module: MARKS[module] for module in _MODULES if _imports(module)}


def _imports(module: str) -> bool:
    try:
        import_module(f"autograd.{module}")
    except ImportError:  # without SciPy
        return False
    return module in MARKS
