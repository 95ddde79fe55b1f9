"""Wide programs of numbers become array operations that give the same results."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd as ad
from autograd import Value, gradients
from autograd.jit.recording import record
from autograd.jit.roll import agree, cost, roll
from autograd.jit.roll.arrays import common_shape, read, runs, strides_of
from autograd.jit.roll.grouping import grouped
from autograd.jit.roll.lower import lower
from autograd.jit.roll.scalars import Scalars
from autograd.jit.terms import Term, Terms, evaluate, is_view, ordered
from tests.autograd.programs import AUTOGRAD, Program, programs


def normal(*shape: int) -> Any:
    """The same random numbers at each call."""
    return np.random.default_rng(7).normal(size=shape)


class Recorded:
    """A function of a list of numbers as terms, with its gradient if it gives one number."""

    def __init__(self, f: Callable[[list[Value]], Any], inputs: Sequence[float]) -> None:
        def both(xs: list[Value]) -> Any:
            out = f(xs)
            return (out, gradients(out, xs, create_graph=True)) if isinstance(out, Value) else out

        made = record(both, (list(map(float, inputs)),), {}, frozenset(), ())
        self.terms, self.inputs = made.terms, made.inputs
        self.outputs = [term for term in made.outputs if term is not None]
        self.outputs += [check.term for check in made.checks]

    def forced(self, by_depth: bool) -> list[Term]:
        """Rolled, whether that is cheaper or not."""
        program = Scalars(self.terms, self.outputs)
        groups = grouped(self.terms, program, by_depth)
        new = dict(zip(program.wanted, lower(self.terms, groups, program.wanted), strict=True))
        return [new.get(output, output) for output in self.outputs]

    def check(self, rolled: list[Term], tolerance: float = 1e-11) -> None:
        """The same results as recorded, on the numbers of the recording and on others."""
        assert [term.scalar for term in rolled] == [True] * len(self.outputs)
        for moved in (0.0, 0.03):
            numbers = {x: x.example + moved * math.sin(31.0 * n) for n, x in enumerate(self.inputs)}
            expected = evaluate(self.outputs, numbers)
            found = evaluate(rolled, numbers)
            assert [type(x) for x in found] == [type(x) for x in expected]
            scale = 1 + np.abs(np.array(expected, float))
            np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance)


def calls(outputs: Sequence[Term]) -> Counter[str]:
    """How often each operation on arrays is called; views cost nothing."""
    return Counter(
        term.op.name
        for term in ordered(outputs)
        if term.op is not None and not term.scalar and not is_view(term)
    )


def total(numbers: Sequence[Any]) -> Any:
    """The sum, from the left, as a loop has it."""
    result = numbers[0]
    for number in numbers[1:]:
        result = result + number
    return result


# --------------------------------------------------------------------------------------------------
# Programs that people write


def network(sizes: Sequence[int], points: int, bend: Callable[[Any], Any]) -> Recorded:
    """The squared error of a network written neuron by neuron."""
    data = normal(points, sizes[0]).tolist()
    targets = normal(points, sizes[-1]).tolist()
    count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))

    def loss(parameters: list[Value]) -> Any:
        given = iter(parameters)
        layers = [
            [([next(given) for _ in range(fan_in)], next(given)) for _ in range(fan_out)]
            for fan_in, fan_out in pairwise(sizes)
        ]
        errors = []
        for point, target in zip(data, targets, strict=True):
            values: Any = point
            for number, layer in enumerate(layers):
                values = [
                    sum((w * x for w, x in zip(ws, values, strict=True)), b) for ws, b in layer
                ]
                if number < len(layers) - 1:
                    values = list(map(bend, values))
            errors += [(v - t) ** 2 for v, t in zip(values, target, strict=True)]
        return sum(errors) * (1 / points)

    return Recorded(loss, normal(count) / 2)


def rosenbrock(n: int) -> Recorded:
    def f(x: list[Value]) -> Any:
        return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))

    return Recorded(f, normal(n))


def regression(points: int, features: int, logistic: bool) -> Recorded:
    data = normal(points, features).tolist()
    targets = (normal(points) > 0.0).astype(float).tolist()

    def loss(parameters: list[Value]) -> Any:
        *weights, bias = parameters
        result: Any = 0
        for point, target in zip(data, targets, strict=True):
            z = sum(w * x for w, x in zip(weights, point, strict=True)) + bias
            result = result + (ad.softplus(z) - target * z if logistic else (z - target) ** 2)
        return result / points

    return Recorded(loss, normal(features + 1))


def recurrence(steps: int, hidden: int) -> Recorded:
    data = normal(steps).tolist()

    def loss(parameters: list[Value]) -> Any:
        given = iter(parameters)
        weights = [[next(given) for _ in range(hidden)] for _ in range(hidden)]
        driven = [next(given) for _ in range(hidden)]
        state: list[Any] = [next(given) for _ in range(hidden)]
        errors = []
        for x in data:
            state = [
                ad.tanh(sum(w * s for w, s in zip(row, state, strict=True)) + u * x)
                for row, u in zip(weights, driven, strict=True)
            ]
            errors.append((total(state) - x) ** 2)
        return total(errors)

    return Recorded(loss, normal(hidden * (hidden + 2)) / 3)


def diffusion(n: int, steps: int) -> Recorded:
    """Each cell of a square grid takes from its neighbours, of which there are two to four."""

    def f(x: list[Value]) -> Any:
        u: dict[tuple[int, int], Any] = {(k // n, k % n): cell for k, cell in enumerate(x)}
        for _ in range(steps):
            around = {
                (i, j): [
                    u[i + k, j + m]
                    for k, m in ((0, 1), (1, 0), (0, -1), (-1, 0))
                    if (i + k, j + m) in u
                ]
                for i, j in u
            }
            u = {at: c + 0.1 * (sum(around[at]) - len(around[at]) * c) for at, c in u.items()}
        return total([ad.sin(cell) for cell in u.values()])

    return Recorded(f, normal(n * n))


def bodies(n: int) -> Recorded:
    """The energy of all pairs of points in space."""

    def f(x: list[Value]) -> Any:
        energy: Any = 0
        for i in range(n):
            for j in range(i):
                energy = energy - 1 / ad.sqrt(
                    sum((x[3 * i + k] - x[3 * j + k]) ** 2 for k in range(3)) + 0.1
                )
        return energy

    return Recorded(f, normal(3 * n))


def bag_of_words(documents: int) -> Recorded:
    """The mean embedding of documents of unlike lengths, through a nonlinearity."""
    rng = np.random.default_rng(7)
    words = [rng.integers(0, 20, rng.integers(1, 9)).tolist() for _ in range(documents)]

    def f(x: list[Value]) -> Any:
        return total([ad.tanh(sum(x[w] for w in text) * (1 / len(text))) for text in words])

    return Recorded(f, normal(20))


def batched_products(count: int) -> Recorded:
    """Small matrix products side by side, each of matrices of its own."""

    def f(x: list[Value]) -> Any:
        parts: list[Any] = []
        for start in range(0, len(x), 12):
            a, b = x[start : start + 6], x[start + 6 : start + 12]
            parts += [
                ad.sin(sum(a[3 * i + k] * b[2 * k + j] for k in range(3)))
                for i in range(2)
                for j in range(2)
            ]
        return total(parts)

    return Recorded(f, normal(12 * count))


WRITTEN = {
    "products side by side": lambda: batched_products(12),
    "network with relu": lambda: network((2, 8, 8, 1), 20, ad.relu),
    "network with tanh": lambda: network((3, 7, 5, 2), 10, ad.tanh),
    "network of one neuron a layer": lambda: network((1, 1, 1), 20, ad.tanh),
    "Rosenbrock": lambda: rosenbrock(40),
    "linear regression": lambda: regression(60, 3, logistic=False),
    "logistic regression": lambda: regression(60, 3, logistic=True),
    "recurrence": lambda: recurrence(5, 10),
    "diffusion": lambda: diffusion(9, 3),
    "bodies": lambda: bodies(7),
    "bag of words": lambda: bag_of_words(80),
}


@cache
def written(name: str) -> Recorded:
    """One of the programs, recorded once for all tests."""
    return WRITTEN[name]()


@pytest.mark.parametrize("by_depth", [False, True], ids=["by kind", "by depth"])
@pytest.mark.parametrize("name", WRITTEN)
def test_rolled_programs_give_what_was_recorded(name: str, by_depth: bool) -> None:
    program = written(name)
    program.check(program.forced(by_depth))


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_chosen_is_cheaper_and_proved(name: str) -> None:
    program = written(name)
    found = roll(program.terms, program.outputs)
    assert found is not None
    program.check(found)
    assert cost(found) <= min(cost(program.outputs), cost(program.forced(by_depth=True)))


def test_network_written_neuron_by_neuron_is_matrix_products() -> None:
    small, large = (network((2, 8, 8, 1), points, ad.relu) for points in (10, 40))
    of_small, of_large = (calls(roll(p.terms, p.outputs) or ()) for p in (small, large))
    assert of_small == of_large  # the points are an axis
    assert of_large["matmul"] >= 8
    assert of_large["einsum"] == of_large["segment_sums"] == 0
    assert of_large["index"] <= 1  # the gradient, in the order of the parameters
    assert of_large.total() <= 35


def test_rosenbrock_is_arithmetic_on_shifted_slices() -> None:
    program = rosenbrock(100)
    found = calls(roll(program.terms, program.outputs) or ())
    assert found["index"] == 0
    assert found["concatenate"] == 1
    assert found.total() <= 21


def test_loop_over_points_has_the_points_as_an_axis() -> None:
    program = regression(200, 4, logistic=True)
    found = calls(roll(program.terms, program.outputs) or ())
    assert found["index"] == 0
    assert found.total() <= 9


def test_recurrence_adds_up_over_time_in_one_product() -> None:
    short, long = (recurrence(steps, 6) for steps in (8, 12))
    found = [calls(roll(p.terms, p.outputs) or ()) for p in (short, long)]
    assert (found[1].total() - found[0].total()) / 4 <= 12  # calls for each further step


def test_matrix_products_side_by_side_are_one_call() -> None:
    program = batched_products(20)
    found = calls(roll(program.terms, program.outputs) or ())
    assert found["einsum"] == found["segment_sums"] == 0
    assert found["matmul"] == 3  # forward, backward to both sides, and the sum
    assert found.total() <= 10


def test_neighbours_of_unlike_number_are_one_group_by_depth() -> None:
    program = diffusion(10, 4)
    by_depth, by_kind = (calls(program.forced(way)).total() for way in (True, False))
    assert by_depth < by_kind
    chosen = roll(program.terms, program.outputs)
    assert chosen is not None
    assert calls(chosen).total() == by_depth


def test_each_call_knows_an_operation_of_the_recording_that_it_does() -> None:
    program = network((2, 6, 1), 20, ad.tanh)
    recorded_at = {term.index: term.op for term in ordered(program.outputs) if term.op}
    found = ordered(roll(program.terms, program.outputs) or ())
    bends = [term for term in found if term.op is ad.tanh]
    assert [recorded_at[term.index] for term in bends] == [ad.tanh]
    assert all(term.index in recorded_at for term in found if term.op and term.ndim == 2)


# --------------------------------------------------------------------------------------------------
# Programs that are better left as they are


def test_narrow_chain_is_left_alone() -> None:
    def chain(x: list[Value]) -> Any:
        y = x[0]
        for _ in range(200):
            y = ad.sin(y) + 0.1
        return y

    program = Recorded(chain, [0.3])
    assert roll(program.terms, program.outputs) is None


def test_short_program_is_left_alone() -> None:
    program = Recorded(lambda x: total([ad.sin(v) for v in x]), normal(8))
    assert roll(program.terms, program.outputs) is None


def test_tangle_is_left_alone() -> None:
    rng = np.random.default_rng(0)

    def tangle(x: list[Value]) -> Any:
        values: list[Any] = list(x)
        for kind in rng.integers(0, 5, 300):
            a, b = (values[n] for n in rng.integers(max(0, len(values) - 30), len(values), 2))
            values.append(
                (ad.sin(a), a * b * 0.5, a + 0.3 * b, ad.tanh(a - b), ad.exp(-a * a))[kind]
            )
        return total(values) * 0.01

    program = Recorded(tangle, rng.normal(size=10))
    assert roll(program.terms, program.outputs) is None
    for by_depth in (False, True):
        program.check(program.forced(by_depth))


@given(programs())
@settings(max_examples=15)
def test_programs_of_arrays_are_left_alone(program: Program) -> None:
    made = record(
        lambda *inputs: program.run(AUTOGRAD, inputs, program.constants),
        tuple(program.inputs),
        {},
        frozenset(),
        (),
    )
    outputs = [term for term in made.outputs if term is not None]
    assume(outputs)
    assert roll(made.terms, outputs) is None


# --------------------------------------------------------------------------------------------------
# What outputs may be


def test_booleans_come_out_as_booleans() -> None:
    program = Recorded(
        lambda x: [b for v in x for b in (ad.sin(v) > 0.3, v * 2.0)] + [x[0] < x[1]],
        normal(80),
    )

    def questions(x: list[Value]) -> Any:
        positive = [v for v in x if v > 0.1]
        return total([ad.exp(v) for v in positive])

    for recorded in (program, Recorded(questions, normal(60))):
        for by_depth in (False, True):
            recorded.check(recorded.forced(by_depth), tolerance=1e-12)


def test_sums_of_booleans_are_counts() -> None:
    program = Recorded(
        lambda x: [
            total([ad.maximum(v, w) * (0.0 + (v > 0.2)) for w in x]) - (v > w) + (v < w)
            for v, w in zip(x, reversed(x), strict=True)
        ],
        normal(12),
    )
    for by_depth in (False, True):
        program.check(program.forced(by_depth))


@pytest.mark.parametrize(
    ("name", "arity"), [("exp", 1), ("sign", 1), ("hypot", 2), ("where", 3), ("mul", 2)]
)
def test_operations_on_booleans_give_numbers(name: str, arity: int) -> None:
    def f(x: list[Value]) -> list[Any]:
        return [getattr(ad, name)(*[v > 0.1, v < 0.5, v < 0.2][:arity]) for v in x]

    program = Recorded(f, normal(60))
    for by_depth in (False, True):
        program.check(program.forced(by_depth))


def test_outputs_may_be_inputs_constants_and_the_same_twice() -> None:
    program = Recorded(
        lambda x: [x[3], total(x), x[0] * 0.0 + 2.0, total(x), *[v * v for v in x]],
        normal(120),
    )
    found = roll(program.terms, program.outputs)
    assert found is not None
    program.check(found)
    assert found[0] is program.inputs[3]
    assert found[1] is found[3]


@pytest.mark.parametrize("op", [ad.arctanh, ad.log, ad.arccosh, ad.sqrt, ad.reciprocal], ids=str)
def test_operations_with_domains_are_rolled_within_them(op: Callable[[Any], Any]) -> None:
    numbers = np.linspace(0.2, 0.8, 60) + (op is ad.arccosh)
    program = Recorded(lambda x: total([op(v) for v in x]), numbers)
    program.check(program.forced(by_depth=False))


def test_infinities_and_nan_are_where_they_were() -> None:
    numbers = normal(100)
    numbers[[3, 17, 40]] = math.inf, math.nan, -math.inf
    program = Recorded(lambda x: [total(x), *[ad.exp(v) - v * 2.0 for v in x]], numbers)
    found = roll(program.terms, program.outputs)
    assert found is not None
    numbers_in = {x: x.example for x in program.inputs}
    expected = evaluate(program.outputs, numbers_in)
    np.testing.assert_allclose(evaluate(found, numbers_in), expected, rtol=1e-14)


# --------------------------------------------------------------------------------------------------
# Arrays around the numbers


def recorded(f: Callable[..., Any], *args: Any) -> tuple[Terms, list[Term], list[Term]]:
    made = record(f, args, {}, frozenset(), ())
    return made.terms, made.inputs, [term for term in made.outputs if term is not None]


def assert_same(found: list[Term], outputs: list[Term], inputs: list[Term]) -> None:
    """Equal in number, type and shape, on the recording's data and on other."""
    for moved in (0.0, 0.01):
        given = {x: x.example if x.dtype.kind == "i" else x.example + moved for x in inputs}
        pairs = zip(evaluate(found, given), evaluate(outputs, given), strict=True)
        for new, old in pairs:
            assert type(new) is type(old)
            assert getattr(new, "dtype", None) == getattr(old, "dtype", None)
            np.testing.assert_allclose(new, old, rtol=1e-11, atol=1e-13, strict=True)


