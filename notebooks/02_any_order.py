# %% [markdown]
# # 2. Derivatives of derivatives
#
# **The question.** The gradient is computed by a program, and programs can be differentiated. Can
# the gradient be differentiated too? How many times, what is it good for, and what does it cost?
#
# Reading time: ten minutes, after [notebook 1](01_values.ipynb).

# %%
import math
import time

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, paths, side_by_side, surface

from autograd import (
    GradientError,
    Value,
    check_grads,
    cos,
    custom_op,
    derivative,
    draw,
    explain,
    grad,
    gradients,
    hessian,
    hvp,
    jit,
)

# %% [markdown]
# ## The graph of a derivative
#
# Every local derivative is itself written in elementary operations: the rule of $\sin$ calls
# $\cos$, and the rule of a product multiplies. The backward pass can therefore be recorded as a
# graph like any other. `gradients(y, x)` returns $dy/dx$ as a number, and stores nothing; with
# `create_graph=True` it returns a node, which has a graph of its own. (The constant 1 is
# $dy/dy$, where the backward pass starts, and a dot is a product of the chain rule.)

# %%
x = Value(2.0, "x")
y = x * np.sin(x)
slope = gradients(y, x, create_graph=True)
draw(slope, gradients=False)

# %% [markdown]
# This is $x \cos x + \sin x$, and it can be differentiated again. Functions are more convenient
# than nodes: `grad(f)` and `derivative(f)` are functions too, so they nest, and
# `derivative(f, n)` is the $n$-th derivative. (For a function of one number, `grad` and
# `derivative` are the same. Given an array, `derivative` treats each entry by itself, as in the
# plot below, and `grad` gives the derivatives of a single result with respect to all entries.)
#
# `explain` evaluates the rules on symbols, and calls the function that it is given $f$. Here that
# is the derivative of our $f$, so its $f'$ is our $f''$.


# %%
def f(x):
    return x * np.sin(x)


print(gradients(slope, x), grad(grad(f))(2.0), derivative(f, 2)(2.0))
explain(derivative(f), 2.0)

# %%
x = np.linspace(-3, 3, 301)
derivatives = {f"derivative {order}": derivative(np.tanh, order)(x) for order in (1, 2, 3)}
curves(x, {r"$\tanh x$": np.tanh(x), **derivatives}, xlabel="x", ylabel="value")

# %% [markdown]
# ## A Taylor series of a program
#
# A program need not be a formula. This one computes a square root with Heron's method, in a loop
# of additions and divisions:


# %%
def root(a):
    x = a
    for _ in range(8):
        x = (x + a / x) / 2
    return x


root(2.0), math.sqrt(2.0)

# %% [markdown]
# Its derivatives at $a = 1$ give a Taylor series, the polynomial with the same derivatives there,
#
# $$\sqrt{a} \approx \sum_{k} c_k (a - 1)^k, \qquad
# c_k = \frac{1}{k!} \frac{d^k}{da^k}\,\mathrm{root}(a)\Big|_{a = 1},$$
#
# whose coefficients are the binomial coefficients
# $\binom{1/2}{k} = \frac12 \big(\frac12 - 1\big) \cdots \big(\frac12 - k + 1\big) / k!$,
# although nobody told the engine what the loop computes.

# %%
orders = range(8)
coefficients = [derivative(root, k)(1.0) / math.factorial(k) for k in orders]
binomial = [math.prod((0.5 - i) / (i + 1) for i in range(k)) for k in orders]
for k in orders:
    print(f"{k}: {coefficients[k]: .15f}   {binomial[k]: .15f}")

# %%
a = np.linspace(0, 2.6, 300)
sums = {
    f"to order {order}": np.polynomial.polynomial.polyval(a - 1, coefficients[: order + 1])
    for order in (1, 2, 4, 7)
}
curves(a, {r"$\sqrt{a}$": np.sqrt(a), **sums}, xlabel="a", ylabel="value", ylim=(0, 2.2))
plt.axvspan(0, 2, color="grey", alpha=0.12)
plt.text(0.05, 2.05, "where the series converges", size=8)
plt.show()

