"""Where a loss or a gradient that is NaN or infinite began: in which operation, of which module.

When it is looked for is said in ``nn.training``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from autograd import Tensor, Value, gradients
from nn.data import Array
from nn.modules.module import Module, Spans, spans

Node: TypeAlias = Tensor | Value

_ADVICE = "A smaller learning rate, clip_norm=, or a loss that takes logits may help."


class NonFiniteError(ArithmeticError):
    """A loss or a gradient is NaN or infinite, and training cannot go on.

    ``step`` and ``epoch`` (counted from 1) say when, ``operation`` and ``module`` (its path) where
    it began; both are "" where it did not begin in an operation, but in the data or a parameter.
    """

    def __init__(
        self, message: str, *, step: int, epoch: int, operation: str = "", module: str = ""
    ) -> None:
        super().__init__(message)
        self.step = step
        self.epoch = epoch
        self.operation = operation
        self.module = module


def explain(
    model: Module, loss: Callable[[Any, Any], Any], x: Array, y: Array, *, step: int, epoch: int
) -> NonFiniteError:
    """Take a step that failed again, all but the change of the parameters, and say where it began.

    ``model`` must be as it was before: parameters, mode, and random generators.
    """
    when = f"step {step} (epoch {epoch})"
    parameters = model.named_parameters()
    given = {"the mini-batch of inputs": x, "the mini-batch of targets": y}
    fault = first_not_finite(given)
    if fault:
        return NonFiniteError(f"{when}: {fault}", step=step, epoch=epoch)
    held = model.named_parameters(frozen=True) | model.named_buffers()
    fault = first_not_finite({f"{path!r} of the model": array for path, array in held.items()})
    if fault:
        message = f"{when}: {fault}, since an earlier step: {_ADVICE}"
        return NonFiniteError(message, step=step, epoch=epoch)
    try:  # what is made of the inputs before any parameter is recorded too if they are a node
        result, found = _run(model, loss, Tensor(x), y)
    except Exception:  # the model may want plain arrays
        result, found = _run(model, loss, x, y)
    if not is_finite(result):
        what = f"the loss is {_describe(_numbers(result))}"
        origin, derivative = origin_of_result(result), False
    else:
        for parameter in parameters.values():
            parameter.grad = 0.0 if isinstance(parameter, Value) else None
        result.backward()
        gradients = {f"the gradient of {path!r}": p.grad for path, p in parameters.items()}
        fault = first_not_finite({name: g for name, g in gradients.items() if g is not None})
        what = f"the loss is {result.item():.4g}, but {fault}"
        origin, derivative = origin_of_gradient(result), True
    if origin is None or origin.op is None:
        return NonFiniteError(f"{when}: {what}. {_ADVICE}", step=step, epoch=epoch)
    span = found.of(origin)
    where = f"operation {origin.op.name!r} of {'the loss' if span is None else f'module {span}'}"
    taken = ", ".join(_range(_numbers(arg)) for arg in origin.args)
    if derivative:
        began = f"the derivative of {where} (of {taken})"
    else:
        began = f"{where}, which made {_describe(_numbers(origin))} of {taken}"
    return NonFiniteError(
        f"{when}: {what}. It began in {began}. {_ADVICE}",
        step=step,
        epoch=epoch,
        operation=origin.op.name,
        module="" if span is None else span.path,
    )


def _run(model: Module, loss: Callable[[Any, Any], Any], x: Any, y: Array) -> tuple[Any, Spans]:
    """The loss, and which module made which node."""
    with spans() as found:
        output = model(x)
        try:
            return loss(output, y), found
        except ValueError:
            if is_finite(output):
                raise
            return output, found  # a loss may refuse what is not finite; then it began before


def is_finite(value: Any) -> bool:
    """Whether a number, an array or a node holds finite numbers only."""
    return bool(np.isfinite(_numbers(value)).all())


def first_not_finite(named: Mapping[str, Any]) -> str | None:
    """The first of the named arrays that is not finite, and what it holds, in words."""
    for name, value in named.items():
        if not is_finite(value):
            return f"{name} holds {_describe(_numbers(value))}"
    return None


def origin_of_result(output: Node) -> Node | None:
    """The earliest node whose result is not finite although all it was made from is.

    It is looked for along the paths of such results that lead to ``output``: an infinity that the
    program has masked is not taken for the cause. None where they begin in a leaf or constant.
    """
    origin: Node | None = None
    seen = {output}
    stack = [output]
    while stack:
        node = stack.pop()
        bad = [arg for arg in node.args if not is_finite(arg)]
        if not bad and (origin is None or node.index < origin.index):
            origin = node
        for arg in bad:
            if isinstance(arg, Tensor | Value) and arg.op is not None and arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return origin


def origin_of_gradient(output: Node) -> Node | None:
    """The node whose derivative was the first, going back, to make a finite cotangent infinite.

    ``output.backward()`` has been run, so each node holds its cotangent in ``.grad``.
    """
    for node in _interior(output):
        if node.grad is None or not is_finite(node.grad):
            continue
        bad = [p for p in node.parents if p.grad is not None and not is_finite(p.grad)]
        # Another use of the parent may be to blame: ask this operation's own derivative.
        if bad and not all(is_finite(g) for g in gradients(node, bad, seed=node.grad)):
            return node
    return None


def _interior(output: Node) -> list[Node]:
    """The nodes with a history that ``output`` depends on, latest first."""
    seen = {output}
    stack = [output]
    while stack:
        for parent in stack.pop().parents:
            if isinstance(parent, Tensor | Value) and parent.op is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=lambda node: node.index, reverse=True)


def _numbers(value: Any) -> Array:
    array = np.asarray(value.numpy() if isinstance(value, Tensor | Value) else value)
    return array if array.dtype.kind in "fiub" else np.zeros(())


def _describe(array: Array) -> str:
    """Which kinds of numbers that are not finite there are, and how many."""
    kinds = {"nan": np.isnan(array), "inf": np.isposinf(array), "-inf": np.isneginf(array)}
    held = " and ".join(kind for kind, where in kinds.items() if where.any())
    if array.ndim == 0:
        return held
    return f"{held} ({np.count_nonzero(~np.isfinite(array))} of the {array.size} numbers)"


def _range(array: Array) -> str:
    if array.ndim == 0:
        return f"{array.item():.4g}"
    if array.size == 0:
        return f"shape {array.shape}"
    return f"shape {array.shape} from {array.min():.4g} to {array.max():.4g}"
