"""Rules stated where programs put them: on primitives of containers, and on any function."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy
import pytest
from numpy.testing import assert_allclose

import autograd.numpy as np
from autograd import (
    JitNotice,
    Value,
    elementwise_grad,
    grad,
    jacobian,
    jit,
    jvp,
    make_jvp,
    ops,
    vjp,
)
from autograd.builtins import tuple as tuple_of
from autograd.extend import (
    SparseObject,
    defjvp,
    defvjp,
    defvjp_argnums,
    notrace_primitive,
    primitive,
    register_notrace,
    vspace,
)
from autograd.extend import VJPNode as Reverse
from autograd.hips import rules
from autograd.protocols import RULES
from autograd.scipy import special
from autograd.test_util import check_grads
from autograd.tracer import getval, isbox

X = numpy.array([0.3, -1.2, 0.8])


def product_of(container: Any) -> float:
    return float(container["a"]) * float(container["rest"][0])


def test_a_primitive_of_a_tuple_uses_the_rule_stated_for_it() -> None:
    outside = primitive(lambda p: float(p[0]) * float(p[1]))
    defvjp(outside, lambda ans, p: lambda g: tuple_of((g * p[1], g * p[0])))
    assert grad(lambda x: outside(tuple_of((x, x**2))))(2.0) == 12.0
    assert grad(grad(lambda x: outside((x, x**2))))(2.0) == 12.0
    assert grad(outside)((3.0, 5.0)) == (5.0, 3.0)
    assert grad(lambda x: outside([x, 4.0]))(2.0) == 4.0


def test_cotangents_of_nested_containers_are_found_by_key() -> None:
    f = primitive(product_of)
    defvjp(f, lambda ans, c: lambda g: {"rest": [g * c["a"]], "a": g * c["rest"][0]})
    assert grad(f)({"a": 2.0, "rest": [5.0]}) == {"a": 5.0, "rest": [2.0]}
    assert grad(lambda x: f({"a": x, "rest": [x]}))(3.0) == 6.0
    assert jvp(lambda x: f({"a": x, "rest": [x]}), 3.0, 1.0)[1] == 6.0


def test_the_rows_of_an_array_are_cotangents_of_a_list() -> None:
    stacked = primitive(numpy.array)
    defvjp(stacked, lambda ans, xs: lambda g: g)
    check_grads(lambda x: stacked([x, [x**2, 1.0][0]]) * numpy.array([2.0, 5.0]))(0.7)


def test_a_cotangent_of_another_form_is_refused() -> None:
    f = primitive(lambda p: p[0] * p[1])
    defvjp(f, lambda ans, p: lambda g: (g,))
    with pytest.raises(TypeError, match="the cotangent of a tuple of 2 has the same form"):
        grad(f)((1.0, 2.0))


def polar() -> Any:
    @primitive
    def polar(x: Any, y: Any) -> Any:
        return {"r": numpy.hypot(x, y), "angles": [numpy.arctan2(y, x), x]}

    def by_x(ans: Any, x: Any, y: Any) -> Any:
        r = ans["r"]
        return lambda g: g["r"] * x / r - g["angles"][0] * y / r**2 + g["angles"][1]

    def by_y(ans: Any, x: Any, y: Any) -> Any:
        return lambda g: g["r"] * y / ans["r"] + g["angles"][0] * x / ans["r"] ** 2

    defvjp(polar, by_x, by_y)
    return polar


def test_a_primitive_may_give_containers() -> None:
    f = polar()

    def total(x: Any, y: Any) -> Any:
        found = f(x, y)
        return np.sum(found["r"] ** 2 * found["angles"][0]) + np.sum(found["angles"][1])

    def written_out(x: Any, y: Any) -> Any:
        return np.sum((x**2 + y**2) * np.arctan2(y, x)) + np.sum(x)

    x, y = abs(X), numpy.array([1.0, 0.5, 2.0])
    for argnum in (0, 1, (0, 1)):
        assert_allclose(grad(total, argnum)(x, y), grad(written_out, argnum)(x, y))
    check_grads(total, (0, 1))(x, y)
    assert_allclose(jit(grad(total))(x, y), grad(written_out)(x, y))
    assert_allclose(jit(grad(total))(y, x), grad(written_out)(y, x))
    assert isinstance(f(1.0, 1.0), dict)


def test_results_of_containers_go_forward_by_the_stated_rule() -> None:
    both = primitive(lambda p: (p[0] * p[1], p[0]))
    defjvp(both, lambda t, ans, p: (t[0] * p[1] + p[0] * t[1], t[0]))
    value, tangent = jvp(both, ((2.0, 3.0),), ((1.0, 10.0),))
    assert (value, tangent) == ((6.0, 2.0), (23.0, 1.0))


def test_all_cotangents_are_found_in_one_call() -> None:
    calls = []
    product = primitive(lambda x, y, z: x * y * z)

    def maker(argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        calls.append(argnums)
        return lambda g: [g * ans / args[n] for n in argnums]

    defvjp_argnums(product, maker)
    assert grad(product, (0, 2))(2.0, 3.0, 5.0) == (15.0, 6.0)
    assert calls == [(0, 2)]


def test_what_a_primitive_and_its_rules_are_given_can_be_written_into() -> None:
    seen = []

    @primitive
    def f(x: Any, y: Any) -> Any:
        seen.extend([x.flags.writeable, y.flags.writeable])
        return x * y

    def by_x(ans: Any, x: Any, y: Any) -> Any:
        def pull(g: Any) -> Any:
            seen.extend([part.flags.writeable for part in (g, x, y, ans)])
            return g * y

        return pull

    defvjp(f, by_x, None)
    constant = numpy.ones(3)
    constant.flags.writeable = False
    grad(lambda x: np.sum(f(x, constant)) + np.sum(f(x * 1.0, constant)))(X)
    assert len(seen) == 12
    assert all(seen)


def test_a_cotangent_may_be_sparse() -> None:
    second = primitive(lambda x: x[1])

    def maker(ans: Any, x: Any) -> Any:
        def pull(g: Any) -> SparseObject:
            def add(dense: Any) -> Any:
                dense[1] += g
                return dense

            return SparseObject(vspace(x), add)

        return pull

    defvjp(second, maker)
    assert_allclose(grad(lambda x: second(x) * 2.0 + x[0])(X), [1.0, 2.0, 0.0])


def test_a_vjp_of_plain_numpy_serves_forward_mode_too() -> None:
    """Such a rule cannot be differentiated, and is asked for each entry of the result."""
    calls = []
    a = numpy.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    product = primitive(lambda x: a @ x)

    def maker(ans: Any, x: Any) -> Any:
        def pull(g: Any) -> Any:
            calls.append(1)
            return numpy.asarray(getval(g)) @ a

        return pull

    defvjp(product, maker)
    x, t = numpy.array([0.5, -1.0]), numpy.array([1.0, 10.0])
    assert_allclose(jvp(product, x, t)[1], a @ t)
    assert_allclose(jacobian(product, mode="forward")(x), a)
    calls.clear()
    assert_allclose(jacobian(product)(x), a)
    assert len(calls) == 3


def test_a_derivative_of_a_vjp_of_plain_numpy_warns() -> None:
    square = primitive(lambda x: x * x)
    defvjp(square, lambda ans, x: lambda g: getval(g) * 2.0 * getval(x))
    with pytest.warns(UserWarning, match="VJP of <lambda> takes the plain data of nodes"):
        assert grad(grad(lambda x: square(x) * x))(3.0) == 6.0
    assert grad(square)(3.0) == 6.0


def test_what_a_rule_takes_out_of_one_box_is_tracked_by_the_traces_outside() -> None:
    """As PennyLane takes the results of shifted circuits, which it runs inside of its rule."""
    cube = primitive(lambda x: x**3)

    def once(x: Any) -> Any:
        return x._value if isbox(x) else x

    defvjp(cube, lambda ans, x: lambda g: once(3.0 * g * x**2))
    assert grad(cube)(2.0) == 12.0
    assert grad(grad(cube))(2.0) == 12.0
    assert grad(grad(grad(cube)))(2.0) == 6.0
    assert_allclose(jacobian(elementwise_grad(cube))(X), numpy.diag(6.0 * X))


# --------------------------------------------------------------------------------------------------
# Functions that have a derivative already


@pytest.fixture(autouse=True)
def _the_engine_as_it_was() -> Iterator[None]:
    before = dict(RULES), {name: getattr(ops, name) for name in ops.__all__}, dict(vars(Value))
    wrapped: list[Any] = [
        function
        for module in (np, np.linalg, special)
        for function in vars(module).values()
        if hasattr(function, "with_nodes")
    ]
    with_nodes = [function.with_nodes for function in wrapped]
    yield
    RULES.clear()
    RULES.update(before[0])
    for name, op in before[1].items():
        setattr(ops, name, op)
    for name, method in before[2].items():
        if name.startswith("__") and name not in vars(Value):
            setattr(Value, name, method)
    for function, ours in zip(wrapped, with_nodes, strict=True):
        function.with_nodes = ours
    rules._plain.clear()


def test_a_forward_rule_is_added_to_a_function_of_scipy() -> None:
    rule_used = []

    def rule(t: Any, ans: Any, x: Any) -> Any:
        rule_used.append(True)
        return t * ans * (1 - ans)

    defjvp(special.expit, rule)
    assert make_jvp(special.expit)(0.0)(1.0)[1] == 0.25
    assert rule_used
    assert grad(special.expit)(0.0) == 0.25
    assert special.expit(0.0) == 0.5


@pytest.mark.parametrize("f", [np.sin, lambda x: numpy.sin(x)])
def test_a_rule_of_numpy_is_replaced(f: Any) -> None:
    defvjp(np.sin, lambda ans, x: lambda g: 100.0 * g)
    assert elementwise_grad(f)(0.0) == 100.0
    assert grad(lambda x: np.sum(f(x)))(X)[0] == 100.0
    assert jvp(f, (0.0,), (1.0,))[1] == 100.0


def test_a_rule_of_one_argument_leaves_the_others() -> None:
    defvjp(np.multiply, lambda ans, x, y: lambda g: 7.0 * g, argnums=(0,))
    for at in (2.0, numpy.array(2.0)):
        assert grad(lambda x, y: x * y, (0, 1))(at, 3.0) == (7.0, 2.0)
        assert grad(lambda x, y: np.multiply(x, y), (0, 1))(at, 3.0) == (7.0, 2.0)


def test_a_rule_of_a_function_with_axes_is_replaced() -> None:
    defvjp(np.max, lambda ans, x, axis=None: lambda g: np.zeros(x.shape) + 5.0)
    assert_allclose(grad(lambda x: np.max(x, axis=0))(X), 5.0)
    assert np.max(X) == 0.8


def test_a_function_of_linear_algebra_gets_another_rule() -> None:
    a = numpy.array([[2.0, 1.0], [0.0, 3.0]])
    right = jacobian(np.linalg.inv)(a)
    defvjp(np.linalg.inv, lambda ans, x: lambda g: -np.dot(np.dot(ans.T, g), ans.T))
    assert_allclose(jacobian(np.linalg.inv)(a), right)


def test_a_rule_for_a_plain_function_is_kept_and_not_used() -> None:
    def solve(x: Any) -> Any:
        return x**2

    with pytest.warns(UserWarning, match="solve is a plain function"):
        defvjp(solve, lambda ans, x: lambda g: 100 * g)
    assert grad(solve)(3.0) == 6.0
    assert solve in rules.primitive_vjps


def test_a_rule_is_a_function() -> None:
    with pytest.raises(TypeError, match="a rule is a function"):
        defvjp(primitive(lambda x: x), 3.0)
    with pytest.raises(TypeError, match="is not a function"):
        defvjp(3.0, None)  # type: ignore[arg-type]


def test_what_is_registered_as_not_traced_has_no_derivative() -> None:
    count = primitive(lambda x: numpy.count_nonzero(x))
    register_notrace(Reverse, count)
    assert_allclose(grad(lambda x: np.sum(x) * count(x))(X), 3.0)
    assert notrace_primitive(len)([1.0]) == 1


def test_the_rules_are_tables() -> None:
    pulled = rules.primitive_vjps[np.multiply]((0, 1), 6.0, (2.0, 3.0), {})(1.0)
    assert tuple(pulled) == (3.0, 2.0)
    assert rules.primitive_jvps[numpy.multiply]((0,), (1.0,), 6.0, (2.0, 3.0), {}) == 3.0
    f = primitive(lambda x: 2 * x)
    assert f not in rules.primitive_vjps
    rules.primitive_vjps[f] = lambda argnums, ans, args, kwargs: lambda g: (2 * g,)
    assert grad(f)(3.0) == 2.0
    del rules.primitive_vjps[f]
    with pytest.raises(NotImplementedError, match="the VJP of"):
        vjp(f, 3.0)[1](1.0)


def test_methods_from_before_version_1_2_state_rules_with_a_warning() -> None:
    product = primitive(lambda x, y, z: x * y * z)
    old = pytest.warns(UserWarning, match=r"autograd\.extend\.defvjp in place of the method")
    with old:
        product.defvjp(lambda g, ans, vs, gvs, x, y, z: g * y * z)
    with old:
        product.defgrad(lambda ans, x, y, z: lambda g: g * x * z, argnum=1)
    with old:
        product.defvjp_is_zero([2])
    assert grad(product, (0, 1, 2))(2.0, 3.0, 5.0) == (15.0, 10.0, 0.0)


def test_a_compiled_primitive_is_recorded_anew_where_what_it_reads_has_changed() -> None:
    scale = {"by": 2.0}
    f = primitive(lambda x: x * scale["by"])
    defvjp(f, lambda ans, x: lambda g: g * scale["by"])
    compiled = jit(grad(lambda x: np.sum(f(x))))
    assert_allclose(compiled(X), 2.0)
    scale["by"] = 3.0
    with pytest.warns(JitNotice, match="scale, which is read from outside, has changed"):
        assert_allclose(compiled(X), 3.0)


def test_whole_numbers_among_the_results_are_constants() -> None:
    """As of a sparse product, which gives entries and where they stand."""

    @primitive
    def largest(x: Any) -> Any:
        order = numpy.argsort(-x)
        return x[order] * (1 + 0j), order

    def maker(ans: Any, x: Any) -> Any:
        assert ans[1].dtype.kind == "i"
        return lambda g: np.real(g[0])[np.argsort(ans[1])]

    defvjp(largest, maker)
    defjvp(largest, lambda t, ans, x: (t[ans[1]] * (1 + 0j), 0.0))

    def f(x: Any) -> Any:
        values, places = largest(x)
        assert places.dtype.kind == "i"
        return np.sum(np.real(values) * x[places])

    assert_allclose(grad(f)(X), 2 * X)
    assert_allclose(jit(grad(f))(X), 2 * X)
    assert_allclose(jvp(f, X, numpy.array([1.0, 10.0, 0.0]))[1], 2 * X[0] + 20 * X[1])


def test_nodes_that_a_primitive_returns_are_taken_for_their_data() -> None:
    """Those that it reads from an object beside its arguments, whose derivative the rule states."""
    square = primitive(lambda x, box: box[0] * box[0] if type(box) is deque else None)
    defvjp(square, lambda ans, x, box: lambda g: g * 2 * x)
    assert grad(lambda x: square(x, deque([x])))(3.0) == 6.0
