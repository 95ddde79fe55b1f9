# %% [markdown]
# # 10. Series of programs
#
# **The question.** Each derivative of a derivative costs several times the one before, so the tenth
# is slow and the thirtieth is out of reach. Is there a way to get all of them at once, and what can
# be done with thirty derivatives?
#
# Reading time: ten minutes, after [notebook 2](02_any_order.ipynb).

# %%
import math
import time

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, side_by_side

from autograd import derivative, elementwise_grad, explain, grad, hessian, laplacian, taylor
from autograd.ode import ode_series, solve_ode
from autograd.scipy.special import gamma
from nn.plot import COLOURS

# %% [markdown]
# ## Arithmetic on polynomials
#
# Put $x + t$ in place of $x$, and compute with polynomials in $t$ instead of numbers: the result is
# the Taylor series of the program. A product of polynomials is a convolution of their coefficients,
# and for $y = \varphi(x)$ the chain rule $y' = \varphi'(x)\,x'$ says of the coefficients
#
# $$k\,y_k = \sum_{j=1}^{k} j\,x_j\,d_{k-j}, \qquad d = \varphi'(x).$$
#
# Only coefficients of $d$ below $k$ are needed, so they can be computed one after the other. For
# $\tan$ we have $d = 1 + y^2$, and that is all:


# %%
def tangent_series(order):
    y = [0.0]  # tan 0
    d = [1.0]
    for k in range(1, order + 1):
        y.append(d[k - 1] / k)  # x = t, so only x_1 = 1 is not zero
        d.append(sum(y[j] * y[k - j] for j in range(k + 1)))
    return y


print(tangent_series(9)[1::2])
print(taylor(np.tan, 0.0, order=9)[1::2])
print([1, 1 / 3, 2 / 15, 17 / 315, 62 / 2835])

# %% [markdown]
# `taylor` does the same for any program, with the rules of the engine's table. `explain` shows the
# coefficients as formulas, at any $x$:

# %%
explain(np.tan, 0.0, order=3)

# %% [markdown]
# ## What it costs
#
# A convolution up to order $k$ has about $k^2/2$ products, so all $k$ derivatives together cost
# about $k^2$ evaluations. Nested derivatives cost a constant factor for each order.


# %%
def seconds(run, repeats=15):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def nested(f, order):
    for _ in range(order):
        f = elementwise_grad(f)
    return f


few, many = range(1, 9), (1, 2, 3, 5, 8, 12, 20, 30, 45, 60)
slow = [seconds(lambda n=n: nested(np.tanh, n)(0.3)) for n in few]
fast = [seconds(lambda n=n: taylor(np.tanh, 0.3, order=n)) for n in many]
lines = {"nested derivatives": (few, slow), "one series": (many, fast)}
labels = {"xlabel": "order", "ylabel": "time (s)", "title": "derivatives of tanh at 0.3"}
curves(None, lines, scale="loglog", points=True, **labels)

# %% [markdown]
# The 30th derivative is right to 15 digits. (Computed with fifty, it is
# $1.06342312241186531\ldots\cdot 10^{26}$.)

# %%
print(f"{derivative(np.tanh, 30)(0.3):.14e}")

# %% [markdown]
# ## How far a series reaches
#
# $\tan$ has poles at $\pm\pi/2$, and its series converges up to there. The coefficients show it
# without being told: two of them that follow each other have the ratio $1/\varrho^2$, where
# $\varrho$ is the radius of convergence.

# %%
c = taylor(np.tan, 0.0, order=41)
radius = [math.sqrt(c[k] / c[k + 2]) for k in range(1, 40, 2)]
print(f"{radius[0]:.6f}, {radius[3]:.10f}, {radius[-1]:.15f}, and π/2 = {math.pi / 2:.15f}")

# %% [markdown]
# The gamma function extends the factorial, $\Gamma(n) = (n-1)!$, and has poles at $0, -1, -2,
# \ldots$ Around 1 its first coefficients are $1$, $-\gamma$ (Euler's constant $0.5772\ldots$) and
# $\gamma^2/2 + \pi^2/12$. The pole at 0 is at distance 1, so the coefficients come to $\pm 1$:

