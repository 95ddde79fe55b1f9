"""Random programs of the cases of all functions: of the table, of NumPy and of SciPy.

`pytest tests/autograd/test_random_cases.py --programs 2000` runs that many, and not a few.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy
import scipy.fft
import scipy.integrate
import scipy.linalg
import scipy.special
import scipy.stats
from numpy.exceptions import ComplexWarning

import autograd.numpy as anp
import autograd.scipy.fft
import autograd.scipy.integrate
import autograd.scipy.interpolate
import autograd.scipy.linalg
import autograd.scipy.special
import autograd.scipy.stats
from autograd import Node, Tensor, Value, grad, jit, value_and_grad, vmap
from autograd.trees import flatten
from tests.autograd.cases import CASES, Case
from tests.autograd.differences import directional
from tests.autograd.numpy.cases import CASES as NUMPY
from tests.autograd.numpy.cases import FFT, LINALG
from tests.autograd.scipy.test_scipy import USES

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::autograd.JitNotice"),
]
PLAIN, OURS = (np, scipy), (anp, autograd.scipy)
"""NumPy and SciPy, and what differentiates them."""
SPACES = {None: NUMPY, "linalg": LINALG, "fft": FFT}


@cache
def functions() -> list[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """Names, functions of a pair of libraries and arguments, and the arguments of their cases."""
    found: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = []
    for space, cases in SPACES.items():
        known = np if space is None else getattr(np, space)
        for name, uses in cases.items():
            for f, args in uses if hasattr(known, name) else ():
                found.append((name, lambda both, *xs, f=f: f(both[0], *xs), args))
    for name, more in USES.items():
        for f, args in more:
            found.append((name, lambda both, *xs, f=f: f(both[1], *xs), args))
    for case in filter(_is_real, CASES):
        found.append((str(case), lambda both, *xs, f=case.f: f(*xs), case.args))
    return found


def _is_real(case: Case) -> bool:
    return case.name != "cast" and not any(map(np.iscomplexobj, case.args))


@dataclass(frozen=True)
class Call:
    """A function at the arguments of its case, moved a little by values that came before."""

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    steps: tuple[Any, ...]
    sources: tuple[int, ...]

    def __call__(self, both: Any, values: list[Any]) -> list[Any]:
        xp = both[0]
        args = []
        for arg, step, source in zip(self.args, self.steps, self.sources, strict=True):
            x, size = values[source], int(np.prod(np.shape(arg)))
            if isinstance(arg, float) or np.size(x) < size or not size:
                x = xp.mean(x)
            elif np.shape(x) != np.shape(arg):
                x = xp.reshape(xp.ravel(x)[:size], np.shape(arg))
            args.append(arg if step is None else arg + step * xp.tanh(x))
        return flatten(self.f(both, *args))[0]


@dataclass(frozen=True)
class Chain:
    """Calls, one on the results of others. It gives all values, or one number made of them."""

    inputs: list[Any]
    calls: list[Call]

    def values(self, both: Any, inputs: Any) -> list[Any]:
        values = [*inputs]
        for call in self.calls:
            values += call(both, values)
        return values

    def total(self, both: Any) -> Callable[..., Any]:
        xp = both[0]

        def f(*inputs: Any) -> Any:
            row = xp.concatenate([xp.reshape(x, (-1,)) for x in self.values(both, inputs)])
            return xp.mean(xp.sin(row * 1.1 + 0.2) * row)

        return f


def chain(seed: int) -> Chain:
    rng = np.random.default_rng(seed)
    made = Chain([float(rng.uniform(-1, 1)), rng.uniform(-1, 1, 3), rng.uniform(-1, 1, (2, 3))], [])
    values = [*made.inputs]
    for _ in range(20):
        name, f, args = functions()[rng.integers(len(functions()))]
        steps = [
            rng.uniform(0.01, 0.05, np.shape(arg))[()]
            if np.asarray(arg).dtype.kind == "f"
            else None
            for arg in args
        ]
        sources = tuple(rng.integers(len(values), size=len(args)).tolist())
        call = Call(name, f, args, tuple(steps), sources)
        try:
            results = call(PLAIN, values)
        except ValueError:  # such as weights that have become negative
            continue
        if all(_is_moderate(x) for x in results) and len(made.calls) < rng.integers(2, 6):
            made.calls.append(call)
            values += results
    return made


def _is_moderate(x: Any) -> bool:
    x = np.asarray(x)
    return x.dtype == float and 0 < x.size <= 100 and bool((np.abs(x) < 1e3).all())


def same(found: Any, expected: Any, rtol: float = 1e-9) -> None:
    for one, other in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        one, other = (np.asarray(x.primal if isinstance(x, Node) else x) for x in (one, other))
        assert one.dtype == other.dtype
        size = np.abs(other).max(initial=1.0)
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * size)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(metafunc.config.getoption("--programs")))


def test_a_random_program_is_right_in_every_way_of_running(seed: int) -> None:
    program = chain(seed)
    xs = program.inputs
    moved = [x * 0.97 + 0.01 for x in xs]
    values = program.values(PLAIN, xs)
    same(program.values(OURS, xs), values)
    nodes = [Value(x) if isinstance(x, float) else Tensor(x) for x in xs]
    same(program.values(OURS, nodes), values)
    compiled = jit(lambda *xs: program.values(OURS, xs))
    for at in (xs, moved):
        same(compiled(*at), program.values(PLAIN, at))

    run = value_and_grad(program.total(OURS), range(3))
    expected = [run(*at) for at in (xs, moved)]
    _compare_with_differences(program, expected[0][1])
    compiled = jit(run)
    for at, right in zip((xs, moved, xs), (*expected, expected[0]), strict=True):
        same(compiled(*at), right)
    batch = [np.stack(pair) for pair in zip(xs, moved, strict=True)]
    rows = zip(*[flatten(right)[0] for right in expected], strict=True)
    both = [np.stack(pair) for pair in rows]
    same(flatten(vmap(run)(*batch))[0], both)
    same(flatten(jit(vmap(run))(*batch))[0], both)
    if seed % 3 == 0:
        v = [np.cos(np.arange(np.size(x))).reshape(np.shape(x)) for x in xs]
        slope = grad(program.total(OURS), range(3))
        second = grad(lambda *xs: sum(anp.sum(g * t) for g, t in zip(slope(*xs), v, strict=True)))
        same(jit(second)(*xs), second(*xs), 1e-8)


def _compare_with_differences(program: Chain, gradient: Any) -> None:
    v = [np.sin(np.arange(np.size(x)) + 1.0).reshape(np.shape(x)) for x in program.inputs]
    f = program.total(PLAIN)
    wide, rounding = directional(f, program.inputs, v, 1, 0.02)
    narrow, more = directional(f, program.inputs, v, 1, 0.007)
    error = 10 * (rounding + more) + 1e-8 * abs(wide)
    if abs(wide - narrow) <= error:  # no kink is near
        found = sum(float(np.sum(g * t)) for g, t in zip(gradient, v, strict=True))
        assert abs(found - narrow) <= error + 1e-7 * abs(narrow)


# --------------------------------------------------------------------------------------------------
# Complex numbers

GROUPS = 20


def _weighted(both: Any, f: Callable[..., Any]) -> Callable[..., Any]:
    """One real number made of the real and imaginary parts of all results."""
    xp = both[0]

    def total(*xs: Any) -> Any:
        results = [x for x in flatten(f(both, *xs))[0] if not isinstance(x, bool | int)]
        row = xp.concatenate([xp.reshape(x, (-1,)) for x in results])
        weights = np.cos(np.arange(len(row)))
        return xp.sum(xp.real(row) * weights) + xp.sum(xp.imag(row) * weights[::-1])

    return total


@pytest.mark.parametrize("group", range(GROUPS))
def test_functions_of_complex_numbers_are_those_of_numpy_or_are_refused(group: int) -> None:
    """By values and by differences of NumPy's and SciPy's own."""
    outcomes = [_compare_at_complex_numbers(n) for n in range(group, len(functions()), GROUPS)]
    assert any(outcomes)


def _compare_at_complex_numbers(number: int) -> bool:
    """Whether there was something to compare: NumPy refuses no such arguments, nor do we."""
    name, f, args = functions()[number]
    rng = np.random.default_rng(number)
    places = [n for n, arg in enumerate(args) if np.asarray(arg).dtype.kind == "f"]
    free, v = [], []
    for shape in [np.shape(args[n]) for n in places]:
        a, b, c, d = rng.standard_normal((4, *shape))
        free.append(args[places[len(free)]] * (1 + a / 10) + 0.3j * b)
        v.append(c + 1j * d)

    def of(both: Any) -> Callable[..., Any]:
        def total(*free: Any) -> Any:
            xs = [*args]
            for n, x in zip(places, free, strict=True):
                xs[n] = x
            return _weighted(both, f)(*xs)

        return total

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ComplexWarning)  # imaginary parts are dropped
            value = of(PLAIN)(*free)
            wide, rounding = directional(of(PLAIN), free, v, 1, 0.01)
            narrow, more = directional(of(PLAIN), free, v, 1, 0.004)
        found, gradient = value_and_grad(of(OURS), range(len(free)))(*free)
    except (TypeError, ValueError, ComplexWarning, np.linalg.LinAlgError):
        return False
    np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-9, err_msg=name)
    error = 10 * (rounding + more) + 1e-7 * abs(wide)
    if abs(wide - narrow) <= error:
        slope = sum(np.sum(np.real(g * t)) for g, t in zip(gradient, v, strict=True))
        assert abs(slope - narrow) <= error + 1e-7 * abs(narrow), name
    return True


DROPPING: list[Callable[[Any], Any]] = [
    lambda z: anp.cov(np.eye(3), aweights=z),
    lambda z: anp.var(z, dtype=float),
    lambda z: anp.std(z, dtype=float),
    lambda z: anp.nanvar(z, dtype=float),
    lambda z: anp.nanstd(z, dtype=float),
    lambda z: autograd.scipy.stats.multivariate_normal.logpdf(z, np.zeros(3)),
    lambda z: autograd.scipy.stats.multivariate_normal.pdf(np.zeros(3), z),
    lambda z: autograd.scipy.stats.multivariate_normal.entropy(z, 1.0),
    lambda z: autograd.scipy.interpolate.interp1d([0.0, 1.0], [0.0, 1.0])(z),
    lambda z: autograd.scipy.interpolate.CubicSpline([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])(z),
]


@pytest.mark.parametrize("f", DROPPING)
def test_where_numpy_drops_imaginary_parts_complex_nodes_are_refused(f: Any) -> None:
    z = np.array([0.5 + 0.1j, 0.2, 0.3 - 0.4j])
    for g in (f, jit(f)):
        with pytest.raises(TypeError, match=r"complex|real"):
            g(Tensor(z))
