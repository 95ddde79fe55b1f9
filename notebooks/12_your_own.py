# %% [markdown]
# # 12. A program of your own
#
# **The question.** You have measurements, and a program that computes what should be measured.
# Nothing in it is a network. What do derivatives give you?
#
# Reading time: fifteen minutes, after [notebook 2](02_any_order.ipynb).
#
# Three things, it turns out: parameters that fit, an answer to how well they are known, and the
# rate at which anything computed from them changes. The first program is a differential equation,
# the second a Gaussian process.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, side_by_side
from scipy.optimize import minimize

from autograd import grad, hessian, jacobian, jit, taylor, value_and_grad
from autograd.ode import solve_ode
from nn.plot import COLOURS

BLUE, VERMILION, GREEN = COLOURS[:3]

# %% [markdown]
# ## Hares and lynxes
#
# The Hudson's Bay Company counted the pelts that it bought. For the years from 1900 to 1920 these
# are the thousands of snowshoe hares and of lynxes, which eat them. Each has its cycle of ten
# years, and the lynxes follow the hares.

# %%
years = np.arange(1900.0, 1921.0)
hares = np.array([30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22.0, 25.4, 27.1, 40.3, 57.0, 76.6,
                  52.3, 19.5, 11.2, 7.6, 14.6, 16.2, 24.7])  # fmt: skip
lynxes = np.array([4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0, 8.3, 9.1, 7.4, 8.0, 12.3, 19.5,
                   45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6])  # fmt: skip
pelts = {"hares": hares, "lynxes": lynxes}
curves(years, pelts, points=True, ylabel="pelts (thousands)", xticks=range(1900, 1921, 5))

# %% [markdown]
# Lotka and Volterra explained such cycles by a pair of equations: hares $h$ multiply and are
# eaten, lynxes $l$ multiply by eating and starve,
#
# $$h' = \alpha h - \beta h l, \qquad l' = \delta h l - \gamma l.$$
#
# There are four rates, and the two numbers of animals in 1900. All are positive, so the program
# takes their logarithms: then no step of an optimiser can make one negative. `solve_ode` of
# notebook 10 solves the equations.


# %%
def predators(t, state, rates):
    hare, lynx = state
    born, eaten, fed, starved = rates
    return born * hare - eaten * hare * lynx, fed * hare * lynx - starved * lynx


def model(log_parameters, t=years):
    hare, lynx, *rates = np.exp(log_parameters)
    solution = solve_ode(predators, (1900.0, t[-1]), (hare, lynx), args=(tuple(rates),), t_eval=t)
    return np.stack(solution.y)


# %% [markdown]
# Counts of animals are wrong by a share and not by a number, so the error is that of the
# logarithms. The sum of its squares is a number that depends on six others by way of dozens of steps
# of an integrator, with 20 Taylor coefficients each. Its gradient is one line:


# %%
def misfit(log_parameters):
    return ((np.log(model(log_parameters)) - np.log([hares, lynxes])) ** 2).sum()


guess = np.log([30.0, 4.0, 0.5, 0.02, 0.02, 0.8])
begin = time.perf_counter()
slope = grad(misfit)(guess)
print(f"the first gradient, with compiling, takes {time.perf_counter() - begin:.1f} s")

difference, h = np.zeros(6), 1e-5
for i, e in enumerate(np.eye(6)):
    difference[i] = (misfit(guess + h * e) - misfit(guess - h * e)) / (2 * h)
print("gradient:   ", slope.round(4))
print("differences:", difference.round(4))

# %% [markdown]
# With a gradient any optimiser will do. Here it is SciPy's BFGS.

# %%
begin = time.perf_counter()
fit = minimize(value_and_grad(misfit), guess, jac=True, method="BFGS", options={"gtol": 1e-6})
best = fit.x
print(f"{fit.nit} steps and {fit.nfev} gradients in {time.perf_counter() - begin:.1f} s")
print(f"misfit {misfit(guess):.2f} before, {fit.fun:.3f} after")