@pytest.mark.parametrize("kind", [float, int])
def test_loop_over_the_rows_of_an_array_takes_the_array(kind: type) -> None:
    def loss(parameters: list[Value], points: Any, labels: Any) -> Any:
        *weights, bias = parameters
        result: Any = 0.0
        for point, label in zip(points, labels, strict=True):
            z = sum(w * x for w, x in zip(weights, point, strict=True)) + bias
            result = result + ad.softplus(z) - label * z
        return result, gradients(result, parameters, create_graph=True)

    labels = (normal(50) > 0).astype(kind)
    terms, inputs, outputs = recorded(loss, [0.1, -0.2, 0.3, 0.4], normal(50, 3), labels)
    found = roll(terms, outputs)
    assert found is not None
    assert_same(found, outputs, inputs)
    assert calls(found)["matmul"] >= 3
    assert calls(found).total() <= 20


def test_array_made_of_numbers_is_the_array_that_they_stand_in() -> None:
    def scores(weights: list[Value], points: Any) -> Any:
        rows = [
            [sum(w * x for w, x in zip(weights, p, strict=True)) + k for k in range(3)]
            for p in points
        ]
        whole = ad.array(rows)
        return ad.tanh(whole).sum(), whole[::-1]

    terms, inputs, outputs = recorded(scores, [0.1, -0.2, 0.3], normal(40, 3))
    found = roll(terms, outputs)
    assert found is not None
    assert_same(found, outputs, inputs)
    assert calls(found)["concatenate"] == 0
    assert calls(found).total() <= 8


