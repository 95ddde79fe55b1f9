"""Scopes record which part of a program made which nodes, for `draw` to show."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

import nn
from autograd import Node, Tensor, Value, begin_scope, end_scope
from autograd.pictures.drawing.subject import parameter_paths
from autograd.scopes import MOST, Scope, scopes


def scopes_of(first: Node, last: Node) -> list[tuple[str, str]]:
    return [(scope.path, scope.kind) for scope in scopes(first.index, last.index)]


def innermost(node: Node) -> Scope | None:
    found = [s for s in scopes(node.index, node.index) if s.first < node.index < s.last]
    return found[-1] if found else None


def test_runs_have_paths_from_the_outermost_module() -> None:
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh()), nn.Linear(2, 1, rng=0))
    x = Tensor(np.ones((1, 2)))
    out = model(x)
    loss = out.sum()
    assert scopes_of(x, loss) == [
        ("", "Sequential"), ("0", "Sequential"), ("0.0", "Linear"), ("0.1", "Tanh"), ("1", "Linear")
    ]  # fmt: skip
    scope = innermost(out)
    assert scope is not None
    assert scope.path == "1"
    assert scope.root is model
    assert innermost(loss) is None
    assert {path: node.shape for node, path in parameter_paths([model]).items()} == {
        "0.0.weight": (2, 2), "0.0.bias": (2,), "1.weight": (1, 2), "1.bias": (1,)
    }  # fmt: skip


def test_a_module_that_fails_ends_its_run() -> None:
    layer = nn.Linear(2, 1, rng=0)
    before = Value(0.0)
    try:
        layer(np.ones((1, 3)))
    except ValueError:
        out = layer(np.ones((1, 2)))
    after = out * 2
    assert scopes_of(before, after) == [("", "Linear")] * 2
    assert innermost(after) is None


def test_the_log_keeps_no_module_alive_and_does_not_grow_for_ever() -> None:
    def run() -> Any:
        return nn.Linear(2, 1, rng=0)(np.ones((1, 2)))

    out = run()
    gc.collect()
    assert innermost(out) is None
    tanh = nn.Tanh()
    x = Tensor([1.0])
    early = tanh(x)
    for _ in range(MOST):
        end_scope(tanh, begin_scope())
    late = tanh(x)
    assert innermost(early) is None
    assert innermost(late) is not None
