"""Recurrent layers: a state that is carried along a sequence, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Rng
from nn.init import Initializer, as_generator, uniform, weights
from nn.modules.layers import Dropout, of_width
from nn.modules.module import Module
from nn.registry import register


class _Recurrent(Module):
    """Layers of cells with ``gates`` rows of weights for each unit.

    A cell is ``step(state, x, h_weight, h_bias)``: the next state and the output, where x is the
    part of the gates that the input makes.
    """

    gates: ClassVar[int]
    states: ClassVar[int] = 1
    """How many arrays the state has."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: Initializer | None = None,
        rng: Rng | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(
                f"{type(self).__name__}: input_size={input_size}, hidden_size={hidden_size} and "
                f"num_layers={num_layers} must all be 1 or more"
            )
        generator = as_generator(rng)
        init = init or partial(uniform, epsilon=hidden_size**-0.5)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.batch_first = batch_first
        self.directions: tuple[str, ...] = ("", "_reverse") if bidirectional else ("",)
        rows = self.gates * hidden_size
        for layer in range(num_layers):
            width = hidden_size * len(self.directions) if layer else input_size
            for direction in self.directions:
                end = f"l{layer}{direction}"
                for name, columns in (("weight_ih", width), ("weight_hh", hidden_size)):
                    array = weights(init, (rows, columns), generator, dtype)
                    setattr(self, f"{name}_{end}", Tensor(array, name))
                for name in ("bias_ih", "bias_hh"):
                    own = Tensor(np.zeros(rows, dtype), name) if bias else None
                    setattr(self, f"{name}_{end}", own)
        self.dropout: Dropout | None = Dropout(dropout, generator) if dropout else None

    def step(self, state: Any, x: Any, h_weight: Any, h_bias: Any) -> tuple[Any, Any]:
        """The next state, and the output."""
        raise NotImplementedError

    def forward(self, x: ArrayLike | Tensor, hx: Any = None) -> tuple[Any, Any]:
        data = of_width(self, x, self.input_size)
        if data.ndim not in (2, 3):
            raise ValueError(
                f"{self.title()} got an input of shape {data.shape}; it must be "
                f"{'(n, steps' if self.batch_first else '(steps, n'}, {self.input_size}), or "
                f"(steps, {self.input_size}) for one sequence"
            )
        single = data.ndim == 2
        if single:
            data = ag.expand_dims(data, 1)
        elif self.batch_first:
            data = ag.swapaxes(data, 0, 1)
        states = self._first_states(hx, data, single)
        last: list[Any] = []
        for layer in range(self.num_layers):
            if layer and self.dropout is not None:
                data = self.dropout(data)
            outputs = []
            for direction in self.directions:
                state, output = self._along(data, states[len(last)], f"l{layer}{direction}")
                outputs.append(output)
                last.append(state)
            data = ag.concatenate(outputs, -1) if len(outputs) > 1 else outputs[0]
        parts = [ag.stack([state[n] for state in last]) for n in range(self.states)]
        if single:
            data, parts = data[:, 0], [part[:, 0] for part in parts]
        elif self.batch_first:
            data = ag.swapaxes(data, 0, 1)
        return data, parts[0] if self.states == 1 else tuple(parts)

    def _along(self, x: Any, state: Any, end: str) -> tuple[Any, Any]:
        """One layer in one direction: the last state, and all outputs."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        x_weight, h_weight, x_bias, h_bias = [getattr(self, f"{name}_{end}") for name in names]
        parts = x @ x_weight.T  # of all steps at once
        if x_bias is not None:
            parts = parts + x_bias
        cell: Callable[..., Any] = self.step
        return ag.scan(
            lambda state, part: cell(state, part, h_weight.T, h_bias),
            state,
            parts,
            reverse=end.endswith("_reverse"),
        )

    def _first_states(self, hx: Any, x: Any, single: bool) -> list[Any]:
        """The first state of each layer and direction: zeros, or those that are given."""
        count = self.num_layers * len(self.directions)
        shape = (count, x.shape[1], self.hidden_size)
        if hx is None:
            zero = np.zeros(shape[1:], x.dtype)
            return [(zero,) * self.states] * count
        given = [hx] if self.states == 1 else list(hx)
        arrays = [ag.expand_dims(part, 1) if single else ag.array(part) for part in given]
        if len(arrays) != self.states or any(part.shape != shape for part in arrays):
            raise ValueError(
                f"{self.title()} got a first state of shapes {[part.shape for part in arrays]}, "
                f"and needs {self.states} of shape {shape}"
            )
        return [tuple([part[n] for part in arrays]) for n in range(count)]


@register
class RNN(_Recurrent):
    """h ← tanh(W x + b + V h + c) along a sequence.

    input_size, hidden_size: the number of features of x and of units h.
    num_layers: each layer takes the outputs of the one before.
    nonlinearity: "tanh" or "relu".
    bias: whether there are b and c, which start at 0.
    batch_first: whether the input is (n, steps, input_size), and not (steps, n, input_size). It may
        be one sequence, (steps, input_size).
    dropout: the fraction of outputs dropped between layers in training mode.
    bidirectional: whether a second layer goes from the last step to the first; the outputs of both
        are joined.
    init: how weights are initialised, by default from U(-1/√hidden_size, 1/√hidden_size).

    Called with x and, if it is not 0, the first state (num_layers · directions, n, hidden_size), it
    returns the outputs of all steps and the last state. Names, order and meaning of arguments and
    parameters are PyTorch's. (Elman 1990.)

    >>> import numpy as np
    >>> outputs, last = RNN(3, 4, rng=0)(np.zeros((5, 2, 3)))
    >>> outputs.shape, last.shape
    ((5, 2, 4), (1, 2, 4))
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: Initializer | None = None,
        rng: Rng | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity={nonlinearity!r} must be 'tanh' or 'relu'")
        self.nonlinearity = nonlinearity
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            init=init,
            rng=rng,
            dtype=dtype,
        )

    def step(self, state: Any, x: Any, h_weight: Any, h_bias: Any) -> tuple[Any, Any]:
        z = x + state[0] @ h_weight
        z = z if h_bias is None else z + h_bias
        h = ag.tanh(z) if self.nonlinearity == "tanh" else ag.relu(z)
        return (h,), h


