# %% [markdown]
# # 4. Backpropagation as the textbooks write it
#
# **The question.** Textbooks on neural networks derive a special algorithm, backpropagation, with
# error terms $\delta$ that are passed from layer to layer. Where are these in an engine that
# knows nothing about layers? And do both compute the same?
#
# Reading time: twenty minutes, after [notebook 3](03_tensors.ipynb).

# %%
import time
from itertools import pairwise

import numpy as np
from exercises import judge
from figures import curves, side_by_side

import nn
from autograd import Value, draw, grad, gradients, jacobian

rng = np.random.default_rng(0)

# %% [markdown]
# ## The notation
#
# - **Linear regression**: $f(x; \theta) = w \cdot x + b$.
# - **Generalised linear model**: the same inside a function, $h(w \cdot x + b)$. With
#   $h = \sigma$ it is logistic regression.
# - **A two-layer network** feeds $U$ of these, the hidden units, into a linear model.
# - **A network of $L$ layers** repeats this. With $q^{(0)} = x$, for $l = 1, \dots, L$:
#
# $$z^{(l)} = W^{(l)} q^{(l-1)} + b^{(l)}, \qquad q^{(l)} = h(z^{(l)}),$$
#
# where the last layer has no $h$. $W^{(l)}$ has one row per output and one column per input.
# (Lindholm et al. 2022, ch. 6; Nielsen 2015 writes $a$ for $q$ and $\sigma$ for $h$.)

# %%
networks = {
    "linear regression": nn.Linear(3, 1),
    "generalised linear model": nn.Sequential(nn.Linear(3, 1), nn.Sigmoid()),
    "two layers, U = 5": nn.MLP([3, 5, 1], activation="tanh"),
    "four layers": nn.MLP([3, 5, 5, 5, 1], activation="relu"),
    "softmax regression on MNIST": nn.Linear(784, 10),
    "784-200-10 on MNIST": nn.MLP([784, 200, 10]),
}
for name, network in networks.items():
    print(f"{name:28} {network.num_parameters():8,} parameters")

# %% [markdown]
# All parameters together form one vector $\theta = (\mathrm{vec}\,W^{(1)}, b^{(1)}, \dots)$.
# `to_vector` returns it, and `from_vector` sets it:

# %%
model = nn.MLP([8, 6, 5, 3], activation="sigmoid", rng=0, dtype=np.float64)
theta = model.to_vector()
model.from_vector(theta / 2)
halved = model.to_vector()
model.from_vector(theta)
print(theta.shape, np.allclose(halved, theta / 2))
model

# %% [markdown]
# ## Two neurons in a row
#
# Before layers, the smallest case: two neurons with one input each. The first gives
# $a_1 = \sigma(z_1)$ with $z_1 = w_1 x + b_1$, the second $a_2 = \sigma(z_2)$ with
# $z_2 = w_2 a_1 + b_2$, and the cost is $C = \frac12 (y - a_2)^2$. The textbooks give a name to the
# derivative with respect to each $z$, the *error* of the neuron, $\delta = \partial C/\partial z$.
# From the end to the beginning, the chain rule says:
#
# $$\delta_2 = -(y - a_2)\,\sigma'(z_2), \qquad \delta_1 = w_2\,\delta_2\,\sigma'(z_1).$$
#
# And since $z_2 = w_2 a_1 + b_2$, the parameters have $\partial C/\partial w_2 = \delta_2 a_1$ and
# $\partial C/\partial b_2 = \delta_2$; likewise $\delta_1 x$ and $\delta_1$. Compare with the engine:


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


x, y = 1.5, 0.0
w1, b1, w2, b2 = Value(0.8, "w1"), Value(-0.4, "b1"), Value(1.2, "w2"), Value(0.3, "b2")
z1 = w1 * x + b1
a1 = sigmoid(z1)
z2 = w2 * a1 + b2
a2 = sigmoid(z2)
C = 0.5 * (y - a2) ** 2
C.backward()

