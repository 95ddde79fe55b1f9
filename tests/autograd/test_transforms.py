"""Functions from functions to derivatives: what they take, what they give, how they nest."""

from __future__ import annotations

import copy
import inspect
from collections import OrderedDict, namedtuple
from typing import Any, ClassVar

import numpy as np
import pytest

import autograd as ad
from autograd import (
    Tensor,
    Value,
    checkpoint,
    derivative,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    value_and_grad,
    vjp,
    vmap,
)

X = np.array([0.5, -1.0, 2.0])


def cubic(x: Any, y: Any) -> Any:
    return ad.sum(x**3 * y)


def rosenbrock(x: Any) -> Any:
    return ad.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


class TestGrad:
    def test_nested_grad_of_the_issue(self) -> None:
        assert grad(grad(lambda x: x**4))(2.0) == 48.0

    def test_argnums_choose_the_arguments(self) -> None:
        assert grad(lambda x, y: x * y**2)(2.0, 3.0) == 9.0
        assert grad(lambda x, y: x * y**2, 1)(2.0, 3.0) == 12.0
        assert grad(lambda x, y: x * y**2, (0, 1))(2.0, 3.0) == (9.0, 12.0)
        assert grad(lambda x, y: x * y**2, [1])(2.0, 3.0) == (12.0,)
        assert grad(lambda x, y: x * y**2, -1)(2.0, 3.0) == 12.0
        assert grad(lambda x, y: x * y**2, (1, 0))(2.0, 3.0) == (12.0, 9.0)

    def test_argnums_beyond_the_arguments_are_refused(self) -> None:
        with pytest.raises(ValueError, match="argument 2, and the function was called with 2"):
            grad(cubic, 2)(X, X)

    def test_an_argument_named_twice_is_refused(self) -> None:
        for argnums in ((0, 0), (0, -2)):
            with pytest.raises(ValueError, match=r"argnums .* names an argument twice"):
                grad(cubic, argnums)(X, X)

    def test_the_value_comes_with_the_gradient(self) -> None:
        value, gradient = value_and_grad(cubic)(X, 2.0)
        assert value == pytest.approx(2 * np.sum(X**3))
        np.testing.assert_allclose(gradient, 6 * X**2)

    def test_auxiliary_results_pass_through(self) -> None:
        def f(x: Any) -> Any:
            hidden = x * 2.0
            return ad.sum(hidden**2), {"hidden": hidden, "note": "as it is", "n": 3}

        (value, aux), gradient = value_and_grad(f, has_aux=True)(X)
        assert value == np.sum(4 * X**2)
        assert type(aux["hidden"]) is np.ndarray
        np.testing.assert_array_equal(aux["hidden"], 2 * X)
        assert (aux["note"], aux["n"]) == ("as it is", 3)
        gradient_too, aux_too = grad(f, has_aux=True)(X)
        np.testing.assert_array_equal(gradient, gradient_too)
        np.testing.assert_array_equal(aux_too["hidden"], 2 * X)

    def test_a_missing_auxiliary_result_is_named(self) -> None:
        with pytest.raises(TypeError, match=r"must return \(output, aux\)"):
            grad(lambda x: x * 2.0, has_aux=True)(1.0)

    def test_keyword_arguments_are_handed_on(self) -> None:
        f = grad(lambda x, *, power, scale=1.0: scale * x**power)
        assert f(2.0, power=3) == 12.0
        assert f(2.0, power=3, scale=10.0) == 120.0

    def test_other_arguments_may_be_anything(self) -> None:
        assert (
            grad(lambda x, how, flags: x**2 if how == "square" else x)(3.0, "square", None) == 6.0
        )

    def test_the_form_of_a_gradient_is_that_of_its_argument(self) -> None:
        Layer = namedtuple("Layer", "w b")
        parameters = {
            "layers": [Layer(np.eye(2), np.zeros(2)), Layer(np.ones((1, 2)), 0.5)],
            "scale": (2.0, [3]),
            "none": (),
        }

        def f(p: Any) -> Any:
            h = np.array([1.0, -1.0])
            for w, b in p["layers"]:
                h = w @ h + b
            return ad.sum(h) * p["scale"][0] * p["scale"][1][0]

        g = grad(f)(parameters)
        assert list(g) == ["layers", "scale", "none"]
        assert type(g["layers"][0]) is Layer
        assert g["layers"][1].b == 6.0
        np.testing.assert_array_equal(g["layers"][0].b, [6.0, 6.0])
        np.testing.assert_array_equal(g["layers"][1].w, [[6.0, -6.0]])
        assert g["scale"] == (1.5, [1.0])
        assert g["none"] == ()

    def test_kinds_of_dict_are_kept(self) -> None:
        g = grad(lambda p: p["a"] * p["b"])(OrderedDict(b=2.0, a=3.0))
        assert type(g) is OrderedDict
        assert list(g.items()) == [("b", 3.0), ("a", 2.0)]

    def test_an_argument_that_is_not_used_gets_zeros(self) -> None:
        _, h = grad(lambda x, y: ad.sum(x), (0, 1))(X, np.ones((2, 2)))
        np.testing.assert_array_equal(h, np.zeros((2, 2)), strict=True)
        assert grad(lambda x: 3.0)(2.0) == 0.0
        assert grad(lambda x: ad.floor(x))(2.5) == 0.0

    def test_the_argument_itself_has_gradient_one(self) -> None:
        assert grad(lambda x: x)(2.0) == 1.0

    def test_results_are_plain(self) -> None:
        assert type(grad(lambda x: x**2)(2.0)) is float
        assert type(grad(lambda x: x**2)(2)) is float
        assert type(grad(lambda x: ad.sum(x**2))(X)) is np.ndarray
        value, _ = value_and_grad(lambda x: ad.sum(x**2))(X)
        assert isinstance(value, float)

    def test_float32_gives_float32(self) -> None:
        g = grad(lambda x: ad.sum(ad.exp(x) * 2))(X.astype(np.float32))
        assert g.dtype == np.float32

    def test_results_may_be_written_to_and_share_nothing_with_the_arguments(self) -> None:
        x = X.copy()
        gs = grad(lambda x, y: ad.sum(x + y), (0, 1))(x, x)
        gs[0][:] = 7.0
        np.testing.assert_array_equal(gs[1], np.ones(3))
        value, _ = value_and_grad(lambda x: x.reshape(()))(np.array([2.0]))
        assert value == 2.0
        np.testing.assert_array_equal(x, X)

    def test_grad_and_backward_leave_each_other_alone(self) -> None:
        a = Value(3.0)
        slope = grad(lambda x: x * a)(2.0)
        assert a.grad == 0.0
        assert slope.data == 3.0

    def test_a_derivative_says_by_its_name_what_it_is(self) -> None:
        for transform in (grad, value_and_grad, elementwise_grad, jacobian, hessian):
            found: Any = transform(rosenbrock)
            name = transform.__name__
            assert found.__name__ == f"{name}_of_rosenbrock_wrt_argnum_0"
            assert found.__doc__.startswith(f"    {name} of function rosenbrock with respect to")
            assert inspect.signature(found) == inspect.signature(rosenbrock)
        assert grad(print, (0, 1)).__name__ == "grad_of_print_wrt_argnum_(0, 1)"

    def test_no_grad_outside_does_not_matter(self) -> None:
        with ad.no_grad():
            assert grad(lambda x: x**2)(3.0) == 6.0
            assert grad(grad(lambda x: x**3))(3.0) == 18.0

    def test_no_grad_inside_cuts(self) -> None:
        def f(x: Any) -> Any:
            with ad.no_grad():
                constant = x * 1.0
            return x * constant

        assert grad(f)(3.0) == 3.0

    def test_stop_gradient_holds_constant_at_every_order(self) -> None:
        def f(x: Any) -> Any:
            return x**2 * ad.stop_gradient(x)

        assert grad(f)(3.0) == 18.0
        assert grad(grad(f))(3.0) == 6.0
        np.testing.assert_array_equal(grad(lambda x: ad.sum(x * ad.stop_gradient(x)))(X), X)