# %% [markdown]
# A warning: the loop is differentiated as it ran. With the condition
# `while abs(x * x - a) > 1e-12` it would stop immediately at $a = 1$, where the first guess is
# exact, and the engine would return the derivative of `x = a`, which is 1 instead of ½. The
# derivative of a program is that of the branch it took.

# %% [markdown]
# ## Newton's method
#
# Where is the minimum of a function of several numbers? Its gradient $\nabla f$, the vector of the
# derivatives with respect to all of them, points uphill. *Gradient descent* takes small steps in
# the opposite direction, $x \leftarrow x - \eta\, \nabla f(x)$ with a small $\eta$. It uses only
# the slope. The *Hessian* $H$, the matrix of second derivatives, also describes the curvature.
# Newton's method moves to the minimum of the parabola that has this slope and curvature:
#
# $$x \leftarrow x - H(x)^{-1}\, \nabla f(x).$$
#
# (`np.linalg.solve(H, g)` computes $H^{-1} g$.) The test function is Rosenbrock's curved valley.


# %%
def valley(p):
    return (1 - p[0]) ** 2 + 10 * (p[1] - p[0] ** 2) ** 2


def descend(step, p, count):
    path = [p]
    for _ in range(count):
        path.append(path[-1] - step(path[-1]))
    return np.array(path)


start = np.array([-1.2, 1.0])
newton = descend(lambda p: np.linalg.solve(hessian(valley)(p), grad(valley)(p)), start, 9)
descent = descend(lambda p: 0.008 * grad(valley)(p), start, 200)
print(f"after 9 steps of Newton's method:    f = {valley(newton[-1]):.1e}")
print(f"after 200 steps of gradient descent: f = {valley(descent[-1]):.1e}")
distances = np.linalg.norm(newton - 1.0, axis=1)
print("distance to the minimum, Newton:", *(f"{d:.0e}" for d in distances))

# %%
left, right = side_by_side(2)
surface(
    left, lambda x, y: valley((x, y)), (-1.6, 1.6), (-1.3, 1.7), np.geomspace(0.01, 100, 14),
    xlabel="$p_0$", ylabel="$p_1$", title="paths (darker: larger $f$)",
)  # fmt: skip
both = {"gradient descent": descent, "Newton": newton}
paths(left, both, target=(1, 1))
distances = {
    name: (range(len(path)), np.linalg.norm(path - 1.0, axis=1)) for name, path in both.items()
}
curves(
    None, distances, right, scale="semilogy", points=True,
    xlabel="steps", ylabel="distance to the minimum", xlim=(-1, 40), ylim=(1e-15, 10),
)  # fmt: skip

# %% [markdown]
# Near the minimum, each Newton step roughly squares the distance, which doubles the number of
# correct digits. The price is the Hessian, which has $n^2$ entries for $n$ parameters. Its
# *products* with vectors are cheap: `hvp` computes them without the matrix. Their cost is
# measured at the end of this notebook.

# %% [markdown]
# ## Gradient checking
#
# How do you know that a derivative is correct? Compare it with a finite difference,
# $\big(f(x + h) - f(x)\big)/h$. But which $h$? If it is large, the curve is not straight over the
# step. If it is small, the two values agree in most of their digits, and the subtraction cancels
# these. The error of the engine's derivative is near $10^{-16}$, so it can serve as the reference
# for the error of finite differences. A third way needs no subtraction: for a function that also
# takes complex numbers, $f(x + ih) \approx f(x) + ih f'(x)$, so that the imaginary part divided
# by $h$ is the derivative.


# %%
def g(x):
    return np.exp(np.sin(x))


exact = derivative(g)(1.0)
h = np.geomspace(1e-15, 1e-1, 57)
differences = {
    "forward, $(f(x+h) - f(x))/h$": (g(1.0 + h) - g(1.0)) / h,
    "central, $(f(x+h) - f(x-h))/2h$": (g(1.0 + h) - g(1.0 - h)) / (2 * h),
    "complex, $\\mathrm{Im}\\,f(x+ih)/h$": np.imag(g(1.0 + 1j * h)) / h,
}
errors = {
    name: np.maximum(abs(slopes - exact) / abs(exact), 1e-17)
    for name, slopes in differences.items()
}
curves(
    h, errors, scale="loglog", points=True,
    xlabel="step h", ylabel="relative error (0 drawn as $10^{-17}$)",
)  # fmt: skip

