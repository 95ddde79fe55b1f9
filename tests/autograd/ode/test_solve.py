"""Differential equations against closed forms, elliptic functions and Kepler's equation."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import autograd as ad
from autograd import grad, hessian, jacobian, jit, jvp, taylor, vmap
from autograd.ode import Solution, ode_series, solve_ode

# --------------------------------------------------------------------------------------------------
# Series


def test_the_series_of_a_solution_is_that_of_its_closed_form() -> None:
    with mp.workdps(40):
        tangent = [float(c) for c in mp.taylor(lambda t: mp.tan(t + mp.mpf(0.3)), 0, 30)]
    found = ode_series(lambda t, y: 1 + y * y, 0.0, math.tan(0.3), 30)
    np.testing.assert_allclose(found, tangent, rtol=1e-13)
    assert ode_series(lambda t, y, a: a * t, 2.0, 1.0, 3, args=(3.0,)) == [1.0, 6.0, 1.5, 0.0]


def test_a_series_takes_trees_arrays_and_nodes() -> None:
    y = {"x": np.array([1.0, 2.0]), "v": (0.5,)}
    c = ode_series(lambda t, y: {"x": y["x"] * y["v"][0], "v": (0.0,)}, 0.0, y, 3)
    np.testing.assert_allclose(c[3]["x"], y["x"] / 48, rtol=1e-15)
    assert c[3]["v"] == (0.0,)
    slope = grad(lambda y: ode_series(lambda t, y: y**2, 0.0, y, 4)[4])(2.0)
    assert slope == pytest.approx(5 * 2.0**4)
    with pytest.raises(ValueError, match=r"it gave the shapes \[\(\)\], and y has the shapes"):
        ode_series(lambda t, y: y.sum(), 0.0, np.ones(2), 2)
    with pytest.raises(ValueError, match="order must be 0 or more, not -1"):
        ode_series(lambda t, y: y, 0.0, 1.0, -1)


# --------------------------------------------------------------------------------------------------
# Orbits


def pendulum(t: Any, y: Any) -> Any:
    return y[1], -ad.sin(y[0])


def pendulum_exactly(angle: float, times: Any) -> Any:
    """Released at rest from an angle: θ = 2 arcsin(k sn(K - t, k²)), with k = sin(angle / 2)."""
    with mp.workdps(30):
        k = mp.sin(mp.mpf(angle) / 2)
        quarter = mp.ellipk(k**2)
        return [float(2 * mp.asin(k * mp.ellipfun("sn", quarter - t, m=k**2))) for t in times]


def test_a_pendulum_swings_to_fourteen_digits() -> None:
    times = np.linspace(0.0, 20.0, 41)
    solution = solve_ode(pendulum, (0.0, 20.0), (2.0, 0.0), t_eval=times)
    np.testing.assert_allclose(solution.y[0], pendulum_exactly(2.0, times), atol=2e-14)
    assert solution.order == 20


def test_a_period_is_found_by_its_event() -> None:
    with mp.workdps(30):
        period = float(4 * mp.ellipk(mp.sin(mp.mpf(1)) ** 2))

    def back(t: Any, y: Any) -> Any:
        return y[1]

    back.direction = -1  # type: ignore[attr-defined]
    back.terminal = True  # type: ignore[attr-defined]
    solution = solve_ode(pendulum, (0.0, 100.0), (2.0, 0.0), events=back)
    assert solution.ended is back
    np.testing.assert_allclose(solution.t_events[0], [period], rtol=2e-15)
    np.testing.assert_allclose(solution.y_events[0], [[2.0], [0.0]], atol=5e-14)
    assert solution.t[-1] == solution.t_events[0][0]


def three_bodies(t: Any, y: Any) -> Any:
    places, velocities = y
    forces = [[0.0, 0.0] for _ in places]
    for i, (x, y) in enumerate(places):
        for j, (u, v) in enumerate(places[:i]):
            strength = ((x - u) ** 2 + (y - v) ** 2) ** -1.5
            for axis, distance in enumerate((x - u, y - v)):
                forces[i][axis] = forces[i][axis] - distance * strength
                forces[j][axis] = forces[j][axis] + distance * strength
    return velocities, forces


def test_three_bodies_on_ellipses_are_where_keplers_equation_says() -> None:
    """Lagrange's solution: an equilateral triangle that turns and breathes."""
    e, mass = 0.3, 1 / math.sqrt(3)  # acts on each corner at distance 1 as a sun of this mass

    def corners(x: float, y: float) -> list[list[float]]:
        turns = [2 * math.pi * n / 3 for n in range(3)]
        return [
            [x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a)] for a in turns
        ]

    speed = math.sqrt(mass * (1 + e) / (1 - e))
    start = corners(1 - e, 0.0), corners(0.0, speed)
    t = 5.0
    anomaly = float(mp.findroot(lambda E: E - e * mp.sin(E) - math.sqrt(mass) * t, 4.0))
    x, y = math.cos(anomaly) - e, math.sqrt(1 - e * e) * math.sin(anomaly)
    found = solve_ode(three_bodies, (0.0, t), start).y[0]
    here = [[axis[-1] for axis in place] for place in found]
    np.testing.assert_allclose(here, corners(x, y), atol=2e-14)


