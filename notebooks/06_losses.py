# %% [markdown]
# # 6. Losses
#
# **The question.** Two losses are both least where the prediction is right. Why does a neuron learn
# quickly with one of them, and hardly at all with the other?
#
# Ten minutes' reading, after [notebook 5](05_activations_and_initialisation.ipynb).
#
# A loss says in one number how far predictions are from targets; training makes it small. What
# counts is not only where its minimum lies but what its *gradient* is on the way there. All
# gradients below come from the engine, and each is held against the formula of the texts: Nielsen
# (2015, ch. 3), Bishop (2006, section 5.2), Goodfellow, Bengio and Courville (2016, section 6.2),
# Lindholm et al. (2022, section 6.1).

# %%
from contextlib import contextmanager

import matplotlib.pyplot as plt
import numpy as np

import autograd as ag
import nn
from autograd import check_grads, derivative, explain, grad, hessian, value_and_grad

plt.rcParams["axes.prop_cycle"] = plt.cycler(color=nn.plot.COLOURS)

# %% [markdown]
# ## Squared and absolute errors
#
# With targets $y$ and outputs $o$, the sum of squared errors is
# $\tfrac12 \sum_k (y_k - o_k)^2$. The texts differ in the factor of the *mean*, so there is one
# name for each: `mse` is the mean of $(y-o)^2$, `quadratic_cost` is $\frac1{2m}\sum\|y-o\|^2$ over
# $m$ examples, and `mae` is the mean of $|y-o|$.

# %%
output, target = np.array([[1.0, 2.0], [0.0, 5.0]]), np.array([[0.0, 4.0], [0.0, 1.0]])
{loss.__name__: float(loss(output, target)) for loss in (nn.sse, nn.mse, nn.quadratic_cost, nn.mae)}

# %% [markdown]
# A factor only rescales the learning rate. The shape is another matter: the slope of the squared
# error grows with the error, so one outlier pulls as hard as many good examples; the slope of the
# absolute error is always ±1. The slopes are the engine's.

# %%
error = np.linspace(-3, 3, 600)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for loss, style in ((nn.sse, "-"), (nn.mse, "--"), (nn.mae, "-.")):
    left.plot(error, [float(loss(e, 0.0)) for e in error], style, label=loss.__name__)
    right.plot(error, [derivative(loss)(e, 0.0) for e in error], style, label=loss.__name__)
left.set(xlabel="error $o - y$", ylabel="loss", title="loss of one example")
right.set(xlabel="error $o - y$", ylabel="slope", title="its slope")
for ax in (left, right):
    ax.grid(alpha=0.3)
    ax.legend()

# %% [markdown]
# ## One slow neuron
#
# Nielsen's experiment: a single sigmoid neuron $a = \sigma(wx + b)$ is to turn the input $x = 1$
# into the output $y = 0$. It begins badly wrong, at $w = b = 2$, where $a = 0.98$. It is trained by
# gradient descent with one learning rate and two losses: the quadratic one,
# $\tfrac12 (y - a)^2$, and the binary cross-entropy, $-[y \ln a + (1 - y) \ln(1 - a)]$.

# %%
x, y = 1.0, 0.0


def quadratic(w, b):
    return nn.sse(ag.sigmoid(w * x + b), y)


def cross_entropy(w, b):
    return nn.binary_cross_entropy_with_logits(w * x + b, y)


def descend(loss, w=2.0, b=2.0, learning_rate=0.15, steps=300):
    """The costs and the outputs of the neuron, step by step."""
    costs, outputs = [], []
    for _ in range(steps):
        cost, (by_w, by_b) = value_and_grad(loss, argnums=(0, 1))(w, b)
        costs.append(cost)
        outputs.append(ag.sigmoid(w * x + b))
        w, b = w - learning_rate * by_w, b - learning_rate * by_b
    return costs, outputs


figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for loss, style in ((quadratic, "--"), (cross_entropy, "-")):
    for ax, course in zip(axes, descend(loss), strict=True):
        ax.plot(course, style, label=loss.__name__.replace("_", "-"))
axes[0].set(xlabel="step", ylabel="cost")
axes[1].set(xlabel="step", ylabel="output $a$ (the target is 0)", ylim=(0, 1))
for ax in axes:
    ax.grid(alpha=0.3)
    ax.legend()

# %% [markdown]
# With the quadratic loss the neuron is slowest where it is most wrong: for a hundred steps next to
# nothing happens. With the cross-entropy it learns fastest there, as one would wish.
#
# ## The slope of the sigmoid cancels
#
# The reason stands in the formulas, which `explain` reads off the engine's own table of
# derivatives. For the quadratic loss the chain rule leaves a factor $\sigma'(z)$, which is next to
# nothing at $z = 4$:

