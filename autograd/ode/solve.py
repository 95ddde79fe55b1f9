"""`solve_ode`: differential equations by Taylor series, with events and sensitivities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import ops
from autograd.arguments import plain, real
from autograd.engine.graph import Node
from autograd.engine.operations import interpreter
from autograd.ode.march import Crossing, March, Step, ravel
from autograd.ode.programs import Args, Function, Programs, State, programs
from autograd.scalars import number_of
from autograd.trees import Rebuild, flatten, map_tree


class Solution:
    """The solution of a differential equation, by `solve_ode`.

    t: the times asked for, or else the ends of all steps.
    y: the solution there, in the form of y0, with the times in the first axis.
    t_events, y_events: the times of the events and the solution there, an entry for each function.
    ended: the event that ended the solution, or None.
    order, steps: the order of the series, and how many there are.

    Call it for y at any time between start and end, or at an array of times: it evaluates the
    series of the step around the time, which is as exact there as at the ends of the step.
    """

    t: Any
    y: Any
    t_events: list[Any]
    y_events: list[Any]
    ended: Function | None
    order: int
    steps: int

    def __init__(self, path: _Path, order: int) -> None:
        self._path = path
        self.order = order
        self.steps = len(path.steps)

    def __repr__(self) -> str:
        first, last = self._path.steps[0], self._path.steps[-1]
        return (
            f"Solution(from t = {first.t:.6g} to {last.t + last.h:.6g} in {self.steps} steps of "
            f"order {self.order})"
        )

    def __call__(self, t: Any) -> Any:
        """y at the time t, or for an array of times with these in the first axis.

        Raises ValueError for a time before the start or after the end.
        """
        if not ops.shape_of(t):
            return self._path.form.rebuild(iter(self._path.at(t)))
        return self._path.stacked([self._path.at(time) for time in t])


def solve_ode(
    f: Function,
    t_span: tuple[Any, Any],
    y0: Any,
    *,
    args: tuple[Any, ...] = (),
    t_eval: Any = None,
    events: Sequence[Function] | Function = (),
    rtol: float = 1e-16,
    atol: float = 0.0,
    order: int | None = None,
    max_steps: int = 100_000,
) -> Solution:
    """Solve y' = f(t, y, *args) with y(t₀) = y0 by Taylor series of high order.

    f: gives y' in the form of y, and is written in operations of autograd or NumPy.
    t_span: (t₀, t₁), where t₁ may be before t₀.
    y0: a number, an array, or a nested dict, list or tuple of them. A small system is fastest as a
        tuple of numbers.
    t_eval: times at which to give the solution; by default the ends of the steps.
    events: functions g(t, y, *args), of which each change of sign is found. With `g.direction`
        positive only those from - to +, negative only from + to -; with `g.terminal` true the first
        ends the solution. A root where g keeps its sign is no event, and neither is t₀.
    rtol, atol: the error allowed in a step, relative to the largest entry of y, and absolute.
    order: of the series; by default ⌈1 - ln(rtol) / 2⌉, which costs least (Jorba and Zou, 2005).
        The last coefficients determine the size of a step. At its end the equation is checked.
    max_steps: the largest number of steps.

    f is compiled once for each f, order and form of y: define it once, and pass what varies in
    args. All is computed in float64, and the rounding errors of the steps are carried along.

    Where y0, args, times, or what f reads are nodes, the results are nodes, which can be
    differentiated with respect to all of them: by `grad`, `jacobian` or `hessian`, say. The steps
    are the same, and constant; the times of the events are not.

    Raises ValueError for a y' that has not the shapes of y, and for times outside of t_span;
    TypeError for complex numbers, and within a compiled or batched function; and ArithmeticError at
    a singularity, or where `max_steps` do not suffice.

    Source: Jorba and Zou, Experimental Mathematics 14 (2005), 99-117.

    >>> from autograd.ode import solve_ode
    >>> oscillator = lambda t, y: (y[1], -y[0])
    >>> solution = solve_ode(oscillator, (0.0, 4.0), (0.0, 1.0), events=lambda t, y: y[0])
    >>> solution.t_events[0].round(14)
    array([3.14159265])
    """
    if interpreter().replayed:
        raise TypeError(
            "solve_ode chooses its steps by the numbers, so it cannot be part of a compiled or "
            "batched function. f is compiled anyway; for many solutions let y0 hold arrays"
        )
    if not 0 < rtol < 1 or atol < 0:
        raise ValueError(f"solve_ode: rtol {rtol} must be between 0 and 1, and atol {atol} not < 0")
    order = math.ceil(1 - math.log(rtol) / 2) if order is None else order
    if order < 2:
        raise ValueError(f"solve_ode: the order must be 2 or more, not {order}")
    watched = (events,) if callable(events) else tuple(events)
    leaves, rebuild = flatten(y0)
    start = [_double(leaf) for leaf in leaves]
    t0, t1 = (_double(t) for t in t_span)
    run = programs(f, order, watched)
    form = _Form(start, rebuild)
    march = March(run, form.tree, map_tree(_data, args), watched, order, rtol, atol)
    march.run(_data(t0), _data(t1), ravel([_data(leaf) for leaf in start]), max_steps)
    reads, _ = flatten(f(t0, rebuild(iter(start)), *args))
    tracked = [*start, t0, t1, *flatten((args, t_eval))[0], *reads]
    if any(isinstance(x, Node) for x in tracked):
        path: _Path = _Recorded(march.steps, form, start, t0, run, args)
    else:
        path = _Path(march.steps, form)
    return _solution(path, march, watched, t1, t_eval, order)


def _solution(
    path: _Path, march: March, events: Sequence[Function], end: Any, t_eval: Any, order: int
) -> Solution:
    solution = Solution(path, order)
    found = [path.crossing(crossing) for crossing in march.crossings]
    solution.t_events, solution.y_events = [], []
    for number in range(len(events)):
        pairs = zip(march.crossings, found, strict=True)
        own = [event for crossing, event in pairs if crossing.event == number]
        solution.t_events.append(_row([t for t, _ in own]))
        solution.y_events.append(path.stacked([y for _, y in own]))
    solution.ended = None
    if march.ended is not None:
        solution.ended = events[march.ended]
        end, last = found[-1]
    else:
        last = path.after(len(path.steps) - 1, end)
    if t_eval is None:
        inner = range(len(path.steps))
        times = [*map(path.time, inner), end]
        states = [*map(path.state, inner), last]
    else:
        sign = math.copysign(1.0, path.steps[-1].h)
        ended = march.ended is not None
        times = [t for t in t_eval if not ended or sign * _data(t) <= sign * _data(end)]
        states = [path.at(t) for t in times]
    solution.t = _row(times)
    solution.y = path.stacked(states)
    return solution


class _Form:
    """The form of y, and of its leaves in a row of numbers."""

    def __init__(self, leaves: State, rebuild: Rebuild) -> None:
        self.rebuild = rebuild
        self.shapes: list[Any] = [ops.shape_of(leaf) for leaf in leaves]
        ends = np.cumsum([0, *[math.prod(shape) for shape in self.shapes]]).tolist()
        self._slices = [slice(*pair) for pair in pairwise(ends)]
        self._all_numbers = not any(self.shapes)

    def leaves(self, row: Any) -> State:
        """The leaves that a row of numbers holds."""
        if self._all_numbers:
            numbers: list[float] = row.tolist()
            return numbers
        return [
            row[part].reshape(shape) if shape else float(row[part][0])
            for part, shape in zip(self._slices, self.shapes, strict=True)
        ]

    def tied(self, leaves: State) -> State:
        """The same leaves, of which all are nodes if one is: so one program serves all steps."""
        if not any(isinstance(leaf, Node) for leaf in leaves) or not interpreter().direct:
            return leaves
        row = ops.concatenate([ops.ravel(leaf) for leaf in leaves])
        parts = [
            ops.reshape(row[part], shape)
            for part, shape in zip(self._slices, self.shapes, strict=True)
        ]
        return [part if part.shape else number_of(part) for part in parts]

    def tree(self, row: Any) -> Any:
        """What a row of numbers holds, in the form of y."""
        return self.rebuild(iter(self.leaves(row)))


class _Path:
    """The solution along its steps, in plain numbers."""

    def __init__(self, steps: Sequence[Step], form: _Form) -> None:
        self.steps = steps
        self.form = form
        last = steps[-1]
        self._sign = math.copysign(1.0, last.h)
        self._starts = np.array([self._sign * step.t for step in steps])
        self._end = self._sign * (last.t + last.h)

    def time(self, number: int) -> Any:
        """Where a step starts."""
        return self.steps[number].t

    def state(self, number: int) -> State:
        """The solution there."""
        return self.form.leaves(self.steps[number].rows[0])

    def after(self, number: int, t: Any) -> State:
        """The solution at a time within a step."""
        step = self.steps[number]
        return self.form.leaves(step.after(t - step.t))

    def crossing(self, crossing: Crossing) -> tuple[Any, State]:
        """The time of an event, and the solution there."""
        step = self.steps[crossing.step]
        return step.t + crossing.s, self.form.leaves(step.after(crossing.s))

    def at(self, t: Any) -> State:
        """The solution at a time."""
        time = self._sign * _data(t)
        rounding = 4 * np.spacing(abs(self._end))
        if not self._starts[0] <= time <= self._end + rounding:
            bounds = sorted([self.steps[0].t, self._sign * self._end])
            raise ValueError(
                f"the solution is known from {bounds[0]} to {bounds[1]}, and not at {_data(t)}"
            )
        number = int(np.searchsorted(self._starts, time, "right")) - 1
        return self.after(number, t)

    def stacked(self, states: Sequence[State]) -> Any:
        """States along a new first axis, in the form of y."""
        rows = [
            ops.stack([state[n] for state in states]) if states else np.zeros((0, *shape))
            for n, shape in enumerate(self.form.shapes)
        ]
        return self.form.rebuild(iter(rows))


class _Recorded(_Path):
    """The solution along the same steps, in nodes."""

    def __init__(
        self,
        steps: Sequence[Step],
        form: _Form,
        start: State,
        t0: Any,
        programs: Programs,
        args: Args,
    ) -> None:
        super().__init__(steps, form)
        self._states = [form.tied(start)]
        self._t0 = t0
        self._programs = programs
        self._args = args

    def time(self, number: int) -> Any:
        return self._t0 + (self.steps[number].t - self.steps[0].t)

    def state(self, number: int) -> State:
        while len(self._states) <= number:
            k = len(self._states) - 1
            self._states.append(self._advance(k, self.steps[k].h))
        return self._states[number]

    def after(self, number: int, t: Any) -> State:
        return self._advance(number, t - self.time(number))

    def crossing(self, crossing: Crossing) -> tuple[Any, State]:
        # Newton's method from the root: each step doubles the orders of derivatives that are right.
        event, s = self._programs.events[crossing.event], crossing.s
        for _ in range(2):
            value, slope = event(*self._before(crossing.step), s, self._args)
            s = s - value / slope
        return self.time(crossing.step) + s, self._advance(crossing.step, s)

    def _before(self, number: int) -> tuple[Any, Any]:
        return self.time(number), self.form.rebuild(iter(self.state(number)))

    def _advance(self, number: int, s: Any) -> State:
        leaves: State = self._programs.advance(*self._before(number), s, self._args)
        return leaves


def _double(x: Any) -> Any:
    """A number as a float, an array in float64; a node likewise."""
    x = real(x)
    if np.iscomplexobj(plain(x)):
        raise TypeError(f"solve_ode: numbers must be real, not {plain(x)!r}")
    return x if isinstance(x, float) or x.dtype == np.float64 else ops.cast(x, np.float64)


def _data(x: Any) -> Any:
    """The plain data of a node; anything else as it is, and a number as a float."""
    x = plain(x)
    return float(x) if isinstance(x, int | np.floating) and not isinstance(x, bool) else x


def _row(times: Sequence[Any]) -> Any:
    return ops.stack(list(times)) if times else np.zeros(0)