slope1, slope2 = (a.data * (1 - a.data) for a in (a1, a2))  # σ'(z) = σ(z) (1 - σ(z))
delta2 = -(y - a2.data) * slope2
delta1 = w2.data * delta2 * slope1
print(f"δ2: text {delta2:.10f}, engine {z2.grad:.10f}")
print(f"δ1: text {delta1:.10f}, engine {z1.grad:.10f}")
print(f"∂C/∂w1: text {delta1 * x:.10f}, engine {w1.grad:.10f}")

# %% [markdown]
# So $\delta$ is nothing new: it is the gradient in the box of $z$. Everything that follows is this,
# for many neurons at once.
#
# ## The classical algorithm
#
# Take the squared error $C = \frac12 \sum_i (y_i - a_i)^2$ of one example, and define the *error*
# of layer $l$ as
#
# $$\delta^{(l)} = \frac{\partial C}{\partial z^{(l)}}.$$
#
# The chain rule gives it for the last layer, and for each other layer in terms of the next one:
#
# $$\delta^{(L)} = -(y - a) \odot f'(z^{(L)}), \qquad
# \delta^{(l)} = \big(W^{(l+1)\top} \delta^{(l+1)}\big) \odot f'(z^{(l)}).$$
#
# The gradients follow from $\delta$: $\nabla_W C = \delta\, a^\top$, with the $a$ of the layer
# below, and $\nabla_b C = \delta$. ($\odot$ multiplies entry by entry.) It is the same as above:
# where one neuron had $w_2$, a layer has $W^\top$, since each neuron below hears from all those
# above. In Python:


# %%
def classical(parameters, x, y):
    """The gradients of ½‖y - a‖² by every W and b, and the δ of every layer."""
    a, zs = [x], []  # forward: keep all a and z
    for W, b in parameters:
        zs.append(W @ a[-1] + b)
        a.append(sigmoid(zs[-1]))
    slopes = [sigmoid(z) * (1 - sigmoid(z)) for z in zs]
    delta = -(y - a[-1]) * slopes[-1]  # backward: from the last layer to the first
    deltas = [delta]
    for (W, _), slope in zip(parameters[:0:-1], slopes[-2::-1], strict=True):
        delta = (W.T @ delta) * slope
        deltas.insert(0, delta)
    return [(np.outer(d, q), d) for d, q in zip(deltas, a[:-1], strict=True)], deltas


# %% [markdown]
# The engine is given only the computation of the error from the parameters. It contains no
# layers, no $\delta$, and no derivative of $\sigma$:


# %%
def cost(parameters, x, y):
    for W, b in parameters:
        x = sigmoid(W @ x + b)
    return 0.5 * ((y - x) ** 2).sum()


print("layers  the largest difference between the text's gradient and the engine's")
for layers in range(1, 6):
    sizes = rng.integers(2, 8, size=layers + 1)
    parameters = [
        (rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)) for n_in, n_out in pairwise(sizes)
    ]
    x, y = rng.normal(size=sizes[0]), rng.random(sizes[-1])
    text, _ = classical(parameters, x, y)
    engine = grad(cost)(parameters, x, y)
    largest = max(
        abs(mine - theirs).max()
        for pair, other in zip(text, engine, strict=True)
        for mine, theirs in zip(pair, other, strict=True)
    )
    print(f"{layers:6}  {largest:.1e}")
    assert largest < 1e-12

# %% [markdown]
# They agree to the last digits. Backpropagation *is* reverse-mode differentiation of a network's
# error. $\delta^{(l)}$ is what the engine calls the cotangent of $z^{(l)}$, and the
# multiplications by $W^\top$ and $f'(z)$ are the local rules of `@` and $\sigma$.

