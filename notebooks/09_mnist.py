# %% [markdown]
# # 9. Handwritten digits
#
# **The question.** How well do small networks read handwriting, what do they get wrong, and what
# do they look at?
#
# Reading time: ten minutes, after [notebook 8](08_universal_approximation.ipynb).
#
# MNIST contains 60,000 training and 10,000 test images of handwritten digits, with 28 × 28 pixels
# between 0 and 1. The six networks below are those of the textbooks. (Nielsen 2015, ch. 1 and 3;
# Lindholm et al. 2022, sections 6.1 to 6.3, figs 6.7 and 6.8.)
#
# The notebook uses MNIST if it is available, in the folder named by the environment variable
# `MNIST_DIR` or in the download cache of `nn.datasets.mnist()`. Otherwise it uses the 1,797
# digits of 8 × 8 pixels that come with scikit-learn. It downloads nothing.

# %%
import os
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from exercises import judge
from IPython.display import Markdown

import nn
from autograd import grad, jacobian

FULL = False  # True trains as long as the texts do, which takes some minutes with MNIST

if "MNIST_DIR" in os.environ or any(nn.datasets.mnist_cache().glob("*-ubyte")):
    name, short = "MNIST", 1
    (x, y), (test_x, test_y) = nn.datasets.mnist()
else:
    name, short = "scikit-learn's digits", 8
    digits = nn.datasets.digits()
    x, test_x, y, test_y = nn.train_test_split(digits.x, digits.y, test=0.2, rng=0)
pixels = x.shape[1]
print(f"{name}: {len(x):,} training and {len(test_x):,} test images of {pixels} pixels, "
      f"from {x.min():g} to {x.max():g}")  # fmt: skip

# %%
axes = nn.plot.images(test_x[:20], titles=[str(digit) for digit in test_y[:20]])

# %% [markdown]
# ## Six networks
#
# The first networks have sigmoid outputs with the cross-entropy or the quadratic cost, one yes or
# no per digit. The others have softmax outputs, which are probabilities of the ten digits
# together, without and with a hidden layer.


# %%
def quadratic(logits, target):
    """The quadratic cost of sigmoid outputs."""
    return nn.quadratic_cost(nn.sigmoid(logits), target)


