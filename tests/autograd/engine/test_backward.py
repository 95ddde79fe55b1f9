"""The chain rule in reverse: `backward`, `gradients`, and what they leave in `.grad`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value, gradients


def test_the_example_of_the_readme() -> None:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = ad.tanh(a * b + a**2)
    c.backward()
    slope = 1 - np.tanh(-2.0) ** 2
    assert a.grad == pytest.approx(slope * (-3.0 + 4.0), rel=1e-15)
    assert b.grad == pytest.approx(slope * 2.0, rel=1e-15)


def test_reused_node_gets_the_sum_of_its_uses() -> None:
    a = Value(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert (b.grad, a.grad) == (2.0, 4.0)


def test_a_node_waits_for_all_its_uses_however_far_apart() -> None:
    a = Value(0.5)
    b = a * a
    far = b
    for _ in range(5):
        far = ad.sin(far)
    (far * b + b).backward()
    h = 1e-20j
    z = (0.5 + h) ** 2
    far_z = z
    for _ in range(5):
        far_z = np.sin(far_z)
    assert a.grad == pytest.approx((far_z * z + z).imag / 1e-20, rel=1e-14)


def test_leaves_accumulate_and_interior_nodes_hold_the_latest_pass() -> None:
    x = Tensor([1.0, 2.0])
    y = x * x
    z = y.sum()
    z.backward()
    z.backward()
    np.testing.assert_array_equal(x.grad, [4.0, 8.0])
    np.testing.assert_array_equal(y.grad, [1.0, 1.0])
    assert z.grad == 1.0


def test_a_second_backward_doubles_the_leaves_of_values_too() -> None:
    a = Value(2.0)
    b = a * a
    c = b * a
    c.backward()
    c.backward()
    assert (a.grad, b.grad, c.grad) == (24.0, 2.0, 1.0)


def test_two_graphs_that_share_a_leaf_add_up_in_it() -> None:
    x = Tensor([1.0, 2.0])
    (x * 3).sum().backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [5.0, 7.0])


def test_backward_on_a_leaf_is_the_derivative_of_itself() -> None:
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0


def test_the_seed_weighs_the_entries_of_the_output() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    (x**2).backward(np.array([1.0, 0.0, -1.0]))
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, -6.0])


def test_the_seed_may_be_a_node_or_a_list() -> None:
    x = Tensor([1.0, 2.0])
    (x**2).backward(Tensor([1.0, 10.0]))
    (x**2).backward([1, 10])
    np.testing.assert_array_equal(x.grad, [4.0, 80.0])


def test_a_tensor_of_one_number_needs_no_seed_whatever_its_shape() -> None:
    for shape in ((), (1,), (1, 1)):
        x = Tensor(np.full(shape, 3.0))
        (x * x).backward()
        np.testing.assert_array_equal(x.grad, np.full(shape, 6.0))


@pytest.mark.parametrize(
    ("left", "right"), [((2, 1), (1, 3)), ((3,), (2, 3)), ((), (2, 3)), ((1, 1), (2, 3))]
)
def test_a_gradient_has_the_shape_of_its_leaf_after_broadcasting(left: Any, right: Any) -> None:
    x, y = Tensor(np.full(left, 2.0)), Tensor(np.full(right, 3.0))
    (x * y).sum().backward()
    size = np.broadcast(x.data, y.data).size
    np.testing.assert_array_equal(x.grad, np.full(left, 3.0 * size / x.size), strict=True)
    np.testing.assert_array_equal(y.grad, np.full(right, 2.0 * size / y.size), strict=True)


def test_a_scalar_in_where_gets_a_scalar_gradient() -> None:
    a, b = Value(1.0), Value(2.0)
    ad.where(np.array([True, False, True]), a, b).sum().backward()
    assert (a.grad, b.grad) == (2.0, 1.0)


def test_gradients_have_the_type_of_their_nodes() -> None:
    a = Value(2.0)
    x = Tensor(np.ones(3, np.float32))
    y = Tensor(np.ones(3))
    (a * x * y).sum().backward()
    assert type(a.grad) is float
    assert x.grad.dtype == np.float32
    assert y.grad.dtype == np.float64


def test_gradients_of_leaves_are_their_own_and_may_be_written_to() -> None:
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    (x + y).sum().backward()
    x.grad += 5.0
    np.testing.assert_array_equal(y.grad, [1.0, 1.0])
    z = Tensor([1.0, 2.0])
    seed = np.array([1.0, 1.0])
    (z + 0.0).backward(seed)
    z.grad[0] = 7.0
    np.testing.assert_array_equal(seed, [1.0, 1.0])


def test_a_gradient_may_be_reset_to_zero_or_none() -> None:
    for reset in (0, 0.0, None):
        a, x = Value(2.0), Tensor([1.0])
        (a * x).sum().backward()
        a.grad, x.grad = reset, reset
        (a * x).sum().backward()
        assert a.grad == 1.0
        np.testing.assert_array_equal(x.grad, [2.0])


def test_gradients_never_touch_grad() -> None:
    x = Tensor([1.0, 2.0])
    y = x * x
    gradients(y.sum(), [x, y])
    assert x.grad is None
    assert y.grad is None


def test_gradients_have_the_form_of_the_inputs() -> None:
    x, y = Value(2.0), Value(3.0)
    assert gradients(x * y, x) == 3.0
    assert gradients(x * y, [x, y]) == [3.0, 2.0]
    assert gradients(x * y, (y,)) == [2.0]
    assert gradients(x * y, []) == []


def test_gradients_by_interior_nodes_and_by_the_output_itself() -> None:
    x = Value(2.0)
    y = x * x
    z = y * y
    assert gradients(z, [z, y, x]) == [1.0, 8.0, 32.0]


def test_an_input_named_twice_gets_its_gradient_twice() -> None:
    x = Tensor([1.0, 2.0])
    first, second = gradients((x * 2.0).sum(), [x, x])
    first += 1.0
    np.testing.assert_array_equal(second, [2.0, 2.0])


def test_an_input_the_output_does_not_depend_on_gets_zeros() -> None:
    x, y, v = Tensor([1.0, 2.0]), Tensor([[3.0]]), Value(1.0)
    out = (x * 2.0).sum()
    found = gradients(out, [y, v, x])
    np.testing.assert_array_equal(found[0], [[0.0]], strict=True)
    assert found[1] == 0.0
    assert gradients(out, Tensor([1.0])) == 0.0
    later = Value(1.0)
    assert gradients(out, later, create_graph=True).data == 0.0


def test_several_outputs_add_their_contributions() -> None:
    x = Tensor([1.0, 2.0])
    a, b = x.sum(), x * x
    g = gradients([a, b, a], x, seed=[1.0, np.array([1.0, 10.0]), 2.0])
    np.testing.assert_array_equal(g, [5.0, 43.0])
    np.testing.assert_array_equal(gradients([a, a], x), [2.0, 2.0])


def test_an_output_inside_the_graph_of_another_gets_both_shares() -> None:
    x = Value(3.0)
    y = x * x
    z = y * 2.0
    assert gradients([z, y], x) == 18.0


@pytest.mark.parametrize("node", [Value(1.3), Tensor(1.3), Tensor([1.3])])
def test_gradients_with_create_graph_differentiate_again(node: Any) -> None:
    out = ad.sum(node**5)
    for expected in (5 * 1.3**4, 20 * 1.3**3, 60 * 1.3**2, 120 * 1.3, 120.0, 0.0, 0.0):
        out = ad.sum(gradients(out, node, create_graph=True))
        assert out.item() == pytest.approx(expected, rel=1e-14)


def test_a_seed_that_is_a_node_is_differentiated_with_create_graph() -> None:
    x, seed = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    g = gradients(x**2, x, seed=seed, create_graph=True)
    np.testing.assert_array_equal(gradients(g.sum(), seed), [2.0, 4.0])
    np.testing.assert_array_equal(gradients(g.sum(), x), [6.0, 8.0])


def test_without_create_graph_the_result_is_plain() -> None:
    x, a = Tensor([1.0, 2.0]), Value(2.0)
    g, h = gradients((x * a).sum(), [x, a])
    assert type(g) is np.ndarray
    assert type(h) is float


def test_a_seed_of_float64_keeps_a_gradient_in_float32() -> None:
    x = Tensor(np.ones(2, np.float32))
    (x * 2).backward(np.array([1.0, 2.0]))
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


def test_only_what_was_asked_for_is_computed() -> None:
    asked = []

    def rule(name: str) -> Any:
        def vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
            asked.append(name)
            return g

        return vjp

    op = ad.custom_op(lambda x, y: x + y, vjp=(rule("x"), rule("y")), name="noted")
    x, y = Tensor([1.0]), Tensor([2.0])
    gradients(op(x, y), y)
    assert asked == ["y"]
    op(x, np.ones(1)).backward()
    assert asked == ["y", "x"]


@pytest.mark.parametrize("parameters", [1, 10, 100])
def test_one_backward_pass_takes_each_edge_once(
    parameters: int,
) -> None:
    calls = {"forward": 0, "back": 0}

    def kernel(x: Any, y: Any) -> Any:
        calls["forward"] += 1
        return x + y

    def rule(g: Any, out: Any, x: Any, y: Any) -> Any:
        calls["back"] += 1
        return g

    plus = ad.custom_op(kernel, vjp=(rule, rule), name="plus")
    leaves = [Value(float(k)) for k in range(parameters)]
    total = Value(0.0)
    for leaf in leaves:
        total = plus(total, leaf)
    total.backward()
    assert [leaf.grad for leaf in leaves] == [1.0] * parameters
    assert calls == {"forward": parameters, "back": 2 * parameters}


def test_two_passes_over_one_graph_from_different_outputs() -> None:
    x = Tensor([1.0, 2.0])
    shared = x * x
    left, right = shared.sum(), (shared * 3.0).sum()
    left.backward()
    np.testing.assert_array_equal(shared.grad, [1.0, 1.0])
    right.backward()
    np.testing.assert_array_equal(shared.grad, [3.0, 3.0])
    np.testing.assert_array_equal(x.grad, [8.0, 16.0])
