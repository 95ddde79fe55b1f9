"""Operations that call functions of the user, and find all their cotangents at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.engine.graph import Args, Array, Node, Nodes
from autograd.engine.operations import RECORDING, Op, Shares, using
from autograd.ops.op_types import choose


def solver(
    name: str,
    kernel: Callable[..., Any],
    pull: Callable[[Array, Array, tuple[Array, ...]], list[Array]],
) -> Op:
    """An operation whose kernel calls user functions and whose cotangents are computed together.

    Derivatives taken inside those functions are not recorded in the graph outside.

    pull: pull(g, out, args) returns the cotangents of all args.
    """

    def isolated(*args: Any) -> Any:
        with using(RECORDING):
            return kernel(*args)

    return _Solver(name, isolated, pull)


class _Solver(Op):
    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        pull_all: Callable[[Array, Array, tuple[Array, ...]], list[Array]],
    ) -> None:
        super().__init__(name, kernel)
        self.pull_all = pull_all

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        return choose(node, self.pull_all(g, out, args), active)