# %%
explain(quadratic, 2.0, 2.0)

# %% [markdown]
# For the cross-entropy, $\dfrac{\partial L}{\partial a} = \dfrac{a - y}{a(1-a)}$, whose
# denominator is just $\sigma' = \sigma(1-\sigma)$, so that it cancels:
#
# $$\frac{\partial L}{\partial w} = x\,(\sigma(z) - y), \qquad
#   \frac{\partial L}{\partial b} = \sigma(z) - y .$$

# %%
for z in (-6.0, -1.0, 0.5, 4.0):
    for y_here in (0.0, 0.3, 1.0):
        found = grad(lambda b, y=y_here: nn.binary_cross_entropy_with_logits(b, y))(z)
        assert np.isclose(found, ag.sigmoid(z) - y_here, rtol=1e-12)
z = np.linspace(-8, 8, 400)
slow = [derivative(lambda z: nn.sse(ag.sigmoid(z), 0.0))(at) for at in z]
fast = [derivative(lambda z: nn.binary_cross_entropy_with_logits(z, 0.0))(at) for at in z]
figure, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
ax.plot(z, slow, "--", label=r"quadratic: $(\sigma - y)\,\sigma'$")
ax.plot(z, fast, label=r"cross-entropy: $\sigma - y$")
ax.set(xlabel="$z = wx + b$", ylabel=r"$\partial L / \partial b$", title="target $y = 0$")
ax.legend()
ax.grid(alpha=0.3)

# %% [markdown]
# ## Turned round: which loss gives the gradient one wishes for?
#
# Suppose nobody had told us the cross-entropy. We *ask* for $\partial L/\partial b = a - y$. Since
# $\partial a/\partial b = a(1-a)$, this means $\dfrac{dL}{da} = \dfrac{a-y}{a(1-a)}$. Adding up
# this slope from $a = \tfrac12$ to $a$ gives the loss itself (here with Gauss's rule of 60 points),
# and it is the cross-entropy, to all digits.

# %%
nodes, weights = np.polynomial.legendre.leggauss(60)


def integrated(a, y):
    """The integral of the wished-for slope from 1/2 to a."""
    t = 0.5 + (a - 0.5) * (nodes + 1) / 2
    return (a - 0.5) / 2 * np.sum(weights * (t - y) / (t * (1 - t)))


for a, y_here in ((0.1, 0.0), (0.8, 1.0), (0.9, 0.25)):
    loss = nn.binary_cross_entropy(a, y_here) - nn.binary_cross_entropy(0.5, y_here)
    print(f"a = {a}, y = {y_here}: integral {integrated(a, y_here):.12f}, loss {loss:.12f}")

# %% [markdown]
# ## Softmax: one class out of many
#
# A layer of logits $z$ becomes probabilities by $o_k = e^{z_k} / \sum_j e^{z_j}$. The cross-entropy
# of the right class $y$ is $-\ln o_y = -z_y + \ln\sum_j e^{z_j}$, and again everything cancels:
#
# $$\frac{\partial L}{\partial z_j} = \operatorname{softmax}(z)_j - \mathbf 1\{y = j\}.$$
#
# Targets may be class numbers, one-hot rows, or probabilities.

# %%
logits, label = np.array([2.0, -1.0, 0.5]), 2
one_hot = nn.one_hot([label], classes=3)[0]
print("engine         ", grad(lambda z: nn.cross_entropy(z, label))(logits))
print("softmax - 1{y} ", ag.softmax(logits) - one_hot)
float(nn.cross_entropy(logits, label)), float(nn.cross_entropy(logits, one_hot))

# %% [markdown]
# Why do the losses take logits and not probabilities? Because a probability can round to 0, and
# then its logarithm is lost together with the gradient. From the logits nothing is lost:

# %%
far = np.array([0.0, 800.0])
with np.errstate(all="ignore"):
    print("from probabilities:", float(nn.categorical_nll(ag.softmax(far)[None], [0])))
print("from logits:       ", float(nn.cross_entropy(far, 0)))
print("gradient:          ", grad(lambda z: nn.cross_entropy(z, 0))(far))

