"""Time the problems, compiled by this engine, without and with machine code, and by JAX.

Before anything is timed the results are compared. Problems whose control flow depends on numbers
are timed uncompiled and compiled by this engine alone: JAX cannot compile them as they are.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

import autograd as ad
import autograd.numpy
from benchmarks.gradbench.problems import PROBLEMS, Problem

warnings.simplefilter("ignore")


def ours(native: bool = False) -> Any:
    """This engine, by the names that the problems use. native: whether it makes machine code."""

    def gradient_and_hvp(f: Any, x: Any, v: Any) -> Any:
        return ad.jvp(ad.grad(f), (x,), (v,))

    def forward_jacobian(f: Any) -> Any:
        return lambda x, *more: ad.jacobian(lambda x: f(x, *more), mode="forward")(x)

    return SimpleNamespace(
        name="machine code" if native else "ours",
        xp=autograd.numpy,
        scan=ad.scan,
        grad=ad.grad,
        jit=lambda f: ad.jit(f, notices=False, native=native),
        vmap=ad.vmap,
        jacobian=ad.jacobian,
        forward_jacobian=forward_jacobian,
        gradient_and_hvp=gradient_and_hvp,
        ready=lambda x: x,
    )


def has_llvm() -> bool:
    """Whether the extra `native` is installed."""
    return all(find_spec(name) for name in ("llvmlite", "scipy"))


def jax() -> Any:
    """JAX in float64, or None where it is not installed."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    return SimpleNamespace(
        name="JAX",
        xp=jax.numpy,
        scan=jax.lax.scan,
        grad=jax.grad,
        jit=jax.jit,
        vmap=jax.vmap,
        jacobian=jax.jacrev,
        forward_jacobian=jax.jacfwd,
        gradient_and_hvp=lambda f, x, v: jax.jvp(jax.grad(f), (x,), (v,)),
        ready=jax.block_until_ready,
    )


def programs(problem: Problem, lib: Any) -> dict[str, Callable[..., Any]]:
    """What is timed, by its name: the function and its derivative, or a whole optimisation."""
    if problem.whole:
        run = {"uncompiled": lambda *args: problem.function(lib, *args)}
        return run | {"compiled": lib.jit(run["uncompiled"])}

    names = lib if problem.of_library else lib.xp

    def function(*args: Any) -> Any:
        return problem.function(names, *args)

    derivative = problem.derivative(lib, function)
    per_row = problem.name.startswith("ba")
    return {"p": lib.jit(lib.vmap(function) if per_row else function), "d": lib.jit(derivative)}


def seconds(run: Callable[[], Any], least: float = 0.3) -> float:
    """The shortest of the times of some calls, which take so long together."""
    best, end = float("inf"), time.perf_counter() + least
    while time.perf_counter() < end or best == float("inf"):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def numbers(result: Any) -> Any:
    if isinstance(result, list | tuple):
        return np.concatenate([numbers(part) for part in result])
    return np.ravel(np.asarray(result, float))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gradbench", description=__doc__)
    parser.add_argument("--only", action="append", help="problems whose names begin so; repeatable")
    options = parser.parse_args()
    libraries = [ours(), *([ours(native=True)] if has_llvm() else [])]
    ways, other = len(libraries), jax()
    libraries += [] if other is None else [other]
    names = [lib.name for lib in libraries]
    heads = [f"{name}: first, later (ms)" for name in names]
    heads += [f"{name} / {names[-1]}" for name in names[:ways]]
    print(f"| problem | | {' | '.join(heads)} |")
    print("|" + "---|" * (len(heads) + 2))
    for problem in PROBLEMS:
        if options.only and not problem.name.startswith(tuple(options.only)):
            continue
        args = problem.arguments(np.random.default_rng(0))
        timed: dict[str, list[tuple[float, float]]] = {}
        expected: dict[str, Any] = {}
        for lib in libraries[:ways] if problem.whole else libraries:
            for name, program in programs(problem, lib).items():
                start = time.perf_counter()
                result = lib.ready(program(*args))
                first = time.perf_counter() - start
                found = numbers(result)
                reference = expected.setdefault(name, found)
                if not np.allclose(found, reference, rtol=1e-7, atol=1e-9, equal_nan=True):
                    raise SystemExit(f"{problem.name} {name}: {lib.name} gives another result")
                later = seconds(lambda: lib.ready(program(*args)))  # noqa: B023
                timed.setdefault(name, []).append((first * 1e3, later * 1e3))
        for name, times in timed.items():
            cells = [f"{first:.0f}, {later:.3g}" for first, later in times]
            cells += ["–"] * (len(libraries) - len(times))
            both = len(times) == len(libraries) > ways
            cells += [f"{times[n][1] / times[-1][1]:.2g}" if both else "–" for n in range(ways)]
            print(f"| {problem.name} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
