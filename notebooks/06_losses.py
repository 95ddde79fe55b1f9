# %% [markdown]
# # 6. Losses
#
# **The question.** Two losses have their minimum at the correct prediction. Why does a neuron
# learn quickly with one of them, and hardly at all with the other?
#
# Reading time: ten minutes, after [notebook 5](05_activations_and_initialisation.ipynb).
#
# A loss measures in one number how far predictions are from targets, and training minimises it.
# What matters is not only where the minimum is but also what the *gradient* is on the way there.
# All gradients below are computed by the engine and compared with the formulas of the textbooks:
# Nielsen (2015, ch. 3), Bishop (2006, section 5.2), Goodfellow, Bengio and Courville (2016,
# section 6.2), Lindholm et al. (2022, section 6.1).

# %%

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, side_by_side

import autograd as ag
import nn
from autograd import check_grads, derivative, explain, grad, hessian, value_and_grad

# %% [markdown]
# ## Squared and absolute errors
#
# With targets $y$ and outputs $o$, the sum of squared errors is $\tfrac12 \sum_k (y_k - o_k)^2$.
# The textbooks differ in the factor of the *mean*, so each version has its own name: `mse` is the
# mean of $(y-o)^2$, `quadratic_cost` is $\frac1{2m}\sum\|y-o\|^2$ over $m$ examples, and `mae` is
# the mean of $|y-o|$.

# %%
output, target = np.array([[1.0, 2.0], [0.0, 5.0]]), np.array([[0.0, 4.0], [0.0, 1.0]])
{loss.__name__: float(loss(output, target)) for loss in (nn.sse, nn.mse, nn.quadratic_cost, nn.mae)}

# %% [markdown]
# A factor only rescales the learning rate, but the shape matters. The slope of the squared error
# grows with the error, so one outlier pulls as hard as many good examples. The slope of the
# absolute error is always ±1. The engine computes these slopes.

# %%
error = np.linspace(-3, 3, 600)
three = (nn.sse, nn.mse, nn.mae)
values = {loss.__name__: [float(loss(e, 0.0)) for e in error] for loss in three}
slopes = {loss.__name__: [derivative(loss)(e, 0.0) for e in error] for loss in three}
left, right = side_by_side(2)
curves(error, values, left, xlabel="error $o - y$", title="loss of one example")
curves(error, slopes, right, xlabel="error $o - y$", title="its slope")

# %% [markdown]
# ## One slow neuron
#
# In Nielsen's experiment, a single sigmoid neuron $a = \sigma(wx + b)$ should map the input
# $x = 1$ to the output $y = 0$. It starts badly wrong, at $w = b = 2$, where $a = 0.98$. It is
# trained by gradient descent with one learning rate and two losses: the quadratic loss,
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


courses = {"quadratic": descend(quadratic), "cross-entropy": descend(cross_entropy)}
costs, outputs = ({name: part[n] for name, part in courses.items()} for n in (0, 1))
left, right = side_by_side(2)
curves(range(300), costs, left, xlabel="step", ylabel="cost")
label = "output $a$ (the target is 0)"
curves(range(300), outputs, right, xlabel="step", ylabel=label, ylim=(0, 1))

# %% [markdown]
# With the quadratic loss the neuron is slowest where it is most wrong: for a hundred steps almost
# nothing happens. With the cross-entropy it learns fastest there, as it should.
#
# ## The slope of the sigmoid cancels
#
# The formulas show why. `explain` derives them from the engine's table of derivatives. For the
# quadratic loss, the chain rule leaves a factor $\sigma'(z)$, which is almost zero at $z = 4$:

# %%
explain(quadratic, 2.0, 2.0)

# %% [markdown]
# For the cross-entropy, $\dfrac{\partial L}{\partial a} = \dfrac{a - y}{a(1-a)}$. The denominator
# is $\sigma' = \sigma(1-\sigma)$, so it cancels:
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
lines = {r"quadratic: $(\sigma - y)\,\sigma'$": slow, r"cross-entropy: $\sigma - y$": fast}
label = r"$\partial L / \partial b$"
curves(z, lines, xlabel="$z = wx + b$", ylabel=label, title="target $y = 0$")

# %% [markdown]
# ## Working backward: which loss gives the desired gradient?
#
# Suppose nobody had told us about the cross-entropy. We *require*
# $\partial L/\partial b = a - y$. Since $\partial a/\partial b = a(1-a)$, this means
# $\dfrac{dL}{da} = \dfrac{a-y}{a(1-a)}$. Integrating this slope from $\tfrac12$ to $a$ gives the
# loss itself (here with Gauss's rule of 60 points). It is the cross-entropy, to all digits.

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
# A layer of logits $z$ becomes probabilities through $o_k = e^{z_k} / \sum_j e^{z_j}$. The
# cross-entropy of the correct class $y$ is $-\ln o_y = -z_y + \ln\sum_j e^{z_j}$, and again
# everything cancels:
#
# $$\frac{\partial L}{\partial z_j} = \operatorname{softmax}(z)_j - \mathbf 1\{y = j\}.$$
#
# Targets can be class numbers, one-hot rows or probabilities.

