# %% [markdown]
# # 5. Before the first step: activations and initial weights
#
# **The question.** Two networks have the same layers, the same data and the same learning rate.
# One of them learns, and the other never does. What was decided before the first step?
#
# Reading time: ten minutes, after [notebook 4](04_backpropagation.ipynb).

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, histogram, side_by_side

import nn
from autograd import Tensor, check_grads, custom_op, elementwise_grad, sigmoid, why

rng = np.random.default_rng(1)

# %% [markdown]
# ## Activations
#
# Without a function between them, two linear layers are equivalent to one. Here are ten
# activation functions of `nn`, with their derivatives as computed by the engine:

# %%
nn.plot.activations()
plt.show()

# %% [markdown]
# Each docstring describes the advantages and disadvantages of its function:

# %%
for name, kind in nn.activations.ACTIVATIONS.items():
    print(f"{name:10}", " ".join(kind.__doc__.split("\n\n")[0].split()))

# %% [markdown]
# Two identities save work, because they use only the result of the forward pass:
# $\sigma' = \sigma (1 - \sigma)$ and $\tanh' = 1 - \tanh^2$.

# %%
z = np.linspace(-5, 5, 1001)
print(abs(elementwise_grad(sigmoid)(z) - sigmoid(z) * (1 - sigmoid(z))).max())
print(abs(elementwise_grad(np.tanh)(z) - (1 - np.tanh(z) ** 2)).max())

# %% [markdown]
# ## Saturation
#
# Far from 0 a sigmoid is flat, so an error from the next layer is multiplied by almost zero. The
# unit is *saturated* and learns very slowly. Whether this happens depends on the size of the
# weights. Here 100 inputs with standard deviation 1 feed 100 sigmoid units with weights from
# $N(0, \sigma_w^2)$, so that $z$ has standard deviation $10\,\sigma_w$:

# %%
inputs = rng.normal(size=(500, 100))
for ax, sigma in zip(side_by_side(3, sharey=True), (0.05, 0.3, 1.5), strict=True):
    init = partial(nn.init.normal, sigma=sigma)
    layer = nn.Sequential(nn.Linear(100, 100, init=init, rng=0, dtype=np.float64), nn.Sigmoid())
    (figures_of_layer,) = nn.activation_statistics(layer, inputs)
    title = f"$\\sigma_w$ = {sigma}: {figures_of_layer.saturated:.0%} saturated"
    histogram(ax, layer(inputs).numpy().ravel(), title=title, xlabel="output of a unit")
    for edge in (0.0101, 0.9899):  # between them the slope is above 0.01
        ax.axvline(edge, color="black", linestyle="--")

# %% [markdown]
# (A unit counts as saturated here if $\sigma'(z) < 0.01$. `nn.activation_statistics` gets the
# slopes from the engine.)

# %% [markdown]
# ## Dead units
#
# A ReLU does not saturate for $z > 0$. But a unit whose $z$ is negative for *every* example
# outputs 0 and has derivative 0. No gradient ever reaches its weights, so it stays as it is: it
# is dead. One large step can cause this. Here networks take 30 steps at increasing learning
# rates, and the dead units are counted.

# %%
digits = nn.datasets.digits()
rates = np.geomspace(0.1, 30, 11)
dead = {"relu": [], "leaky_relu": []}
for activation, shares in dead.items():
    for rate in rates:
        network = nn.MLP([64, 100, 10], activation=activation, rng=0)
        optimizer = nn.SGD(network, lr=rate)
        for x, y in list(nn.batches(digits.x, digits.y, size=50, rng=0))[:30]:
            network.zero_grad()
            nn.cross_entropy(network(x), y).backward()
            nn.clip_grad_norm(network, 10.0)  # or the largest rates would end in overflow
            optimizer.step()
        (figures,) = nn.activation_statistics(network, digits.x)
        shares.append(100 * figures.always_zero)

curves(
    rates, {"ReLU": dead["relu"], "leaky ReLU": dead["leaky_relu"]}, scale="semilogx", points=True,
    xlabel="learning rate", ylabel="dead units after 30 steps (%)", ylim=(-5, 105),
)  # fmt: skip
plt.xticks([0.1, 0.3, 1, 3, 10, 30], ["0.1", "0.3", "1", "3", "10", "30"])
plt.show()

# %% [markdown]
# A leaky ReLU has slope 0.01 where the ReLU has none, and no unit dies. When a gradient is zero,
# `why` explains where it was lost:

# %%
layer = nn.Sequential(nn.Linear(64, 5, rng=0), nn.ReLU())
layer[0].bias.data = np.full(5, -10.0, np.float32)
why(layer[0].weight, layer(digits.x).sum())

# %% [markdown]
# ## Symmetry
#
# Why not start with all weights zero? All units of a layer then compute the same result, receive
# the same gradient, take the same step, and remain identical forever: the layer has one unit,
# many times over. Only randomness can break the symmetry. Below are the weights of 6 sigmoid
# units for one pixel at each step of training, starting from zero and starting from random
# values:

# %%


