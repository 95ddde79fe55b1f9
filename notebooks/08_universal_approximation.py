# %% [markdown]
# # 8. Universal approximation
#
# **The question.** What can a network with three hidden units represent, and what does the hidden
# layer do?
#
# Reading time: ten minutes, after [notebook 7](07_training.ipynb).
#
# A network without hidden units draws straight lines. One hidden layer with enough units can bend
# them into any continuous function. This notebook looks inside the hidden layer three times:
# where two units solve the exclusive or, where three approximate a curve, and where two divide a
# plane. (Bishop 2006, section 5.1 with figs 5.3 and 5.4; Goodfellow et al. 2016, section 6.1;
# Lindholm et al. 2022, section 6.1.)

# %%

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, larger_points, level, side_by_side

import autograd as ag
import nn
from autograd import derivative, elementwise_grad

GREEN = nn.plot.COLOURS[2]

# %% [markdown]
# ## XOR: a line cannot, two units can
#
# The exclusive or is 1 where exactly one of two inputs is 1. No straight line separates the two
# classes. The best that logistic regression can do is to answer ½ four times:

# %%
points, labels = nn.datasets.xor()
line = nn.Linear(2, 1, rng=0)
history = nn.fit(
    line, (points, labels[:, None].astype(np.float32)), batch_size=None, lr=1.0, epochs=500,
    loss="binary-cross-entropy-with-logits", progress=False,
)  # fmt: skip
print("probabilities:", ag.sigmoid(nn.predict(line, points)).ravel().round(3))
print(f"cost: {history.epochs()['loss'][-1]:.4f}; ln 2 = {np.log(2):.4f}")

# %% [markdown]
# Now take two hidden ReLU units with fixed weights: $W^{(1)}$ is all ones, $b^{(1)} = (0, -1)$,
# and the output is $1\cdot q_1 - 2\cdot q_2$. Nothing is trained.

# %%
network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
network[0].weight.data = [[1.0, 1.0], [1.0, 1.0]]
network[0].bias.data = [0.0, -1.0]
network[2].weight.data = [[1.0, -2.0]]
network[2].bias.data = [0.0]

hidden = nn.predict(network[:2], points)
for x, q, y in zip(points, hidden, nn.predict(network, points), strict=True):
    print(f"x = {x}   q = {q}   output {y[0]:g}")

# %% [markdown]
# The hidden layer moves the points. $(0,1)$ and $(1,0)$, which no line could separate from the
# other two, are mapped to the same point in *feature space*, where a line is enough:

# %%
left, right = side_by_side(2)
nn.plot.decision_boundary(network, points, labels, threshold=0.5, ax=left)
left.set(xlabel="$x_1$", ylabel="$x_2$", title="input space")
nn.plot.decision_boundary(network[2:], hidden, labels, threshold=0.5, ax=right)
right.set(xlabel="$q_1$", ylabel="$q_2$", title="feature space: what the hidden units give")
right.annotate("(0,1) and (1,0)", (1, 0), (1.1, 0.25), arrowprops={"arrowstyle": "->"})
larger_points(left, right)

# %% [markdown]
# ## Four functions by three hidden units
#
# A network of 3 tanh units and a linear output, ten parameters in all, is fitted to fifty points
# each of $x^2$, $\sin x$, $|x|$ and the step $H(x)$ on $(-1, 1)$. The dashed curves are the
# outputs of the three hidden units, the dots the fifty points.


# %%
def fitted_to(x, y):
    """A network of three hidden units, and its last error."""
    model = nn.MLP([1, 3, 1], activation="tanh", rng=2, dtype=np.float64)
    history = nn.fit(
        model, (x.astype(float), y.astype(float)), loss="mse", optimizer="adam", epochs=3000,
        schedule=nn.schedules.Cosine(0.05, steps=3000), batch_size=None, progress=False,
    )  # fmt: skip
    return model, history.steps["loss"][-1]


titles = {"square": "$x^2$", "sin": r"$\sin x$", "abs": "$|x|$", "step": "$H(x)$"}
data = {name: nn.datasets.curve(name, n=50) for name in titles}
fitted = {name: fitted_to(*points) for name, points in data.items()}