class TestDerivative:
    def test_every_order_of_a_polynomial(self) -> None:
        for n, expected in enumerate((32.0, 80.0, 160.0, 240.0, 240.0, 120.0, 0.0)):
            assert derivative(lambda x: x**5, n)(2.0) == expected

    def test_the_fifth_derivative_of_tanh(self) -> None:
        t = np.tanh(0.3)
        expected = 16 - 136 * t**2 + 240 * t**4 - 120 * t**6
        assert derivative(ad.tanh, 5)(0.3) == pytest.approx(expected, rel=1e-12)

    def test_entry_by_entry_on_arrays(self) -> None:
        np.testing.assert_allclose(derivative(np.sin, 3)(X), -np.cos(X), rtol=1e-15)

    def test_a_negative_order_is_refused(self) -> None:
        with pytest.raises(ValueError, match="0 or more, not -1"):
            derivative(ad.sin, -1)

    @pytest.mark.parametrize("point", [0.5, Value(0.5), X, None])
    def test_a_point_in_place_of_the_order_is_refused(self, point: Any) -> None:
        with pytest.raises(TypeError, match=r"integer, not of type .*is derivative\(f\)\(x\)"):
            derivative(ad.sin, point)
        assert derivative(ad.sin, np.int64(3))(0.0) == -1.0

    def test_messages_and_names_are_those_of_derivative(self) -> None:
        assert derivative(rosenbrock).__name__ == "derivative_of_rosenbrock_wrt_argnum_0"
        with pytest.raises(
            TypeError, match="derivative: cannot differentiate with respect to None"
        ):
            derivative(ad.sin)(None)  # type: ignore[arg-type]
        with pytest.warns(UserWarning, match="derivative gives zeros"):
            derivative(lambda x: 3.0)(1.0)

    def test_elementwise_grad_of_arguments_and_of_several_results(self) -> None:
        np.testing.assert_allclose(elementwise_grad(lambda x, y: x * y, 1)(X, X + 1), X)
        np.testing.assert_allclose(elementwise_grad(lambda x: (x**2, x))(X), 2 * X + 1)