# %%
c = taylor(gamma, 1.0, order=30)
euler = 0.57721566490153286
print(c[:3], euler**2 / 2 + math.pi**2 / 12)

x = np.linspace(0.05, 2.1, 300)
sums = {
    f"to order {order}": np.polynomial.polynomial.polyval(x - 1, c[: order + 1])
    for order in (5, 15, 30)
}
left, right = side_by_side(2)
curves(range(31), {"c": c}, left, points=True, xlabel="order", title="coefficients of Γ at 1")
lines = {"Γ": gamma(x), **sums}
curves(x, lines, right, ylim=(0, 8), xlabel="x", title="beyond 2 no order helps")

# %% [markdown]
# ## Equations that are recurrences
#
# A differential equation $y' = f(t, y)$ says: coefficient $k$ of $y$ is coefficient $k-1$ of
# $f(t, y)$, divided by $k$. Since $f$ needs lower coefficients of $y$ only, the equation itself
# computes the series of its solution. $y' = y^2$ with $y(0) = y_0$ is solved by
# $y_0 / (1 - y_0 t)$, which ends at $t = 1/y_0$. The coefficients know that, too:

# %%
for start in (1.0, 2.0, 0.5):
    c = ode_series(lambda t, y: y**2, 0.0, start, order=6)
    print(f"y(0) = {start}:", c, "radius", c[5] / c[6])

# %% [markdown]
# So the coefficients at a point tell how far a step may go. `solve_ode` steps along the solution
# like this, with 20 coefficients and as far as their size allows for 16 digits. Here is the orbit of
# three equal masses that chase each other around a figure eight (Chenciner and Montgomery, 2000):


# %%
def attraction(t, state):
    places, velocities = state
    pulls = [[0.0, 0.0] for _ in places]
    for i, (x, y) in enumerate(places):
        for j, (u, v) in enumerate(places[:i]):
            dx, dy = u - x, v - y
            strength = (dx**2 + dy**2) ** -1.5
            pulls[i] = [pulls[i][0] + dx * strength, pulls[i][1] + dy * strength]
            pulls[j] = [pulls[j][0] - dx * strength, pulls[j][1] - dy * strength]
    return velocities, pulls


x, y = 0.97000435669734, -0.24308753153583
u, v = -0.93240737144104, -0.86473146092102
start = ([[x, y], [-x, -y], [0.0, 0.0]], [[-u / 2, -v / 2], [-u / 2, -v / 2], [u, v]])
period = 6.32591398292621
orbit = solve_ode(attraction, (0.0, period), start)
print(orbit)

ends = np.array(orbit.y[0])[..., -1]
print("after one period, off by", np.abs(ends - np.array(start[0])).max())

path = np.array(orbit(np.linspace(0, period, 300))[0])
ax = plt.subplots(figsize=(6, 3), layout="constrained")[1]
ax.plot(*path[0], color="0.7")
for body, colour in zip(path, COLOURS, strict=False):
    ax.plot(*body[:, :60], color=colour, linewidth=2)
    ax.plot(*body[:, 60], "o", color=colour)
ax.set_aspect("equal")

# %% [markdown]
# The whole solution is differentiable. How does the period of a pendulum depend on how far it
# swings? An event finds the time at which it has swung once to the other side, which is half the
# period $T$, and its gradient is $T'$ by the angle. For small swings $T = 2\pi (1 + \theta^2/16 +
# \ldots)$.


# %%
def pendulum(t, state):
    angle, speed = state
    return speed, -np.sin(angle)


def turning(t, state):
    return state[1]


def period_of(angle):
    swing = solve_ode(pendulum, (0.0, 40.0), (angle, 0.0), events=turning)
    return 2 * swing.t_events[0][0]


for angle in (0.1, 1.0, 3.0):
    print(f"{angle}: T = {period_of(angle):.12f}, T' = {grad(period_of)(angle):.12f}")
print(f"2π (1 + 0.1²/16) = {2 * math.pi * (1 + 0.1**2 / 16):.6f}")

