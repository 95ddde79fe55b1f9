"""Loops and elementary functions in machine code, beside Python, C and JAX, in one run.

The value and all derivatives of programs whose loops are Python's. "C" is the same program with its
derivatives, written by `export` and compiled by the machine's compiler with -O3 -march=native. JAX
has its own loop, `lax.scan`. Of the elementary functions the table has the worst error over random
numbers, by mpmath, and the time for an entry of an array of 4,096. `python -m benchmarks.native`
prints both tables.
"""

import ctypes
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

import autograd as ad
from autograd import jit, value_and_grad

Run = Callable[[], Any]


def lotka_volterra(xp: Any, p: Any) -> Any:
    """1,000 steps of the midpoint rule, of 4 parameters and 2 initial values."""

    def slope(u: Any, v: Any) -> Any:
        return p[0] * u - p[1] * u * v, p[2] * u * v - p[3] * v

    def step(state: Any, _: Any) -> Any:
        u, v = state
        du, dv = slope(u, v)
        du, dv = slope(u + 0.005 * du, v + 0.005 * dv)
        return (u + 0.01 * du, v + 0.01 * dv), None

    u, v = _loop(xp, step, (p[4], p[5]), None, 1000)
    return u + v


def pendulum(xp: Any, pushes: Any) -> Any:
    """2,000 steps of a pendulum that is pushed, and the cost."""

    def step(state: Any, push: Any) -> Any:
        angle, speed, cost = state
        speed = speed + 0.01 * (push - xp.sin(angle))
        angle = angle + 0.01 * speed
        return (angle, speed, cost + angle * angle + 0.01 * push * push), None

    return _loop(xp, step, (0.1, 0.0, 0.0), pushes, len(pushes))[2]


def kalman(xp: Any, p: Any) -> Any:
    """The likelihood of 500 observations of a random walk with drift, of 4 parameters."""
    seen = [float(np.sin(0.1 * n) + 0.1 * np.cos(7.0 * n)) for n in range(500)]

    def step(state: Any, y: Any) -> Any:
        mean, spread, total = state
        spread = spread + p[0] * p[0]
        whole = spread + p[1] * p[1]
        error = y - p[3] * mean
        gain = spread / whole
        total = total + xp.log(whole) + error * error / whole
        return (mean * p[3] + gain * error + p[2], (1.0 - gain) * spread, total), None

    return _loop(xp, step, (0.0, 1.0, 0.0), seen, 500)[2]


def monte_carlo(xp: Any, p: Any) -> Any:
    """The price of an option by 10,000 paths, of 4 parameters."""
    start, rate, spread, strike = p[0], p[1], p[2], p[3]
    ends = start * xp.exp(rate - 0.5 * spread * spread + spread * DRAWN)
    return xp.exp(-rate) * xp.mean(xp.maximum(ends - strike, 0.0))


DRAWN = np.random.default_rng(0).standard_normal(10_000)


def _loop(xp: Any, step: Any, state: Any, items: Any, count: int) -> Any:
    if getattr(xp, "__name__", "").startswith("jax"):
        import jax

        items = items if items is None else xp.asarray(items)
        state = tuple(map(xp.asarray, state))
        return jax.lax.scan(step, state, items, length=count)[0]
    for n in range(count):
        state, _ = step(state, None if items is None else items[n])
    return state


PROGRAMS: dict[str, tuple[Callable[..., Any], list[float]]] = {
    "Lotka-Volterra, 1,000 steps": (lotka_volterra, [1.0, 0.5, 0.2, 0.3, 2.0, 1.0]),
    "pendulum, 2,000 steps": (pendulum, [0.3 * float(np.sin(0.01 * n)) for n in range(2000)]),
    "Monte Carlo, 10,000 paths": (monte_carlo, [100.0, 0.03, 0.2, 105.0]),
    "Kalman filter, 500 steps": (kalman, [0.3, 0.5, 0.01, 0.95]),
}


def in_c(f: Callable[..., Any], x: list[float]) -> Run | None:
    """The program as C, called with the numbers; None where there is no compiler."""
    compiler = shutil.which("cc")
    if not compiler:
        return None
    folder = Path(tempfile.mkdtemp())
    jit(f).export(folder / "program.c", x)
    flags = ["-O3", "-march=native", "-shared", "-fPIC", "-o"]
    subprocess.run(
        [compiler, *flags, folder / "program.so", folder / "program.c", "-lm"], check=True
    )
    function = ctypes.CDLL(str(folder / "program.so")).program
    header = (folder / "program.h").read_text()
    sizes = re.findall(r"double \*?result\w*(?:\[(\d+)\])?[,)]", header)
    given, results = np.array(x), [np.zeros(int(size or 1)) for size in sizes]
    addresses = [array.ctypes.data for array in (given, *results)]
    function.argtypes = [ctypes.c_void_p] * len(addresses)

    def run() -> Any:
        function(*addresses)
        return results[0][0], np.concatenate(results[1:])

    return run