def test_arrays_are_joined_of_what_is_in_different_places() -> None:
    def f(x: list[Value], points: Any) -> Any:
        sines = [ad.sin(v * p) for v in x for p in points]
        cosines = [ad.cos(v) for v in x]
        several = ad.array([*sines[::2], cosines[0], *points])
        same = ad.array([cosines[3]] * 5)
        return several, same, cosines[1] > points[0], ad.sin(points[1]) > 0.2, points[2] * 1.0

    terms, inputs, outputs = recorded(f, normal(30).tolist(), normal(5))
    found = roll(terms, outputs)
    assert found is not None
    assert_same(found, outputs, inputs)


def test_numbers_that_depend_on_arrays_of_others_are_left_alone() -> None:
    def f(x: list[Value]) -> Any:
        squares = ad.array([v * v for v in x])
        return total([ad.sin(squares[n]) * v for n, v in enumerate(x)])

    terms, _, outputs = recorded(f, normal(80).tolist())
    assert roll(terms, outputs) is None


# --------------------------------------------------------------------------------------------------
# The proof


def test_proof_refuses_what_is_wrong_though_equal_on_the_recording() -> None:
    # All biases are 0 there: which is which cannot be seen.
    program = Recorded(lambda x: [ad.sin(v) + 1.0 for v in x], np.zeros(120))
    recorded = Scalars(program.terms, program.outputs)
    right = program.forced(by_depth=False)
    wrong = [right[1], right[0], *right[2:]]
    assert agree(program.terms, recorded, right)
    assert not agree(program.terms, recorded, wrong)