# %%
logits, label = np.array([2.0, -1.0, 0.5]), 2
one_hot = nn.one_hot([label], classes=3)[0]
print("engine         ", grad(lambda z: nn.cross_entropy(z, label))(logits))
print("softmax - 1{y} ", ag.softmax(logits) - one_hot)
float(nn.cross_entropy(logits, label)), float(nn.cross_entropy(logits, one_hot))

# %% [markdown]
# Why do the losses take logits instead of probabilities? A probability can round to 0, and then
# both its logarithm and the gradient are lost. Logits lose nothing:

# %%
far = np.array([0.0, 800.0])
with np.errstate(all="ignore"):
    print("from probabilities:", float(nn.categorical_nll(ag.softmax(far)[None], [0])))
print("from logits:       ", float(nn.cross_entropy(far, 0)))
print("gradient:          ", grad(lambda z: nn.cross_entropy(z, 0))(far))

# %% [markdown]
# ## Where losses come from: likelihoods
#
# If the output of the network describes a distribution, the best parameters are those that make
# the observed targets most probable. Maximising $\prod_i p(y_i)$ is the same as minimising
# $-\frac1n\sum_i \ln p(y_i)$, the *negative log-likelihood*:
#
# | distribution of $y$ | negative log-likelihood | name |
# |---|---|---|
# | normal, $\mathcal N(\mu, \sigma^2)$ | $\frac{(y-\mu)^2}{2\sigma^2} + \frac12\ln 2\pi\sigma^2$ | the squared error |
# | coin, $p(1) = p$ | $-[y \ln p + (1-y)\ln(1-p)]$ | the binary cross-entropy |
# | one of $K$ classes, $p_k$ | $-\ln p_y$ | the cross-entropy |
#
# A coin showed heads 7 times and tails 3 times. Which $p$ explains this best?

# %%
throws = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1])
p = np.linspace(0.02, 0.98, 400)
likelihood_loss = [float(nn.bernoulli_nll(np.full(10, q), throws)) for q in p]
best = p[np.argmin(likelihood_loss)]
label = r"$-\ln p(\mathrm{throws})\,/\,10$ (nats)"
line = {"negative log-likelihood a throw": likelihood_loss}
curves(p, line, xlabel="$p$, probability of heads", ylabel=label)
plt.axvline(0.7, linestyle="--", color="grey")
plt.text(0.71, 2.0, "share of heads, 0.7", color="grey")
slope = grad(lambda q: nn.bernoulli_nll(q * np.ones(10), throws))
print(f"least at p = {best:.2f}; the slope at 0.7 is {slope(0.7):.1e}")

# %% [markdown]
# A normal distribution has a second parameter, which a network can learn too. Here gradient
# descent finds $\mu$ and $\ln\sigma^2$. $\mu$ becomes the mean, which minimises the squared
# error, and $\sigma^2$ becomes the remaining mean squared error.

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
# $D(q\|p) = \sum_k q_k \ln\frac{q_k}{p_k}$ measures how far the prediction $p$ is from the
# distribution $q$. It is never negative, and 0 only for $p = q$. It equals the cross-entropy
# minus the entropy of $q$, which does not depend on the network. Both therefore have the same
# gradient, and for a one-hot $q$, whose entropy is 0, they are equal.

# %%
q = np.array([[0.7, 0.2, 0.1]])
p = ag.softmax(np.array([[0.3, 0.9, -0.4]]))
cross, entropy = -np.sum(q * np.log(p)), -np.sum(q * np.log(q))
print(f"D(q‖p) = {float(nn.kl_divergence(p, q)):.6f} = {cross:.6f} - {entropy:.6f}")
certain = np.array([[0.0, 1.0, 0.0]])
print(f"one-hot: {float(nn.kl_divergence(p, certain)):.6f} = {-np.log(p[0, 1]):.6f} = -ln p_y")

share = np.linspace(0.01, 0.99, 300)
rows = np.stack([share, 1 - share], axis=1)
divergences = {
    f"$q$ = {truth}": nn.kl_divergence(rows, np.tile([truth, 1 - truth], (300, 1)), "none")
    for truth in (0.2, 0.5, 1.0)
}
labels = {"xlabel": "$p$, predicted probability", "ylabel": r"$D(q\|p)$ (nats)"}
curves(share, divergences, ylim=(0, 2), **labels)

# %% [markdown]
# ## Weight decay
#
# $\frac\lambda2\sum W^2$ is added to a loss to keep weights small; biases are left out. Its
# gradient is $\lambda W$, so each step shrinks the weights by a fixed fraction, hence the name.

# %%
model = nn.MLP([3, 4, 2], rng=0, dtype=np.float64)
nn.weight_decay(model, lam=0.1).backward()
weight, bias = model[0].weight, model[0].bias
np.allclose(weight.grad, 0.1 * weight.data), bias.grad