class TestVjp:
    def test_the_pullback_can_be_used_again_and_again(self) -> None:
        out, pullback = vjp(lambda x, y: ad.sin(x) * y, X, 2.0)
        np.testing.assert_allclose(out, 2 * np.sin(X))
        for scale in (1.0, 3.0):
            gx, gy = pullback(np.full(3, scale))
            np.testing.assert_allclose(gx, scale * 2 * np.cos(X), rtol=1e-15)
            assert gy == pytest.approx(scale * np.sum(np.sin(X)), rel=1e-15)

    def test_a_cotangent_has_the_form_of_the_result(self) -> None:
        out, pullback = vjp(lambda x: {"a": x**2, "b": (ad.sum(x), 1.0)}, X)
        assert out["b"][0] == X.sum()
        (g,) = pullback({"a": np.ones(3), "b": (10.0, 5.0)})
        np.testing.assert_allclose(g, 2 * X + 10.0)
        with pytest.raises(ValueError, match="result has 3 parts, the cotangent 1"):
            pullback(np.ones(3))

    def test_false_as_jax_hands_it_over_for_an_integer_stands_for_no_part(
        self,
    ) -> None:
        _, pullback = vjp(lambda x: (ad.sum(x), x**2), X)
        for cotangent in ([10.0, np.ones(3), np.array(False)], [False, 10.0, np.ones(3)]):
            np.testing.assert_allclose(pullback(cotangent)[0], 10.0 + 2 * X)
        for excess in (True, 0.0, 0):
            with pytest.raises(ValueError, match="result has 2 parts, the cotangent 3"):
                pullback([10.0, np.ones(3), excess])

    def test_a_cotangent_of_another_shape_is_refused(self) -> None:
        _, pullback = vjp(ad.sin, X)
        with pytest.raises(ValueError, match=r"shape \(2,\) does not fit .* shape \(3,\)"):
            pullback(np.ones(2))

    def test_the_pullback_is_linear_and_differentiable_in_its_cotangent(self) -> None:
        _, pullback = vjp(lambda x: x**2, X)
        g = grad(lambda u: ad.sum(pullback(u)[0] * np.array([1.0, 10.0, 100.0])))(np.ones(3))
        assert isinstance(g, Tensor)  # it hangs on the nodes that the pullback holds
        np.testing.assert_allclose(g.data, 2 * X * [1.0, 10.0, 100.0])

    def test_tangents_have_to_be_as_many_as_primals(self) -> None:
        with pytest.raises(ValueError, match="2 primals and 1 tangents"):
            jvp(lambda x, y: x, (1.0, 2.0), (1.0,))
        with pytest.raises(ValueError, match=r"shape \(2,\) does not fit"):
            jvp(ad.sin, (X,), (np.ones(2),))