def in_jax(f: Callable[..., Any], x: list[float]) -> Run | None:
    """The same by JAX in float64; None where it is not installed."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    run, given = jax.jit(jax.value_and_grad(lambda x: f(jax.numpy, x))), np.array(x)
    return lambda: jax.block_until_ready(run(given))


def seconds(runs: dict[str, Run], rounds: int = 15) -> dict[str, float]:
    """The shortest time of a call of each, in turns."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def loops() -> None:
    """Print the table of loops."""
    print("| value and gradient | | Python | machine code | C | JAX |")
    print("|---|---|---|---|---|---|")
    for name, (f, x) in PROGRAMS.items():
        both = value_and_grad(lambda x: f(ad, x))  # noqa: B023
        python, native = jit(both, native=False), jit(both, native=True)
        ways = {
            "Python": lambda: python(x),  # noqa: B023
            "machine code": lambda: native(x),  # noqa: B023
            "C": in_c(both, x),
            "JAX": in_jax(f, x),
        }
        runs = {way: run for way, run in ways.items() if run is not None}
        first, expected = {}, None
        for way, run in runs.items():
            start = time.perf_counter()
            value, slopes = run()
            first[way] = time.perf_counter() - start
            found = np.array([float(value), *map(float, slopes)])
            expected = found if expected is None else expected
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        later = seconds(runs)
        unit = later["machine code"]
        row = [f"{later[way] * 1e3:.3g}" if way in runs else "–" for way in ways]
        ratios = [f"{later[way] / unit:.2g}" if way in runs else "–" for way in ways]
        firsts = [f"{first[way]:.2f}" if way in runs and way != "C" else "–" for way in ways]
        print(f"| {name} | later, ms | {' | '.join(row)} |")
        print(f"| | / machine code | {' | '.join(ratios)} |")
        print(f"| | first, s | {' | '.join(firsts)} |", flush=True)


DOMAINS = {  # in float64 and in float32
    "exp": ((-700.0, 700.0), (-87.0, 88.0)),
    "expm1": ((-40.0, 700.0), (-20.0, 88.0)),
    "log": ((1e-300, 1e300), (1e-37, 1e38)),
    "log1p": ((-0.999, 1e3), (-0.999, 1e3)),
    "sin": ((-1e6, 1e6), (-6e4, 6e4)),
    "cos": ((-1e6, 1e6), (-6e4, 6e4)),
    "tanh": ((-20.0, 20.0), (-20.0, 20.0)),
    "erf": ((-6.0, 6.0), (-6.0, 6.0)),
}


def functions() -> None:
    """Print the table of elementary functions."""
    heads = "type | range | worst error, ulp | ns for an entry | NumPy or SciPy | ratio"
    print(f"| function | {heads} |\n|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for name, ends in DOMAINS.items():
        for dtype, (low, high) in zip(("float64", "float32"), ends, strict=True):
            x = rng.uniform(low, high, 4096).astype(dtype)
            if name == "log":
                x = np.exp(rng.uniform(np.log(low), np.log(high), 4096)).astype(dtype)
            f = getattr(ad, name)
            native, plain = jit(f, native=True), jit(f, native=False)
            with mpmath.workprec(200):
                exact = [getattr(mpmath, name)(mpmath.mpf(a)) for a in x.tolist()]
                errors = [
                    abs(mpmath.mpf(y) - e)
                    / mpmath.mpf(float(np.spacing(np.abs(np.array(float(e), dtype)))))
                    for y, e in zip(native(x).tolist(), exact, strict=True)
                ]
            plain(x)
            ways = {"machine code": lambda: native(x), "NumPy": lambda: plain(x)}  # noqa: B023
            times = seconds(ways, 300)
            ours, theirs = [t / len(x) * 1e9 for t in times.values()]
            print(
                f"| {name} | {dtype} | {low:g} to {high:g} | {float(max(errors)):.2f} | "
                f"{ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    loops()
    print()
    functions()
