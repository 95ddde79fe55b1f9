"""Random programs beside PyTorch: value, gradient, and Hessian times a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import grad, hvp
from tests.autograd.programs import AUTOGRAD, VOCABULARY, Program, programs

torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")
pytestmark = pytest.mark.oracle
torch.set_num_threads(1)  # more of them only wait for each other on arrays this small


def everywhere(f: Any) -> Any:
    """A function of torch that wants its axis named, over all entries where there is none."""

    def reduced(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        return f(x.reshape(-1), 0, False) if axis is None else f(x, axis, keepdims)

    return reduced


TORCH: dict[str, Any] = {
    **{name: getattr(torch, name) for name in ("sin", "cos", "tanh", "sigmoid", "arctan", "erf")},
    **{name: getattr(torch, name) for name in ("exp", "square", "neg", "relu", "abs", "expm1")},
    **{name: getattr(torch, name) for name in ("add", "sub", "mul", "maximum", "minimum")},
    **{name: getattr(torch, name) for name in ("logaddexp", "arctan2", "matmul")},
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "sqrt1": lambda x: torch.sqrt(1 + x * x),
    "log1": lambda x: torch.log(1.5 + x * x),
    "div1": lambda x, y: x / (1 + y * y),
    "pow1": lambda x, y: (1 + x * x) ** y,
    "hypot1": lambda x, y: torch.hypot(*torch.broadcast_tensors(x, 1 + y * y)),
    "sum": everywhere(torch.sum),
    "mean": everywhere(torch.mean),
    "max": everywhere(torch.amax),
    "prod": everywhere(torch.prod),
    "logsumexp": everywhere(torch.logsumexp),
    "var1": everywhere(lambda x, axis, keep: torch.var(x, axis, correction=0, keepdim=keep)),
    "cumsum": lambda x, axis: torch.cumsum(x, axis),
    "softmax": lambda x, axis: torch.softmax(x, axis),
    "log_softmax": lambda x, axis: torch.log_softmax(x, axis),
    "flip": lambda x, axis: torch.flip(x, (axis,)),
    "reshape": lambda x, shape: torch.reshape(x, shape),
    "transpose": lambda x, axes: torch.permute(x, axes),
    "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape),
    "index": lambda x, key: x[key],
    "take": lambda x, indices, axis: torch.index_select(x, axis, torch.tensor(indices)),
    "concatenate": lambda *xs, axis: torch.cat(xs, axis),
    "stack": lambda *xs, axis: torch.stack(xs, axis),
    "where": lambda x, y, mask: torch.where(torch.from_numpy(np.asarray(mask)), x, y),
    "einsum": lambda x, y, subscripts: torch.einsum(subscripts, x, y),
}


def test_torch_speaks_the_whole_vocabulary() -> None:
    assert TORCH.keys() == {*VOCABULARY}


def in_torch(program: Program, v: list[Any]) -> tuple[float, list[Any], list[Any]]:
    """Value, gradient and Hessian times v."""

    def tensor(x: Any) -> Any:
        return torch.tensor(np.asarray(x), dtype=torch.float64)

    inputs = [tensor(x).requires_grad_() for x in program.inputs]
    out = program.run(TORCH, inputs, [tensor(x) for x in program.constants])

    def derivative(y: Any) -> Any:
        if not (isinstance(y, torch.Tensor) and y.requires_grad):
            return [torch.zeros_like(x) for x in inputs]
        return torch.autograd.grad(
            y, inputs, create_graph=True, allow_unused=True, materialize_grads=True
        )

    gradient = derivative(out)
    slope = sum(torch.sum(g * tensor(t)) for g, t in zip(gradient, v, strict=True))
    second = derivative(slope)
    return out.item(), *([g.numpy(force=True) for g in gs] for gs in (gradient, second))


@settings(max_examples=200)
@given(programs(), st.integers(0, 2**32 - 1))
def test_programs_agree_with_pytorch(program: Program, seed: int) -> None:
    rng = np.random.default_rng(seed)
    v = [rng.uniform(-1, 1, np.shape(x)) for x in program.inputs]
    value, gradient, second = in_torch(program, v)

    def f(*xs: Any) -> Any:
        return program.run(AUTOGRAD, xs, program.constants)

    inputs = tuple(program.inputs)
    assert f(*inputs) == pytest.approx(value, rel=1e-12, abs=1e-12)
    ours = grad(f, range(len(inputs)))(*inputs)
    tangents = tuple(
        float(t) if isinstance(x, float) else t for x, t in zip(inputs, v, strict=True)
    )
    ours_second = hvp(f, inputs, tangents)
    size = 1 + max(np.abs(g).max() for g in second)
    for found, expected in zip(ours, gradient, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)
    for found, expected in zip(ours_second, second, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10 * size)