# %% [markdown]
# `check_grads` takes care of this. It uses the complex step where a function can be evaluated on
# complex numbers, and central differences of high order elsewhere. It checks the backward pass
# (reverse mode) and forward mode, which notebook 3 explains, to the second order or as far as it
# is asked to. It detects a rule that is wrong by a thousandth:

# %%
check_grads(g, 1.0, order=3)

wrong_sine = custom_op(np.sin, derivative=lambda out, x: 1.001 * cos(x), name="wrong_sine")
try:
    check_grads(lambda x: np.exp(wrong_sine(x)), 1.0)
except GradientError as error:
    print(error)

# %% [markdown]
# ## What a gradient costs
#
# Finite differences need one evaluation of the function per parameter. The backward pass goes
# through the graph once and gives the derivatives with respect to all parameters. Here both are
# timed on the squared error of a network with one hidden layer of 1 to 256 units, for 40 examples.
# (What a network is comes in notebook 4. Here it is a function of up to 3,072 numbers.) The
# gradient is also timed after `jit` has compiled it: recorded once, it runs without Python's
# bookkeeping. Each time is the shortest of many, which other programs have disturbed least. (With
# still larger arrays, some machines ask the system for new memory in every run, which costs more
# than the arithmetic.) Differences are timed for 12 of the parameters and scaled up to all of them.

# %%
rng = np.random.default_rng(0)
X, target = rng.normal(size=(40, 10)), rng.normal(size=40)


def error_of(theta):
    units = len(theta) // 12
    W, b, v = (
        theta[: 10 * units].reshape(units, 10),
        theta[10 * units : 11 * units],
        theta[11 * units :],
    )
    return ((np.tanh(X @ W.T + b) @ v - target) ** 2).mean()


def by_differences(theta, count=None, h=1e-6):
    """The first `count` derivatives, or all."""
    base, found = error_of(theta), np.empty_like(theta[:count])
    for i in range(len(found)):
        moved = theta.copy()
        moved[i] += h
        found[i] = (error_of(moved) - base) / h
    return found


def seconds(work, runs=100):
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


engine, compiled = grad(error_of), jit(grad(error_of))
points = [rng.normal(size=12 * 2**k) / 4 for k in range(9)]
for theta in points:
    assert np.allclose(engine(theta), compiled(theta))  # the first call compiles
    assert np.allclose(engine(theta), by_differences(theta), atol=1e-4)
ways = {
    "gradient by differences": lambda theta: by_differences(theta, count=12),
    "gradient by one backward pass": engine,
    "the same, compiled by jit": compiled,
    "the function once": error_of,
}
times = {
    name: [seconds(lambda way=way, theta=theta: way(theta)) for theta in points]
    for name, way in ways.items()
}
times["gradient by differences"] = [
    took * len(theta) / 12
    for took, theta in zip(times["gradient by differences"], points, strict=True)
]

# %%
n = [len(theta) for theta in points]
axes = {"xlabel": "number of parameters n", "ylabel": "time (s)"}
curves(n, times, scale="loglog", points=True, **axes)
*gradients_of, once = times.values()
for name, took in zip(ways, gradients_of, strict=False):
    print(f"n = {n[-1]:,}, {name}: {took[-1] / once[-1]:,.1f} runs of the function")

# %% [markdown]
# Finite differences cost $n$ evaluations of the function. The backward pass costs a few, whatever
# $n$ is. (For small $n$ the time is that of Python, which records each operation; `jit` does that
# only once.) Today's networks have $10^5$ to $10^{11}$ parameters, and this is why they can be
# trained at all.
#
# And the second order? The full Hessian for $n = 3{,}072$ has 9 million entries. A product with
# it costs no more than a few gradients:

# %%
theta = rng.normal(size=3072) / 16
v = rng.normal(size=3072)
ratio = seconds(lambda: hvp(error_of, theta, v), 20) / seconds(lambda: engine(theta))
print(f"one Hessian-vector product costs {ratio:.1f} gradients")

