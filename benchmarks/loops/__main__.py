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

from autograd import Value, jit, value_and_grad
from autograd.trees import flatten
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


def time_microgpt() -> None:
    p, step = microgpt.parameters(), jit(value_and_grad(microgpt.loss))
    p_arrays = microgpt.arrays(p)
    print("\n| microgpt: positions | compiled in (s) | later (ms) | NumPy by hand (ms) | ratio |")
    print("|---|---|---|---|---|")
    for length in LENGTHS:
        documents = [microgpt.document(length, seed) for seed in range(DOCUMENTS // len(LENGTHS))]
        taken, _ = first(lambda: step(p, documents[0]))  # noqa: B023
        for tokens in documents:
            same(step(p, tokens), microgpt.by_hand(p_arrays, tokens))
        later = seconds(lambda: step(p, documents[1]))  # noqa: B023

        def by_hand() -> Any:
            value, g = microgpt.by_hand(microgpt.arrays(p), documents[1])  # noqa: B023
            return value, {name: array.tolist() for name, array in g.items()}

        hand = seconds(by_hand)
        arrays = partial(microgpt.by_hand, p_arrays, documents[1])
        of_arrays = seconds(arrays)
        cells = f"{later * 1e3:.3g} | {hand * 1e3:.3g}, of arrays {of_arrays * 1e3:.3g}"
        print(f"| {length} | {taken:.2f} | {cells} | {later / hand:.2g} |", flush=True)
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
