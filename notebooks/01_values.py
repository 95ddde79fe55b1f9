# %% [markdown]
# # 1. From one number to a graph
#
# **The question.** A program computes a number from other numbers. If one of the inputs changes
# slightly, how much does the result change? And can the program find that out by itself?
#
# Reading time: fifteen minutes. You need a little Python and the chain rule, which is explained
# below. (The modules `exercises` and `figures` are files beside this notebook. They check the
# exercises at its end, and plot.)

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves

from autograd import (
    Value,
    check_grads,
    cos,
    custom_op,
    derivative,
    draw,
    explain,
    grad,
    sin,
    step,
    tanh,
)

# %% [markdown]
# ## Elementary operations
#
# Every numerical program adds, multiplies and divides, and calls a few functions such as $\sin$
# and $\exp$. A `Value` is a number that remembers how it was computed: by which of these
# operations, and from which other values. It may be given a label, here `"a"` and `"b"`. The
# function $\tanh x = (e^x - e^{-x})/(e^x + e^{-x})$ is a smooth step from $-1$ to $1$.

# %%
a, b = Value(2.0, "a"), Value(-2.5, "b")
c = tanh(a * b + a**2)
c

# %%
c.op.name, c.parents

# %% [markdown]
# `c` was computed by $\tanh$ from one value, its *parent*. That value is the result of an
# addition, and so on down to `a` and `b`, which are the *leaves*: no operation produced them. One
# line of Python has become four elementary operations. (`c` has `grad=0.0` because nobody has
# asked for its derivatives yet. Take functions from NumPy or from `autograd`: `math.tanh` would
# return a plain number, which remembers nothing.)
#
# `explain` lists the operations, each with its *local derivatives*: how its result changes with
# one argument while the others are held fixed, which is written with $\partial$ in place of $d$.
# They are known from school: $(x^2)' = 2x$, $\partial(xy)/\partial x = y$, and
# $\tanh' = 1 - \tanh^2$. The last column has the derivatives of `c` itself, which the next
# sections work out.

# %%
explain(c)

# %% [markdown]
# ## The chain rule
#
# In one variable: if $z$ depends on $y$ and $y$ on $x$, then
#
# $$\frac{dz}{dx} = \frac{dz}{dy}\,\frac{dy}{dx}.$$
#
# Local derivatives along a path are multiplied. In several variables: if $z$ depends on $x$ and
# $y$, and both depend on $t$, then both paths contribute, and the contributions are added:
#
# $$\frac{dz}{dt} = \frac{\partial z}{\partial x}\,\frac{dx}{dt}
#                 + \frac{\partial z}{\partial y}\,\frac{dy}{dt}.$$
#
# No other mathematics is needed. Here is an example with $x = \cos t$, $y = t^2$ and
# $z = xy + y$. `derivative(f)` is the function $f'$. `grad(f, argnums=(0, 1))` is the function
# that gives both derivatives of an $f$ of two numbers, which Python counts from 0:


# %%
def z_of(x, y):
    return x * y + y


t = 0.5
x, y = np.cos(t), t**2
dz_dx, dz_dy = grad(z_of, argnums=(0, 1))(x, y)
dx_dt, dy_dt = derivative(np.cos)(t), derivative(lambda t: t**2)(t)

by_both_paths = dz_dx * dx_dt + dz_dy * dy_dt
at_once = derivative(lambda t: z_of(np.cos(t), t**2))(t)
print(f"{dz_dx:.4f} · ({dx_dt:.4f}) + {dz_dy:.4f} · {dy_dt:.4f} = {by_both_paths:.10f}")
print(f"the engine, from t to z at once:     {at_once:.10f}")

# %% [markdown]
# ## The graph, drawn
#
# Every value points to the values that it was computed from. Together they form a *graph*, and
# the values are its *nodes*. Computing `c` was the *forward pass*. The *backward pass*,
# `backward()`, goes through the graph once, from the result to the leaves, and stores in each
# node `v` the number `v.grad` $= \partial c/\partial v$, which is called its *gradient*.
#
# `draw` shows both passes. Each box contains the value from the forward pass and the gradient
# from the backward pass. Each arrow from a box to an operation shows a local derivative. A
# gradient is the sum, over the arrows that leave its box, of *local derivative × gradient of the
# operation's result*. All numbers are rounded to four digits.