def test_proof_allows_the_rounding_of_sums_that_cancel() -> None:
    numbers = normal(300)
    program = Recorded(lambda x: total([*x, *[-v for v in reversed(x)], 1e-9 * x[0]]), numbers)
    assert roll(program.terms, program.outputs) is not None


# --------------------------------------------------------------------------------------------------
# Random programs, made of steps on rows of numbers so that there is something to find


@st.composite
def rows_of_numbers(draw: Any) -> tuple[list[float], Callable[[list[Value]], list[Any]]]:
    width = draw(st.integers(4, 9))
    count = 2 * width
    steps = draw(
        st.lists(
            st.tuples(st.integers(0, 11), st.integers(0, 2**20), st.integers(0, 2**20)),
            min_size=1,
            max_size=7,
        )
    )

    def run(x: list[Value]) -> list[Any]:
        rows: list[list[Any]] = [x[:width], x[width:]]
        for kind, p, q in steps:
            a, b = rows[p % len(rows)], rows[q % len(rows)]
            shift = q % len(b)
            turned = b[shift:] + b[:shift]
            pairs = list(zip(a, turned, strict=False))
            match kind:
                case 0:
                    row = [ad.sin(v) for v in a]
                case 1:
                    row = [v * w for v, w in pairs]
                case 2:
                    row = [v - w for v, w in pairs]
                case 3:
                    row = [v * 0.5 + w for v, w in pairs[::-1]]
                case 4:
                    row = [total([v * w for w in b]) * 0.1 for v in a[:4]]
                case 5:  # a product of matrices, or something like it
                    row = [
                        total([a[(i + k) % len(a)] * b[(j + k) % len(b)] for k in range(3)])
                        for i in range(3)
                        for j in range(4)
                    ]
                case 6:  # sums of unlike lengths
                    row = [total(a[: 1 + (n * p) % len(a)]) * 0.2 for n in range(len(b))]
                case 7:
                    row = [ad.where(v > w, v, 0.3 * w) for v, w in pairs]
                case 8:
                    row = [ad.tanh(v) ** 2 - 2.0 * v * 0.1 for v in a]
                case 9:
                    row = [ad.maximum(v, 0.1 * n) for n, v in enumerate(a)]
                case 10:
                    row = [-(v * w) - v for v, w in pairs]
                case _:  # every other one
                    row = [v + 0.25 * (n % 3) for n, v in enumerate(a[::2] or a)]
            rows.append(row)
        return [value for row in rows[2:] for value in row]

    numbers = [draw(st.integers(-20, 20)) / 10 + 0.0123 * n for n in range(count)]
    return numbers, run


