"""Graphs made by hand: boxes, the objects that stand for them, and the passes through them."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd
import autograd.numpy as np
from autograd import Tensor, Value, grad
from autograd.builtins import DictBox, SequenceBox
from autograd.core import JVPNode, VJPNode, VSpace, backward_pass, make_jvp, make_vjp, vspace
from autograd.misc.tracers import const_graph, full_graph
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.numpy.numpy_vspaces import ArrayVSpace
from autograd.tracer import Box, Node, getval, isbox, new_box, trace, trace_stack
from autograd.util import toposort

X = numpy.array([0.3, -1.2, 0.8])


def test_a_backward_pass_starts_where_a_program_says() -> None:
    box = new_box(X, 0, VJPNode.new_root())
    end = np.sin(box) * box
    assert_allclose(backward_pass(np.ones(3), end._node), np.cos(X) * X + np.sin(X))
    assert_allclose(backward_pass(1.0, np.sum(box**2)._node), 2 * X)
    number = new_box(3.0, 0, VJPNode.new_root())
    assert backward_pass(1.0, (number**2)._node) == 6.0


def test_a_backward_pass_of_a_box_is_recorded() -> None:
    x, g = new_box(X, 0, VJPNode.new_root()), new_box(X, 0, VJPNode.new_root())
    found = backward_pass(g, (x**3)._node)
    assert isbox(found)
    assert_allclose(found._value, 3 * X**3)


def test_a_pass_by_hand_is_differentiated_from_outside() -> None:
    def slope(x: Any) -> Any:
        box = new_box(x, 0, VJPNode.new_root())
        return backward_pass(1.0, np.sum(box**3)._node)

    assert_allclose(grad(lambda x: np.sum(slope(x)))(X), 6 * X)
    assert grad(slope)(2.0) == 12.0


def test_a_node_has_parents_and_a_pull_of_its_own() -> None:
    root = VJPNode.new_root()
    x = new_box(2.0, 0, root)
    product = (np.exp(x) * x)._node
    assert root in product.parents
    assert set(product.vjp(1.0)) == {2.0, numpy.exp(2.0)}
    assert root.parents == []
    assert root.vjp(1.0) == ()
    assert list(toposort(product))[-1] is root
    own = VJPNode(6.0, np.multiply, (2.0, 3.0), {}, (0,), (root,))
    assert backward_pass(1.0, own) == 3.0
    with pytest.raises(NotImplementedError, match="VJP of len is not defined"):
        VJPNode(1, len, ([1],), {}, (0,), (root,))


def test_a_tangent_goes_forward_by_hand() -> None:
    box = new_box(X, 0, JVPNode.new_root(np.ones(3)))
    assert_allclose(np.sin(box)._node.g, np.cos(X))
    own = JVPNode(6.0, np.multiply, (2.0, 3.0), {}, (0,), (JVPNode.new_root(1.0),))
    assert own.g == 3.0


def test_a_container_by_hand_has_a_gradient_of_its_form() -> None:
    root = VJPNode.new_root()
    box = new_box({"a": X, "b": (2.0, "kept")}, 0, root)
    assert isinstance(box, DictBox)
    assert isinstance(box["b"], SequenceBox)
    assert box["b"][1] == "kept"
    end = np.sum(box["a"]) * box["b"][0]
    found = backward_pass(1.0, end._node)
    assert_allclose(found["a"], 2.0)
    assert_allclose(found["b"][0], X.sum())


def test_the_trace_of_a_box_tells_what_depends_on_it() -> None:
    outside = Tensor(X)
    with trace_stack.new_trace() as outer:
        x = new_box(X, outer, VJPNode.new_root())
        with trace_stack.new_trace() as inner:
            pair = new_box((X, 2.0), inner, VJPNode.new_root())
            assert outer < inner
            assert isbox(pair)
            assert (pair[0] * x)._trace == pair._trace
            assert (outside * 2)._trace < (x * outside)._trace < inner
    assert trace_stack.top == -1


class Written(Node):
    """A formula."""

    def __init__(
        self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any
    ) -> None:
        texts = [str(arg) for arg in args]
        for argnum, parent in zip(argnums, parents, strict=True):
            texts[argnum] = parent.text
        self.text = f"{fun.__name__}({', '.join(texts)})"
        self.value = value

    def initialize_root(self, text: str) -> None:
        self.text = text


def test_a_trace_is_made_of_objects_of_the_programs_own() -> None:
    value, node = trace(Written.new_root("x"), lambda x: np.sin(x + x) / 2.0, 1.5)
    assert node.text == "divide(sin(add(x, x)), 2.0)"
    assert value == node.value == numpy.sin(3.0) / 2
    _, node = trace(Written.new_root("x"), grad(lambda x: x**3), 2.0)
    assert "multiply" in node.text
    _, node = trace(Written.new_root("xs"), lambda xs: xs[0] * xs["b"], {0: 2.0, "b": 3.0})
    assert "container_leaf(xs, 0)" in node.text
    with pytest.warns(UserWarning, match="does not depend on the input"):
        assert trace(Written.new_root("x"), lambda x: 5.0, 1.5) == (5.0, None)


def test_a_traced_value_stays_part_of_the_graph_outside() -> None:
    def f(x: Any) -> Any:
        value, _ = trace(Written.new_root("x"), np.sin, x)
        return value * x

    assert grad(f)(0.5) == pytest.approx(numpy.sin(0.5) + 0.5 * numpy.cos(0.5))


def test_a_node_has_to_say_what_it_is() -> None:
    with pytest.raises(NotImplementedError, match="Node does not define initialize_root"):
        Node.new_root()
    with pytest.raises(NotImplementedError, match="Node does not define __init__"):
        Node(1.0, len, (), {}, (), ())


def test_a_constant_graph_is_run_once_and_repeated() -> None:
    runs = []

    def f(x: Any, y: Any) -> Any:
        runs.append(1)
        return np.sum(np.sin(x) * y)

    repeated = const_graph(f, X)
    for factor in (1.0, 2.0, 3.0):
        assert_allclose(repeated(factor), factor * numpy.sin(X).sum())
    assert len(runs) == 1
    assert_allclose(grad(repeated)(2.0), numpy.sin(X).sum())
    independent = const_graph(lambda x: 1.0)
    with pytest.warns(UserWarning, match="output"), pytest.raises(ValueError, match="output"):
        independent(2.0)


def test_a_full_graph_leads_back_to_the_input() -> None:
    node = full_graph(lambda x, y: np.exp(x) * y, 2.0, 3.0)
    function, args, _, parents = node.recipe
    assert (function.__name__, args) == ("multiply", (numpy.exp(2.0), 3.0))
    assert {argnum for argnum, _ in parents} == {0, 1}


class Labelled(numpy.ndarray):
    """An array type of a program's own."""


