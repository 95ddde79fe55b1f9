"""Activations of networks that are composed of other functions, and exact far from 0."""

from __future__ import annotations

import math
from typing import Literal

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import is_complex
from autograd.ops.elementwise import clip, erfc, sigmoid, square
from autograd.ops.structural import as_array


@array_function
def gelu(x: ArrayLike, approximate: Literal["none", "tanh"] = "none") -> Array:
    """x Φ(x), with the distribution function Φ of the normal distribution.

    approximate: "tanh" for x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, which is faster, and what
        GPT-2 was trained with.

    The derivative is Φ(x) + x φ(x). (Hendrycks and Gimpel 2016.)

    >>> from autograd import gelu
    >>> round(gelu(1.0), 9), round(gelu(1.0, "tanh"), 9)
    (0.841344746, 0.841191991)
    """
    z: Array = x if isinstance(x, float) else as_array(x)
    if is_complex(z):
        raise TypeError("gelu: arguments must be real")
    if approximate == "none":
        return z * (0.5 * erfc(z * -math.sqrt(0.5)))
    if approximate != "tanh":
        raise ValueError(f"gelu: approximate={approximate!r} must be 'none' or 'tanh'")
    u = z * (1 + 0.044715 * square(z))
    return z * sigmoid(u * (2 * math.sqrt(2 / math.pi)))  # (1 + tanh(u)) / 2, also where it is tiny


@array_function
def silu(x: ArrayLike) -> Array:
    """x σ(x), also called swish, with the derivative σ(x) (1 + x (1 - σ(x))).

    (Hendrycks and Gimpel 2016; Ramachandran et al. 2017.)

    >>> from autograd import grad, silu
    >>> silu(0.0), grad(silu)(0.0)
    (0.0, 0.5)
    """
    z: Array = x if isinstance(x, float) else as_array(x)
    return z * sigmoid(z)


@array_function
def mish(x: ArrayLike) -> Array:
    """x tanh(ln(1 + exp(x))), a smooth function that has a minimum left of 0, as `silu` has.

    (Misra 2019.)

    >>> from autograd import grad, mish
    >>> mish(0.0), grad(mish)(0.0)
    (0.0, 0.6)
    """
    z: Array = x if isinstance(x, float) else as_array(x)
    below = sigmoid(-z)  # 1 / (1 + exp(z)), by which tanh(ln(1 + exp(z))) keeps its digits
    return z * (sigmoid(z) * (1 + below) / (1 + square(below)))


@array_function
def hardtanh(x: ArrayLike, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """x between two numbers, and the nearer of them beyond; the derivative is 1 or 0.

    It is `clip`, under PyTorch's name. At the numbers themselves the derivative is taken as 0.

    >>> from autograd import grad, hardtanh
    >>> hardtanh(3.0), hardtanh(0.5), grad(hardtanh)(1.0)
    (1.0, 0.5, 0.0)
    """
    return clip(x, min_val, max_val)
