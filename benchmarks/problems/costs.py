"""The work `gradient-cost`: what derivatives cost beside the function, and their formulas."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.problems import steps, valley
from benchmarks.problems.arrays import Answer, Array
from benchmarks.problems.epochs import NETWORKS
from benchmarks.timing import Case

NETWORK = NETWORKS[1]
LINKS = 1000

LOSS = "loss of 784-200-10, batch 100, float32"
CHAIN = f"chain of {LINKS} elementwise operations on 1000 numbers"
VALLEY = "Rosenbrock's function of 10,000 numbers"
FUNCTION, GRADIENT, PRODUCT = "function", "value and gradient", "Hessian times a vector"

# Of measures: what each is divided by, of the same system.
QUOTIENTS = (
    (f"{LOSS} | {GRADIENT}", f"{LOSS} | {FUNCTION}"),
    (f"{LOSS} | {PRODUCT}", f"{LOSS} | {GRADIENT}"),
    (f"{CHAIN} | {GRADIENT}", f"{CHAIN} | {FUNCTION}"),
    (f"{VALLEY} | {GRADIENT}", f"{VALLEY} | {FUNCTION}"),
    (f"{VALLEY} | {PRODUCT}", f"{VALLEY} | {GRADIENT}"),
)

Parameters = list[Array]


def parameters() -> Parameters:
    """Those of the network."""
    return list(NETWORK.parameters())


def parameter_direction() -> Parameters:
    """What the Hessian of the loss is multiplied with."""
    rng = np.random.default_rng(5)
    return [rng.standard_normal(array.shape, dtype=np.float32) for array in parameters()]


def batch() -> tuple[Array, Array]:
    """Inputs, and the classes as rows of zeros with a one."""
    x, labels = steps.batch(NETWORK)
    return x, np.eye(10, dtype=x.dtype)[labels]


def chain_inputs() -> tuple[Array, Array]:
    """The numbers that the chain begins with, and those that it is made with."""
    x, y = np.random.default_rng(6).uniform(0.5, 1.5, (2, 1000))
    return x, y


def chain(x: Any, y: Any, sin: Callable[[Any], Any]) -> Any:
    """LINKS operations in a row: x ← x + 0.01 sin(x y), whose slope neither grows nor dies out."""
    for _ in range(LINKS // 4):
        x = x + 0.01 * sin(x * y)
    return x


def chain_and_gradient(x: Array, y: Array) -> tuple[float, Array]:
    """The sum of what the chain ends with, and its gradient by x: the angles are kept."""
    angles = []
    for _ in range(LINKS // 4):
        angles.append(x * y)
        x = x + 0.01 * np.sin(angles[-1])
    factor = 0.01 * y
    slope = np.ones_like(x)
    for angle in reversed(angles):
        slope = slope + slope * np.cos(angle) * factor
    return float(x.sum()), slope


def forward(p: Parameters, x: Array, right: Array) -> tuple[Array, Array, float]:
    """The hidden layer, the probabilities and the loss."""
    w1, b1, w2, b2 = p
    hidden = np.maximum(x @ w1 + b1, 0)
    logits = hidden @ w2 + b2
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    return hidden, probabilities, -float(np.log((probabilities * right).sum(axis=1)).mean())


def loss(p: Parameters, x: Array, right: Array) -> float:
    """The loss."""
    return forward(p, x, right)[2]


def loss_and_gradient(p: Parameters, x: Array, right: Array) -> tuple[float, Parameters]:
    """The loss and its gradient."""
    hidden, probabilities, value = forward(p, x, right)
    d_logits = (probabilities - right) / len(x)
    d_hidden = (d_logits @ p[2].T) * (hidden > 0)
    return value, [x.T @ d_hidden, d_hidden.sum(0), hidden.T @ d_logits, d_logits.sum(0)]


def loss_product(p: Parameters, v: Parameters, x: Array, right: Array) -> Parameters:
    """The Hessian times v: how the gradient moves when the parameters move along v."""
    (_, _, w2, _), (v1, c1, v2, c2) = p, v
    hidden, probabilities, _ = forward(p, x, right)
    active = hidden > 0
    t_hidden = (x @ v1 + c1) * active
    t_logits = t_hidden @ w2 + hidden @ v2 + c2
    mean = (probabilities * t_logits).sum(axis=1, keepdims=True)
    d_logits = (probabilities - right) / len(x)
    t_d_logits = probabilities * (t_logits - mean) / len(x)
    t_d_hidden = (t_d_logits @ w2.T + d_logits @ v2.T) * active
    return [
        x.T @ t_d_hidden,
        t_d_hidden.sum(0),
        t_hidden.T @ d_logits + hidden.T @ t_d_logits,
        t_d_logits.sum(0),
    ]


def described(found: Any, with_value: bool = False) -> Answer:
    """A value, if there is one, and arrays, by number."""
    if with_value:
        value, arrays = found
        return {"value": np.asarray(value, float), **described(arrays)}
    arrays = found if isinstance(found, list | tuple) else [found]
    return {f"array {i}": np.asarray(array, float) for i, array in enumerate(arrays)}


Compute = Callable[..., Any]


def cases(
    functions: Mapping[str, Compute], convert: Compute = np.asarray, wait: Compute = lambda x: x
) -> Mapping[str, Case]:
    """A case for each measure that a library has a function for; its arguments are here.

    convert: from an array to one of the library. wait: until a result of the library is there.
    """
    p, v, data = (
        [convert(array) for array in arrays]
        for arrays in (parameters(), parameter_direction(), batch())
    )
    x, w = convert(valley.point(10_000)), convert(valley.direction())
    arguments: Mapping[str, tuple[Any, ...]] = {
        f"{LOSS} | {PRODUCT}": (p, v, *data),
        LOSS: (p, *data),
        CHAIN: tuple(convert(array) for array in chain_inputs()),
        f"{VALLEY} | {PRODUCT}": (x, w),
        VALLEY: (x,),
    }
    found = {}
    for measure, compute in functions.items():
        subject, _, kind = measure.partition(" | ")
        given = arguments.get(measure, arguments[subject])

        def prove(compute: Compute = compute, given: Any = given, kind: str = kind) -> Answer:
            return described(compute(*given), with_value=kind == GRADIENT)

        names = {"compute": compute, "given": given, "wait": wait}
        found[measure] = Case("wait(compute(*given))", names, prove)
    return found


def answers() -> Mapping[str, Answer]:
    """The same by formulas in float64."""
    p, v, data = (
        [array.astype(float) for array in arrays]
        for arrays in (parameters(), parameter_direction(), batch())
    )
    end, slope = chain_and_gradient(*chain_inputs())
    x = valley.point(10_000)
    return {
        f"{LOSS} | {FUNCTION}": described(loss(p, *data)),
        f"{LOSS} | {GRADIENT}": described(loss_and_gradient(p, *data), with_value=True),
        f"{LOSS} | {PRODUCT}": described(loss_product(p, v, *data)),
        f"{CHAIN} | {FUNCTION}": described(end),
        f"{CHAIN} | {GRADIENT}": described((end, slope), with_value=True),
        f"{VALLEY} | {FUNCTION}": described(valley.value(x)),
        f"{VALLEY} | {GRADIENT}": described((valley.value(x), valley.gradient(x)), with_value=True),
        f"{VALLEY} | {PRODUCT}": described(valley.product(x, valley.direction())),
    }
