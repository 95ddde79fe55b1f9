"""Sign changes of polynomials, against polynomials of known roots."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autograd.ode.roots import sign_changes

PLACES = st.lists(st.integers(1, 40), min_size=0, max_size=5, unique=True)


@given(PLACES, st.sampled_from([1.0, -3.0]), st.integers(0, 3))
def test_all_simple_roots_are_found_in_order(places: list[int], scale: float, more: int) -> None:
    roots = sorted((place - 0.5) / 40 for place in places)
    outside = [1.7, -0.3, 2.5][:more]
    c = scale * np.polynomial.polynomial.polyfromroots([*roots, *outside])
    found = sign_changes(c, 0.0)
    np.testing.assert_allclose([u for u, _ in found], roots, atol=1e-9)
    value = np.polynomial.polynomial.polyval
    for u, sign in found:
        assert np.sign(value(u + 1e-4, c)) == sign != np.sign(value(u - 1e-4, c))


def test_two_roots_close_together_are_told_apart() -> None:
    roots = [0.3, 0.3001]
    found = sign_changes(np.polynomial.polynomial.polyfromroots(roots), 0.0)
    np.testing.assert_allclose([u for u, _ in found], roots, rtol=1e-10)


def test_a_root_that_touches_zero_is_no_change_of_sign() -> None:
    assert sign_changes(np.array([0.25, -1.0, 1.0]), 0.0) == []
    assert sign_changes(np.zeros(4), 0.0) == []


def test_a_root_at_the_end_counts_and_one_at_the_start_does_not() -> None:
    assert sign_changes(np.array([-1.0, 1.0]), 0.0) == [(1.0, 1.0)]
    assert sign_changes(np.array([0.0, 1.0]), 0.0) == []
    ((u, sign),) = sign_changes(np.array([1e-18, 1.0]), -1.0)  # it was still to come
    assert (round(u, 12), sign) == (0.0, 1.0)
    assert sign_changes(np.array([-1e-18, 1.0]), 1.0) == []  # it has been
