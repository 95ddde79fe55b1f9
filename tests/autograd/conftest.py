"""`pytest --jit tests/autograd`: the engine's tests, with derivatives that compile themselves.

Wherever a test asks `grad`, `jacobian` and the like for a derivative it gets `jit` of it. Tests
marked `eager` are left out: they look at graphs, or change what is outside of the function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

import autograd

DERIVATIVES = ("grad", "value_and_grad", "elementwise_grad", "derivative", "jacobian", "hessian")


def compiling(transform: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(transform)
    def compiled(*args: Any, **settings: Any) -> Any:
        return autograd.jit(transform(*args, **settings), notices=False)

    return compiled


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--jit"):  # else thousands of short tests need not even look
        config.pluginmanager.register(CompiledDerivatives())


class CompiledDerivatives:
    @pytest.fixture(autouse=True)
    def compiled_derivatives(
        self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not hasattr(request, "module"):
            return
        if request.node.get_closest_marker("eager"):
            pytest.skip("makes sense without the compiler only")
        for name in DERIVATIVES:
            transform = getattr(autograd, name)
            monkeypatch.setattr(autograd, name, compiling(transform))
            if getattr(request.module, name, None) is transform:
                monkeypatch.setattr(request.module, name, compiling(transform))
