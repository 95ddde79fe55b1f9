"""Programs in HIPS autograd's style, compiled by `jit`: the same numbers as eagerly."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import autograd.numpy as np
from autograd import custom_op, grad, jit, value_and_grad
from autograd.misc import flatten
from autograd.test_util import check_equivalent
from benchmarks import programs


@pytest.mark.parametrize("name", [name for name in programs.NAMES if name != "ode_fit"])
def test_the_gradient_of_a_program_can_be_compiled(name: str) -> None:
    program = programs.load(name)
    eager = value_and_grad(program.objective)
    compiled = jit(eager)
    compiled(program.start)
    row, unflatten = flatten(program.start)
    elsewhere = unflatten(row + 0.01 * numpy.random.default_rng(0).standard_normal(row.size))
    check_equivalent(compiled(elsewhere), eager(elsewhere))


def test_what_is_looked_up_follows_the_numbers_of_each_run() -> None:
    table = numpy.array([1.0, 4.0, 9.0, 16.0])

    def between(x: Any, table: Any) -> Any:
        i = np.floor(x).astype(int)
        share = np.where(np.isnan(x), 0.0, x - i)
        return np.sum(table[i] + share * (table[i + 1] - table[i])) + np.fmax(x, 1.5)[0]

    compiled = jit(grad(between))
    for x in ([0.5, 1.25], [2.5, 0.0], [1.0, 1.75]):
        numpy.testing.assert_array_equal(
            compiled(numpy.array(x), table), grad(between)(numpy.array(x), table)
        )


def test_operations_of_one_name_are_kept_apart() -> None:
    square = custom_op(lambda x: x * x, derivative=lambda out, x: 2 * x)
    cube = custom_op(lambda x: x * x * x, derivative=lambda out, x: 3 * x * x)
    x = numpy.array([1.0, 2.0])
    numpy.testing.assert_array_equal(jit(lambda x: square(x) + cube(x))(x), x**2 + x**3)