# %%
c.backward()
draw(c)

# %% [markdown]
# What does `a.grad` mean? It is the slope of the tangent: when `a` increases by a small $h$, `c`
# increases by about `a.grad` $\cdot\,h$. (If you run `c.backward()` again, the leaves *add* the
# new gradient to the old one. Set `a.grad = 0.0` to start anew.)


# %%
def program(a):
    return np.tanh(a * -2.5 + a**2)


h = 0.001
print(f"change of c for h = {h}: {program(a.data + h) - program(a.data):.8f}")
print(f"a.grad · h:               {a.grad * h:.8f}")

around = np.linspace(0.5, 3.5, 200)
tangent = c.data + a.grad * (around - a.data)
lines = {
    r"$c(a) = \tanh(ab + a^2)$ at $b = -2.5$": program(around),
    f"tangent, slope a.grad = {a.grad:.4f}": tangent,
}
curves(around, lines, xlabel="a", ylabel="c", ylim=(-1.1, 1.1))
plt.plot(a.data, c.data, "o", color="black")
plt.show()

# %% [markdown]
# ## Step by step
#
# `step` walks through the same graph, one operation at a time. In Jupyter it has buttons and a
# slider; `step(c).save("backprop.html")` writes a page for any browser. Its text can also be
# printed. (*Cotangent* is its word for a gradient that is passed back.)

# %%
step(c)

# %%
print(step(c))

# %% [markdown]
# ## Why the order matters
#
# There is a trap. Compute `c` $= 4a$ with two additions:

# %%
a = Value(3.0, "a")
b = a + a
c = b + b
draw(c, gradients=False)

# %% [markdown]
# The first idea that comes to mind is recursion: a node receives a contribution, adds it to its
# gradient, and passes its gradient on to its parents. (The local derivatives of an addition are
# 1, so nothing has to be multiplied.)


# %%
def naive(node, share, found):
    found[node] = found.get(node, 0.0) + share
    for parent in node.parents:
        naive(parent, found[node], found)
    return found


c.backward()
print("naive recursion:", naive(c, 1.0, {})[a])
print("the engine:     ", a.grad)

# %% [markdown]
# The correct gradient is 4, but recursion gives 6. What went wrong? `c` uses `b` twice. After the
# first use, `b` has gradient 1 and passes on 1. After the second, it has gradient 2 and passes on
# 2, *which includes the first contribution again*. `b` passed on its gradient before it was
# complete.
#
# One repair is to pass on only the new contribution. The result is then correct, but the
# recursion follows every path of the graph separately, and a chain of $n$ such doublings has
# $2^n$ paths. The better solution is an order: **a node passes on its gradient only after all
# nodes that were computed from it have passed on theirs.** Such an order is called topological. The order in which a
# program creates its values is one, because no value can be used before it exists. The engine
# therefore visits the nodes once, from the newest to the oldest:

# %%
gradients = {c: 1.0}
for node in [c, b]:  # newest first
    for parent in node.parents:
        gradients[parent] = gradients.get(parent, 0.0) + 1.0 * gradients[node]
gradients[a]


# %%
def all_paths(node, share, found):
    """Right, but along every path: gives how many nodes were visited."""
    found[node] = found.get(node, 0.0) + share
    return 1 + sum(all_paths(parent, share, found) for parent in node.parents)


depths, visits = range(1, 15), []
for depth in depths:
    out = leaf = Value(1.0)
    for _ in range(depth):
        out = out + out
    found = {}
    visits.append(all_paths(out, 1.0, found))
    out.backward()
    assert found[leaf] == leaf.grad == 2.0**depth

lines = {
    "recursion along every path": visits,
    "once, in topological order": [depth + 1 for depth in depths],
}
labels = {"xlabel": "doublings in a row", "ylabel": "nodes visited"}
curves(depths, lines, scale="semilogy", points=True, **labels)