# %% [markdown]
# ## One valley or many
#
# Logistic regression is the single neuron above with many inputs. With the cross-entropy its cost
# is *convex*: everywhere, the Hessian (the matrix of second derivatives) has no negative
# eigenvalue, so gradient descent cannot get stuck in a wrong valley. With the quadratic loss the
# cost is not convex.

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
# - The gradient of a loss matters as much as its minimum. With a sigmoid, the quadratic loss
#   keeps a factor $\sigma'$, which is almost 0 where the neuron is badly wrong. The cross-entropy
#   cancels it and leaves only the error $\sigma - y$.
# - The same happens with softmax: $\operatorname{softmax}(z) - \mathbf 1\{y\}$.
# - Each loss is the negative log-likelihood of a distribution, which gives it a meaning.
# - Losses take logits, because probabilities lose small values.
# - The cost of logistic regression has one valley. Networks with hidden layers have many.
#
# ## Exercises
#
# Each cell contains a wrong attempt. Change it until the check, which asks the
# engine, says *right*. Solutions are at the end.


# %% [markdown]
# **1.** Huber's loss is $\frac12 e^2$ for errors of absolute value up to 1, and beyond that a
# straight line with the same slope. Write it for a number $e$, with operations of the engine such
# as `ag.where` and `ag.abs`.


# %%
def huber(e):
    return 0.5 * e**2


# %%
def check_huber(huber):
    check_grads(huber, 0.3)
    for e in (-4.0, -1.5, -0.5, 0.0, 0.9, 3.0):
        slope, wanted = derivative(huber)(e), np.clip(e, -1, 1)
        assert np.isclose(slope, wanted), f"the slope at e = {e} is {slope:g}, not {wanted:g}"
    assert np.isclose(huber(3.0), 2.5), f"huber(3) is {huber(3.0):g}; the pieces do not meet"


hint = "Beyond 1 it is |e| minus a constant. Which constant makes the pieces meet at 1?"
judge(check_huber, huber, hint=hint)

# %% [markdown]
# **2.** A neuron with output $a = \tanh z$ and targets $y = \pm 1$ should learn as well as the
# sigmoid does: $\partial L/\partial z = a - y$. Which loss $L(a, y)$ achieves this? (Work
# backward, as above, with $\tanh' = 1 - \tanh^2$.)


# %%
def tanh_loss(a, y):
    return 0.5 * (a - y) ** 2


# %%
def check_tanh_loss(tanh_loss):
    for z in (-2.0, 0.1, 1.5):
        for y in (-1.0, 1.0):
            found = grad(lambda z, y=y: tanh_loss(ag.tanh(z), y))(z)
            wanted = np.tanh(z) - y
            assert np.isclose(found, wanted), (
                f"at z = {z}, y = {y} the slope is {found:.4f}, not a - y = {wanted:.4f}"
            )


hint = "dL/da = (a - y)/(1 - a²). For y = 1 that is -1/(1 + a)."
judge(check_tanh_loss, tanh_loss, hint=hint)

# %% [markdown]
# **3.** Counts $y = 0, 1, 2, \dots$ follow a Poisson distribution, $p(y) = e^{-\mu}\mu^y / y!$.
# The network outputs $z = \ln\mu$. Write the part of the negative log-likelihood that depends on
# $z$, and verify that its gradient is again *prediction minus target*, $\mu - y$.


# %%
def poisson_nll(z, y):
    return z - y


# %%
def check_poisson(poisson_nll):
    check_grads(lambda z: poisson_nll(z, 3.0), 0.7)
    for z, y in ((0.0, 2.0), (1.2, 0.0), (-0.5, 4.0)):
        found, wanted = grad(poisson_nll)(z, y), np.exp(z) - y
        assert np.isclose(found, wanted), f"at z = {z}, y = {y}: {found:.4f}, not {wanted:.4f}"


judge(check_poisson, poisson_nll, hint="-ln p(y) = μ - y ln μ + ln y!, and μ = exp(z).")

# %% [markdown]
# ## Solutions
#
# **1.** $|e| - \frac12$ beyond 1:


# %%
def huber(e):
    return ag.where(ag.abs(e) <= 1, 0.5 * e**2, ag.abs(e) - 0.5)


judge(check_huber, huber)

# %% [markdown]
# **2.** For $y = 1$ the integral of $-1/(1 + a)$ is $-\ln(1 + a)$, and for $y = -1$ it is $-\ln(1 - a)$:


# %%
def tanh_loss(a, y):
    return -ag.log(1 + a * y)


judge(check_tanh_loss, tanh_loss)

# %% [markdown]
# **3.** $\mu - y \ln \mu$ with $\mu = e^z$:


# %%
def poisson_nll(z, y):
    return ag.exp(z) - y * z


judge(check_poisson, poisson_nll)
