"""Draws the pictures of "How the engine works": `python docs/images/engine.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autograd import Drawing, Tensor, Value, draw, gradients


def uses() -> Drawing:
    """A node that is used twice, and made of one that is used twice."""
    a = Value(3.0, "a")
    b = a + a
    b.label = "b"
    c = b + b
    c.label = "c"
    c.backward()
    return draw(c, rankdir="LR")


def derivative() -> Drawing:
    """The graph of a function, and the graph of its derivative around it."""
    x = Value(2.0, "x")
    y = x**3
    y.label = "y"
    slope = gradients(y, x, create_graph=True)
    slope.label = "dy/dx"
    return draw([y, slope], gradients=False, rankdir="LR")


def broadcast() -> Drawing:
    """A row that NumPy repeats, and its gradient, which is summed over the repetitions."""
    x = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "x")
    b = Tensor([10.0, 20.0], "b")
    total = (x * b).sum()
    total.backward()
    return draw(total, rankdir="LR")


PICTURES: dict[str, Callable[[], Drawing]] = {
    picture.__name__: picture for picture in (uses, derivative, broadcast)
}

if __name__ == "__main__":
    for name, picture in PICTURES.items():
        for format in ("svg", "dot"):
            picture().save(Path(__file__).with_name(f"{name}.{format}"))