# %%
fine = np.linspace(-1, 1, 400)[:, None]
axes = plt.subplots(2, 2, figsize=(9, 6), layout="constrained", sharex=True)[1]
for ax, (name, title) in zip(axes.flat, titles.items(), strict=True):
    model, error = fitted[name]
    ax.plot(fine, nn.predict(model[:2], fine), "--", color="grey", linewidth=1)
    ax.plot(*data[name], "o", markersize=5, color="black", alpha=0.4)
    curves(fine, {"network": nn.predict(model, fine)}, ax, xticks=[-1, -0.5, 0, 0.5, 1])
    ax.set_title(f"{title}: mean squared error {error:.1g}")

# %% [markdown]
# No unit resembles the curve; each contributes one bend of tanh, and the output adds and
# subtracts the bends. Smooth functions are easy. The corner of $|x|$ stays round. The jump is
# approached only as the weights grow, because the steepness of a tanh is its weight:

# %%
for name, (model, _) in fitted.items():
    slope = elementwise_grad(lambda x, model=model: model(x)[:, 0])(fine)
    print(f"{name:7} largest weight {max(abs(w.data).max() for w in model.weights()):6.1f}", end="")
    print(f"   steepest slope {abs(slope).max():6.1f}")

# %% [markdown]
# ## Two classes in the plane
#
# Two inputs, two tanh units and a sigmoid output make nine parameters, trained on 200 points of
# two overlapping classes. Class 0 is a normal distribution, and class 1 is a mixture of two, one
# on either side. Since the distributions are known, so is the boundary that no classifier can
# beat: it is where both classes are equally likely.

# %%
x, y = nn.datasets.gaussian_classes(200)
model = nn.MLP([2, 2, 1], activation="tanh", rng=1)
nn.fit(
    model, (x, y[:, None].astype(np.float32)), loss="binary-cross-entropy-with-logits",
    optimizer="adam", lr=0.05, epochs=600, batch_size=None, progress=False,
)  # fmt: skip

ax = plt.subplots(figsize=(6.5, 4.6), layout="constrained")[1]
nn.plot.decision_boundary(model, x, y, ax=ax)
ax.plot([], [], color="black", linewidth=1, label="boundary of the network")
optimal = nn.datasets.gaussian_classes_posterior
level(ax, optimal, 0.5, "optimal boundary", color=GREEN, linewidth=2.5)
for unit in (0, 1):
    name = "a hidden unit is 0.5" if unit else None
    level(ax, lambda x, u=unit: nn.predict(model[:2], x)[:, u], 0.5, name, color="grey")
ax.legend(loc="upper left", fontsize=8)

more_x, more_y = nn.datasets.gaussian_classes(20_000, rng=1)
best = optimal(more_x)
print(
    f"wrong on 20,000 new points: {nn.metrics.error_rate(nn.predict(model, more_x), more_y, threshold=0):.1%}"
)
print(f"the optimal boundary:       {nn.metrics.error_rate(best, more_y, threshold=0.5):.1%}")

# %% [markdown]
# Each hidden unit is a soft straight line. The output combines two lines into one bent boundary,
# which is close to the optimal one where there are points, and arbitrary where there are none.
#
# ## Arbitrarily close
#
# That enough units come arbitrarily close can be shown without training. A ReLU network with $M$
# hidden units can draw the polygon through $M + 1$ points of any curve: unit $k$ starts at the
# $k$-th point, and its output weight is the *change* of slope there. The error of a polygon with
# steps $h = 2/M$ is at most $\frac{h^2}{8} \max |f''|$, and the engine computes $f''$.


# %%
def target(x):
    return np.sin(3 * x) + 0.3 * np.cos(10 * x)


def polygon(units):
    """A ReLU network through units + 1 points of the target on [-1, 1]."""
    knots = np.linspace(-1, 1, units + 1)
    slopes = np.diff(target(knots)) / np.diff(knots)
    network = nn.Sequential(
        nn.Linear(1, units, dtype=np.float64), nn.ReLU(), nn.Linear(units, 1, dtype=np.float64)
    )
    network[0].weight.data = np.ones((units, 1))
    network[0].bias.data = -knots[:-1]
    network[2].weight.data = np.diff(slopes, prepend=0.0)[None]
    network[2].bias.data = target(knots[:1])
    return network


fine = np.linspace(-1, 1, 4001)[:, None]
steepest_bend = abs(derivative(target, 2)(fine)).max()
counts = 2 ** np.arange(1, 10)
errors = [abs(nn.predict(polygon(m), fine) - target(fine)).max() for m in counts]

