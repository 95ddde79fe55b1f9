"""Ordinary differential equations, solved by Taylor series of high order.

`solve` is for users. It takes the series of the solution at each step from `series`, and finds
events as roots of polynomials (`roots`).
"""

from autograd.ode.series import ode_series as ode_series
from autograd.ode.solve import Solution as Solution
from autograd.ode.solve import solve_ode as solve_ode