# %% [markdown]
# ## Four ways to write it
#
# `nn.deltas` implements the algorithm in the four forms of the textbooks, for a model of `nn`,
# and compares each with the engine.
#
# - **scalar** (Neupert et al. 2021): number by number,
#   $\delta_i^{(l)} = \big(\sum_j W_{ji}\,\delta_j^{(l+1)}\big) f'(z_i^{(l)})$, with
#   $\partial C/\partial W_{ij} = a_j \delta_i$ and $\partial C/\partial b_i = \delta_i$;
# - **matrix** (Nielsen 2015, BP1 to BP4): the form above;
# - **jacobian** (Neupert et al. 2021): a product of the Jacobians of the layers,
#   $\partial C/\partial z^{(l)} = \partial C/\partial a \cdot D^{(L)} W^{(L)} \cdots D^{(l)}$
#   with $D = \mathrm{diag}\,f'(z)$;
# - **mini-batch** (Lindholm et al. 2022, algorithm 6.1): many examples in one matrix, shown
#   below.

# %%
x, y = rng.normal(size=(4, 8)), np.eye(3)[[0, 1, 2, 0]]
for form in ("scalar", "matrix", "jacobian", "mini-batch"):
    found = nn.deltas(model, x, y, form=form)
    print(f"{form:11} text - engine, layer by layer:", *(f"{d:.1e}" for d in found.differences))
found

# %% [markdown]
# The Jacobians in the third form need not come from the textbook. The engine can compute them,
# and their product is the Jacobian of the network:

# %%
activation, linear = nn.Sigmoid(), model[2]  # the second layer, in the middle
q = rng.random(6)
D = jacobian(activation)(linear(q).numpy())
print("off its diagonal D is", abs(D - np.diag(np.diag(D))).max())
J = jacobian(lambda q: activation(linear(q)))(q).numpy()
print("D W - J =", abs(D @ linear.weight.data - J).max())

# %% [markdown]
# ## Algorithm 6.1
#
# In practice, a mini-batch of $n$ examples is processed together, one per row. Lindholm et al.
# write the algorithm as follows. The engine's result, for the whole `model` with its three
# layers, is beside it:


# %%
def algorithm_6_1(model, X, Y):
    """dW, db of each layer for the cost 1/n Σ ½‖y - q‖², first layer first."""
    layers = [(layer.weight.data, layer.bias.data) for layer in model.layers[::2]]
    # Forward: all Q and Z are kept.
    Q, Z = [X], []
    for W, b in layers:
        Z.append(Q[-1] @ W.T + b)
        Q.append(sigmoid(Z[-1]) if len(Z) < len(layers) else Z[-1])  # the last is linear
    # Backward: each layer needs only what came from the layer above.
    found = []
    dZ = Q[-1] - Y
    for place in reversed(range(len(layers))):
        found = [dZ.T @ Q[place] / len(X), dZ.sum(axis=0) / len(X), *found]
        if place:
            dQ = dZ @ layers[place][0]
            dZ = dQ * Q[place] * (1 - Q[place])
    return found


X, Y = rng.normal(size=(50, 8)), rng.normal(size=(50, 3))
nn.quadratic_cost(model(X), Y).backward()
for (path, parameter), text in zip(
    model.named_parameters().items(), algorithm_6_1(model, X, Y), strict=True
):
    print(f"{path:9} {parameter.shape!s:7} text - engine: {abs(parameter.grad - text).max():.1e}")

# %% [markdown]
# ## The same network in scalars and in matrices
#
# A neuron can be written as a program on single numbers, and a network as many neurons. For the
# engine this is a graph like any other, with more nodes. `nn.scalar` provides such networks. Here
# is one with two inputs, two ReLU units and one output, and the same network in matrices with the
# same weights:

# %%
small = nn.scalar.MLP(2, [2, 1], rng=4)
twin = nn.MLP([2, 2, 1], activation="relu", dtype=np.float64)
for layer, matrix_layer in zip(small.layers, twin.layers[::2], strict=True):
    matrix_layer.weight.data = [[w.data for w in neuron.w] for neuron in layer.neurons]
    matrix_layer.bias.data = [neuron.b.data for neuron in layer.neurons]

