# %% [markdown]
# # 11. From `Value` to a GPT
#
# **The question.** A language model that writes text is said to be the same thing as the two-line
# programs of notebook 1, only larger. Is it? What has to be added, and what only gets faster?
#
# Reading time: fifteen minutes, after [notebook 3](03_tensors.ipynb).

# %%
import math
import time
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from figures import curves

import nn
from autograd import Tensor, Value, draw, exp, grad, jacobian, jit, log, relu, sqrt, value_and_grad

rng = np.random.default_rng(0)

# %% [markdown]
# ## The data: names
#
# The model is to invent first names, letter by letter. It learns from 570 of them. A letter is a
# number from 1 to 26, and 0 is a full stop, which stands before and after each name. From each
# letter, and all those before it, the model predicts the next:

# %%
names = Path("names.txt").read_text().split()
LETTERS = ".abcdefghijklmnopqrstuvwxyz"
LONGEST = max(map(len, names)) + 1


def encoded(name):
    return [LETTERS.index(letter) for letter in f".{name}."]


print(len(names), "names:", *names[::57])
print([f"{LETTERS[a]}→{LETTERS[b]}" for a, b in pairwise(encoded("ada"))])

# %% [markdown]
# ## In single numbers
#
# A GPT (generative pre-trained transformer, Vaswani et al. 2017, Radford et al. 2018) is made of
# four parts. Each is a few lines of additions, multiplications and functions of one number, so
# `Value` is enough.
#
# - A **linear layer** multiplies a vector by a matrix of parameters.
# - **Normalising** divides a vector by its root mean square, which keeps numbers at a size of
#   about 1.
# - **Softmax** turns scores into shares that are positive and add up to 1.
# - **Attention** is the part that other networks do not have. Each letter asks a *query* $q$, and
#   each letter before it has a *key* $k$ and a *value* $v$. The query is compared with all keys,
#   and the result is the mean of the values, weighted by how well their keys fit:
#   $\sum_t \mathrm{softmax}(q \cdot k_t / \sqrt d)_t\, v_t$. Several *heads* do so side by side,
#   each with its own part of the vectors.


# %%
def linear(W, x):
    return [sum((w * xi for w, xi in zip(row, x, strict=True)), 0.0) for row in W]


def normalised(x):
    mean_square = sum((xi * xi for xi in x), 0.0) / len(x)
    return [xi / sqrt(mean_square + 1e-5) for xi in x]


def softmax(scores):
    powers = [exp(score) for score in scores]
    total = sum(powers, 0.0)
    return [power / total for power in powers]


def attention(query, keys, values):
    scores = [
        sum((q * k for q, k in zip(query, key, strict=True)), 0.0) / math.sqrt(len(query))
        for key in keys
    ]
    shares = softmax(scores)
    return [
        sum((share * value[i] for share, value in zip(shares, values, strict=True)), 0.0)
        for i in range(len(query))
    ]


# %% [markdown]
# The model puts them together. A letter and its place each have a vector, and their sum goes
# through a *block*: attention, then a small network with one hidden layer, each *added* to what
# came in. The last layer gives a score for each of the 27 letters that may follow. The loss is
# the cross-entropy of notebook 6: $-\ln$ of the share of the letter that did follow.

# %%
WIDTH, HEADS = 16, 4
SIZE = WIDTH // HEADS


def loss_in_numbers(p, tokens):
    keys, values, losses = [], [], []  # of the letters so far
    for place, (token, following) in enumerate(pairwise(tokens)):
        x = [a + b for a, b in zip(p["letter"][token], p["place"][place], strict=True)]

        y = normalised(x)
        query = linear(p["query"], y)
        keys.append(linear(p["key"], y))
        values.append(linear(p["value"], y))
        seen = []
        for head in range(HEADS):
            own = slice(head * SIZE, (head + 1) * SIZE)
            seen += attention(query[own], [k[own] for k in keys], [v[own] for v in values])
        x = [a + b for a, b in zip(x, linear(p["mix"], seen), strict=True)]

        hidden = [relu(h) for h in linear(p["up"], normalised(x))]
        x = [a + b for a, b in zip(x, linear(p["down"], hidden), strict=True)]

        shares = softmax(linear(p["score"], normalised(x)))
        losses.append(-log(shares[following]))
    return sum(losses, 0.0) / len(losses)