# %% [markdown]
# ## What was learned
#
# - Derivative rules are programs of the same elementary operations, so derivatives of any order
#   need nothing new, even for programs with loops. (Nested, each order costs two to four times
#   the previous one. `derivative` avoids this from the third order on: it computes Taylor
#   coefficients, as `taylor` does.)
# - Newton's method uses second derivatives. Products with the Hessian never need the matrix.
# - Finite differences are for checking: they have limited accuracy, and cost one evaluation per
#   parameter.
# - One backward pass costs a few evaluations of the function, for any number of parameters
#   (Goodfellow et al. 2016, sec. 6.5; Bishop 2006, sec. 5.3.3).
#
# Next: [the same engine on arrays](03_tensors.ipynb).

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Change the cells and run them again. Solutions are at the end.

# %% [markdown]
# **1.** *A series by hand.* Find the polynomial of degree 4 whose first four derivatives at 0 are
# those of $\ln(1 + x)$, and whose value is the same. The answer is the list of its coefficients.

# %%
c = [0, 1, 0, 0, 0]  # of 1, x, x², x³, x⁴


def check_series(c):
    assert np.shape(c) == (5,), "The answer is a list of five numbers."
    for order in range(5):
        mine = derivative(lambda x: sum(c[k] * x**k for k in range(5)), order)(0.0)
        true = derivative(lambda x: np.log(1 + x), order)(0.0)
        assert np.isclose(mine, true), (
            f"Derivative {order} at 0 is {mine:g}, and should be {true:g}."
        )


judge(check_series, c, hint="Derivative k at 0 is k! times the coefficient of xᵏ.")

# %% [markdown]
# **2.** *Newton in one dimension.* The code below is gradient descent for $x^4 - 3x^3 + 2$. Turn
# it into Newton's method, which finds the minimum in 7 steps from $x = 3$.


# %%
def quartic(x):
    return x**4 - 3 * x**3 + 2


def better(x):
    return x - 0.01 * derivative(quartic)(x)


def check_newton(better):
    x = 3.0
    for _ in range(7):
        x = better(x)
    left = derivative(quartic)(x)
    assert abs(left) < 1e-10, f"After 7 steps x = {x:.6f}, where the slope is {left:.2g}."
    assert derivative(quartic, 2)(x) > 0, f"x = {x:.6f} has slope 0, but is no minimum."


judge(check_newton, better, hint="In one dimension H is a number, derivative(quartic, 2)(x).")

# %% [markdown]
# **3.** *The chain rule again.* $\big(f(g(x))\big)' = f'(g(x))\,g'(x)$. Differentiate this once
# more by hand. A term is missing below.


# %%
def second(f, g, x):
    return derivative(f, 2)(g(x)) * derivative(g)(x) ** 2


def check_second(second):
    for f, g in ((np.sin, np.exp), (np.tanh, np.square), (np.exp, np.tanh)):

        def composed(x, f=f, g=g):
            return f(g(x))

        mine, true = second(f, g, 0.4), derivative(composed, 2)(0.4)
        name = f"{f.__name__}({g.__name__}(x))"
        assert np.isclose(mine, true), f"For {name} at 0.4: {mine:.6f}, and should be {true:.6f}."


hint = "Both f'(g(x)) and g'(x) depend on x: use the rule for products."
judge(check_second, second, hint=hint)

# %% [markdown]
# ## Solutions
#
# **1.** $\ln(1 + x) = x - x^2/2 + x^3/3 - x^4/4 + \dots$

# %%
judge(check_series, [0, 1, -1 / 2, 1 / 3, -1 / 4])

# %% [markdown]
# **2.** The slope divided by the second derivative:


# %%
def better(x):
    return x - derivative(quartic)(x) / derivative(quartic, 2)(x)


judge(check_newton, better)

# %% [markdown]
# **3.** $f''(g)\,g'^2 + f'(g)\,g''$:


# %%
def second(f, g, x):
    bend_of_f = derivative(f, 2)(g(x)) * derivative(g)(x) ** 2
    return bend_of_f + derivative(f)(g(x)) * derivative(g, 2)(x)


judge(check_second, second)
