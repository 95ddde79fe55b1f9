"""lifelines and autograd-gamma: survival curves, fitted by derivatives of their likelihoods."""

from __future__ import annotations

import warnings

import mpmath
import numpy as np
import pytest
from scipy import stats

import autograd.numpy as anp
from autograd import grad

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of other packages
    lifelines = pytest.importorskip("lifelines", reason="the session `clients` installs it")
    autograd_gamma = pytest.importorskip("autograd_gamma")
    pandas = pytest.importorskip("pandas")

pytestmark = pytest.mark.filterwarnings("ignore")

RNG = np.random.default_rng(0)
AGES = 50.0 * RNG.weibull(1.7, 300)


def test_a_weibull_curve_is_that_of_the_largest_likelihood() -> None:
    fitted = lifelines.WeibullFitter().fit(AGES)
    shape, _, scale = stats.weibull_min.fit(AGES, floc=0)
    np.testing.assert_allclose((fitted.rho_, fitted.lambda_), (shape, scale), rtol=1e-3)
    assert fitted.log_likelihood_ == pytest.approx(
        stats.weibull_min(shape, scale=scale).logpdf(AGES).sum(), rel=1e-6
    )


def test_standard_errors_come_from_the_hessian() -> None:
    """Of an exponential curve it is known: the rate λ has the standard error λ / √(deaths)."""
    observed = RNG.uniform(size=len(AGES)) < 0.7
    fitted = lifelines.ExponentialFitter().fit(AGES, observed)
    mean = AGES.sum() / observed.sum()
    assert fitted.lambda_ == pytest.approx(mean, rel=1e-4)
    assert fitted.summary["se(coef)"].iloc[0] == pytest.approx(
        mean / np.sqrt(observed.sum()), rel=1e-3
    )


def test_a_regression_finds_the_coefficients_that_made_the_data() -> None:
    x = RNG.normal(size=2000)
    times = np.exp(1.0 + 0.8 * x) * RNG.weibull(2.0, 2000)
    data = pandas.DataFrame({"x": x, "T": np.minimum(times, 20.0), "E": times < 20.0})
    fitted = lifelines.WeibullAFTFitter().fit(data, "T", "E")
    found = fitted.params_
    assert found["lambda_"]["x"] == pytest.approx(0.8, abs=0.05)
    assert found["lambda_"]["Intercept"] == pytest.approx(1.0, abs=0.05)
    assert np.exp(found["rho_"]["Intercept"]) == pytest.approx(2.0, abs=0.1)


def test_the_gamma_family_of_curves_uses_the_rules_of_autograd_gamma() -> None:
    fitted = lifelines.GeneralizedGammaFitter().fit(AGES)
    by_weibull = lifelines.WeibullFitter().fit(AGES)
    assert fitted.log_likelihood_ >= by_weibull.log_likelihood_ - 1e-3
    assert fitted.lambda_ == pytest.approx(1.0, abs=0.5)  # where it is a Weibull curve

    def lower(a: float) -> mpmath.mpf:
        return mpmath.gammainc(a, 0, 1.3, regularized=True)

    by_shape = grad(lambda a: anp.sum(autograd_gamma.gammainc(a, 1.3)))(2.5)
    assert by_shape == pytest.approx(float(mpmath.diff(lower, 2.5)), rel=1e-6)
    by_x = grad(autograd_gamma.gammainc, 1)(2.5, 1.3)
    assert by_x == pytest.approx(stats.gamma(2.5).pdf(1.3), rel=1e-9)
