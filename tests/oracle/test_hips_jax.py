"""The programs in HIPS autograd's style on JAX: the same source, where `autograd` stands for JAX.

Value and gradient of the objective agree.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograd import value_and_grad
from autograd.misc import flatten
from benchmarks import programs

jax = pytest.importorskip("jax", reason="the oracle extra brings JAX")
ravel_pytree = pytest.importorskip("jax.flatten_util").ravel_pytree
integrate = pytest.importorskip("jax.experimental.ode").odeint
pytestmark = pytest.mark.oracle


def module(name: str, **names: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(names)
    return made


def elementwise_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    return jax.grad(lambda x: f(x).sum())


def odeint(func: Any, y0: Any, t: Any, args: tuple[Any, ...], **settings: Any) -> Any:
    return integrate(func, y0, t, *args, rtol=1e-9, atol=1e-9)


def fixed_point(f: Any, a: Any, x0: Any, distance: Any, tol: float) -> Any:
    """By so many steps that nothing is left to be done, differentiated through each."""
    return jax.lax.scan(lambda x, _: (f(a)(x), None), x0, None, length=150)[0]


def unused(*args: Any, **kwargs: Any) -> Any:
    raise AssertionError("an objective does not need this")


def stand_ins() -> dict[str, ModuleType]:
    """`autograd` and its modules made of JAX, as far as the objectives need them."""
    stats, special = jax.scipy.stats, jax.scipy.special
    names = dict.fromkeys(("make_ggnvp", "hessian_vector_product"), unused)
    numpy_names = {name: getattr(jax.numpy, name) for name in dir(jax.numpy) if name[0] != "_"}
    modules = [
        module(
            "autograd",
            grad=jax.grad,
            value_and_grad=jax.value_and_grad,
            hessian=jax.hessian,
            elementwise_grad=elementwise_grad,
            **names,
        ),
        module("autograd.numpy", **numpy_names | {"random": np.random}),
        module("autograd.numpy.random", **{n: getattr(np.random, n) for n in ("RandomState",)}),
        module("autograd.builtins", tuple=tuple),
        module("autograd.misc"),
        module("autograd.misc.flatten", flatten=ravel_pytree),
        module("autograd.misc.fixed_points", fixed_point=fixed_point),
        module("autograd.misc.optimizers", adam=unused, sgd=unused, rmsprop=unused),
        module("autograd.scipy"),
        module("autograd.scipy.integrate", odeint=odeint),
        module("autograd.scipy.special", logsumexp=special.logsumexp, expit=special.expit),
        module("autograd.scipy.stats", t=stats.t, norm=stats.norm),
    ]
    found = {made.__name__: made for made in modules}
    found["autograd.scipy.stats.norm"] = stats.norm
    found["autograd.scipy.stats.multivariate_normal"] = stats.multivariate_normal
    for name, made in found.items():
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(found[parent], last, made)
    return found


@contextmanager
def autograd_made_of_jax() -> Iterator[None]:
    ours = {name: m for name, m in sys.modules.items() if name.split(".")[0] == "autograd"}
    theirs = stand_ins()
    for name in ours:
        del sys.modules[name]
    sys.modules.update(theirs)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "autograd"]:
            del sys.modules[name]
        sys.modules.update(ours)


@pytest.fixture(autouse=True, scope="module")
def compile_quickly() -> Iterator[None]:
    """Nearly all the time is spent compiling what runs once."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.parametrize("name", programs.NAMES)
def test_value_and_gradient_agree_with_jax(name: str) -> None:
    ours = programs.load(name)
    value, gradient = value_and_grad(ours.objective)(ours.start)
    path = Path(str(ours.__file__))
    spec = importlib.util.spec_from_file_location(f"{name}_on_jax", path)
    assert spec is not None
    assert spec.loader is not None
    with jax.enable_x64(True), autograd_made_of_jax():
        on_jax = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(on_jax)
        expected, slope = jax.value_and_grad(on_jax.objective)(on_jax.start)
        row = np.asarray(ravel_pytree(slope)[0])
    exact = 1e-5 if name == "ode_fit" else 1e-8
    assert value == pytest.approx(float(expected), rel=exact)
    np.testing.assert_allclose(flatten(gradient)[0], row, rtol=exact, atol=exact * abs(row).max())