def test_arrays_of_a_registered_type_are_differentiated() -> None:
    made = []

    def maker(value: Any, *rest: Any) -> Any:
        made.append(type(value))
        return ArrayBox(value, *rest)

    Box.type_mappings[Labelled] = maker
    VSpace.mappings[Labelled] = ArrayVSpace
    try:
        x = X.view(Labelled)
        assert_allclose(grad(lambda x: np.sum(x**2))(x), 2 * X)
        assert_allclose(backward_pass(1.0, np.sum(new_box(x, 0, VJPNode.new_root()))._node), 1.0)
        assert made == [Labelled, Labelled]
        assert vspace(x).size == 3
    finally:
        del Box.type_mappings[Labelled], VSpace.mappings[Labelled]


def test_what_is_no_array_is_refused() -> None:
    class Opaque:
        pass

    with pytest.raises(TypeError, match="can't differentiate with respect to a str"):
        new_box("x", 0, VJPNode.new_root())
    ArrayBox.register(Opaque)
    try:
        with pytest.raises(TypeError, match="a Opaque cannot be tracked: nodes hold numbers"):
            grad(lambda x: 1.0)(Opaque())
    finally:
        del Box.type_mappings[Opaque]


def test_boxes_are_recognized() -> None:
    x = Value(2.0)
    assert isinstance(x, Box)
    assert isinstance(x, ArrayBox)
    assert issubclass(Tensor, ArrayBox)
    assert not isinstance(2.0, ArrayBox)
    assert isinstance([x, 1.0], SequenceBox)
    assert not isinstance([1.0], SequenceBox)
    assert not isinstance({}, DictBox)
    assert getval({"a": [x]}) == {"a": [2.0]}
    assert getval(new_box([2.0], 0, VJPNode.new_root())) == [2.0]
    assert ArrayBox.sum is Tensor.sum


def test_a_method_given_to_boxes_is_one_of_nodes() -> None:
    ArrayBox.doubled = lambda self: 2 * self  # type: ignore[attr-defined]
    try:
        assert grad(lambda x: x.doubled())(1.0) == 2.0
        assert_array_equal(grad(lambda x: np.sum(x.doubled()))(X), 2.0)
    finally:
        del Tensor.doubled, Value.doubled  # type: ignore[attr-defined]


def test_numpys_protocols_given_to_boxes_are_those_that_nodes_have() -> None:
    """As tidy3d gives them, whose own look up a function of the same name in `autograd.numpy`."""

    def dispatch(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        assert all(kind in Box.type_mappings for kind in types)
        return getattr(np, func.__name__)(*args, **kwargs)

    before = Tensor.__array_function__
    ArrayBox.__array_function__ = dispatch
    assert Tensor.__array_function__ is before
    assert {Tensor, Value} <= set(Box.type_mappings)
    assert_allclose(grad(lambda x: numpy.squeeze(numpy.sin(x)))(X[:1]), numpy.cos(X[:1]))


def test_make_vjp_and_make_jvp_of_core_take_the_point_at_once() -> None:
    pull, value = make_vjp(lambda x: x**2, 3.0)
    assert (pull(1.0), value) == (6.0, 9.0)
    assert make_jvp(lambda x: x**2, 3.0)(10.0) == (9.0, 60.0)


def test_modules_and_builtins_are_there_after_one_import() -> None:
    for name in autograd.HIPS_MODULES:
        assert getattr(autograd, name).__name__ == f"autograd.{name}"
        assert name in dir(autograd)
    for name in autograd.HIPS_BUILTINS:
        assert getattr(autograd, name) is getattr(autograd.builtins, name)
        assert name not in autograd.__all__
