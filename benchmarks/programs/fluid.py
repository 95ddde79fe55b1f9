"""A small fluid, carried and spread by itself: which first state ends as a given one?"""

from scipy.optimize import minimize

import autograd.numpy as np
from autograd import value_and_grad

size, steps = 10, 4
rows, columns = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
goal = np.exp(-((rows - 5.0) ** 2 + (columns - 4.0) ** 2) / 4)


def spread(field):
    around = (
        np.roll(field, 1, axis=0)
        + np.roll(field, -1, axis=0)
        + np.roll(field, 1, axis=1)
        + np.roll(field, -1, axis=1)
    )
    return field + 0.1 * (around - 4 * field)


def carry(field, down, right):
    """The field where it comes from, between cells by their shares."""
    from_row, from_column = rows - down, columns - right
    top, left = np.floor(from_row), np.floor(from_column)
    row_share, column_share = from_row - top, from_column - left
    top, left = top.astype(int) % size, left.astype(int) % size
    bottom, far = (top + 1) % size, (left + 1) % size
    upper = (1 - column_share) * field[top, left] + column_share * field[top, far]
    lower = (1 - column_share) * field[bottom, left] + column_share * field[bottom, far]
    return (1 - row_share) * upper + row_share * lower


def end(params):
    smoke = np.reshape(params[: size**2], (size, size))
    down = np.reshape(params[size**2 : 2 * size**2], (size, size))
    right = np.reshape(params[2 * size**2 :], (size, size))
    for _ in range(steps):
        down, right = spread(carry(down, down, right)), spread(carry(right, down, right))
        smoke = carry(smoke, down, right)
    return smoke


def objective(params):
    return np.mean((end(params) - goal) ** 2)


start = np.concatenate(
    [
        np.exp(-((rows - 3.0) ** 2 + (columns - 3.0) ** 2) / 4).ravel(),
        0.13 * np.ones(size**2),
        0.07 * np.ones(size**2),
    ]
)


def run():
    found = minimize(
        value_and_grad(objective), start, jac=True, method="CG", options={"maxiter": 25}
    )
    return {"loss": found.fun, "loss at start": objective(start)}
