# %% [markdown]
# # 7. Training
#
# **The question.** The gradient says which way is down. How far should you go, after looking at
# how many examples, and when should you stop?
#
# Reading time: ten minutes, after [notebook 6](06_losses.ipynb).
#
# Gradient descent is one line, $\theta \leftarrow \theta - \eta\,\nabla J(\theta)$. This notebook
# looks at the decisions around it: the learning rate $\eta$, the size of the mini-batches, and
# the moment at which a network stops learning and starts to memorise. (Nielsen 2015, ch. 1 and 3;
# Bishop 2006, sections 5.2 and 5.5; Goodfellow et al. 2016, ch. 7 and 8; Lindholm et al. 2022,
# sections 5.4 and 6.3.)

# %%

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, paths, side_by_side, surface

import autograd as ag
import nn
from autograd import check_grads, grad, hessian, value_and_grad, vmap

# %% [markdown]
# ## The error surface
#
# A network with only two weights can be plotted completely: $f(x) = w_2 \tanh(w_1 x)$. Its mean
# squared error over some examples is a surface over the $(w_1, w_2)$ plane, which `vmap` computes
# for all points of a grid at once.

# %%
rng = np.random.default_rng(0)
inputs = np.linspace(-2, 2, 25)
targets = 1.2 * np.tanh(1.5 * inputs) + rng.normal(scale=0.1, size=25)


def cost(theta, x=inputs, y=targets):
    w1, w2 = theta
    return nn.mse(w2 * np.tanh(w1 * x), y)


def descend(start, learning_rate, steps):
    """The path of gradient descent, one point a row."""
    path = [np.array(start)]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * grad(cost)(path[-1]))
    return np.array(path)


def height(w1, w2):
    return vmap(cost)(np.stack([w1, w2], axis=-1).reshape(-1, 2)).reshape(w1.shape)


def landscape(ax, **settings):
    axes = {"xlabel": "$w_1$", "ylabel": "$w_2$", **settings}
    return surface(ax, height, (-4, 4), (-3, 3), np.geomspace(0.01, 20, 15), **axes)


minimum = descend((1, 1), learning_rate=0.2, steps=2000)[-1]
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
figure.colorbar(landscape(ax), label="mean squared error", format="%.2g")
starts = (-3.5, 2.5), (0.4, -2.5), (0.2, 0.3), (-1, 0.5)
descents = {f"from {start}": descend(start, learning_rate=0.2, steps=300) for start in starts}
paths(ax, descents, target=[minimum, -minimum])
print("a minimum:", minimum.round(3))
print("eigenvalues of the Hessian there:", np.linalg.eigvalsh(hessian(cost)(minimum)).round(3))

# %% [markdown]
# There are two minima, and they describe the same network: changing the sign of both weights does
# not change $w_2\tanh(w_1 x)$. Between them, at 0, is a saddle point. The starting point
# determines which minimum is found, and how quickly: from $(-3.5, 2.5)$, along a valley that is
# almost flat, 300 steps are not enough. A layer of $M$ tanh units has $2^M M!$ such copies
# (Bishop 2006, section 5.1.1).
#
# ## The learning rate
#
# If it is too small, you do not arrive; if it is too large, you jump over the valley.

# %%
rates = {0.02: "too small", 1.0: "right", 1.5: "too large"}
for ax, (rate, name) in zip(side_by_side(3, sharey=True), rates.items(), strict=True):
    path = descend((2.5, 2.5), rate, steps=40)
    landscape(ax, title=f"η = {rate}: {name}, cost {cost(path[-1]):.3f}")
    paths(ax, {"descent, 40 steps": path})
    ax.label_outer()

# %% [markdown]
# How large is too large? Near a minimum, the cost is a parabola along each eigenvector of the
# Hessian, and a step multiplies the distance by $1 - \eta\lambda$. The distance shrinks only if
# $\eta < 2/\lambda_{\max}$.

# %%
largest = np.linalg.eigvalsh(hessian(cost)(minimum))[-1]
print(f"the largest eigenvalue is {largest:.2f}, so η must stay below {2 / largest:.2f}")

# %% [markdown]
# ## Batch, mini-batch, one at a time
#
# The cost is a mean over examples, so its gradient can be *estimated* from a few of them. In each
# epoch the examples are shuffled and divided into mini-batches, so that each example is used
# once. The mean of the gradients of the mini-batches is exactly the gradient of the whole:

# %%
x, y = nn.datasets.moons(300, noise=0.2, rng=0)
x, y = x.astype(np.float64), y[:, None].astype(np.float64)
loss = nn.binary_cross_entropy_with_logits
model = nn.MLP([2, 16, 1], activation="tanh", rng=0, dtype=np.float64)


def gradient(inputs, targets):
    model.zero_grad()
    loss(model(inputs), targets).backward()
    return np.concatenate([parameter.grad.ravel() for parameter in model.parameters()])