@register
class LSTM(_Recurrent):
    """Long short-term memory: a cell c that is kept, written and read by gates.

        i, f, o = σ(...),  g = tanh(...),  each of W x + b + V h + c
        c ← f c + i g,     h ← o tanh(c)

    The arguments are those of ``RNN``, without ``nonlinearity``; the state is the pair (h, c).
    Parameters hold the rows of i, f, g and o, in this order, as PyTorch's. (Hochreiter and
    Schmidhuber 1997; Gers et al. 2000.)

    >>> import numpy as np
    >>> outputs, (h, c) = LSTM(3, 4, rng=0)(np.zeros((5, 2, 3)))
    >>> outputs.shape, h.shape, c.shape
    ((5, 2, 4), (1, 2, 4), (1, 2, 4))
    """

    gates = 4
    states = 2

    def step(self, state: Any, x: Any, h_weight: Any, h_bias: Any) -> tuple[Any, Any]:
        h, c = state
        z = x + h @ h_weight
        z = z if h_bias is None else z + h_bias
        n = self.hidden_size
        gates = ag.sigmoid(z)
        c = gates[:, n : 2 * n] * c + gates[:, :n] * ag.tanh(z[:, 2 * n : 3 * n])
        h = gates[:, 3 * n :] * ag.tanh(c)
        return (h, c), h


@register
class GRU(_Recurrent):
    """Gated recurrent unit: an average of the state and a candidate.

        r, z = σ(W x + b + V h + c),   n = tanh(W x + b + r (V h + c))
        h ← (1 - z) n + z h

    The arguments are those of ``RNN``, without ``nonlinearity``. Parameters hold the rows of r, z
    and n, in this order, as PyTorch's. (Cho et al. 2014.)

    >>> import numpy as np
    >>> outputs, last = GRU(3, 4, rng=0)(np.zeros((5, 2, 3)))
    >>> outputs.shape, last.shape
    ((5, 2, 4), (1, 2, 4))
    """

    gates = 3

    def step(self, state: Any, x: Any, h_weight: Any, h_bias: Any) -> tuple[Any, Any]:
        (h,) = state
        n = 2 * self.hidden_size
        part = h @ h_weight
        part = part if h_bias is None else part + h_bias
        gates = ag.sigmoid(x[:, :n] + part[:, :n])
        r, z = gates[:, : self.hidden_size], gates[:, self.hidden_size :]
        candidate = ag.tanh(x[:, n:] + r * part[:, n:])
        h = candidate + z * (h - candidate)
        return (h,), h