# %% [markdown]
# ## Where losses come from: likelihoods
#
# If the network's output names a distribution, the best parameters are those under which the
# observed targets are most probable. Maximising $\prod_i p(y_i)$ is minimising
# $-\frac1n\sum_i \ln p(y_i)$, the *negative log-likelihood*:
#
# | distribution of $y$ | negative log-likelihood | which is |
# |---|---|---|
# | normal, $\mathcal N(\mu, \sigma^2)$ | $\frac{(y-\mu)^2}{2\sigma^2} + \frac12\ln 2\pi\sigma^2$ | the squared error |
# | coin, $p(1) = p$ | $-[y \ln p + (1-y)\ln(1-p)]$ | the binary cross-entropy |
# | one of $K$ classes, $p_k$ | $-\ln p_y$ | the cross-entropy |
#
# A coin fell 7 times heads and 3 times tails. Which $p$ explains that best?

# %%
throws = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1])
p = np.linspace(0.02, 0.98, 400)
likelihood_loss = [float(nn.bernoulli_nll(np.full(10, q), throws)) for q in p]
best = p[np.argmin(likelihood_loss)]
figure, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
ax.plot(p, likelihood_loss, label="negative log-likelihood a throw")
ax.axvline(0.7, linestyle="--", color=nn.plot.COLOURS[1], label="share of heads, 0.7")
ax.set(xlabel="$p$, probability of heads", ylabel=r"$-\ln p(\mathrm{throws})\,/\,10$ (nats)")
ax.legend()
ax.grid(alpha=0.3)
slope = grad(lambda q: nn.bernoulli_nll(q * np.ones(10), throws))
print(f"least at p = {best:.2f}; the slope at 0.7 is {slope(0.7):.1e}")

# %% [markdown]
# A normal distribution has a second parameter, and a network may learn it as well. Here $\mu$ and
# $\ln\sigma^2$ are found by gradient descent. $\mu$ becomes the mean, the minimum of the squared
# error, and $\sigma^2$ becomes the mean squared error that is left.

# %%
measured = np.random.default_rng(0).normal(5.0, 2.0, 200)


def nll(mean, log_variance):
    return nn.gaussian_nll(mean * np.ones(200), measured, ag.exp(log_variance))


mean, log_variance = 0.0, 0.0
for _ in range(2000):
    by_mean, by_log_variance = grad(nll, argnums=(0, 1))(mean, log_variance)
    mean, log_variance = mean - 0.1 * by_mean, log_variance - 0.1 * by_log_variance
print(f"learned: mean {mean:.6f}, variance {np.exp(log_variance):.6f}")
print(f"data:    mean {measured.mean():.6f}, variance {measured.var():.6f}")

# %% [markdown]
# ## The Kullback-Leibler divergence
#
# $D(q\|p) = \sum_k q_k \ln\frac{q_k}{p_k}$ says how far the prediction $p$ is from the distribution
# $q$: never below 0, and 0 only for $p = q$. It is the cross-entropy less the entropy of $q$, which
# does not depend on the network. So both have the same gradient, and for a one-hot $q$ (entropy 0)
# they are the same number.

# %%
q = np.array([[0.7, 0.2, 0.1]])
p = ag.softmax(np.array([[0.3, 0.9, -0.4]]))
cross, entropy = -np.sum(q * np.log(p)), -np.sum(q * np.log(q))
print(f"D(q‖p) = {float(nn.kl_divergence(p, q)):.6f} = {cross:.6f} - {entropy:.6f}")
certain = np.array([[0.0, 1.0, 0.0]])
print(f"one-hot: {float(nn.kl_divergence(p, certain)):.6f} = {-np.log(p[0, 1]):.6f} = -ln p_y")

share = np.linspace(0.01, 0.99, 300)
figure, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
for truth, style in ((0.2, "-"), (0.5, "--"), (1.0, "-.")):
    rows = np.stack([share, 1 - share], axis=1)
    targets = np.tile([truth, 1 - truth], (300, 1))
    ax.plot(share, nn.kl_divergence(rows, targets, "none"), style, label=f"$q$ = {truth}")
ax.set(xlabel="$p$, predicted probability", ylabel=r"$D(q\|p)$ (nats)", ylim=(0, 2))
ax.legend()
ax.grid(alpha=0.3)

# %% [markdown]
# ## Weight decay
#
# $\frac\lambda2\sum W^2$ is added to a loss to keep weights small; biases are left out. Its
# gradient is $\lambda W$, so each step shrinks the weights by a share of themselves, hence the
# name.

# %%
model = nn.MLP([3, 4, 2], rng=0, dtype=np.float64)
nn.weight_decay(model, lam=0.1).backward()
weight, bias = model[0].weight, model[0].bias
np.allclose(weight.grad, 0.1 * weight.data), bias.grad

