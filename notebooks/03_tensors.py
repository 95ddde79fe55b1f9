# %% [markdown]
# # 3. The same engine on arrays
#
# **The question.** A network has thousands or billions of numbers. Does the engine need a node
# for each of them? And when NumPy silently broadcasts an array, what happens to the gradient?
#
# Reading time: fifteen minutes, after [notebook 2](02_any_order.ipynb). You need products and
# transposes of matrices.

# %%
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves, matrix

import nn
from autograd import (
    BroadcastWarning,
    Tensor,
    Value,
    debug,
    draw,
    grad,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
    vmap,
)

rng = np.random.default_rng(0)


def seconds(work, repeats=5):
    """The shortest of some runs, which other programs have disturbed least."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


# %% [markdown]
# ## One node for a whole array
#
# A `Tensor` is an array whose derivatives are tracked. NumPy's functions and operators accept it,
# and each call becomes one node, whatever the size of the array. Here is $\sum_i x_i \sin x_i$
# for 5,000 numbers, first number by number and then as an array:

# %%
data = rng.normal(size=5000)


def number_by_number():
    x = [Value(number) for number in data]
    total = sum((xi * np.sin(xi) for xi in x), 0.0)
    total.backward()
    return total, np.array([xi.grad for xi in x])


def in_one_piece():
    x = Tensor(data)
    total = (x * np.sin(x)).sum()
    total.backward()
    return total, x.grad


(many, gradient), (few, same) = number_by_number(), in_one_piece()
ratio = seconds(number_by_number) / seconds(in_one_piece)
print(f"the largest difference of the gradients: {abs(gradient - same).max():.1e}")
print(
    f"nodes: {draw(many).nodes:,} and {draw(few).nodes}; the first takes {ratio:.0f} times as long"
)

# %%
draw(few)

# %% [markdown]
# It is the same engine with the same rules: the local derivative of $\sin$ is $\cos$, for a
# number and for each entry of an array. The boxes now show shapes and ranges.

# %% [markdown]
# ## Broadcasting and its transpose
#
# Arrays add operations that move numbers: sum, broadcast, reshape, transpose, index. They are
# linear, $y_i = \sum_j A_{ij} x_j$, or $y = A x$. By the chain rule $x_j$ receives
# $\sum_i A_{ij}\, \partial c/\partial y_i$ from all $y_i$: going backward means multiplying by
# $A^\top$.
#
# *Broadcasting* is how NumPy computes with arrays of different shapes: it repeats the smaller one.
# What is its transpose? A row $b$ of 3 numbers that is added to each of 4 rows is used 4 times, so
# by the chain rule its gradient is the *sum* over these 4 uses:

# %%
x, b = Tensor(rng.normal(size=(4, 3)), "x"), Tensor([1.0, 2.0, 3.0], "b")
((x + b) ** 2).sum().backward()
print("gradient of x, shape", x.grad.shape, "; its columns summed:", x.grad.sum(axis=0))
print("gradient of b, shape", b.grad.shape, "; it is:             ", b.grad)

# %% [markdown]
# The Jacobians show this. The *Jacobian* of a function is the matrix of all its derivatives,
# $\partial y_i/\partial x_j$, which is $A$ for a linear one. The Jacobian of broadcasting a row to
# shape (4, 3) is $12 \times 3$, that of summing (4, 3) over its rows is $3 \times 12$, and each is
# the transpose of the other:

# %%
broadcasting = jacobian(lambda b: np.zeros((4, 3)) + b)(np.ones(3)).reshape(12, 3)
summing = jacobian(lambda x: x.sum(axis=0))(np.ones((4, 3))).reshape(3, 12)
assert np.array_equal(broadcasting, summing.T)

fig, (left, right) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained", width_ratios=(1, 3))
matrix(left, broadcasting, title="broadcast", xlabel="entry of $b$", ylabel="entry of the result")
matrix(right, summing, title="sum over rows", xlabel="entry of $x$", ylabel="entry of the sum")

# %% [markdown]
# The engine never builds these matrices. A pair of transposes can be recognised without them,
# from inner products, $\langle u, w\rangle = \sum_i u_i w_i$:
# $\langle u, A v\rangle = \langle A^\top u, v\rangle$ for all $u$ and $v$. `jvp(f, x, v)`
# returns $f(x)$ and, with the Jacobian $A$ at $x$, the product $Av$. `vjp(f, x)` returns $f(x)$
# and a function that computes $A^\top u$. (The Jacobian of a linear function is the same at every
# $x$, so any point will do.)

# %%
linear = {
    "sum over rows": lambda x: x.sum(axis=0),
    "broadcast": lambda x: np.broadcast_to(x, (5, 4, 3)),
    "transpose": lambda x: x.T,
    "index": lambda x: x[[0, 0, 2]],
    "running sum": lambda x: np.cumsum(x, axis=0),
    "matrix product": lambda x: x @ np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
}
for name, operation in linear.items():
    v = rng.normal(size=(4, 3))
    pushed = jvp(operation, v, v)[1]
    u = rng.normal(size=pushed.shape)
    (pulled,) = vjp(operation, v)[1](u)
    print(f"{name:15} ⟨u, Av⟩ = {(u * pushed).sum(): .12f}   ⟨Aᵀu, v⟩ = {(pulled * v).sum(): .12f}")

# %% [markdown]
# ## Many points at once
#
# A layer of a network maps one point $x$ to $q = h(Wx + b)$, with a matrix $W$, a vector $b$, and
# a function $h$ of each entry, here $\tanh$. For many points, one in each row of $X$, it computes
#
# $$Q = h(X W^\top + b^\top),$$
#
# where $b^\top$ is broadcast over the rows (Lindholm et al. 2022, eq. 6.15). Let $dZ$ be the
# gradient with respect to $Z = XW^\top + b^\top$. The transposes above give the gradients of the
# parameters: $dW = dZ^\top X$, and $db$ is the sum of the rows of $dZ$.

# %%
X, W, b = rng.normal(size=(100, 3)), Tensor(rng.normal(size=(2, 3)), "W"), Tensor([0.1, -0.2], "b")
Z = X @ W.T + b
Q = np.tanh(Z)
loss = (Q**2).mean()
loss.backward()
dZ = 2 * Q.data / Q.size * (1 - Q.data**2)
print(abs(W.grad - dZ.T @ X).max(), abs(b.grad - dZ.sum(axis=0)).max())
draw(loss)


# %% [markdown]
# Alternatively, write the function for a single point and let `vmap` do the rest. `in_axes` says
# that all points share $W$ and $b$ (`None`), and that the points lie along axis 0 of $X$. The
# result is the gradient of each point's own loss. The matrix form gives only the mean of these.


# %%
def of_one(W, b, x):
    return (np.tanh(W @ x + b) ** 2).mean()


by_example = vmap(grad(of_one), in_axes=(None, None, 0))(W.data, b.data, X)
print(by_example.shape, abs(by_example.mean(axis=0) - W.grad).max())

# %% [markdown]
# ## A trap
#
# Broadcasting does not know what you meant. A network with one output returns predictions of
# shape $(n, 1)$, while targets often have shape $(n,)$. Their difference has shape $(n, n)$:
# every prediction is compared with every target. Nothing fails, and nothing is learned. The
# losses of `nn`, the library for networks, refuse it. `mse` is the mean squared error:

# %%
prediction, target = rng.normal(size=(100, 1)), rng.normal(size=100)
print((prediction - target).shape)
try:
    nn.mse(prediction, target)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Forward and reverse mode
#
# The Jacobian of a composition is a product, $J = J_3 J_2 J_1$. To compute $J v$ for one
# direction $v$, multiply from the right, $J_3 (J_2 (J_1 v))$. This is *forward mode*: it follows
# the program, and costs one pass per **input**. To compute $u^\top J$, multiply from the left,
# $((u^\top J_3) J_2) J_1$. This is *reverse mode*, which costs one pass per **output**. A loss is
# one output of many inputs, so training uses reverse mode. Here both compute the full Jacobian of
# functions from $n$ inputs to $256/n$ outputs, which always has 256 entries:

# %%
inputs = [1, 2, 4, 8, 16, 32, 64, 128, 256]
times = {"forward": [], "reverse": [], "auto": []}
for n in inputs:
    A, B = rng.normal(size=(64, n)), rng.normal(size=(256 // n, 64))

    def f(x, A=A, B=B):
        return np.tanh(B @ np.tanh(A @ x))

    x = rng.normal(size=n)
    by_mode = [jacobian(f, mode=mode)(x) for mode in times]
    assert np.allclose(by_mode[0], by_mode[1], atol=1e-12)
    for mode, list_of_times in times.items():
        list_of_times.append(seconds(lambda f=f, x=x, mode=mode: jacobian(f, mode=mode)(x)))

lines = {
    "forward mode: a pass for each input": times["forward"],
    "reverse mode: one for each output": times["reverse"],
    'mode="auto"': times["auto"],
}
axes = {"xlabel": "inputs n (there are 256/n outputs)", "ylabel": "time (s)"}
curves(inputs, lines, scale="loglog", points=True, **axes)

# %% [markdown]
# The curves cross where there are as many inputs as outputs, and `jacobian` chooses the cheaper
# mode. The Hessian of notebook 2 uses both: reverse mode for the gradient, and another pass to
# differentiate the gradient.

# %% [markdown]
# ## What was learned
#
# - One node can hold a whole array. The rules are the same, and Python's share of the work
#   shrinks.
# - Going backward through a linear operation multiplies by its transpose. Broadcast and sum,
#   index and scatter (adding entries where they were read), $X W^\top$ and $dZ^\top X$ are such
#   pairs.
# - Forward mode costs one pass per input, reverse mode one per output (Goodfellow et al. 2016,
#   sec. 6.5.9; Bishop 2006, sec. 5.3.4).
#
# Next: [what textbooks call backpropagation](04_backpropagation.ipynb).

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Change the cells and run them again. Solutions are at the end.

# %% [markdown]
# **1.** *A transpose.* The running sum $y_i = \sum_{j \le i} x_j$ is linear. Its transpose is not
# the running sum. What is it?


# %%
def transposed(u):
    return np.cumsum(u)


def check_transposed(transposed):
    for u in np.array([[1.0, 2.0, 4.0], [0.0, 1.0, -1.0]]):
        mine, (true,) = transposed(u), vjp(np.cumsum, np.zeros(3))[1](u)
        right = np.shape(mine) == (3,) and np.allclose(mine, true)
        assert right, f"For {u} it gives {mine}, and not {true}."


hint = (
    "Write A as a matrix for three numbers, and transpose it. x₁ is in every sum, x₃ in the last."
)
judge(check_transposed, transposed, hint=hint)

# %% [markdown]
# **2.** *Linear regression.* Write the gradient of $E(W) = \frac{1}{2n}\lVert X W - Y\rVert^2$
# with respect to $W$ as a formula in matrices. ($\lVert\cdot\rVert^2$ is the sum of the squares of
# all entries, and $n$ the number of rows.) The shapes alone almost determine it.


# %%
def gradient_of_squares(W, X, Y):
    return X @ W - Y


def check_regression(gradient_of_squares):
    W, X, Y = rng.normal(size=(3, 2)), rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    mine = np.asarray(gradient_of_squares(W, X, Y))
    true = grad(lambda W: ((X @ W - Y) ** 2).sum() / 40)(W)
    assert mine.shape == W.shape, f"A gradient by W has the shape {W.shape}, and not {mine.shape}."
    times = mine / true
    multiple = np.allclose(times, times[0, 0])
    problem = f"{times[0, 0]:.3g} times the gradient" if multiple else "no multiple of the gradient"
    assert np.allclose(mine, true), f"It has the right shape, but it is {problem}."


hint = "The gradient has the shape of W, (3, 2); X is (20, 3), and X @ W - Y is (20, 2)."
judge(check_regression, gradient_of_squares, hint=hint)

# %% [markdown]
# **3.** *The trap.* Fix this loss. (Inside `with debug():` the engine warns about broadcasting
# that was probably not intended.)


# %%
def squared_error(w, X, y):
    return ((X @ w - y) ** 2).mean()


def check_squared_error(squared_error):
    w, X, y = rng.normal(size=(3, 1)), rng.normal(size=(20, 3)), rng.normal(size=20)
    with warnings.catch_warnings(record=True) as found, debug():
        warnings.simplefilter("always", BroadcastWarning)
        value = squared_error(Tensor(w), X, y)
    assert not found, f"{found[0].message}"
    true, slope = value_and_grad(lambda w: nn.mse(X @ w[:, 0], y))(w)
    assert np.isclose(value.item(), true), f"It gives {value.item():.4f}, and not {true:.4f}."
    mine = grad(squared_error)(w, X, y)
    assert np.allclose(mine, slope), "The value is right, but its gradient is not."


judge(check_squared_error, squared_error, hint="X @ w has the shape (20, 1), and y has (20,).")

# %% [markdown]
# ## Solutions
#
# **1.** The sum from the other end, $x_j \mapsto \sum_{i \ge j} u_i$:


# %%
def transposed(u):
    return np.cumsum(u[::-1])[::-1]


judge(check_transposed, transposed)

# %% [markdown]
# **2.** $X^\top (XW - Y)/n$:


# %%
def gradient_of_squares(W, X, Y):
    return X.T @ (X @ W - Y) / len(X)


judge(check_regression, gradient_of_squares)

# %% [markdown]
# **3.** One shape for both:


# %%
def squared_error(w, X, y):
    return (((X @ w)[:, 0] - y) ** 2).mean()


judge(check_squared_error, squared_error)
