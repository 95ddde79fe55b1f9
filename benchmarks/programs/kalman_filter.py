"""The noise of a moving body and of its observation, by the likelihood of a Kalman filter."""

from scipy.optimize import minimize

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import value_and_grad

motion = np.array([[1.0, 1.0], [0.0, 1.0]])
seen = np.array([[1.0, 0.0]])
rs = npr.RandomState(16)
state, observations = np.array([0.0, 1.0]), []
for _ in range(20):
    state = np.dot(motion, state) + np.array([0.05, 0.3]) * rs.randn(2)
    observations.append(np.dot(seen, state) + 0.8 * rs.randn(1))


def objective(log_noise):
    """Minus the logarithm of the likelihood of the observations."""
    process = np.diag(np.exp(np.array([log_noise[0], log_noise[1]])))
    noise = np.exp(log_noise[2]) * np.eye(1)
    mean, cov, total = np.array([0.0, 1.0]), np.eye(2), 0.0
    for y in observations:
        mean = np.dot(motion, mean)
        cov = np.dot(np.dot(motion, cov), motion.T) + process
        surprise = y - np.dot(seen, mean)
        spread = np.dot(np.dot(seen, cov), seen.T) + noise
        gain = np.linalg.solve(spread, np.dot(seen, cov)).T
        distance = np.dot(surprise, np.linalg.solve(spread, surprise))
        total = total + 0.5 * (distance + np.log(2 * np.pi) + np.linalg.slogdet(spread)[1])
        mean, cov = mean + np.dot(gain, surprise), cov - np.dot(np.dot(gain, seen), cov)
    return total


start = np.array([-3.0, -3.0, 0.5])


def run():
    found = minimize(value_and_grad(objective), start, jac=True, method="BFGS")
    return {"improvement": objective(start) - found.fun, "noise": np.exp(found.x[2] / 2)}