def six_units(init):
    """A weight of each of six units at every step, and the costs."""
    network = nn.MLP([64, 6, 10], activation="sigmoid", init=init, rng=0, dtype=np.float64)
    optimizer = nn.SGD(network, lr=2.0)
    weights, costs = [], []
    for _ in range(300):
        network.zero_grad()
        cost = nn.cross_entropy(network(digits.x.astype(float)), digits.y)
        cost.backward()
        optimizer.step()
        weights.append(network[0].weight.data[:, 20].copy())
        costs.append(cost.item())
    spread = np.ptp(network[0].weight.data, axis=0).max()
    print(f"{init:7} largest difference between two units' weights: {spread:.2g}")
    return np.transpose(weights), costs


zeros, costs_of_zeros = six_units("zeros")
random, costs_of_random = six_units("normal")

# %%
steps = range(300)
left, middle, right = side_by_side(3)
for ax, paths_of_units, title in (
    (left, zeros, "begun with zeros"),
    (middle, random, "begun with N(0, 0.01²)"),
):
    lines = {f"unit {n + 1}": path for n, path in enumerate(paths_of_units)}
    curves(steps, lines, ax, title=title, xlabel="step", ylabel="weight from pixel 20")
lines = {"zeros": costs_of_zeros, "N(0, 0.01²)": costs_of_random}
curves(steps, lines, right, title="cost", xlabel="step", ylabel="cross-entropy", ylim=(0, 2.5))

# %% [markdown]
# Started from zero, all six units stay identical, and the cost stays high. (The
# difference printed comes from rounding, and grows. In single precision it eventually breaks the symmetry
# by itself, several hundred steps too late.)

# %% [markdown]
# ## How large should weights be?
#
# A unit sums $n$ terms, so the standard deviation of $z$ is $\sqrt{n}\,\sigma_w$ times that of
# its inputs. Over many layers such factors multiply. If they are below 1, the signal vanishes; if
# they are above 1, it explodes or saturates. The same holds for $\delta$ in the backward pass.
# The right size therefore depends on the layer:
#
# - **uniform** $U(-\varepsilon, \varepsilon)$ and **normal** $N(0, 0.01^2)$ do not depend on $n$;
# - **Xavier**, simple: $U\big(-\sqrt{1/n},\ \sqrt{1/n}\big)$;
# - **Xavier**, full:
#   $U\big(-\sqrt{6/(n_\text{in} + n_\text{out})},\ \sqrt{6/(n_\text{in} + n_\text{out})}\big)$,
#   or normal with the same variance $2/(n_\text{in} + n_\text{out})$, which preserves the
#   standard deviation forward and backward (Glorot and Bengio 2010);
# - **He**: $N(0, 2/n_\text{in})$, twice the variance, because a ReLU passes only half of the
#   signal (He et al. 2015). Biases start at 0.
#
# Ten hidden layers of 100 units show the difference, in the activations of the forward pass and
# in $\delta$ of the backward pass:

# %%
initialisers = {
    "N(0, 1)": partial(nn.init.normal, sigma=1.0),
    "N(0, 0.01²)": "normal",
    "U(-0.05, 0.05)": "uniform",
    "Xavier, simple": "xavier_simple",
    "Xavier": "xavier",
    "He": "he",
}
classes = nn.one_hot(rng.integers(0, 10, size=500), 10)


def signals(activation):
    """The spread of the activations and the mean size of δ by layer, for each initialisation."""
    spreads, deltas = {}, {}
    for name, init in initialisers.items():
        network = nn.MLP([100] * 11 + [10], activation, init=init, rng=0, dtype=np.float64)
        spreads[name] = [part.std for part in nn.activation_statistics(network, inputs)]
        deltas[name] = nn.deltas(network, inputs, classes, loss=nn.cross_entropy).sizes
    return spreads, deltas


# %%
rows = plt.subplots(2, 2, figsize=(10, 6.4), layout="constrained", sharex=True, sharey=True)[1]
rows[0, 0].set(ylim=(1e-9, 1e9), yticks=[1e-8, 1e-4, 1, 1e4, 1e8])
for (above, below), activation in zip(rows.T, ("tanh", "relu"), strict=True):
    spreads, deltas = signals(activation)
    settings = {"scale": "semilogy", "points": True, "shared": True}
    label = "spread of the activations (std)"
    curves(range(1, 11), spreads, above, title=activation, ylabel=label, **settings)
    curves(range(1, 12), deltas, below, xlabel="layer", ylabel="mean size of δ", **settings)
    below.get_legend().remove()
rows[0, 1].get_legend().remove()

# %% [markdown]
# With weights from $N(0, 0.01^2)$ the signal vanishes after a few layers, in both directions.
# With $N(0, 1)$ it explodes through ReLUs, and tanh saturates (its standard deviation stays near
# 1 only because tanh is bounded). Xavier suits tanh, and He suits ReLU. `nn.MLP` chooses
# accordingly by default.

# %% [markdown]
# ## Does it matter in the end?
#
# The same network of five hidden ReLU layers is trained on the digits, from each initialisation.
# A network that knows nothing has cross-entropy $\ln 10 \approx 2.3$.