whole = gradient(x, y)
partition = nn.batches(x, y, size=10, rng=0)
parts = np.array([gradient(*batch) for batch in partition])
print("largest difference of the mean:", abs(parts.mean(axis=0) - whole).max())
print("error of one mini-batch, in units of |gradient|:", end=" ")
print(round(np.mean(np.linalg.norm(parts - whole, axis=1)) / np.linalg.norm(whole), 2))

first_of_epoch = [next(iter(partition))[0][0].round(2) for _ in range(3)]
print("the first example of three epochs:", *first_of_epoch)

# %% [markdown]
# An estimate whose error is larger than the gradient itself is still correct on average, and
# thirty of them cost as much as one exact gradient. Stochastic gradient descent takes advantage
# of this:

# %%
means = {}
for size in (None, 50, 10, 1):
    model = nn.MLP([2, 16, 1], activation="tanh", rng=0)
    settings = {"loss": loss, "lr": 0.2, "epochs": 20, "progress": False}
    history = nn.fit(model, (x, y), batch_size=size, **settings)
    means[f"mini-batches of {size}" if size else "all 300"] = history.epochs()["loss"]

walks = {}
for size, name in ((25, "all 25 examples"), (2, "2 examples a step")):
    theta, path = np.array([-1.0, 2.0]), []
    for epoch in range(200 // (25 // size)):
        for batch in nn.batches(inputs, targets, size=size, rng=epoch):
            path.append(theta)
            theta = theta - 0.3 * grad(cost)(theta, *batch)
    walks[name] = path

# %%
left, right = side_by_side(2)
labels = {"xlabel": "epoch", "ylabel": "cost, mean over the epoch"}
curves(range(1, 21), means, left, ylim=(0, 0.7), xticks=[1, 5, 10, 15, 20], **labels)
landscape(right)
paths(right, walks, target=minimum, xlim=(-1.2, 2.2), ylim=(0, 2.2))

# %% [markdown]
# On the left: after 20 epochs, 20 exact steps have barely started, while 6,000 noisy ones are
# finished. On the right, the surface from above: the path of the mini-batches wanders around the
# exact path, and does not come to rest at the minimum. In practice, sizes from 10 to several
# hundred work best, because a matrix product with 100 rows takes little longer than one with 10.
#
# ## Random search loses
#
# Could you do without gradients? Random search tries a random step and keeps it if the cost
# falls. Both methods get the same network and the same number of passes over all examples.

# %%
courses = {}
for optimizer, rate in (("sgd", 1.0), ("random-search", 0.1)):
    model = nn.MLP([2, 16, 1], activation="tanh", rng=0)
    settings = {"loss": loss, "epochs": 400, "batch_size": None, "progress": False}
    history = nn.fit(model, (x, y), optimizer=optimizer, lr=rate, **settings)
    courses[optimizer] = history.steps["loss"]
title = f"{model.num_parameters()} parameters"
curves(range(400), courses, xlabel="step", ylabel="cost", title=title, ylim=(0, None))

# %% [markdown]
# This network has only 65 parameters. In $n$ dimensions, the component of a random direction
# along the gradient is about $1/\sqrt n$, so with 100,000 parameters random search makes almost
# no progress.
#
# ## Overfitting
#
# There are a hundred examples, every seventh of which has the wrong label, and a network with
# thousands of parameters. The training cost keeps falling, because even wrong labels can be
# memorised. The cost of examples that the network has not seen falls at first and then rises. It
# is recorded on the whole validation set every four steps.


# %%
def mislabelled(n, rng):
    x, y = nn.datasets.moons(n, noise=0.2, rng=rng)
    return x, np.where(np.random.default_rng(rng + 100).random(n) < 0.15, 1 - y, y)


examples, unseen = mislabelled(100, rng=1), mislabelled(1000, rng=2)


def train(stop=(), lam=0.0, epochs=300):
    model = nn.MLP([2, 60, 60, 2], activation="relu", rng=0)

    def penalised(output, target):
        return nn.cross_entropy(output, target) + nn.weight_decay(model, lam)

    history = nn.fit(
        model, examples, loss=penalised, optimizer="adam", lr=0.01, epochs=epochs, batch_size=50,
        validation=unseen, validation_every=4, metrics="accuracy", stop=stop, progress=False,
    )  # fmt: skip
    return model, history


overfitted, history = train()
axes = history.plot()

# %% [markdown]
# ## When to stop
#
# There are three reasons to stop, and the history says which one applied: all epochs are done;
# the training cost hardly changes any more; or the validation cost has not fallen for some time
# (*early stopping*), in which case the best weights are restored.

# %%
stopped, early = train(stop=nn.EarlyStopping(patience=15))
_, small = train(stop=nn.SmallChange(1e-4))
for course in (history, small, early):
    print(f"after {int(course.steps.last('epoch')):3d} epochs: {course.stopped}")

# %% [markdown]
# ## Weight decay
#
# The other remedy leaves the network no room for extreme weights: $\frac\lambda2\sum W^2$ is
# added to the cost, without biases. The decision boundaries show the effect of each remedy.

# %%
decayed, _ = train(lam=0.01)
models = {"300 epochs": overfitted, "early stopping": stopped, "weight decay, λ = 0.01": decayed}
for ax, (name, model) in zip(side_by_side(3), models.items(), strict=True):
    nn.plot.decision_boundary(model, *examples, ax=ax)
    seen = nn.evaluate(model, examples, metrics="accuracy")["accuracy"]
    found = nn.evaluate(model, unseen, loss="cross-entropy", metrics="accuracy")
    figures_of_model = f"{found['accuracy']:.1%} of the unseen (cost {found['loss']:.2f})"
    ax.set_title(f"{name}: right {seen:.1%} of those seen,\n{figures_of_model}", fontsize=9)

# %%
for name, model in models.items():
    size = np.sqrt(sum(np.sum(weight.data**2) for weight in model.weights()))
    print(f"{name:24} norm of all weights {size:5.1f}")

# %% [markdown]
# ## What was learned
#
# - By symmetry alone, an error surface has several equal minima, with saddle points between them.
# - The learning rate must stay below $2/\lambda_{\max}$ of the Hessian, but not far below.
# - A mini-batch gives a noisy gradient that is correct on average, for a fraction of the work.
# - Random search works for two parameters, but not for a hundred thousand.
# - A falling training cost proves nothing. The validation cost shows when to stop, and weight
#   decay keeps the boundary smooth.
#
# ## Exercises
#
# Each cell contains a wrong attempt. Change it until the check says *right*.
# Solutions are at the end.


# %% [markdown]
# **1.** Above which learning rate does gradient descent on `bowl` fail to converge? Compute it
# from `bowl`, without trying.


# %%
def bowl(theta):
    return 2.0 * theta[0] ** 2 + theta[0] * theta[1] + theta[1] ** 2 + 0.5 * theta[2] ** 2


limit = 1.0


# %%
def distance_after(rate, steps=2000):
    theta = np.array([1.0, 2.0, 3.0])
    for _ in range(steps):
        value, slope = value_and_grad(bowl)(theta)
        if value > 1e6:
            break
        theta = theta - rate * slope
    return np.linalg.norm(theta)


def check_limit(limit):
    assert distance_after(0.99 * limit) < 1e-3, f"with 0.99 · {limit} it does not arrive"
    assert distance_after(1.01 * limit) > 100, f"with 1.01 · {limit} it still arrives"


hint = "2 / λ, with the largest eigenvalue λ of the Hessian of bowl."
judge(check_limit, limit, hint=hint)

# %% [markdown]
# **2.** Momentum: a velocity accumulates the gradients, $v \leftarrow \mu v + g$, and moves the
# parameters, $\theta \leftarrow \theta - \eta v$. Write one step; it is compared with `nn.SGD`.


# %%
def momentum_step(theta, v, g, rate, mu):
    v = g
    return theta - rate * v, v


# %%
def check_momentum(momentum_step):
    theta, v = np.array([3.0, -1.0]), np.zeros(2)
    parameter = ag.Tensor(theta)
    optimizer = nn.SGD([parameter], lr=0.1, momentum=0.9)
    for number in range(1, 21):
        optimizer.zero_grad()
        cost(parameter).backward()
        theta, v = momentum_step(theta, v, grad(cost)(theta), 0.1, 0.9)
        optimizer.step()
        assert np.allclose(theta, parameter.data), (
            f"after step {number}: {theta.round(4)} instead of {parameter.data.round(4)}"
        )


judge(check_momentum, momentum_step, hint="The new velocity is μ v + g, and θ moves by it.")

# %% [markdown]
# **3.** The *lasso* penalty $\lambda\sum|W|$ pulls every weight towards 0 with the same force,
# however small the weight is, so that many weights become 0. Write it.


# %%
def lasso(weights, lam):
    return lam * ag.sum(weights**2)


# %%
def check_lasso(lasso):
    weights = np.array([[2.0, -0.1], [0.5, -3.0]])
    check_grads(lambda w: lasso(w, 0.3), weights)
    pull = grad(lasso)(weights, 0.3)
    assert np.allclose(abs(pull), 0.3), f"the forces are {abs(pull).ravel().round(3)}, not all 0.3"
    assert (np.sign(pull) == np.sign(weights)).all(), "some force pushes away from 0"


judge(check_lasso, lasso, hint="ag.abs has the slopes -1 and 1.")

# %% [markdown]
# ## Solutions
#
# **1.** The Hessian of `bowl` is the same everywhere:

# %%
judge(check_limit, 2 / np.linalg.eigvalsh(hessian(bowl)(np.zeros(3)))[-1])

# %% [markdown]
# **2.** Both lines use the new velocity:


# %%
def momentum_step(theta, v, g, rate, mu):
    v = mu * v + g
    return theta - rate * v, v


judge(check_momentum, momentum_step)

# %% [markdown]
# **3.** Absolute values in place of squares:


# %%
def lasso(weights, lam):
    return lam * ag.sum(ag.abs(weights))


judge(check_lasso, lasso)