point, wanted = [0.7, 0.5], 1.0
out, out_of_twin = small([Value(number) for number in point]), twin([point])
(0.5 * (out - wanted) ** 2).backward()
nn.quadratic_cost(out_of_twin, [[wanted]]).backward()

neuron = small.layers[0].neurons[0]
print("first neuron, in scalars: ", [w.grad for w in neuron.w], neuron.b.grad)
print("first neuron, in matrices:", twin[0].weight.grad[0], twin[0].bias.grad[0])
draw(out, locals=False)

# %%
draw(out_of_twin, fold=True, rankdir="LR")

# %% [markdown]
# Every sum in the first picture is inside a matrix product in the second. The mathematics is the
# same, but the time is not:

# %%
sizes, examples = (10, [30, 1]), rng.normal(size=(20, 10))
scalar_network = nn.scalar.MLP(*sizes, rng=0)
matrix_network = nn.MLP([10, 30, 1], dtype=np.float64)
begin = time.perf_counter()
sum((scalar_network(list(row)) ** 2 for row in examples), 0.0).backward()
middle = time.perf_counter()
(matrix_network(examples) ** 2).sum().backward()
end = time.perf_counter()
print(f"20 examples through 10-30-1 and back, in scalars:  {1000 * (middle - begin):6.1f} ms")
print(f"                                      in matrices: {1000 * (end - middle):6.1f} ms")

# %% [markdown]
# ## δ over the layers
#
# Since $\delta^{(l)} = (W^\top \delta^{(l+1)}) \odot f'(z^{(l)})$, each layer multiplies $\delta$
# by another $f'$. For the sigmoid, $f' \le \frac14$: on the way to the first layer $\delta$
# shrinks, and the first layers hardly learn. Here it is shown for a network of seven layers on
# small handwritten digits, before and after training, with sigmoids and with ReLUs:

# %%
digits = nn.datasets.digits()
targets = nn.one_hot(digits.y, 10)


def sizes_of_deltas(activation):
    """The mean sizes of δ by layer before and after training, and the share of right answers."""
    deep = nn.MLP([64, 30, 30, 30, 30, 30, 30, 10], activation=activation, rng=0)
    before = nn.deltas(deep, digits.x, targets, loss=nn.cross_entropy).sizes
    settings = {"loss": "cross-entropy", "optimizer": "sgd", "lr": 0.1, "progress": False}
    nn.fit(deep, digits, epochs=20, **settings)
    after = nn.deltas(deep, digits.x, targets, loss=nn.cross_entropy).sizes
    right = nn.metrics.accuracy(nn.predict(deep, digits.x), digits.y)
    return {"before training": before, "after 20 epochs": after}, right


# %%
for ax, activation in zip(side_by_side(2, sharey=True), ("sigmoid", "relu"), strict=True):
    deltas, right = sizes_of_deltas(activation)
    title = f"{activation}: {right:.0%} of the digits learned"
    labels = {"xlabel": "layer", "ylabel": "mean size of δ", "title": title}
    curves(range(1, 8), deltas, ax, scale="semilogy", points=True, shared=True, **labels)

# %% [markdown]
# With sigmoids, $\delta$ falls by a factor of about four per layer. The first layer receives
# thousands of times less than the last, and after 20 epochs the network has learned nothing.
# (With ReLUs, $\delta$ is small after training for another reason: hardly any error is left.)
# Such *vanishing gradients* kept networks shallow for a long time. [The next
# notebook](05_activations_and_initialisation.ipynb) shows what helps. (`found.plot()` draws such
# a figure from the result of `nn.deltas`.)