shapes = {
    "letter": (27, WIDTH),
    "place": (LONGEST, WIDTH),
    **dict.fromkeys(("query", "key", "value", "mix"), (WIDTH, WIDTH)),
    "up": (4 * WIDTH, WIDTH),
    "down": (WIDTH, 4 * WIDTH),
    "score": (27, WIDTH),
}
start = {name: rng.normal(scale=1 / math.sqrt(WIDTH), size=shape) for name, shape in shapes.items()}
print(sum(array.size for array in start.values()), "parameters")

# %% [markdown]
# That is all of a GPT. Its parameters become `Value`s, and `backward` finds the derivative of the
# loss with respect to each of them. It does not know that this is a language model.

# %%
in_numbers = {name: [[Value(w) for w in row] for row in array] for name, array in start.items()}
begin = time.perf_counter()
loss = loss_in_numbers(in_numbers, encoded("ada"))
loss.backward()
seconds_in_numbers = time.perf_counter() - begin
print(f"loss {loss.data!r}; a guess among 27 letters has ln 27 = {math.log(27):.4f}")
print(f"{draw(loss).nodes:,} nodes in {seconds_in_numbers:.2f} s, for one name of three letters")

# %% [markdown]
# ## In tensors
#
# Now the same in arrays, for many names at once. The sums are matrix products, and the loop over
# the letters is gone: all letters of all names are computed side by side. Two things need care.
# A letter must not see those that follow it, so their scores are set to $-\infty$ by a *mask*,
# and their share is 0. And names have different lengths, so the rest of each row is filled up and
# has the weight 0 in the loss.


# %%
def batch(names):
    """The letters, those that follow, and which of them count, a name a row."""
    letters = np.zeros((len(names), LONGEST + 1), int)
    for row, name in zip(letters, names, strict=True):
        row[: len(name) + 2] = encoded(name)
    counts = np.arange(LONGEST) <= np.array([[len(name)] for name in names])
    return letters[:, :-1], letters[:, 1:], counts.astype(float)


earlier = np.tril(np.ones((LONGEST, LONGEST), bool))


def normal(x):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5)


def shares_of_attention(p, y):
    def heads(x):  # (names, letters, width) to (names, heads, letters, size)
        return x.reshape(*x.shape[:2], HEADS, SIZE).transpose(0, 2, 1, 3)

    query, key, value = (heads(y @ p[name].T) for name in ("query", "key", "value"))
    scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(SIZE)
    return nn.softmax(np.where(earlier, scores, -np.inf)), value


def scores_in_tensors(p, letters):
    x = p["letter"][letters] + p["place"]
    shares, value = shares_of_attention(p, normal(x))
    seen = (shares @ value).transpose(0, 2, 1, 3).reshape(x.shape)
    x = x + seen @ p["mix"].T
    x = x + nn.relu(normal(x) @ p["up"].T) @ p["down"].T
    return normal(x) @ p["score"].T


def loss_in_tensors(p, letters, following, counts):
    scores = scores_in_tensors(p, letters)
    losses = nn.cross_entropy(scores.reshape(-1, 27), following.reshape(-1), reduction="none")
    return (losses * counts.reshape(-1)).sum() / counts.sum()


in_tensors = {name: Tensor(array) for name, array in start.items()}
begin = time.perf_counter()
same = loss_in_tensors(in_tensors, *batch(["ada"]))
same.backward()
seconds_in_tensors = time.perf_counter() - begin
furthest = max(
    abs(np.array([[w.grad for w in row] for row in rows]) - in_tensors[name].grad).max()
    for name, rows in in_numbers.items()
)
print(f"in numbers: {loss.data!r}\nin tensors: {same.item()!r}")
print(f"the largest difference of a derivative: {furthest:.1e}")
print(f"{draw(same).nodes} nodes in {seconds_in_tensors:.4f} s")

# %% [markdown]
# The same loss, the same 4,096 derivatives. The graph is small enough to look at now. Here is the
# attention: queries and keys are multiplied, the mask comes in, and the shares multiply the values.

# %%
y = Tensor(rng.normal(size=(1, LONGEST, WIDTH)), "y")
shares, value = shares_of_attention(in_tensors, y)
seen = shares @ value
draw(seen, gradients=False, locals=False)

# %% [markdown]
# ## Compiled
#
# What is left of Python's share goes when the step is compiled: `jit` records the loss and its
# gradient once, and runs them on arrays that stay where they are. One step for 64 names:

