"""Programs as files in C, compiled by the machine's compiler and run beside the programs."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ad
import autograd.numpy as anp
from autograd import JitError, custom_op, grad, jit, observe, sample, value_and_grad

CC = shutil.which("cc")
needs_cc = pytest.mark.skipif(not CC, reason="there is no C compiler")

rng = np.random.default_rng(3)
A, V, W = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=(3, 4))


def library(path: Path) -> Any:
    """What a file in C is compiled to; a warning is an error."""
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-pedantic", "-shared", "-fPIC"]
    into = path.with_suffix(".so")
    subprocess.run([str(CC), *flags, "-o", into, path, "-lm"], check=True)
    return ctypes.CDLL(str(into))


def numbers(tree: Any) -> list[Any]:
    """The arrays of a result in order, where the numbers of a list are one."""
    if isinstance(tree, list | tuple):
        if all(isinstance(x, float) for x in tree):
            return [np.array(tree)]
        return [array for part in tree for array in numbers(part)]
    return [np.asarray(tree)]


def run_in_c(path: Path, args: tuple[Any, ...], like: Any) -> tuple[int, list[Any]]:
    """What the function in a file returns, and its results, which are like these."""
    found = [np.full(x.shape, 7, x.dtype) for x in numbers(like)]
    given: list[Any] = []
    for arg in args:
        scalar = isinstance(arg, float)
        array = np.ascontiguousarray(arg)
        given.append(ctypes.c_double(arg) if scalar else array.ctypes.data_as(ctypes.c_void_p))
    pointers = [x.ctypes.data_as(ctypes.c_void_p) for x in found]
    return getattr(library(path), path.stem)(*given, *pointers), found


def lotka(p: Any) -> Any:
    a, b, c, d, u, v = p
    for _ in range(40):
        u, v = u + 0.01 * (a * u - b * u * v), v + 0.01 * (c * u * v - d * v)
    return u + v


def recurrent(w: Any, x: Any) -> Any:
    h, rows = np.zeros(2), []
    for t in range(len(x)):
        h = anp.tanh(w @ h + 0.5 * x[t])
        rows.append(h)
    return anp.sum(anp.stack(rows) ** 2)


def of_numbers(x: Any, y: Any) -> Any:
    z = ad.maximum(x, y) % 1.5 + ad.where(x > y, x // y, ad.arctan2(x, y))
    return z * ad.erf(x) + ad.pow(ad.abs(y), 1.5), ad.round(y) + ad.sign(x)


def of_arrays(a: Any) -> Any:
    return (
        *(a.max(axis=1), anp.prod(a, axis=0), ad.softmax(a), ad.expand_dims(a.T[1], 1)),
        *(a[np.array([0, 2, 2])], anp.concatenate([a, a[:1]]), a.T @ a, (a > 0) & (a < 1)),
        *(anp.sum(a > 0), anp.tan(a), anp.broadcast_to(a[0, 0], (2, 2)), a),
    )


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "loop": (value_and_grad(lotka), ([1.0, 0.5, 0.2, 0.3, 2.0, 1.0],)),
    "loop of arrays": (
        grad(recurrent, (0, 1)),
        (rng.normal(size=(2, 2)), rng.normal(size=(40, 2))),
    ),
    "numbers": (of_numbers, (1.3, -2.7)),
    "arrays": (of_arrays, (A,)),
    "float32": (
        lambda a: (anp.exp(a) * 2, anp.sum(a, axis=0), anp.sqrt(abs(a))),
        (A.astype("f4"),),
    ),
    "outside": (lambda x: anp.sum(anp.sin(x @ W) * x[0]), (V,)),
    "large": (grad(lambda a: anp.sum(anp.exp(-(a @ a.T)))), (rng.normal(size=(30, 20)),)),
    "entries": (grad(lambda a: anp.sum(a[np.array([0, 0, 2])] ** 3)), (A,)),
    "constant": (lambda x: (x * 2.0, np.array([1.0, 2.0]), 3.0), (V,)),
}


def changed(x: Any) -> Any:
    """Other numbers of the same types."""
    if isinstance(x, list):
        return [0.9 * a for a in x]
    return x * 0.5 if isinstance(x, float) else 0.5 * x[::-1]


@needs_cc
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_function_in_c_gives_what_the_program_gives(name: str, tmp_path: Path) -> None:
    f, args = PROGRAMS[name]
    path = tmp_path / "program.c"
    jit(f).export(path, *args)
    for given in (args, tuple(map(changed, args))):
        expected = f(*given)
        code, found = run_in_c(path, given, expected)
        assert code == 0
        for one, other in zip(found, numbers(expected), strict=True):
            exact = other.dtype.kind != "f"
            size = 0 if exact else 1e-12 if other.dtype == float else 1e-5
            np.testing.assert_allclose(one, other, rtol=size, atol=size)


@needs_cc
def test_parameters_may_be_called_like_what_is_in_the_file(tmp_path: Path) -> None:
    def f(exp: Any, i1: Any, v2: Any, maximum: Any, y0: Any, const: Any) -> Any:
        for _ in range(40):
            i1 = anp.exp(0.01 * exp) * i1 * 0.9 + v2 - const
        return ad.maximum(i1, maximum * y0)

    path, args = tmp_path / "log.c", (0.3, 1.5, 0.25, 2.0, 0.1, 0.2)
    jit(f).export(path, *args)
    assert "int log_(double exp_, double i1_, double v2_, double maximum_, " in path.read_text()
    code, found = run_in_c(path.rename(tmp_path / "log_.c"), args, 0.0)
    assert (code, found[0]) == (0, pytest.approx(f(*args), rel=1e-13))


@needs_cc
def test_a_branch_that_goes_another_way_is_returned(tmp_path: Path) -> None:
    def f(x: Any, y: Any) -> Any:
        for _ in range(30):
            x = x * 0.9 + y if x > 1.0 else x + 0.5
        return x if y > 0.0 else -x

    path = tmp_path / "branches.c"
    jit(f).export(path, 2.0, 0.5)
    assert run_in_c(path, (2.0, 0.5), 0.0)[0] == 0
    header = path.with_suffix(".h").read_text()
    for x, y in ((2.0, -0.5), (0.3, 0.5), (np.nan, 0.5)):
        code, _ = run_in_c(path, (x, y), 0.0)
        assert code > 0
        assert f" {code} where the branch at " in header


def test_what_has_no_text_in_c_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "f.c"
    own = custom_op(lambda x: 2.0 * x, vjp=(lambda g, out, x: 2 * g,), name="twice")
    noise = np.random.default_rng(0)
    for f, named in (
        (lambda x: anp.linalg.solve(x.T @ x, x[0]), "solve"),
        (own, "twice"),
        (lambda x: x * sample(noise, lambda g: g.normal(size=3)), "draws random numbers"),
        (lambda x: (observe(print, x.sum()), x * 2)[1], "does more than compute"),
    ):
        with pytest.raises(JitError, match=named):
            jit(f).export(path, A)
    assert not path.exists()


def test_the_header_says_what_the_parameters_are(tmp_path: Path) -> None:
    path = tmp_path / "two words.c"
    jit(lambda w, double, xs: (w * double, xs[0] + xs[1])).export(path, A, 2.0, [1.0, 2.0])
    header = path.with_suffix(".h").read_text()
    jit(lambda result, result_1: result * result_1).export(tmp_path / "f.c", 2.0, 3.0)
    assert (
        "int f(double result, double result_1, double *result_2);" in (tmp_path / "f.h").read_text()
    )
    declared = "int two_words(const double w[15], double double_, const double xs[2], "
    assert declared + "double result_0[15], double *result_1);" in header
    assert " * w: float64 (5, 3)\n * double_: double\n * xs: double (2,)" in header