left, right = side_by_side(2)
lines = {f"{units} units": nn.predict(polygon(units), fine) for units in (4, 16)}
curves(fine, {"target": target(fine), **lines}, left, xlabel="$x$", ylabel="$y$")
bound = (2 / counts) ** 2 / 8 * steepest_bend
lines = {"measured": errors, r"bound $\frac{h^2}{8}\max|f''|$": bound}
axes = {"xlabel": "hidden units", "ylabel": "largest error"}
curves(counts, lines, right, scale="loglog", points=True, **axes)

# %% [markdown]
# Twice as many units give a quarter of the error. The theorem says that good weights exist.
# Whether gradient descent finds them is another question, and in many dimensions several layers
# can need far fewer units than one layer.
#
# ## What was learned
#
# - A hidden layer maps the points to a feature space in which a line is enough.
# - Its units are bends, or soft lines, and the output adds them up.
# - Smooth curves need few units with moderate weights. Corners stay round, and jumps need large
#   weights.
# - With ReLU units an approximation can be written down explicitly, and its error is bounded by
#   $f''$.
#
# ## Exercises
#
# Each cell contains a wrong attempt. Change it until the check says *right*.
# Solutions are at the end.


# %% [markdown]
# **1.** Solve XOR with the neurons of 1943, which output 1 where $z \ge 0$ and 0 elsewhere. Find
# weights for two hidden units and the output. (One unit can be *or*, the other *and*.)

# %%
W1, b1 = [[1.0, 1.0], [1.0, 1.0]], [0.0, 0.0]
W2, b2 = [[1.0, 1.0]], [0.0]


# %%
def check_neurons(W1, b1, W2, b2):
    neurons = nn.Sequential(nn.Linear(2, 2), nn.Step(), nn.Linear(2, 1), nn.Step())
    neurons[0].weight.data, neurons[0].bias.data = W1, b1
    neurons[2].weight.data, neurons[2].bias.data = W2, b2
    said = nn.predict(neurons, points).ravel().astype(int).tolist()
    assert said == labels.tolist(), f"it says {said} for {points.astype(int).tolist()}"


hint = "x₁ + x₂ is at least 0.5 for or, and at least 1.5 for and. Wanted is or without and."
judge(check_neurons, W1, b1, W2, b2, hint=hint)

# %% [markdown]
# **2.** Three tanh units only approximated $|x|$. Two ReLU units *are* $|x|$. Write it.


# %%
def absolute(x):
    return ag.relu(x) + ag.relu(x)


# %%
def check_absolute(absolute):
    for x in (-2.0, -0.3, 0.7, 5.0):
        assert np.isclose(absolute(x), abs(x)), f"at {x} it is {absolute(x):g}"
        slope = derivative(absolute)(x)
        assert np.isclose(slope, np.sign(x)), f"at {x} its slope is {slope:g}, not {np.sign(x):g}"


judge(check_absolute, absolute, hint="One unit is for x > 0, the other for x < 0.")

# %% [markdown]
# **3.** A hat function is 0 up to $-1$, rises to 1 at $0$, falls to 0 at $1$, and is 0 from there
# on. Three ReLU units are enough. (Sums of shifted and scaled hats are all polygons.)


# %%
def hat(x):
    return ag.relu(1 - x)


# %%
def check_hat(hat):
    assert np.isclose(hat(0.0), 1), f"the top is {hat(0.0):g}"
    for x, wanted in ((-3.0, 0), (-0.5, 1), (0.5, -1), (2.0, 0)):
        slope = derivative(hat)(x)
        assert np.isclose(slope, wanted), f"at {x} the slope is {slope:g}, not {wanted}"
    assert np.isclose(hat(4.0), 0), f"far to the right it is {hat(4.0):g}"


judge(check_hat, hat, hint="The slope changes by 1 at -1, by -2 at 0 and by 1 at 1.")

# %% [markdown]
# ## Solutions
#
# **1.** *Or* fires from 0.5 on, *and* from 1.5 on, and the output needs the first without the
# second:

# %%
judge(check_neurons, [[1.0, 1.0], [1.0, 1.0]], [-0.5, -1.5], [[1.0, -1.0]], [-0.5])

# %% [markdown]
# **2.** $x$ for $x > 0$ and $-x$ for $x < 0$:


# %%
def absolute(x):
    return ag.relu(x) + ag.relu(-x)


judge(check_absolute, absolute)

# %% [markdown]
# **3.** Each unit begins where the slope changes, and has the change as its weight:


# %%
def hat(x):
    return ag.relu(x + 1) - 2 * ag.relu(x) + ag.relu(x - 1)


judge(check_hat, hat)