# %% [markdown]
# ## What was learned
#
# - Backpropagation is reverse-mode differentiation of a network's error. $\delta^{(l)}$ is the
#   cotangent of $z^{(l)}$.
# - Its four textbook forms agree with the engine up to rounding.
# - A network in scalars and one in matrices are two programs for the same function, with the same
#   gradients.
# - From layer to layer, $W^\top$ and $f'$ make $\delta$ shrink or grow.

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Change the cells and run them again. Solutions are at the end.

# %% [markdown]
# **1.** *Another loss.* The $\delta^{(L)}$ below is that of the squared error, with outputs
# $a = \sigma(z)$. What is it for the cross-entropy
# $C = -\sum_i [y_i \ln a_i + (1 - y_i) \ln(1 - a_i)]$? (Something cancels.)


# %%
def last_delta(z, y):
    a = sigmoid(z)
    return (a - y) * a * (1 - a)


def check_last_delta(last_delta):
    z, y = np.array([-1.0, 0.5, 3.0]), np.array([0.0, 1.0, 0.0])

    def cross_entropy(z):
        a = sigmoid(z)
        return -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum()

    mine, true = last_delta(z, y), grad(cross_entropy)(z)
    assert np.allclose(mine, true), f"The engine finds {true.round(4)}, and you {mine.round(4)}."


judge(check_last_delta, last_delta, hint="∂C/∂a = (a - y) / (a (1 - a)). Multiply by σ'.")

# %% [markdown]
# **2.** *From layer to layer.* A factor is missing in this step for a layer of tanh units.


# %%
def delta_below(W_above, delta_above, z):
    return W_above.T @ delta_above


def check_delta_below(delta_below):
    net = nn.MLP([4, 5, 3], activation="tanh", rng=1, dtype=np.float64)
    z = net[0](rng.normal(size=4))
    output = net[2](net[1](z))
    above, true = gradients((output**2).sum(), [output, z])
    mine = delta_below(net[2].weight.data, above, z.data)
    ratio = (mine / true).round(3)
    assert np.allclose(mine, true), f"Yours divided by the engine's, unit by unit: {ratio}."


judge(check_delta_below, delta_below, hint="It is f'(z), for each unit.")

# %% [markdown]
# **3.** *A layer without an activation.* Without $h$ between them, two layers are equivalent to
# one: $W^{(2)}(W^{(1)} x + b^{(1)}) + b^{(2)} = Wx + b$. Give this $W$ and $b$. (The check
# compares values and Jacobians.)


# %%
def merged(W1, b1, W2, b2):
    return W2 @ W1, b1


def check_merged(merged):
    two = nn.MLP([4, 5, 4], activation="identity", rng=2, dtype=np.float64)
    two.from_vector(rng.normal(size=two.num_parameters()))
    W, b = merged(*(parameter.data for parameter in two.parameters()))
    x = rng.normal(size=4)
    assert np.shape(W) == (4, 4), f"W should have the shape (4, 4), and has {np.shape(W)}."
    assert np.allclose(jacobian(two)(x), W), "The Jacobi matrix of the two layers is not your W."
    assert np.shape(b) == (4,), f"b should have the shape (4,), and has {np.shape(b)}."
    assert np.allclose(two(x).data, W @ x + b), "W is right, and b is not."


judge(check_merged, merged, hint="Multiply out W2 @ (W1 @ x + b1) + b2.")

# %% [markdown]
# ## Solutions
#
# **1.** The slope of $\sigma$ cancels:


# %%
def last_delta(z, y):
    return sigmoid(z) - y


judge(check_last_delta, last_delta)

# %% [markdown]
# **2.** $\tanh' = 1 - \tanh^2$:


# %%
def delta_below(W_above, delta_above, z):
    return (W_above.T @ delta_above) * (1 - np.tanh(z) ** 2)


judge(check_delta_below, delta_below)

# %% [markdown]
# **3.** The first bias goes through the second layer too:


# %%
def merged(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1 + b2


judge(check_merged, merged)