@given(rows_of_numbers(), st.booleans())
@settings(max_examples=60)
def test_random_programs_give_what_was_recorded(made: Any, by_depth: bool) -> None:
    numbers, f = made
    program = Recorded(f, numbers)
    assume(max(abs(term.example) for term in ordered(program.outputs)) < 1e3)
    program.check(program.forced(by_depth))


@given(rows_of_numbers(), st.booleans())
@settings(max_examples=40)
def test_gradients_of_random_programs_are_what_was_recorded(made: Any, by_depth: bool) -> None:
    numbers, f = made
    program = Recorded(lambda x: total([ad.tanh(v) for v in f(x)]), numbers)
    assume(max(abs(term.example) for term in ordered(program.outputs)) < 1e3)
    program.check(program.forced(by_depth))


# --------------------------------------------------------------------------------------------------
# Patterns


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(-7, 7)), min_size=1, max_size=4),
    st.integers(0, 5),
    st.sampled_from([(400,), (20, 20), (4, 5, 20)]),
)
@settings(max_examples=150)
def test_regular_places_are_read_right(
    axes: list[tuple[int, int]], start: int, shape: tuple[int, ...]
) -> None:
    places = np.array(start)
    for size, stride in axes:
        places = np.add.outer(places, np.arange(size) * stride)
    places = places - min(0, places.min())
    strides = strides_of(places)
    assert strides == tuple(stride if size > 1 else 0 for size, stride in axes)
    terms = Terms()
    source = terms.input(np.arange(400.0).reshape(shape))
    found = read(terms, source, places)
    np.testing.assert_array_equal(np.broadcast_to(found.example, places.shape), places)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_irregular_places_are_read_right(places: list[int]) -> None:
    terms = Terms()
    source = terms.input(np.arange(401.0))
    found = read(terms, source, np.array(places))
    np.testing.assert_array_equal(np.broadcast_to(found.example, len(places)), places)


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ((60,), np.arange(60)),
        ((6, 10), np.arange(60).reshape(6, 10)),
        ((6, 10), np.arange(60).reshape(6, 10).T),
        ((60,), np.arange(3, 33).reshape(5, 6)[:, :4]),
        ((6, 10), np.arange(60).reshape(6, 10)[1:5:2, 3:9]),
        ((6, 10), np.arange(60).reshape(6, 10)[::-1, ::-1]),
        ((60,), np.arange(60).reshape(3, 4, 5).transpose(2, 0, 1)),
        ((60,), np.broadcast_to(np.arange(6)[:, None], (6, 10))),
        ((60,), np.arange(59, 0, -2)),
    ],
    ids=lambda part: str(getattr(part, "shape", part)),
)
def test_regular_places_are_looked_at_not_copied(source: tuple[int, ...], places: Any) -> None:
    terms = Terms()
    found = read(terms, terms.input(np.arange(60.0).reshape(source)), places)
    assert not calls([found])
    np.testing.assert_array_equal(np.broadcast_to(found.example, places.shape), places)


