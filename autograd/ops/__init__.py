"""The operations and their derivatives."""

from autograd.engine.operations import Op
from autograd.ops import (
    complex_parts,
    convolution,
    decompositions,
    diagonals,
    elementwise,
    exponentials,
    fft,
    fourier,
    indexing,
    inverses,
    linalg,
    norms,
    op_types,
    products,
    reductions,
    repetition,
    running,
    shaping,
    structural,
    windows,
)
from autograd.ops.activations import gelu, hardtanh, mish, silu
from autograd.ops.complex_parts import conj, imag, real
from autograd.ops.contraction import einsum
from autograd.ops.convolution import conv
from autograd.ops.diagonals import diag, diagonal, trace, tril, triu
from autograd.ops.elementwise import (
    abs,
    add,
    angle,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cbrt,
    ceil,
    clip,
    cos,
    cosh,
    div,
    elu,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    floor_divide,
    heaviside,
    hypot,
    identity,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    maximum,
    minimum,
    mod,
    mul,
    neg,
    pow,
    reciprocal,
    relu,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    softsign,
    sqrt,
    square,
    stop_gradient,
    sub,
    tan,
    tanh,
    trunc,
    where,
)
from autograd.ops.exponentials import log_softmax, logsumexp, softmax
from autograd.ops.indexing import At, argsort, index, scatter, sort, take, take_along_axis
from autograd.ops.linalg import cholesky, det, eigh, inv, norm, qr, slogdet, solve, svd
from autograd.ops.padding import pad
from autograd.ops.pooling import avg_pool, max_pool
from autograd.ops.products import cross, dot, inner, kron, matmul, outer, tensordot, vdot
from autograd.ops.reductions import argmax, argmin, max, mean, median, min, ptp, std, var
from autograd.ops.repetition import repeat, tile
from autograd.ops.running import cumprod, cumsum, prod
from autograd.ops.shaping import (
    array_split,
    atleast_1d,
    atleast_2d,
    expand_dims,
    flip,
    fliplr,
    flipud,
    hstack,
    matrix_transpose,
    moveaxis,
    roll,
    split,
    squeeze,
    swapaxes,
    vstack,
)
from autograd.ops.structural import (
    Axis,
    array,
    broadcast_to,
    cast,
    concatenate,
    ravel,
    reshape,
    stack,
    sum,
    transpose,
)
from autograd.ops.structural import as_real as as_real
from autograd.ops.structural import shape_of as shape_of
from autograd.ops.windows import sliding_window_view

__all__ = [
    # elementwise: arithmetic
    "abs", "add", "cbrt", "div", "hypot", "mod", "mul", "neg", "pow", "reciprocal", "sign", "sqrt",
    "square", "sub",
    # elementwise: complex numbers
    "angle", "conj", "imag", "real",
    # elementwise: exponentials and logarithms
    "erf", "erfc", "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "sigmoid",
    "softplus",
    # elementwise: circular and hyperbolic
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cos", "cosh", "sin",
    "sinh", "tan", "tanh",
    # elementwise: activations
    "gelu", "hardtanh", "mish", "silu", "softsign",
    # elementwise: kinks and steps
    "ceil", "clip", "elu", "floor", "floor_divide", "heaviside", "leaky_relu", "maximum", "minimum",
    "relu", "round", "trunc", "where", "identity", "stop_gradient",
    # reductions and running sums
    "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logsumexp", "max", "mean", "median",
    "min", "prod", "ptp", "softmax", "std", "sum", "var",
    # shape
    "array", "array_split", "atleast_1d", "atleast_2d", "broadcast_to", "cast", "concatenate",
    "diag", "diagonal", "expand_dims", "flip", "fliplr", "flipud", "hstack", "matrix_transpose",
    "moveaxis", "pad", "ravel", "repeat", "reshape", "roll", "split", "squeeze", "stack",
    "swapaxes", "tile", "trace", "transpose", "tril", "triu", "vstack",
    # indexing
    "argsort", "index", "scatter", "sort", "take", "take_along_axis",
    # windows
    "avg_pool", "conv", "max_pool", "sliding_window_view",
    # products
    "cross", "dot", "einsum", "inner", "kron", "matmul", "outer", "tensordot", "vdot",
    # linear algebra
    "cholesky", "det", "eigh", "inv", "linalg", "norm", "qr", "slogdet", "solve", "svd",
    # Fourier transforms
    "fft",
    # types
    "At", "Axis",
]  # fmt: skip

TABLE: dict[str, Op] = {
    op.name: op
    for module in (
        op_types,
        elementwise,
        complex_parts,
        structural,
        indexing,
        shaping,
        diagonals,
        repetition,
        reductions,
        running,
        exponentials,
        products,
        inverses,
        decompositions,
        norms,
        fourier,
        windows,
        convolution,
    )
    for op in vars(module).values()
    if isinstance(op, Op)
}
"""Every operation, by name."""