# %% [markdown]
# ## What was learned
#
# - A program is a graph of elementary operations, and each operation knows its local derivatives.
# - The chain rule combines them: multiply along a path, add over the paths.
# - One pass from the result to the leaves gives the derivatives with respect to *all* inputs,
#   provided that it visits the nodes in topological order. This is reverse-mode differentiation.
#   R. E. Wengert described the list of elementary operations in 1964, and backpropagation in
#   neural networks is a special case (Nielsen 2015, ch. 2; Bishop 2006, sec. 5.3; Goodfellow et
#   al. 2016, sec. 6.5).
#
# Next: the gradient is itself computed by a program. [What happens if you differentiate that
# program?](02_any_order.ipynb)

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Change the cells and run them again. Solutions are at the end.


# %% [markdown]
# **1.** *An operation of your own.* The function $s(x) = x/(1 + |x|)$ resembles $\tanh$. To use
# it as an elementary operation, the engine needs its derivative, as a function of `x` and of the
# result `out` $= s(x)$, which some formulas can use. The one below is wrong. (`check_grads`
# compares it with finite differences, $\big(s(x + h) - s(x)\big)/h$ for a small $h$, and also
# checks the second derivative.)

# %%
softsign = custom_op(
    lambda x: x / (1 + np.abs(x)),
    derivative=lambda out, x: 1 / (1 + abs(x)),
    name="softsign",
)


def check_softsign(operation):
    check_grads(operation, 0.7, order=2)
    check_grads(operation, -1.3, order=2)


hint = "For x > 0 it is x / (1 + x). Use the rule for quotients there; s is odd, so s' is even."
judge(check_softsign, softsign, hint=hint)

# %% [markdown]
# **2.** *Backward by hand.* For `e = (p * q + p) * q`, work out the gradients of `p`, `q` and the
# product `p * q` at $p = 2$, $q = 3$ before you let the engine compute them.

# %%
p, q = Value(2.0, "p"), Value(3.0, "q")
product = p * q
e = (product + p) * q
answer = {"p": 0.0, "q": 0.0, "p * q": 0.0}


def check_gradients(answer):
    p.grad = q.grad = 0.0  # leaves add up what each backward pass gives them
    e.backward()
    nodes = {"p": p, "q": q, "p * q": product}
    close = {n: math.isclose(answer.get(n, math.nan), node.grad) for n, node in nodes.items()}
    wrong = [name for name in nodes if not close[name]]
    assert not wrong, f"The engine has other numbers for {', '.join(wrong)}. draw(e) shows why."


hint = "Begin with p * q, which reaches e by one path. p and q each reach it by two."
judge(check_gradients, answer, hint=hint)

# %% [markdown]
# **3.** *The inverse problem.* Which function has the derivative $x \cos x$? The engine cannot
# integrate, but `explain` prints the derivative of your proposal as a formula.


# %%
def f(x):
    return x**2 * cos(x) / 2


def check_antiderivative(f):
    points = np.linspace(-3, 3, 13)
    (found,) = explain(f, 1.0).derivatives.values()
    holds = np.allclose(derivative(f)(points), points * np.cos(points), atol=1e-12)
    assert holds, f"Its derivative is {found}."


judge(check_antiderivative, f, hint="Try x sin x. Which term is then too much?")

# %% [markdown]
# ## Solutions
#
# **1.** The rule for quotients gives $1/(1+x)^2$ for $x > 0$:

# %%
softsign = custom_op(
    lambda x: x / (1 + np.abs(x)),
    derivative=lambda out, x: 1 / (1 + abs(x)) ** 2,
    name="softsign",
)
judge(check_softsign, softsign)

# %% [markdown]
# **2.** $\partial e/\partial(pq) = q = 3$. Then $p$ has $q \cdot 3 + q = 12$, and $q$ has
# $p \cdot 3 + (pq + p) = 14$:

# %%
judge(check_gradients, {"p": 12.0, "q": 14.0, "p * q": 3.0})

# %% [markdown]
# **3.** By parts, $\int x \cos x\,dx = x \sin x + \cos x$:


# %%
def f(x):
    return x * sin(x) + cos(x)


judge(check_antiderivative, f)
