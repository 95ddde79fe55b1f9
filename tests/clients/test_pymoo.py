"""pymoo: objectives and constraints of many candidates, differentiated by graphs made by hand."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("pymoo", reason="the session `clients` installs it")
    automatic = pytest.importorskip("pymoo.gradient.automatic")
    gradient = pytest.importorskip("pymoo.gradient")
    gradient.activate("autograd.numpy")
    problem = pytest.importorskip("pymoo.core.problem")

pytestmark = pytest.mark.filterwarnings("ignore")

X = np.random.default_rng(0).uniform(0.5, 2.0, (5, 3))


class Candidates(problem.Problem):  # type: ignore[misc]
    """All candidates in one call."""

    def __init__(self) -> None:
        super().__init__(n_var=3, n_obj=2, n_ieq_constr=1, xl=0.1, xu=3.0)

    def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        f1 = anp.sum(x**2, axis=1)
        f2 = anp.log(x[:, 0]) * anp.sqrt(x[:, 1])
        out["F"] = anp.column_stack([f1, f2])
        out["G"] = anp.reshape(1.0 - anp.exp(-x[:, 2]), (-1, 1))


class Candidate(problem.ElementwiseProblem):  # type: ignore[misc]
    """One candidate in a call."""

    def __init__(self) -> None:
        super().__init__(n_var=3, n_obj=2, xl=0.1, xu=3.0)

    def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        out["F"] = anp.stack([anp.sum(x**2), x[0] * x[1]])


def test_gradients_of_all_candidates_are_found_at_once() -> None:
    f, _, df, dg = automatic.AutomaticDifferentiation(Candidates()).evaluate(
        X, return_values_of=["F", "G", "dF", "dG"]
    )
    zero = np.zeros(len(X))
    root = np.sqrt(X[:, 1])
    by_log = np.stack([root / X[:, 0], np.log(X[:, 0]) / (2 * root), zero], axis=1)
    np.testing.assert_allclose(f[:, 0], (X**2).sum(axis=1))
    np.testing.assert_allclose(df, np.stack([2 * X, by_log], axis=1))
    np.testing.assert_allclose(dg[:, 0], np.stack([zero, zero, np.exp(-X[:, 2])], axis=1))


def test_gradients_of_one_candidate_are_found() -> None:
    differentiated = automatic.ElementwiseAutomaticDifferentiation(Candidate())
    _, df = differentiated.evaluate(X, return_values_of=["F", "dF"])
    swapped = np.stack([X[:, 1], X[:, 0], np.zeros(len(X))], axis=1)
    np.testing.assert_allclose(df, np.stack([2 * X, swapped], axis=1))