fine = np.linspace(1900, 1920, 200)
ax = plt.subplots(figsize=(7, 3.4), layout="constrained")[1]
for counted, fitted, name, colour in zip(
    (hares, lynxes), model(best, fine), ("hares", "lynxes"), (BLUE, VERMILION), strict=True
):
    ax.plot(years, counted, "o", color=colour, label=f"{name}, counted")
    ax.plot(fine, fitted, color=colour, label=f"{name}, fitted")
ax.set(ylabel="pelts (thousands)", xticks=range(1900, 1921, 5))
ax.legend(fontsize=8)
ax.grid(alpha=0.3)

# %% [markdown]
# ## How well are they known?
#
# If the errors of the logarithms are normal with variance $\sigma^2$, the misfit divided by
# $2\sigma^2$ is the negative logarithm of the likelihood. Near its minimum it is a parabola, whose
# curvature is the Hessian $H$. So the parameters have the covariance $2\sigma^2 H^{-1}$ (this is
# Laplace's approximation). The engine differentiates the integrator twice:

# %%
names = "hares in 1900", "lynxes in 1900", "born", "eaten", "fed", "starved"
variance = fit.fun / (2 * len(years) - len(best))
H = hessian(misfit)(best)
covariance = 2 * variance * np.linalg.inv(H)
spread = np.sqrt(np.diag(covariance))
for name, value, share in zip(names, np.exp(best), spread, strict=True):
    print(f"{name:15} {value:8.4f}  ± {share:.0%}")
print("eigenvalues of the Hessian:", np.linalg.eigvalsh(H).round(1))

# %% [markdown]
# Anything else that is computed from the parameters is as uncertain as its derivative says: with
# $J = \partial(\text{prediction})/\partial(\text{parameters})$ its covariance is
# $J\,C J^\top$. Here that is done for the curve itself, continued to 1930. (The band is that of the
# curve. Counts scatter around it besides.)

# %%
ahead = np.linspace(1900, 1930, 61)
logarithms = lambda p: np.log(model(p, ahead))  # noqa: E731
J = jacobian(logarithms)(best)
band = np.sqrt(np.einsum("aik,kl,ail->ai", J, covariance, J))
ax = plt.subplots(figsize=(7, 3.4), layout="constrained")[1]
for counted, middle, width, name, colour in zip(
    (hares, lynxes), logarithms(best), band, ("hares", "lynxes"), (BLUE, VERMILION), strict=True
):
    ax.plot(years, counted, "o", markersize=4, color=colour)
    ax.plot(ahead, np.exp(middle), color=colour, label=name)
    ax.fill_between(
        ahead, np.exp(middle - 2 * width), np.exp(middle + 2 * width), color=colour, alpha=0.2
    )
ax.axvline(1920, color="grey", linestyle=":")
ax.set(ylabel="pelts (thousands), ± 2 standard deviations", ylim=(0, 150))
ax.legend()
ax.grid(alpha=0.3)

# %% [markdown]
# ## A curve without a formula
#
# What if there is no equation? A Gaussian process assumes only that values at near places are
# alike: between places $x$ and $x'$ they have the covariance
#
# $$k(x, x') = s^2 \exp\Big({-\frac{(x - x')^2}{2\ell^2}}\Big),$$
#
# and each measurement has noise of variance $\sigma_n^2$ besides. Given measurements $y$ at $X$,
# the value at a new place has the mean $k(x, X)\,K^{-1} y$ with $K = k(X, X) + \sigma_n^2 I$. How
# far likeness reaches ($\ell$), how large the values ($s$) and the noise ($\sigma_n$) are is
# chosen such that the measurements are most likely: the smallest
#
# $$-\ln p(y) = \tfrac12 y^\top K^{-1} y + \tfrac12 \ln\det K + \tfrac n2 \ln 2\pi.$$
#
# By hand, the derivative of this needs rules for inverses and determinants of matrices. The
# program needs a line for each term.