def test_an_orbit_run_backwards_returns() -> None:
    there = solve_ode(pendulum, (0.0, 10.0), (2.0, 0.3))
    end = tuple(float(x[-1]) for x in there.y)
    back = solve_ode(pendulum, (10.0, 0.0), end, t_eval=[10.0, 4.0, 0.0])
    np.testing.assert_allclose([x[-1] for x in back.y], [2.0, 0.3], atol=1e-13)
    np.testing.assert_allclose([x[1] for x in back.y], there(4.0), atol=1e-13)


# --------------------------------------------------------------------------------------------------
# Sensitivities


def test_sensitivities_of_an_orbit_are_as_exact_as_the_orbit() -> None:
    """After one turn, ∂(end)/∂(start) of Kepler's problem follows from its period alone."""

    def kepler(t: Any, s: Any) -> Any:
        x, y, u, v = s
        attraction = -((x * x + y * y) ** -1.5)
        return u, v, x * attraction, y * attraction

    start = np.array([0.5, 0.0, 0.0, math.sqrt(3.0)])

    def end(s: Any) -> Any:
        return ad.stack([c[-1] for c in solve_ode(kepler, (0.0, 2 * np.pi), tuple(s)).y])

    energy = np.array([1 / 0.5**2, 0.0, 0.0, math.sqrt(3.0)])  # its gradient, where E = -1/2
    velocity = np.array([0.0, math.sqrt(3.0), -1 / 0.5**2, 0.0])
    expected = np.eye(4) - np.outer(velocity, 6 * np.pi * energy)  # T = 2π (-2 E)^(-3/2)
    np.testing.assert_allclose(jacobian(end)(start), expected, atol=1e-11)


def decay(t: Any, y: Any, a: Any, b: Any) -> Any:
    return -a * y + b * t


def decay_exactly(t0: Any, t: Any, y: Any, a: Any, b: Any) -> Any:
    line = lambda t: b * t / a - b / a**2  # noqa: E731
    return line(t) + (y - line(t0)) * ad.exp(-a * (t - t0))


def test_derivatives_exist_with_respect_to_all_and_to_any_order() -> None:
    def end(p: Any) -> Any:
        t0, t, y, a, b = p
        return solve_ode(decay, (t0, t), y, args=(a, b)).y[-1]

    p = np.array([0.2, 1.7, 0.8, 1.3, -0.4])
    exact = lambda p: decay_exactly(*p)  # noqa: E731
    np.testing.assert_allclose(end(p), exact(p), rtol=1e-14)
    np.testing.assert_allclose(grad(end)(p), grad(exact)(p), rtol=1e-12)
    np.testing.assert_allclose(hessian(end)(p), hessian(exact)(p), rtol=1e-11, atol=1e-13)
    direction = np.array([0.1, 0.3, -0.2, 0.5, 0.4])
    np.testing.assert_allclose(jvp(end, p, direction)[1], grad(exact)(p) @ direction, rtol=1e-12)
    np.testing.assert_allclose(
        taylor(end, p, direction, order=4), taylor(exact, p, direction, order=4), rtol=1e-10
    )


def test_one_number_of_a_state_of_numbers_and_arrays_has_derivatives() -> None:
    def end(a: Any) -> Any:
        oscillator = lambda t, y: {"x": y["v"][0], "v": -y["x"] * np.ones(1)}  # noqa: E731
        y = solve_ode(oscillator, (0.0, 2.0), {"x": a, "v": np.array([1.0])}).y
        return y["x"][-1] + y["v"][-1, 0] ** 2

    slope = lambda a: (  # noqa: E731
        math.cos(2) - 2 * (math.cos(2) - a * math.sin(2)) * math.sin(2)
    )
    assert grad(end)(0.7) == pytest.approx(slope(0.7), rel=1e-13)
    assert grad(grad(end))(0.7) == pytest.approx(2 * math.sin(2) ** 2, rel=1e-13)