def test_common_shape_is_that_of_nested_even_steps() -> None:
    grid = np.arange(24).reshape(2, 3, 4)
    assert common_shape([np.arange(24)]) == (24,)
    assert common_shape([grid.transpose(2, 0, 1).ravel(), np.arange(24)]) == (4, 6)
    assert common_shape([np.repeat([5, 9, 13], 4), np.tile([2, 4, 6, 8], 3)]) == (3, 4)
    assert common_shape([np.array([0, 1, 3, 4, 9, 10])]) is None


def test_runs_end_where_the_step_or_the_array_changes() -> None:
    groups = np.array([1, 1, 1, 1, 2, 2, 2, 2])
    places = np.array([4, 5, 6, 9, 0, 2, 4, 6])
    assert [(s.start, s.stop) for s in runs(groups, places)] == [(0, 3), (3, 4), (4, 8)]


def test_choices_by_constant_conditions_are_made_in_arrays() -> None:
    taken = [n != 2 for n in range(12)]

    def f(w: Any, x: Any) -> Any:
        sums = [sum([w[j] * x[i, j] for j in range(3)], 0.0) for i in range(12)]
        return sum([ad.where(c, ad.tanh(s), 0.0) for c, s in zip(taken, sums, strict=True)], 0.0)

    w, x = normal(3), normal(12, 3)
    compiled = ad.jit(f)
    for factor in (1.0, -2.0):
        np.testing.assert_allclose(compiled(w * factor, x), f(w * factor, x), rtol=1e-14)


