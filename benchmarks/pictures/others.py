"""The five programs as they are written for micrograd and PyTorch, drawn by tools for these."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

Save = Callable[[Path], Path]


def draw_dot(program: str) -> Save | None:
    """As micrograd's notebook `trace_graph.ipynb` does it: a record for each value, an ellipse for
    each operation, from left to right.
    """
    import graphviz
    from micrograd.engine import Value
    from micrograd.nn import MLP

    if program == "expression":
        a, b = Value(2.0), Value(-3.0)
        c = a * b + a**2
        root = ((2 * c).relu() - 1) * 0.5  # it has no tanh
    elif program in ("neurons", "scalars"):
        random.seed(0)
        sizes = [3, 4, 4, 1] if program == "neurons" else [784, 42, 10]
        outputs = MLP(sizes[0], sizes[1:])([random.random() for _ in range(sizes[0])])
        root = outputs if isinstance(outputs, Value) else sum(outputs, Value(0.0))
    else:
        return None
    if program != "scalars":  # its recursion is deeper than Python's
        root.backward()

    def save(path: Path) -> Path:
        seen, stack = {root}, [root]
        while stack:
            for child in stack.pop()._prev:
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
        dot = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
        for node in seen:
            dot.node(
                str(id(node)), f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record"
            )
            if node._op:
                dot.node(f"{id(node)}{node._op}", node._op)
                dot.edge(f"{id(node)}{node._op}", str(id(node)))
            for child in node._prev:
                dot.edge(str(id(child)), f"{id(node)}{node._op}")
        return Path(dot.render(path, cleanup=True))

    return save


def model_of(program: str) -> tuple[Any, Any] | None:
    """The program as a PyTorch module and its input."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    if program == "expression":

        class Expression(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.a = nn.Parameter(torch.tensor(2.0))

            def forward(self, b: Any) -> Any:
                return torch.tanh(self.a * b + self.a**2)

        return Expression(), torch.tensor(-3.0, requires_grad=True)
    if program == "network":
        layers = nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10)
        return nn.Sequential(*layers), torch.rand(10, 784)
    if program == "transformer":

        class Transformer(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Linear(27, 16)
                self.blocks = nn.ModuleList(
                    nn.TransformerEncoderLayer(16, 4, 64, 0.0, batch_first=True, norm_first=True)
                    for _ in range(3)
                )
                self.head = nn.Linear(16, 27)

            def forward(self, x: Any) -> Any:
                mask = nn.Transformer.generate_square_subsequent_mask(8)
                x = self.embedding(x)
                for block in self.blocks:
                    x = block(x, src_mask=mask)
                return self.head(x)

        return Transformer(), torch.eye(27)[None, :8]

    class Neurons(nn.Module):
        """A neuron network of single numbers, each of them a tensor."""

        def __init__(self, sizes: list[int]) -> None:
            super().__init__()
            pairs = list(pairwise(sizes))
            self.weights = nn.ParameterList(
                nn.Parameter(torch.randn(())) for n_in, n_out in pairs for _ in range(n_in * n_out)
            )
            self.pairs = pairs

        def forward(self, x: Any) -> Any:
            weights, values = iter(self.weights), list(x)
            for n_in, n_out in self.pairs:
                values = [
                    torch.relu(sum(next(weights) * values[i] for i in range(n_in)))
                    for _ in range(n_out)
                ]
            return sum(values)

    sizes = [3, 4, 4, 1] if program == "neurons" else [784, 42, 10]
    return Neurons(sizes), torch.rand(sizes[0])


def torchviz(program: str) -> Save | None:
    import torchviz

    model, x = model_of(program)
    output = model(x).sum()

    def save(path: Path) -> Path:
        dot = torchviz.make_dot(output, params=dict(model.named_parameters()))
        return Path(dot.render(path, format="svg", cleanup=True))

    return save


def torchvista(program: str) -> Save | None:
    import torchvista

    model, x = model_of(program)
    model.eval()

    def save(path: Path) -> Path:
        page = path.with_suffix(".html")
        torchvista.trace_model(model, x, export_format="html", export_path=str(page))
        return page

    return save


def torchlens(program: str) -> Save | None:
    import torchlens

    model, x = model_of(program)

    def save(path: Path) -> Path:
        trace = torchlens.trace(model, x)
        trace.draw(vis_outpath=str(path), vis_fileformat="svg", vis_save_only=True)
        return path.with_suffix(".svg")

    return save