def test_what_f_reads_and_the_times_asked_for_are_differentiated_too() -> None:
    def at(p: Any) -> Any:
        rate, t = p
        return solve_ode(lambda t, y: -rate * y, (0.0, 3.0), 1.0, t_eval=[t]).y[0]

    p = np.array([0.7, 1.9])
    expected = -np.exp(-0.7 * 1.9) * np.array([1.9, 0.7])
    np.testing.assert_allclose(grad(at)(p), expected, rtol=1e-12)
    solution = lambda y: solve_ode(lambda t, x: -x, (0.0, 1.0), y)  # noqa: E731
    assert grad(lambda y: solution(y)(0.3))(2.0) == pytest.approx(math.exp(-0.3), rel=1e-14)


def test_the_time_of_an_event_has_derivatives() -> None:
    """A stone thrown up at speed v lands after 2 v / g, with the speed it was thrown at."""

    def landing(t: Any, y: Any, g: Any) -> Any:
        return y[0]

    landing.terminal = True  # type: ignore[attr-defined]

    def flight(p: Any) -> Any:
        v, g = p
        stone = lambda t, y, g: (y[1], -g)  # noqa: E731
        s = solve_ode(stone, (0.0, 10.0), (0.0, v), args=(g,), events=landing)
        return ad.stack([s.t_events[0][0], s.y_events[0][1][0]])

    p = np.array([7.0, 9.81])
    exact = lambda p: ad.stack([2 * p[0] / p[1], -p[0]])  # noqa: E731
    np.testing.assert_allclose(flight(p), exact(p), rtol=1e-14)
    np.testing.assert_allclose(jacobian(flight)(p), jacobian(exact)(p), rtol=1e-13, atol=1e-14)
    second = jacobian(jacobian(lambda p: flight(p)[0]))(p)
    np.testing.assert_allclose(second, hessian(lambda p: exact(p)[0])(p), rtol=1e-12, atol=1e-14)


# --------------------------------------------------------------------------------------------------
# Events, times and forms


def circle(t: Any, y: Any) -> Any:
    return y[1], -y[0]


def test_every_event_is_found_once_in_its_direction() -> None:
    up = lambda t, y: y[0]  # noqa: E731
    up.direction = 1  # type: ignore[attr-defined]
    both = lambda t, y: y[0]  # noqa: E731
    tenths = lambda t, y: ad.sin(10 * t + 0.5)  # noqa: E731
    solution = solve_ode(circle, (0.0, 20.0), (0.0, 1.0), events=[up, both, tenths])
    crossings = np.pi * np.arange(1, 7)
    np.testing.assert_allclose(solution.t_events[0], crossings[1::2], rtol=1e-14)
    np.testing.assert_allclose(solution.t_events[1], crossings, rtol=1e-14)
    np.testing.assert_allclose(solution.y_events[1][1], [-1, 1] * 3, rtol=1e-14)
    expected = (np.pi * np.arange(1, 64) - 0.5) / 10
    np.testing.assert_allclose(solution.t_events[2], expected, rtol=1e-13)


def test_an_event_where_a_step_ends_is_found_once() -> None:
    ends = solve_ode(circle, (0.0, 10.0), (0.0, 1.0)).t[1:-1]
    for end in ends[:5]:
        event = lambda t, y, end=end: t - end  # noqa: E731
        (times,) = solve_ode(circle, (0.0, 10.0), (0.0, 1.0), events=event).t_events
        np.testing.assert_allclose(times, [end], rtol=1e-15)


def test_no_event_gives_empty_arrays_in_the_form_of_y() -> None:
    never = lambda t, y: y["v"].sum() + 100  # noqa: E731
    y0 = {"v": np.ones((2, 3))}
    solution = solve_ode(lambda t, y: {"v": -y["v"]}, (0.0, 1.0), y0, events=[never])
    assert solution.t_events[0].shape == (0,)
    assert solution.y_events[0]["v"].shape == (0, 2, 3)
    assert solution.y["v"].shape == (solution.steps + 1, 2, 3)
    np.testing.assert_allclose(solution.y["v"][-1], np.full((2, 3), math.exp(-1)), rtol=1e-14)


