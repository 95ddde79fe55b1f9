"""The problems of `benchmarks.gradbench`: compiled they give what they give uncompiled."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.gradbench.__main__ import numbers, ours, programs
from benchmarks.gradbench.problems import PROBLEMS, Problem

QUICK = [problem for problem in PROBLEMS if problem.name.split()[0] in ("hello", "lse", "det")]


@pytest.mark.parametrize("problem", QUICK, ids=lambda problem: problem.name)
def test_compiled_problems_give_what_they_give_uncompiled(problem: Problem) -> None:
    compiled = ours()
    plain = SimpleNamespace(**{**vars(compiled), "jit": lambda f: f})
    args = problem.arguments(np.random.default_rng(1))
    for name, program in programs(problem, compiled).items():
        expected = numbers(programs(problem, plain)[name](*args))
        assert np.allclose(numbers(program(*args)), expected, rtol=1e-9, atol=1e-12)