class TestErrors:
    @pytest.mark.parametrize(
        "transform", [grad, value_and_grad, elementwise_grad, derivative, jacobian, hessian]
    )
    @pytest.mark.parametrize("result", [9.0, X, Value(9.0)])
    def test_a_result_in_place_of_a_function_is_refused_at_once(
        self, transform: Any, result: Any
    ) -> None:
        name = type(result).__name__
        with pytest.raises(TypeError, match=rf"must be a function, not of type {name}.*gradients"):
            transform(result)

    @pytest.mark.parametrize(
        "transform",
        [jit, vmap, ad.vectorize, checkpoint, ad.laplacian, ad.biharmonic, ad.hessian_diagonal],
    )
    def test_others_refuse_it_before_the_first_call_too(self, transform: Any) -> None:
        with pytest.raises(TypeError, match=rf"^{transform.__name__}: .* must be a function"):
            transform(9.0)

    @pytest.mark.eager
    @pytest.mark.parametrize(
        "f",
        [
            lambda x: (x**2).sum(),
            lambda x: x.sum(),
            lambda x: np.sum(x * np.sin(x)),
            lambda x: np.sum(2.0 * x),
        ],
    )
    def test_where_a_list_does_not_serve_as_an_array_a_note_says_so(self, f: Any) -> None:
        with pytest.raises((AttributeError, TypeError, ValueError)) as caught:
            grad(f)([1.0, 2.0])
        (note,) = caught.value.__notes__
        assert "Argument 0 is a list of numbers" in note
        assert "np.array([...])" in note
        for argument in X, [X, {"b": X}]:
            with pytest.raises((AttributeError, TypeError)) as other:
                grad(lambda x: x.missing)(argument)
            assert not hasattr(other.value, "__notes__")
        op = ad.custom_op(np.sin, derivative=lambda x: ad.cos(x), name="sine")
        with pytest.raises(TypeError) as inside:
            ad.check_grads(op, 1.0)
        assert not hasattr(inside.value, "__notes__")

    def test_a_list_of_numbers_is_no_cotangent_and_no_tangent_of_an_array(self) -> None:
        with pytest.raises(ValueError, match=r"the cotangent 3.*no list of numbers"):
            vjp(np.cumsum, X)[1]([1.0, 1.0, 1.0])
        for run in (jvp, ad.hvp):
            with pytest.raises(ValueError, match=r"3 tangents.*no list of numbers"):
                run(lambda x: ad.sum(x**2), X, [1.0, 1.0, 1.0])

    def test_a_number_that_is_differentiated_is_no_count(self) -> None:
        def power(n: Any, x: Any) -> Any:
            for _ in range(n):
                x = x * x
            return x

        with pytest.raises(TypeError, match=r"an index or a count.*argnums chooses"):
            grad(power)(3, 2.0)
        assert grad(power, argnums=1)(1, 2.0) == 4.0

    @pytest.mark.parametrize(
        ("f", "message"),
        [
            (
                lambda x: x * 2,
                r"grad: the function must return a single number.*shape \(3,\).*jacobian",
            ),
            (lambda x: None, r"returned None \(is a `return` missing\?\)"),
            (lambda x: (x, x), "returned a tuple of 2; for several results use jacobian or vjp"),
            (lambda x: {"a": x, "b": x}, "returned a dict of 2"),
            (lambda x: "text", "returned a str"),
        ],
    )
    def test_a_function_that_gives_no_number(self, f: Any, message: str) -> None:
        with pytest.raises((TypeError, ValueError), match=message):
            grad(f)(X)

    @pytest.mark.parametrize("bad", ["text", None, True, object(), {1.0}])
    def test_an_argument_that_is_no_number(self, bad: Any) -> None:
        with pytest.raises(TypeError, match=r"cannot differentiate with respect to|complex"):
            grad(lambda x: x)(bad)

    def test_arrays_of_text_and_of_objects(self) -> None:
        for bad in (np.array(["a"]), np.array([object()])):
            with pytest.raises(TypeError):
                grad(lambda x: ad.sum(x))(bad)