def test_a_solution_is_known_at_any_time_between() -> None:
    solution = solve_ode(circle, (1.0, 4.0), (0.0, 1.0))
    times = np.linspace(1.0, 4.0, 50)
    np.testing.assert_allclose(solution(times)[0], np.sin(times - 1), atol=1e-15)
    assert solution(2.5)[0] == pytest.approx(math.sin(1.5), rel=1e-14)
    assert repr(solution) == f"Solution(from t = 1 to 4 in {solution.steps} steps of order 20)"
    with pytest.raises(ValueError, match=r"known from 1.0 to 4.0, and not at 4.1"):
        solution(4.1)
    with pytest.raises(ValueError, match=r"not at 0.5"):
        solve_ode(circle, (1.0, 4.0), (0.0, 1.0), t_eval=[0.5])


def test_no_time_gives_the_start() -> None:
    assert solve_ode(circle, (1.0, 1.0), (0.0, 1.0)).y[1].tolist() == [1.0, 1.0]


def test_a_kink_is_noticed_by_the_equation_at_the_end_of_a_step() -> None:
    solution = solve_ode(lambda t, y: ad.abs(t - 1.0), (0.0, 3.0), 0.0)
    np.testing.assert_allclose(solution.y[-1], 2.5, rtol=1e-11)
    branching = lambda t, y: -y if t > 1 else y  # noqa: E731
    np.testing.assert_allclose(solve_ode(branching, (0.0, 2.0), 1.0).y[-1], 1.0, rtol=1e-11)


def test_a_solution_whose_last_coefficients_vanish_is_right() -> None:
    f = lambda t, y: ad.cos(t**3)  # noqa: E731
    expected = float(mp.quad(lambda t: mp.cos(t**3), [0, 1, 2]))
    for order in (19, 20, 21):
        assert solve_ode(f, (0.0, 2.0), 0.0, order=order).y[-1] == pytest.approx(
            expected, rel=1e-13
        )


def test_small_tolerances_cost_fewer_digits_than_steps() -> None:
    errors = []
    for rtol in (1e-4, 1e-8, 1e-12):
        solution = solve_ode(pendulum, (0.0, 20.0), (2.0, 0.0), rtol=rtol)
        errors.append(abs(solution.y[0][-1] - pendulum_exactly(2.0, [20.0])[0]))
    for error, bound in zip(errors, (1e-2, 1e-6, 1e-10), strict=True):
        assert error < bound


# --------------------------------------------------------------------------------------------------
# What cannot be


def blow_up(t: Any, y: Any) -> Any:
    return y * y


def test_a_singularity_ends_in_an_error_that_says_where() -> None:
    with pytest.raises(ArithmeticError, match=r"t = (1\.0000|0\.9999)"):
        solve_ode(blow_up, (0.0, 2.0), 1.0)
    with pytest.raises(ArithmeticError, match=r"not finite at t = 0\.0"):
        solve_ode(lambda t, y: 1 / y, (0.0, 2.0), 0.0)
    with pytest.raises(ArithmeticError, match=r"3 steps led to t = .* only, and not to 50"):
        solve_ode(circle, (0.0, 50.0), (0.0, 1.0), max_steps=3)


def test_what_does_not_fit_is_said() -> None:
    inside: list[Any] = [jit(lambda y: solve_ode(blow_up, (0.0, 0.5), y).y[-1])]
    inside.append(vmap(lambda y: solve_ode(blow_up, (0.0, 0.5), y).y[-1]))
    for f in inside:
        with pytest.raises(TypeError, match="cannot be part of a compiled or batched function"):
            f(np.array([0.5, 1.0]))
    with pytest.raises(TypeError, match="numbers must be real, not array"):
        solve_ode(blow_up, (0.0, 0.5), 1j)
    with pytest.raises(ValueError, match=r"rtol 2\.0 must be between 0 and 1"):
        solve_ode(blow_up, (0.0, 0.5), 1.0, rtol=2.0)
    with pytest.raises(ValueError, match="order must be 2 or more, not 1"):
        solve_ode(blow_up, (0.0, 0.5), 1.0, order=1)


def test_a_list_of_arguments_and_an_unhashable_f_will_do() -> None:
    class Field:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, t: Any, y: Any, rates: Any) -> Any:
            return -rates["k"] * y

    solution = solve_ode(Field(), (0, 1), 1, args=({"k": 2},))
    assert isinstance(solution, Solution)
    assert solution.y[-1] == pytest.approx(math.exp(-2), rel=1e-14)