# %%
courses = {}
for name, init in initialisers.items():
    network = nn.MLP([64, 50, 50, 50, 50, 50, 10], activation="relu", init=init, rng=0)
    settings = {"loss": "cross-entropy", "lr": 0.05, "epochs": 15, "progress": False}
    history = nn.fit(network, digits, **settings, clip_norm=10.0)
    right = nn.metrics.accuracy(nn.predict(network, digits.x), digits.y)
    courses[f"{name}: {right:.0%} right"] = history.epochs()["loss"]
labels = {"xlabel": "epoch", "ylabel": "cross-entropy, mean over the epoch"}
curves(range(1, 16), courses, scale="semilogy", points=True, **labels)
plt.axhline(np.log(10), color="grey")
plt.text(10, 3.2, "ln 10: nothing known", color="grey", size=8)
plt.show()

# %% [markdown]
# With weights that are too small, the network makes no progress in this time, because its output
# hardly depends on its input. With weights that are too large, it survives only because the
# gradient is clipped (`clip_norm`), and it ends up behind He's initialisation.

# %% [markdown]
# ## What was learned
#
# - The derivative of an activation determines its effect on the gradient. It is at most ¼ for the
#   sigmoid, at most 1 for tanh, and 1 or 0 for ReLU.
# - Saturated units learn slowly, and dead units never learn. Both can be counted.
# - Identical units stay identical, so weights must start at random values.
# - The size of the initial weights must match the layer, or signals and gradients vanish or
#   explode with depth (Goodfellow et al. 2016, sec. 8.4).
#
# Next: [what the network is asked to minimise](06_losses.ipynb).

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Change the cells and run them again. Solutions are at the end.

# %% [markdown]
# **1.** *A modern activation.* The function $x\,\sigma(x)$ is called swish or SiLU. Give its
# derivative, in terms of $x$ and, if you like, of the result `out`. (A rule may use only
# functions that the engine can differentiate again, such as `sigmoid`.)

# %%
swish = custom_op(
    lambda x: x / (1 + np.exp(-x)),
    derivative=lambda out, x: sigmoid(x),
    name="swish",
)


def check_swish(operation):
    check_grads(operation, np.array([-2.0, 0.3, 1.5]), order=3)


hint = "Use the rule for products, with σ' = σ (1 - σ)."
judge(check_swish, swish, hint=hint)

# %% [markdown]
# **2.** *An initialiser of your own.* Choose the standard deviation of the weights so that 20
# layers of leaky ReLUs with slope $\alpha = 0.5$ for $x < 0$ preserve the mean square of their
# inputs. (He's rule divides by the fraction of the variance that passes through, which is ½ for a
# ReLU.)


# %%
def standard_deviation(n_in, alpha):
    return (2 / n_in) ** 0.5


def check_initialiser(standard_deviation):
    def init(shape, rng, dtype):
        sigma = standard_deviation(shape[1], 0.5)
        return nn.init.normal(shape, rng, dtype, sigma=sigma)

    x = rng.normal(size=(100, 200))
    pieces = [
        part
        for seed in range(20)
        for part in (nn.Linear(200, 200, init=init, rng=seed, dtype=float), nn.LeakyReLU(0.5))
    ]
    ratio = float((nn.Sequential(*pieces)(x).data ** 2).mean() / (x**2).mean())
    assert 0.5 < ratio < 2, f"After 20 layers the mean square is {ratio:.2g} of that of the input."


hint = "Half of the inputs pass whole, and half with the factor α: (1 + α²)/2 of the mean square."
judge(check_initialiser, standard_deviation, hint=hint)

# %% [markdown]
# **3.** *Reviving a dead unit.* This unit never fires. Change `bias` so that its weights receive
# a gradient, but the unit is still silent for at least half of the digits.

# %%
bias = -10.0


def check_unit(bias):
    weight = Tensor(np.full(64, 0.1), "weight")
    output = np.maximum(digits.x.astype(float) @ weight + bias, 0)
    reason = why(weight, output.sum())
    assert reason.kind == "none", str(reason)
    silent = (output.data == 0).mean()
    assert silent >= 0.5, f"Now it is silent for {silent:.0%} of the digits only."


hint = "Look at the median of digits.x @ np.full(64, 0.1)."
judge(check_unit, bias, hint=hint)

# %% [markdown]
# ## Solutions
#
# **1.** $\sigma(x) + x\,\sigma(x)(1 - \sigma(x))$, in which $x\,\sigma(x)$ is `out`:

# %%
swish = custom_op(
    lambda x: x / (1 + np.exp(-x)),
    derivative=lambda out, x: sigmoid(x) + out * (1 - sigmoid(x)),
    name="swish",
)
judge(check_swish, swish)

# %% [markdown]
# **2.** The share of the mean square that passes is $(1 + \alpha^2)/2$:


# %%
def standard_deviation(n_in, alpha):
    return (2 / ((1 + alpha**2) * n_in)) ** 0.5


judge(check_initialiser, standard_deviation)

# %% [markdown]
# **3.** The median makes half of them silent:

# %%
judge(check_unit, -np.median(digits.x.astype(float) @ np.full(64, 0.1)))