# hidden units, activation, loss, learning rate, mini-batch, epochs, training images
settings = [
    ([30], "sigmoid", nn.cross_entropy_cost, 0.5, 10, 30, 50_000),
    ([30], "sigmoid", quadratic, 3.0, 10, 30, 50_000),
    ([100], "sigmoid", nn.cross_entropy_cost, 0.5, 10, 30, 50_000),
    ([100], "sigmoid", quadratic, 3.0, 10, 30, 50_000),
    ([], "sigmoid", nn.cross_entropy, 0.5, 100, 15, 60_000),
    ([200], "relu", nn.cross_entropy, 0.5, 100, 15, 60_000),
]
models, histories = [], []
print("network       activation  loss                 η   parameters  epochs  right  time")
for hidden, activation, loss, rate, size, epochs, images in settings:
    model = nn.MLP([pixels, *hidden, 10], activation, rng=0)
    some = epochs if FULL else short * (6 if size == 100 else 1)
    start = time.perf_counter()
    history = nn.fit(
        model, (x[:images], y[:images]), loss=loss, lr=rate, epochs=some, batch_size=size,
        validation=(test_x, test_y), validation_every=max(40, len(x) // size // 6),
        metrics="accuracy", progress=False,
    )  # fmt: skip
    right = history.validations.last("accuracy")
    shape = "-".join(map(str, [pixels, *hidden, 10]))
    print(f"{shape:14}{activation if hidden else '':12}{loss.__name__:19}{rate:4} "
          f"{model.num_parameters():10,} {some:7} {right:7.2%} {time.perf_counter() - start:4.0f} s")  # fmt: skip
    models.append(model)
    histories.append(history)
regression, network = models[4], models[5]

# %% [markdown]
# These training runs are short unless `FULL` is set.
# [benchmarks/mnist.md](../benchmarks/mnist.md) records the results of full runs with three seeds
# each, with all settings, and compares them with the textbooks:

# %%
recorded = Path("../benchmarks/mnist.md").read_text(encoding="utf-8").splitlines()
Markdown("\n".join(line for line in recorded if line.startswith("|")))

# %% [markdown]
# ## Learning curves
#
# Cost and misclassification rate during the training of the two softmax networks, without a
# hidden layer above and with one below. Faint: each mini-batch; blue: the mean of an epoch;
# vermilion: the test images, evaluated every few steps. Evaluating on test images is harmless as
# long as nothing is *chosen* by them; for that, you would need a separate validation set.
# (Lindholm et al. 2022, figs 6.7 and 6.8.)

# %%
figure, axes = plt.subplots(2, 2, figsize=(10, 6.4), layout="constrained")
for row, history, title in zip(
    axes, histories[4:], ("softmax regression", "200 ReLU units"), strict=True
):
    nn.plot.learning_curves(history, axes=row)
    row[0].set_title(title)
axes[1, 0].sharey(axes[0, 0])
axes[1, 1].sharey(axes[0, 1])

# %% [markdown]
# A straight boundary for each pair of digits is soon found and cannot be improved. The network
# with a hidden layer keeps improving, and its training error falls below its test error: it
# begins to overfit.
#
# ## What is mistaken for what

# %%
scores = nn.predict(network, test_x)
axes = nn.plot.confusion_matrix(nn.metrics.confusion_matrix(scores, test_y))

# %% [markdown]
# ## The misread digits
#
# Above each image are the true digit and the network's answer. Some would be hard for anybody.

# %%
axes = nn.plot.mistakes(test_x, test_y, scores)

# %% [markdown]
# ## Precision, recall, specificity
#
# TP, FP, TN and FN are the true and false positives and negatives of one digit against the rest.
# Precision is TP/(TP+FP), recall (or sensitivity) is TP/(TP+FN), and specificity is TN/(TN+FP).

# %%
print(nn.metrics.classification_report(scores, test_y))

# %% [markdown]
# ## When accuracy misleads
#
# Is it an 8? Nine out of ten images are not, so a classifier that always says *no* is right in
# nine out of ten cases. On such unbalanced data the accuracy says little, and so does the
# specificity, which is perfect here. The recall shows the problem.

# %%
is_eight = (test_y == 8).astype(int)
detectors = {
    "always no": np.zeros_like(is_eight),
    "softmax regression": nn.predict(regression, test_x).argmax(axis=1) == 8,
    "200 ReLU units": scores.argmax(axis=1) == 8,
}
print(f"{'':20}accuracy  specificity  precision  recall")
for who, says in detectors.items():
    says = np.asarray(says, dtype=int)
    m = nn.metrics
    print(f"{who:20}{m.accuracy(says, is_eight):8.1%}{m.specificity(says, is_eight):13.1%}"
          f"{m.precision(says, is_eight):11.1%}{m.recall(says, is_eight):8.1%}")  # fmt: skip

# %% [markdown]
# ## What the units look at
#
# A row of a weight matrix has as many numbers as the image has pixels, so it can be shown as an
# image: red where ink counts for the unit, blue where it counts against. First softmax
# regression, whose rows are the ten digits 0 to 9. Each row is a template, with a blue hole in
# the 0.

# %%
axes = nn.plot.weights(regression[0].weight)

# %% [markdown]
# Then the 30 hidden units of the first network. They do not correspond to digits; only the next
# layer gives them a meaning.

# %%
axes = nn.plot.weights(models[0][0].weight)

# %% [markdown]
# ## What was learned
#
# - Softmax regression, with its straight boundaries, reads about 92 % of MNIST, and a hidden
#   layer of 200 units 98 %.
# - The cross-entropy and the quadratic cost end up close together, each with its own learning
#   rate.
# - The curves of training and test images separate when a network begins to memorise.
# - A single number hides much. There are only a few kinds of confusion, and on unbalanced data
#   the accuracy misleads.
# - Weights can be shown as images, and so can gradients with respect to the *image*, as the
#   exercises show.
#
# ## Exercises
#
# Each cell contains a wrong attempt. Change it until the check says *right*.
# Solutions are at the end.


# %% [markdown]
# **1.** Which pixels matter? Compute the derivative of the logit of `digit` with respect to each
# pixel of the image, as an array of the image's shape. (Results computed with the network are
# nodes, because its parameters are tracked; `.numpy()` returns the numbers.)


# %%
def influence(image, digit):
    return image


# %%
def check_influence(influence):
    image = test_x[0].astype(float)
    slopes = jacobian(network)(image)
    for digit in range(10):
        found = influence(image, digit)
        assert np.allclose(found, slopes[digit], atol=1e-6), f"not so for the logit of {digit}"


judge(
    check_influence,
    influence,
    hint="grad of a function of the image that gives network(image)[digit].",
)

# %% [markdown]
# **2.** Make the network misread at least half of the images without changing any pixel by more
# than `most`. The attempt perturbs all pixels at random, which hardly affects networks. Which
# direction increases the cost fastest, if each pixel may move by the same small amount?
# (Goodfellow, Shlens and Szegedy 2015)

# %%
most = 0.1 if name == "MNIST" else 0.2


def disturb(images, labels):
    return images + most * np.random.default_rng(0).choice([-1, 1], images.shape)


# %%
def check_disturb(disturb):
    images, labels = test_x[:200], test_y[:200]
    disturbed = disturb(images, labels)
    assert abs(disturbed - images).max() <= most + 1e-6, "a pixel moves too far"
    wrong = nn.metrics.error_rate(nn.predict(network, disturbed), labels)
    assert wrong >= 0.5, f"only {wrong:.0%} are misread"


hint = "The sign of the gradient of the cross-entropy with respect to the images."
judge(check_disturb, disturb, hint=hint)

# %% [markdown]
# **3.** *Balanced accuracy* is the mean of recall and specificity, so that a constant answer
# scores ½. Write it for arrays of zeros and ones.


# %%
def balanced_accuracy(says, truth):
    return np.mean(says == truth)


# %%
def check_balanced(balanced_accuracy):
    for who, says in detectors.items():
        says = np.asarray(says, dtype=int)
        recall = nn.metrics.recall(says, is_eight)
        wanted = (recall + nn.metrics.specificity(says, is_eight)) / 2
        found = balanced_accuracy(says, is_eight)
        assert np.isclose(found, wanted), f"{who}: {found:.4f} instead of {wanted:.4f}"


hint = "The share of the ones found, and the share of the zeros found."
judge(check_balanced, balanced_accuracy, hint=hint)

# %% [markdown]
# ## Solutions
#
# **1.** A logit is one number, so a single backward pass is enough:


# %%
def influence(image, digit):
    return grad(lambda image: network(image)[digit])(image).numpy()


judge(check_influence, influence)

# %% [markdown]
# **2.** Each pixel moves the same way as its slope (the *fast gradient sign method*):


# %%
def disturb(images, labels):
    slopes = grad(lambda images: nn.cross_entropy(network(images), labels))(images)
    return images + most * np.sign(slopes.numpy())


judge(check_disturb, disturb)

# %% [markdown]
# **3.** The mean over the ones, and that over the zeros:


# %%
def balanced_accuracy(says, truth):
    return (np.mean(says[truth == 1]) + np.mean(1 - says[truth == 0])) / 2


judge(check_balanced, balanced_accuracy)