# %%
rng = np.random.default_rng(3)
X = np.sort(rng.uniform(0, 10, 30))
truth = lambda x: np.sin(x) + 0.3 * x  # noqa: E731
y = truth(X) + rng.normal(scale=0.3, size=30)
centre = y.mean()


def kernel(a, b, length, size):
    return size**2 * np.exp(-((a[:, None] - b[None, :]) ** 2) / (2 * length**2))


def negative_log_likelihood(log_parameters):
    length, size, noise = np.exp(log_parameters)
    K = kernel(X, X, length, size) + noise**2 * np.eye(len(X))
    _, log_determinant = np.linalg.slogdet(K)
    fit = (y - centre) @ np.linalg.solve(K, y - centre)
    return (fit + log_determinant + len(X) * np.log(2 * np.pi)) / 2


start = np.log([0.3, 1.0, 1.0])
both = jit(value_and_grad(negative_log_likelihood))
found = minimize(both, start, jac=True, method="L-BFGS-B")
for name, before, after in zip(
    ("length ℓ", "size s", "noise σ"), np.exp(start), np.exp(found.x), strict=True
):
    print(f"{name:9} {before:.2f} → {after:.3f}")
print(f"-ln p: {both(start)[0]:.2f} → {found.fun:.2f}, in {found.nfev} gradients")


# %%
def predicted(x, log_parameters):
    """The mean at the places x, and its standard deviation."""
    length, size, noise = np.exp(log_parameters)
    K = kernel(X, X, length, size) + noise**2 * np.eye(len(X))
    across = kernel(x, X, length, size)
    mean = centre + across @ np.linalg.solve(K, y - centre)
    explained = (across * np.linalg.solve(K, across.T).T).sum(axis=1)
    return mean, np.sqrt(size**2 - explained)


x = np.linspace(-1, 11, 200)
for ax, parameters, title in zip(
    side_by_side(2, sharey=True), (start, found.x), ("before", "most likely"), strict=True
):
    mean, width = predicted(x, parameters)
    ax.fill_between(x, mean - 2 * width, mean + 2 * width, color=BLUE, alpha=0.2)
    curves(x, {"mean": mean, "truth": truth(x)}, ax, shared=True, title=title, xlabel="x")
    ax.plot(X, y, "o", color="black", markersize=3)

# %% [markdown]
# The mean is a program like any other, so it has derivatives of its own. Where does the curve
# rise fastest? And how does it go on, as a series, at a point between measurements?

# %%
slopes = jacobian(lambda x: predicted(x, found.x)[0])(x).diagonal()
curves(
    x,
    {"slope of the mean": slopes, "slope of the truth": np.cos(x) + 0.3},
    xlabel="x",
    ylim=(-2, 2),
)
along = taylor(lambda t: predicted(np.array([5.0]) + t, found.x)[0][0], 0.0, order=4)
print("series at 5:", np.array(along).round(4))

# %% [markdown]
# ## What was learned
#
# - A differential equation with an integrator, or a process with its matrices, is a program of
#   elementary operations. It needs no rule of its own.
# - The gradient finds parameters, with any optimiser.
# - The Hessian at the minimum says how well they are known, and a Jacobian carries that over to
#   what is predicted (Gelman et al. 2013, ch. 4; Rasmussen and Williams 2006, ch. 2 and 5).
# - Logarithms keep positive what must be positive.

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Solutions are at the end.

# %% [markdown]
# **1.** *What is conserved.* Along a solution of the equations of Lotka and Volterra
# $V = \delta h - \gamma \ln h + \beta l - \alpha \ln l$ does not change. One sign below is wrong.
# (The check takes the derivative of $V$ along the equation: $\nabla V \cdot (h', l')$.)


# %%
def conserved(hare, lynx, born, eaten, fed, starved):
    return fed * hare - starved * np.log(hare) + eaten * lynx + born * np.log(lynx)