# %%
some = batch(list(rng.choice(names, 64)))
step = value_and_grad(loss_in_tensors)
compiled = jit(step)
assert np.isclose(step(start, *some)[0], compiled(start, *some)[0], rtol=1e-12)


def seconds(work, repeats=5):
    """The shortest of some runs, which other programs have disturbed least."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


letters = some[2].sum()
speeds = {
    "single numbers": 4 / seconds_in_numbers,  # ada and its full stop
    "tensors": letters / seconds(lambda: step(start, *some)),
    "compiled": letters / seconds(lambda: compiled(start, *some)),
}
for way, speed in speeds.items():
    print(f"{way:15} {speed:10,.0f} letters a second")

# %% [markdown]
# ## Trained
#
# The rest is notebook 7: mini-batches, and the optimiser Adam. Every tenth name is kept apart. Their
# loss soon stops falling, since 4,096 parameters can learn 513 names by heart, so the parameters with
# which it was least are kept. The loss is in nats a letter, and its exponential says among how many letters
# the model still hesitates.

# %%
shuffled = [str(name) for name in rng.permutation(names)]
unseen, known = shuffled[::10], [name for n, name in enumerate(shuffled) if n % 10]
weights = {name: Tensor(array.copy()) for name, array in start.items()}
optimizer = nn.Adam(list(weights.values()), lr=0.01)
measured = jit(loss_in_tensors)
course = {"names it learns from": [], "names it has not seen": []}
least = math.inf
begin = time.perf_counter()
for number in range(301):
    values = {name: tensor.data for name, tensor in weights.items()}
    if number % 20 == 0:
        for line, some in zip(course.values(), (known, unseen), strict=True):
            line.append(float(measured(values, *batch(some))))
        if line[-1] < least:
            least, trained = line[-1], {name: array.copy() for name, array in values.items()}
    _, gradient = compiled(values, *batch([known[n] for n in rng.integers(len(known), size=64)]))
    for name, tensor in weights.items():
        tensor.grad = gradient[name]
    optimizer.step()
print(f"300 steps in {time.perf_counter() - begin:.1f} s")

# %%
labels = {"xlabel": "step", "ylabel": "cross-entropy (nats a letter)"}
curves(range(0, 301, 20), course, points=True, **labels)
plt.axhline(math.log(27), color="grey", linewidth=1)
plt.text(80, math.log(27) + 0.03, "ln 27: nothing known", color="grey", size=8)
print(f"among 27 letters at first, among {math.exp(least):.1f} now")

# %% [markdown]
# ## It writes
#
# To invent a name, start with a full stop, draw a letter by the shares that the model gives, put
# it behind, and go on until it draws a full stop.


# %%
def invented(p, rng):
    letters = np.zeros((1, LONGEST), int)
    for place in range(LONGEST):
        shares = nn.softmax(scores_in_tensors(p, letters)[0, place])
        token = rng.choice(27, p=shares)
        if token == 0 or place == LONGEST - 1:
            break
        letters[0, place + 1] = token
    return "".join(LETTERS[token] for token in letters[0, 1:] if token)


generator = np.random.default_rng(1)
before = [invented(start, generator) for _ in range(8)]
after = [invented(trained, generator) for _ in range(40)]
print("before:", *before)
print("after: ", *after)
new = [name for name in after if name not in known]
print(f"{len(new)} of these {len(after)} are not among those it learned from")

# %% [markdown]
# ## What it looks at
#
# The shares of the attention can be looked at. Each row is a letter, and shows how much of its
# attention goes to itself and to the letters before it. Nothing is above the diagonal.

# %%
word = ".katherine"
letters = np.array([[LETTERS.index(letter) for letter in word]])
shares, _ = shares_of_attention(trained, normal(trained["letter"][letters] + trained["place"]))
fig, axes = plt.subplots(1, HEADS, figsize=(10, 2.8), layout="constrained")
axes[0].set_ylabel("the letter that asks")
for head, ax in enumerate(axes):
    ax.imshow(shares[0, head], cmap="Blues", vmin=0, vmax=1)
    ax.set(xticks=range(len(word)), yticks=range(len(word)), title=f"head {head + 1}")
    ax.set_xticklabels(word)
    ax.set_yticklabels(word)

# %% [markdown]
# ## What was learned
#
# - A GPT is a program of additions, multiplications and a few functions. `backward` of notebook 1
#   differentiates it, number by number.
# - In tensors it is the same program: the loss agrees to the last digits. What changes is the
#   number of nodes, from tens of thousands to less than a hundred, and with it the time.
# - Compiled it is faster once more, without a change to the program.
# - Models that people talk to have the same parts. They have a hundred blocks in place of one, and
#   $10^{11}$ parameters in place of 4,096.
#
# Next: [a program of your own](12_your_own.ipynb).

# %% [markdown]
# ## Exercises
#
# The engine checks the answers. Solutions are at the end.

# %% [markdown]
# **1.** *No peeping.* The function below is meant to give each place the mean of all rows up to
# its own. It also lets a place see those that follow, and a model trained with it would learn to
# copy. The check finds that from the Jacobian: the result at one place must not depend on rows
# further down.


# %%
def mean_so_far(x):
    weights = np.full((len(x), len(x)), 1 / len(x))
    return weights @ x


def check_mean_so_far(mean_so_far):
    x = rng.normal(size=(4, 2))
    slopes = abs(jacobian(mean_so_far)(x)).sum(axis=(1, 3))
    for place in range(4):
        seen = slopes[place, place + 1 :].any()
        assert not seen, f"Place {place} depends on rows after it."
    assert np.allclose(mean_so_far(x)[2], x[:3].mean(axis=0)), "Place 2 is not the mean of 0 to 2."


hint = "np.tril cuts off what is above the diagonal. Then each row should add up to 1."
judge(check_mean_so_far, mean_so_far, hint=hint)

# %% [markdown]
# **2.** *A softmax that survives.* For scores around 1,000 the softmax in numbers overflows. It
# does not change if the same number is subtracted from all scores. Which one helps?


# %%
def safe_softmax(scores):
    powers = [exp(score) for score in scores]
    total = sum(powers, 0.0)
    return [power / total for power in powers]


def check_safe_softmax(safe_softmax):
    for scores in ([0.5, -1.0, 2.0], [1000.0, 1001.0, 998.0], [-2000.0, -2001.0, -2003.0]):
        found, true = safe_softmax(scores), nn.softmax(np.array(scores))
        assert np.allclose(found, true), f"For {scores} it gives {found}."
        slope = grad(lambda scores: safe_softmax(scores)[0])(scores)
        expected = true[0] * (np.array([1.0, 0.0, 0.0]) - true)
        assert np.allclose(slope, expected), f"For {scores} the derivatives are {slope}."


hint = "With it, no score is above 0, and one of them is 0."
judge(check_safe_softmax, safe_softmax, hint=hint)

# %% [markdown]
# **3.** *Temperature.* Shares $\propto e^{s/T}$ with a temperature $T$ below 1 make a model more
# careful, and above 1 more daring. Give the derivative of the entropy $-\sum_i p_i \ln p_i$ of
# the shares with respect to $T$ at $T = 1$, by letting the engine find it.


# %%
def change_of_entropy(scores):
    p = nn.softmax(scores)
    return -(p * np.log(p)).sum()


def check_change_of_entropy(change_of_entropy):
    for scores in (np.array([0.0, 1.0]), np.array([2.0, -1.0, 0.5])):
        p = nn.softmax(scores)
        true = (p * scores**2).sum() - (p * scores).sum() ** 2
        found = change_of_entropy(scores)
        assert np.isclose(found, true), f"It is {true:.4f} for {scores}, and not {found:.4f}."


hint = "Write the entropy as a function of T, and let grad differentiate it."
judge(check_change_of_entropy, change_of_entropy, hint=hint)

# %% [markdown]
# ## Solutions
#
# **1.** A lower triangle, each row divided by the number of its ones:


# %%
def mean_so_far(x):
    return np.tril(np.ones((len(x), len(x)))) @ x / np.arange(1, len(x) + 1)[:, None]


judge(check_mean_so_far, mean_so_far)

# %% [markdown]
# **2.** The largest score:


# %%
def safe_softmax(scores):
    largest = max(scores)
    powers = [exp(score - largest) for score in scores]
    total = sum(powers, 0.0)
    return [power / total for power in powers]


judge(check_safe_softmax, safe_softmax)


# %% [markdown]
# **3.** It is the variance of the scores, which is never negative: warmer is always more daring.


# %%
def change_of_entropy(scores):
    def entropy(temperature):
        p = nn.softmax(scores / temperature)
        return -(p * np.log(p)).sum()

    return grad(entropy)(1.0)


judge(check_change_of_entropy, change_of_entropy)