def test_a_truth_value_has_no_derivative() -> None:
    for f in (lambda x: np.allclose(x, x), lambda x: x > 0.0, lambda x: np.any(x > 0)):
        with pytest.raises(TypeError, match="returned a truth value, which has no derivative"):
            grad(f)(np.array(1.0))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_keeps_its_history(copied: Any) -> None:
    for x in (3.0, np.array([1.0, 2.0])):
        np.testing.assert_array_equal(grad(lambda x: ad.sum(copied(x) ** 2))(x), 2 * x)
        np.testing.assert_array_equal(grad(lambda x: ad.sum(copied(x * 2) * x))(x), 4 * x)
    leaf = Tensor([1.0, 2.0])
    assert copied(leaf).op is None
    assert copied(leaf) is not leaf


class TestMissingParts:
    """A None in a container stands for a part that is missing, in arguments and in results."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        "w": np.array([1.0, 3.0]),
        "b": None,
        "more": [None, 2.0],
    }

    @staticmethod
    def loss(p: dict[str, Any]) -> Any:
        shift = 0.0 if p["b"] is None else p["b"]
        return (p["w"] ** 2).sum() * p["more"][1] + shift

    def same(self, found: Any, expected: Any) -> None:
        assert found["b"] is found["more"][0] is None
        np.testing.assert_array_equal(found["w"], expected["w"])
        assert found["more"][1] == expected["more"][1]

    @pytest.mark.parametrize("run", [grad, lambda f: jit(grad(f)), lambda f: grad(checkpoint(f))])
    def test_a_gradient_has_none_there_too(self, run: Any) -> None:
        gradient = run(self.loss)
        for factor in (1.0, 2.0, 3.0):
            p = {**self.PARAMETERS, "w": factor * self.PARAMETERS["w"]}
            expected = {"w": 4.0 * p["w"], "more": [None, (p["w"] ** 2).sum()]}
            self.same(gradient(p), expected)

    def test_other_transforms_keep_it(self) -> None:
        p = self.PARAMETERS
        squares = (p["w"] ** 2).sum()
        self.same(hvp(self.loss, p, p), {"w": 8 * p["w"], "more": [None, 2 * squares]})
        self.same(jacobian(self.loss)(p), grad(self.loss)(p))
        batch = {"w": np.stack([p["w"], 2 * p["w"]]), "b": None, "more": [None, np.ones(2)]}
        found = vmap(grad(self.loss), ({"w": 0, "b": None, "more": 0},))(batch)
        assert found["b"] is found["more"][0] is None
        np.testing.assert_array_equal(found["w"], 2 * batch["w"])
        value, pull = vjp(lambda p: {"twice": 2 * p["w"], "nothing": None}, p)
        assert value["nothing"] is None
        self.same(
            pull({"twice": np.ones(2), "nothing": None})[0],
            {"w": np.full(2, 2.0), "more": [None, 0.0]},
        )

    def test_results_of_compiled_functions_keep_it_in_every_call(self) -> None:
        f = jit(lambda x: (x, None, {"a": None, "b": 2 * x}))
        for x in (1.0, 2.0, 3.0):
            assert f(x) == (x, None, {"a": None, "b": 2 * x})

    def test_a_part_that_comes_back_is_noticed(self) -> None:
        gradient = jit(grad(self.loss))
        assert gradient(self.PARAMETERS)["b"] is None
        assert gradient({**self.PARAMETERS, "b": 5.0})["b"] == 1.0
        assert gradient(self.PARAMETERS)["b"] is None

    def test_an_argument_that_is_none_has_no_derivative(self) -> None:
        with pytest.raises(TypeError, match="with respect to None"):
            grad(lambda x: 1.0)(None)


def test_the_cotangent_of_a_missing_part_is_left_out() -> None:
    (x, missing, rest), pull = vjp(lambda x: (x**2, None, {"a": 3 * x, "b": None}), 2.0)
    assert (x, missing, rest) == (4.0, None, {"a": 6.0, "b": None})
    assert pull((1.0, 5.0, {"a": 10.0, "b": 7.0})) == (34.0,)
    assert pull((1.0, None, {"a": 10.0, "b": None})) == (34.0,)