def check_conserved(conserved):
    rates = 0.5, 0.025, 0.025, 0.8
    for state in ((30.0, 4.0), (10.0, 60.0)):
        slopes = grad(conserved, argnums=(0, 1))(*state, *rates)
        change = np.dot(slopes, predators(0.0, state, rates))
        assert abs(change) < 1e-12, f"At (h, l) = {state} it changes at the rate {change:.3g}."


judge(check_conserved, conserved, hint="Hares and lynxes have the same signs.")

# %% [markdown]
# **2.** *Where nothing changes.* With which numbers of hares and lynxes do both stay the same?
# Find it by Newton's method, with the Jacobian of the right-hand side.


# %%
def at_rest(rates):
    state = np.array([30.0, 20.0])
    for _ in range(20):
        f = lambda s: np.stack(predators(0.0, (s[0], s[1]), rates))  # noqa: E731
        state = state - 0.1 * f(state)
    return state


def check_at_rest(at_rest):
    for rates in ((0.5, 0.025, 0.025, 0.8), (0.4, 0.02, 0.03, 0.9)):
        state = at_rest(rates)
        rest = np.abs(predators(0.0, state, rates)).max()
        assert rest < 1e-10, f"At {state.round(3)} something changes at the rate {rest:.3g}."
        assert state.min() > 0, "There is another one, with animals."


hint = "A step of Newton's method is -J⁻¹ f: np.linalg.solve(jacobian(f)(state), f(state))."
judge(check_at_rest, at_rest, hint=hint)

# %% [markdown]
# **3.** *A kernel with a period.* For values that repeat with the period $p$,
# $k(x, x') = s^2 \exp(-2 \sin^2(\pi (x - x')/p)/\ell^2)$. Write it. (The check asks whether it is
# a covariance at all: no eigenvalue may be negative. It also compares its curvature at 0.)


# %%
def periodic(a, b, length, size, period):
    return size**2 * np.cos(2 * np.pi * (a[:, None] - b[None, :]) / period)


def check_periodic(periodic):
    a = np.linspace(0, 7, 15)
    K = periodic(a, a, 0.8, 1.5, 3.0)
    assert np.linalg.eigvalsh(K)[0] > -1e-12, "An eigenvalue is negative."
    assert np.allclose(periodic(a, a + 3.0, 0.8, 1.5, 3.0), K), "It does not repeat."
    k = lambda t: periodic(np.array([0.0]) + t, np.array([0.0]), 0.8, 1.5, 3.0)[0, 0]  # noqa: E731
    bend, expected = taylor(k, 0.0, order=2)[2], -2 * (1.5 * np.pi / (3 * 0.8)) ** 2
    assert np.isclose(bend, expected), f"Its coefficient of t² is {bend:.3f}, not {expected:.3f}."


judge(check_periodic, periodic, hint="The length ℓ must occur in it.")

# %% [markdown]
# ## Solutions
#
# **1.** The last sign is a minus:


# %%
def conserved(hare, lynx, born, eaten, fed, starved):
    return fed * hare - starved * np.log(hare) + eaten * lynx - born * np.log(lynx)


judge(check_conserved, conserved)

# %% [markdown]
# **2.** It comes to $h = \gamma/\delta$, $l = \alpha/\beta$:


# %%
def at_rest(rates):
    state = np.array([30.0, 20.0])
    f = lambda s: np.stack(predators(0.0, (s[0], s[1]), rates))  # noqa: E731
    for _ in range(20):
        state = state - np.linalg.solve(jacobian(f)(state), f(state))
    return state


judge(check_at_rest, at_rest)

# %% [markdown]
# **3.** As the formula says:


# %%
def periodic(a, b, length, size, period):
    distance = np.sin(np.pi * (a[:, None] - b[None, :]) / period)
    return size**2 * np.exp(-2 * distance**2 / length**2)


judge(check_periodic, periodic)
