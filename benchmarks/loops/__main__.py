"""Time loops over single numbers, value and gradient, compiled and not; and a small GPT.

`python -m benchmarks.loops` prints two tables. Results are compared before anything is timed.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import autograd.numpy
from autograd import Value, jit, value_and_grad
from autograd.trees import flatten
from benchmarks.gradbench.__main__ import has_llvm
from benchmarks.loops import microgpt
from benchmarks.loops.programs import programs

warnings.simplefilter("ignore")
DOCUMENTS = 60
LENGTHS = (4, 8, 12, 16)


def seconds(run: Callable[[], Any], least: float = 0.3) -> float:
    """The shortest of the times of some calls, which take so long together."""
    best, end = float("inf"), time.perf_counter() + least
    while time.perf_counter() < end or best == float("inf"):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def first(run: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that one call takes, of this process alone, and its result."""
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def numbers(tree: Any) -> Any:
    return np.concatenate([np.ravel(leaf) for leaf in flatten(tree)[0]])


def same(found: Any, expected: Any) -> None:
    if not np.allclose(numbers(found), numbers(expected), rtol=1e-8, atol=1e-10):
        raise SystemExit("the results differ")


def time_programs(only: list[str]) -> None:
    print("| program | lines | compiled in (s) | later (ms) | uncompiled (ms) | ratio |")
    print("|---|---|---|---|---|---|")
    for program in programs():
        if only and not program.name.startswith(tuple(only)):
            continue
        plain = value_and_grad(program.function)
        compiled = jit(plain)
        taken, result = first(lambda: compiled(*program.arguments))  # noqa: B023
        before = time.perf_counter()
        same(result, plain(*program.arguments))
        uncompiled = time.perf_counter() - before
        later = seconds(lambda: compiled(*program.arguments))  # noqa: B023
        lines = len(compiled.source(*program.arguments).splitlines())
        cells = f"{taken:.2f} | {later * 1e3:.3g} | {uncompiled * 1e3:.3g}"
        print(f"| {program.name} | {lines} | {cells} | {uncompiled / later:.0f} |", flush=True)


def in_jax() -> Callable[..., Any] | None:
    """The value and gradient of the GPT of arrays by JAX; None where it is not installed."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    both = jax.value_and_grad(partial(microgpt.loss_of_arrays, jax.numpy))
    run = jax.jit(both, static_argnums=1)

    def waited_for(p: Any, tokens: Any) -> Any:
        value, g = jax.block_until_ready(run(p, tuple(tokens)))
        return value, {name: g[name] for name in p}

    return waited_for


def time_microgpt() -> None:
    p, step = microgpt.parameters(), jit(value_and_grad(microgpt.loss), native=False)
    p_arrays = microgpt.arrays(p)

    def by_hand(p: Any, tokens: Any) -> Any:
        value, g = microgpt.by_hand(microgpt.arrays(p), tokens)
        return value, {name: array.tolist() for name, array in g.items()}

    of_arrays = value_and_grad(partial(microgpt.loss_of_arrays, autograd.numpy))
    ways: dict[str, tuple[Callable[..., Any] | None, Any]] = {
        "compiled": (step, p),
        "NumPy by hand": (by_hand, p),
        "compiled, of arrays": (jit(of_arrays, native=False), p_arrays),
        "NumPy by hand, of arrays": (microgpt.by_hand, p_arrays),
        "JAX, of arrays": (in_jax(), p_arrays),
    }
    if has_llvm():
        ways["machine code"] = jit(value_and_grad(microgpt.loss), native=True), p
        ways["machine code, of arrays"] = jit(of_arrays, native=True), p_arrays
    print("\n| microgpt: positions | " + " | ".join([f"{way} (ms)" for way in ways]) + " |")
    print("|" + "---|" * (len(ways) + 1))
    for length in LENGTHS:
        documents = [microgpt.document(length, seed) for seed in range(DOCUMENTS // len(LENGTHS))]
        for tokens in documents:
            same(step(p, tokens), microgpt.by_hand(p_arrays, tokens))
        cells = []
        for run, given in ways.values():
            if run is None:
                cells.append("–")
                continue
            same(run(given, documents[1]), microgpt.by_hand(p_arrays, documents[1]))
            later = seconds(lambda: run(given, documents[1]))  # noqa: B023
            cells.append(f"{later * 1e3:.3g}")
        print(f"| {length} | {' | '.join(cells)} |", flush=True)
    print(f"\n{step.stats().recorded} recordings for {step.stats().runs} documents or more")
    documents = [microgpt.document(length, 0) for length in LENGTHS[:2]]
    alone = [seconds(lambda: step(p, tokens)) for tokens in documents]  # noqa: B023
    in_turn = seconds(lambda: [step(p, tokens) for tokens in documents])
    print(f"Two lengths in turn take {in_turn / sum(alone):.2f} of what they take alone.")
    for count in (500, 1000, 2000):
        xs = [Value(0.001 * n) for n in range(count)]
        total = jit(lambda xs: sum([x * x for x in xs]))
        total(xs).backward()
        taken = seconds(lambda: total(xs).backward())  # noqa: B023
        print(f"backward() through a compiled function of {count} values: {taken * 1e6:.0f} µs")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loops", description=__doc__)
    parser.add_argument("--only", action="append", help="programs whose names begin so; repeatable")
    options = parser.parse_args()
    time_programs(options.only or [])
    if not options.only or "microgpt" in options.only:
        time_microgpt()


if __name__ == "__main__":
    main()
