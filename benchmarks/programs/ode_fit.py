"""The rates of predator and prey, fitted to observations through the differential equation."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.builtins import tuple
from autograd.misc.optimizers import adam
from autograd.scipy.integrate import odeint

times = np.linspace(0.0, 4.0, 5)
exact = np.array([1.1, 0.4, 0.5, 0.9])
begin = np.array([1.5, 1.0])


def slopes(state, t, rates):
    prey, predator = state[0], state[1]
    growth, loss, feed, death = rates[0], rates[1], rates[2], rates[3]
    return np.array([prey * (growth - loss * predator), predator * (feed * prey - death)])


def solve(rates, begin):
    return odeint(slopes, begin, times, tuple((rates,)), rtol=1e-7, atol=1e-7)


observed = solve(exact, begin) + 0.01 * npr.RandomState(6).randn(len(times), 2)


def objective(params):
    return np.sum((solve(params["rates"], params["begin"]) - observed) ** 2)


start = {"rates": np.array([1.0, 0.5, 0.6, 0.8]), "begin": np.array([1.4, 1.1])}


def run():
    params = adam(lambda p, i: grad(objective)(p), start, num_iters=12, step_size=0.03)
    return {"loss": objective(params), "loss at start": objective(start)}