def test_a_long_series_is_not_put_in_arrays_number_by_number() -> None:
    source = ad.jit(lambda x: ad.taylor(ad.tanh, x, order=100)[-1]).source(0.3)
    assert "concatenate" not in source


def largest(numbers: Sequence[Any]) -> Any:
    """The largest so far, as a loop has it."""
    top = numbers[0]
    for number in numbers[1:]:
        top = ad.maximum(top, number)
    return top


def softmaxes(xs: list[Value], rows: int, ragged: bool) -> Any:
    """The entropies of rows of odds, with the largest subtracted as in textbooks."""
    entropy, width = 0.0, len(xs) // rows
    for n in range(rows):
        row = xs[n * width : n * width + (n + 2 if ragged else width)]
        top = largest(row)
        odds = [ad.exp(x - top) for x in row]
        norm = total(odds)
        entropy = entropy - total([x / norm * ad.log(x / norm) for x in odds])
    return entropy


@pytest.mark.parametrize("ragged", [False, True])
def test_chains_of_maximum_are_one_call_each_way(ragged: bool) -> None:
    xs = np.round(normal(120), 1)  # with ties
    recorded = Recorded(lambda xs: softmaxes(xs, 8, ragged), xs.tolist())
    rolled = roll(recorded.terms, recorded.outputs)
    assert rolled is not None
    recorded.check(rolled)
    made = calls(rolled)
    assert made["largest_so_far"] == 1
    assert made["cumprod"] <= 2
    assert sum(made.values()) < 80


@pytest.mark.parametrize("by_depth", [False, True])
def test_chains_that_take_what_depends_on_them_are_right(by_depth: bool) -> None:
    def f(xs: list[Value]) -> Any:
        top, low, product = xs[0], xs[1], xs[2]
        for x in xs[3:]:
            top = ad.maximum(top, x * 0.5 + ad.sin(top) * 0.1)
            low = ad.minimum(ad.minimum(low, x), top * product)
            product = product * (x + low * 0.01)
        return top * low + product

    recorded = Recorded(f, normal(30).tolist())
    recorded.check(recorded.forced(by_depth))


@pytest.mark.parametrize("by_depth", [False, True])
def test_chains_pass_nan_on_as_python_does(by_depth: bool) -> None:
    def f(xs: list[Value]) -> Any:
        logs = [ad.log(x) for x in xs]
        return [largest(logs[n : n + 8]) for n in range(0, 32, 8)]

    recorded = Recorded(f, [-1.0 if n == 13 else 1.0 + n for n in range(32)])
    rolled = recorded.forced(by_depth)
    numbers = {x: x.example for x in recorded.inputs}
    found, expected = evaluate(rolled, numbers), evaluate(recorded.outputs, numbers)
    assert [math.isnan(x) for x in expected] == [False, True, False, False]
    assert np.array_equal(found, expected, equal_nan=True)