# %% [markdown]
# ## One valley or many
#
# Logistic regression is the one neuron above with many inputs. With the cross-entropy its cost is
# *convex*: wherever one stands, the Hessian (the matrix of second derivatives) has no negative
# eigenvalue, so descent cannot be caught in a wrong valley. With the quadratic loss it is not.

# %%
rng = np.random.default_rng(0)
inputs = np.hstack([rng.normal(size=(30, 2)), np.ones((30, 1))])
labels = (inputs @ [1.0, -2.0, 0.5] + rng.normal(size=30) > 0) * 1.0
costs = {
    "cross-entropy": lambda w: nn.binary_cross_entropy_with_logits(inputs @ w, labels),
    "quadratic": lambda w: nn.sse(ag.sigmoid(inputs @ w), labels, "sum") / 30,
}
places = rng.normal(scale=3, size=(100, 3))
for name, cost in costs.items():
    least = min(np.linalg.eigvalsh(hessian(cost)(w))[0] for w in places)
    print(f"{name:14}least eigenvalue at 100 random places: {least:9.6f}")

# %% [markdown]
# ## What was learned
#
# - The gradient of a loss matters as much as its minimum. With a sigmoid the quadratic loss keeps
#   a factor $\sigma'$, which is nearly 0 where the neuron is badly wrong; the cross-entropy cancels
#   it, and leaves the error $\sigma - y$ alone.
# - The same happens with softmax: $\operatorname{softmax}(z) - \mathbf 1\{y\}$.
# - Each loss is the negative log-likelihood of a distribution, and so comes with a meaning.
# - Losses take logits, since probabilities lose what is small.
# - The cost of logistic regression has one valley. Networks with hidden layers have many.
#
# ## Exercises
#
# Each cell holds an attempt that is wrong. Change it until the check below it says *right*; the
# check asks the engine, there is no key.


# %%
@contextmanager
def judged():
    """Say what is not yet right, instead of stopping the notebook."""
    try:
        yield
    except Exception as problem:
        print(f"Not yet: {problem}")
    else:
        print("Right.")


# %% [markdown]
# **1.** Huber's loss is $\frac12 e^2$ for errors up to 1 in size, and from there a straight line
# that goes on with the same slope. Write it for a number $e$, of operations of the engine such as
# `ag.where` and `ag.abs`.


# %%
def huber(e):
    return 0.5 * e**2


# %%
with judged():
    check_grads(huber, 0.3)
    for e in (-4.0, -1.5, -0.5, 0.0, 0.9, 3.0):
        slope, wanted = derivative(huber)(e), np.clip(e, -1, 1)
        assert np.isclose(slope, wanted), f"the slope at e = {e} is {slope:g}, not {wanted:g}"
    assert np.isclose(huber(3.0), 2.5), f"huber(3) is {huber(3.0):g}; the pieces do not meet"

# %% [markdown]
# **2.** A neuron with output $a = \tanh z$ and targets $y = \pm 1$ shall learn as well as the
# sigmoid does: $\partial L/\partial z = a - y$. Which loss $L(a, y)$ does that? (Turn it round, as
# above, with $\tanh' = 1 - \tanh^2$.)


# %%
def tanh_loss(a, y):
    return 0.5 * (a - y) ** 2


# %%
with judged():
    for z in (-2.0, 0.1, 1.5):
        for y in (-1.0, 1.0):
            found = grad(lambda z, y=y: tanh_loss(ag.tanh(z), y))(z)
            wanted = np.tanh(z) - y
            assert np.isclose(found, wanted), (
                f"at z = {z}, y = {y} the slope is {found:.4f}, not a - y = {wanted:.4f}"
            )

# %% [markdown]
# **3.** Counts $y = 0, 1, 2, \dots$ follow a Poisson distribution, $p(y) = e^{-\mu}\mu^y / y!$. The
# network gives $z = \ln\mu$. Write the negative log-likelihood (the part that depends on $z$), and
# see that its gradient is again *prediction less target*, $\mu - y$.


# %%
def poisson_nll(z, y):
    return z - y


# %%
with judged():
    check_grads(lambda z: poisson_nll(z, 3.0), 0.7)
    for z, y in ((0.0, 2.0), (1.2, 0.0), (-0.5, 4.0)):
        found, wanted = grad(poisson_nll)(z, y), np.exp(z) - y
        assert np.isclose(found, wanted), f"at z = {z}, y = {y}: {found:.4f}, not {wanted:.4f}"
