"""Survival analysis by lifelines: curves and accelerated failure times, with censored data."""

import warnings

import lifelines
import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import log_ndtr
from scipy.stats import norm

rng = np.random.default_rng(0)
treated = rng.integers(0, 2, 400).astype(float)
lifetimes = 10 * np.exp(0.5 * treated) * rng.weibull(1.5, 400)
censoring = rng.uniform(5, 30, 400)
times, died = np.minimum(lifetimes, censoring), lifetimes <= censoring
table = pd.DataFrame({"time": times, "died": died, "treated": treated})


def fitted(fitter, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fitter.fit(*args, **kwargs)


def weibull():
    found = fitted(lifelines.WeibullFitter(), times, died)
    return np.array([found.lambda_, found.rho_])


def log_normal():
    found = fitted(lifelines.LogNormalFitter(), times, died)
    return np.array([found.mu_, found.sigma_])


def failure_times():
    found = fitted(lifelines.WeibullAFTFitter(), table, "time", "died")
    names = ("lambda_", "treated"), ("lambda_", "Intercept"), ("rho_", "Intercept")
    return np.array([found.params_[name] for name in names])


fits = {
    "lifelines Weibull curve": weibull,
    "lifelines log-normal curve": log_normal,
    "lifelines accelerated failure times": failure_times,
}


def _most_likely(log_likelihood, start):
    options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 10000, "maxfev": 10000}
    return minimize(lambda p: -log_likelihood(p), start, method="Nelder-Mead", options=options).x


def _weibull_likelihood(log_scale, log_shape):
    shape = np.exp(log_shape)
    scaled = np.log(times) - log_scale
    return np.sum(died * (log_shape - np.log(times) + shape * scaled) - np.exp(shape * scaled))


def _log_normal_likelihood(parameters):
    mean, log_spread = parameters
    scaled = (np.log(times) - mean) / np.exp(log_spread)
    return np.sum(np.where(died, norm.logpdf(scaled) - log_spread, log_ndtr(-scaled)))


def expected():
    """The same by SciPy, from the likelihoods in their textbooks' form."""
    log_scale, log_shape = _most_likely(lambda p: _weibull_likelihood(*p), [2.0, 0.0])
    mean, log_spread = _most_likely(_log_normal_likelihood, [2.0, 0.0])
    regression = _most_likely(
        lambda p: _weibull_likelihood(p[0] * treated + p[1], p[2]), [0.0, 2.0, 0.0]
    )
    return {
        "lifelines Weibull curve": np.exp([log_scale, log_shape]),
        "lifelines log-normal curve": np.array([mean, np.exp(log_spread)]),
        "lifelines accelerated failure times": regression,
    }