# %% [markdown]
# ## Many directions
#
# A series along a line has the derivatives in one direction. Along several lines, the second
# coefficients add up to the Laplacian $\Delta f = \sum_i \partial^2 f / \partial x_i^2$, the
# operator of heat and of waves. `laplacian` takes all lines in one pass, and never makes the
# Hessian.

# %%
rng = np.random.default_rng(0)
first, second = rng.normal(size=(100, 50)) / 10, rng.normal(size=50) / 7


def network(x):
    return np.tanh(x @ first) @ second


point = rng.normal(size=100)
print(laplacian(network)(point), np.trace(hessian(network)(point)))
slow, fast = (seconds(lambda f=f: f(network)(point)) for f in (hessian, laplacian))
print(f"{slow / fast:.0f} times as fast as the Hessian")

# %% [markdown]
# ## What was learned
#
# - The chain rule is a recurrence of Taylor coefficients. So all derivatives up to order $k$ come
#   from one run of a program, at a cost of about $k^2$ evaluations (Griewank and Walther 2008,
#   ch. 13).
# - The coefficients tell how far a series converges.
# - A differential equation is a recurrence of its own series, which solves it to nearly all digits
#   of a float.
# - Sums of derivatives in many directions, like the Laplacian, need no Hessian.

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Change the cells and run them again. Solutions are at the end.

# %% [markdown]
# **1.** *Another recurrence.* For $y = e^x$ we have $d = y$. Complete the series of $e^{\sin t}$
# from that of $\sin t$.


# %%
def exponential(x):
    y = [math.exp(x[0])]
    for k in range(1, len(x)):
        y.append(0.0 * k)  # from x and y
    return y


def check_exponential(exponential):
    mine = exponential(taylor(np.sin, 0.0, order=6))
    true = taylor(lambda t: np.exp(np.sin(t)), 0.0, order=6)
    for k, (a, b) in enumerate(zip(mine, true, strict=True)):
        assert np.isclose(a, b), f"Coefficient {k} is {a:g}, and should be {b:g}."


judge(check_exponential, exponential, hint="The formula at the top, with y in place of d.")

# %% [markdown]
# **2.** *A pole off the line.* $1/(1 + x^2)$ is smooth everywhere, but its series at $x$ converges
# only up to the poles at $\pm i$. What is the radius of convergence at $x$?


# %%
def radius_at(x):
    return 1.0


def check_radius(radius_at):
    for x in (0.0, 1.0, 2.0):
        c = np.abs(taylor(lambda x: 1 / (1 + x * x), x, order=200))
        seen = 1 / max(c[k] ** (1 / k) for k in range(150, 201))
        assert abs(radius_at(x) / seen - 1) < 0.02, f"At {x} it is about {seen:.2f}."


judge(check_radius, radius_at, hint="How far is x from i, in the plane of complex numbers?")

# %% [markdown]
# **3.** *Harmonic functions.* $\Delta f = 0$ holds for a certain power of the distance from the
# origin, in each dimension $n > 2$. Which?


# %%
def power(n):
    return -1


def check_harmonic(power):
    for n in (3, 4, 7):
        at = np.linspace(0.5, 1.0, n)
        left = laplacian(lambda x, n=n: (x @ x) ** (power(n) / 2))(at)
        assert abs(left) < 1e-10, f"In dimension {n} the Laplacian is {left:.3g}."


judge(check_harmonic, power, hint="In three dimensions it is the potential of a charge, 1/r.")

# %% [markdown]
# ## Solutions
#
# **1.** $k\,y_k = \sum_j j\,x_j\,y_{k-j}$:


# %%
def exponential(x):
    y = [math.exp(x[0])]
    for k in range(1, len(x)):
        y.append(sum(j * x[j] * y[k - j] for j in range(1, k + 1)) / k)
    return y


judge(check_exponential, exponential)

# %% [markdown]
# **2.** The distance to $i$ is $\sqrt{1 + x^2}$:


# %%
def radius_at(x):
    return math.sqrt(1 + x * x)


judge(check_radius, radius_at)

# %% [markdown]
# **3.** $|x|^{2-n}$:


# %%
def power(n):
    return 2 - n


judge(check_harmonic, power)
