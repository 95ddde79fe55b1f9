# %% [markdown]
# # 9. Handwritten digits
#
# **The question.** How well do small networks read handwriting, what do they get wrong, and what do
# they look at?
#
# Ten minutes' reading, after [notebook 8](08_universal_approximation.ipynb).
#
# MNIST is 60,000 training and 10,000 test images of handwritten digits, 28 × 28 pixels between 0
# and 1. Four texts train on it the six networks below. (Nielsen 2015, ch. 1 and 3; Lindholm et al.
# 2022, section 6.1 to 6.3, figs 6.7 and 6.8.)
#
# The notebook uses MNIST where it is at hand: in the folder that the environment variable
# `MNIST_DIR` names, or in the cache that `nn.datasets.mnist()` downloads it to. Elsewhere it uses
# the 1,797 digits of 8 × 8 pixels that come with scikit-learn, and downloads nothing.

# %%
import os
import time
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

import nn
from autograd import jacobian

plt.rcParams["axes.prop_cycle"] = plt.cycler(color=nn.plot.COLOURS)

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
# Sigmoid outputs with the cross-entropy or the quadratic cost, one yes or no for each digit; then
# softmax outputs, which are probabilities of the ten digits together, without and with a hidden
# layer.


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
# These trainings are short unless `FULL` is set. What the same networks reach in full, with three
# seeds each, is recorded with all settings in
# [benchmarks/mnist.md](../benchmarks/mnist.md), beside the figures of the texts:

# %%
recorded = Path("../benchmarks/mnist.md").read_text(encoding="utf-8").splitlines()
Markdown("\n".join(line for line in recorded if line.startswith("|")))

# %% [markdown]
# ## Learning curves
#
# Cost and misclassification rate while the two softmax networks were trained, above without and
# below with a hidden layer: faint each mini-batch, blue the mean of an epoch, and vermilion the
# test images, looked at every so many steps. Test images that are only looked at do no harm; to
# *choose* anything by them one would need a validation set of its own. (Lindholm et al. 2022, figs
# 6.7 and 6.8.)

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
# One straight boundary for each pair of digits is soon found, and cannot get better. The hidden
# layer goes on, and its training error falls below the error on the test images: it begins to
# overfit.
#
# ## What is mistaken for what

# %%
scores = nn.predict(network, test_x)
axes = nn.plot.confusion_matrix(nn.metrics.confusion_matrix(scores, test_y))

# %% [markdown]
# ## The misread digits
#
# Above each image the truth and what the network said. Some would be hard for anybody.

# %%
axes = nn.plot.mistakes(test_x, test_y, scores)

# %% [markdown]
# ## Precision, recall, specificity
#
# With TP, FP, TN, FN the true and false positives and negatives of one digit against the rest:
# precision is TP/(TP+FP), recall (or sensitivity) TP/(TP+FN), specificity TN/(TN+FP).

# %%
print(nn.metrics.classification_report(scores, test_y))

# %% [markdown]
# ## When accuracy misleads
#
# Is it an 8? Nine of ten images are not, so who always says *no* is right in nine cases of ten. On
# such unbalanced data the accuracy says little, and so does the specificity, which is perfect here;
# the recall tells.

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
# A row of a weight matrix has as many numbers as the image has pixels, so it is an image itself: red
# where ink speaks for the unit, blue where it speaks against. First softmax regression, whose rows
# are the ten digits 0 to 9; each is a template, with a blue hole in the 0.

# %%
axes = nn.plot.weights(regression[0].weight)

# %% [markdown]
# Then the 30 hidden units of the first network. They belong to no digit. What each contributes, only
# the next layer knows.

# %%
axes = nn.plot.weights(models[0][0].weight)

# %% [markdown]
# ## What was learned
#
# - A softmax of straight lines reads about 92 % of MNIST, a hidden layer of 200 units 98 %.
# - The cross-entropy and the quadratic cost end close together, each with its own learning rate.
# - The curves of training and test images part when a network begins to learn by heart.
# - One figure hides much: the confusions are of few kinds, and on unbalanced questions the accuracy
#   misleads.
# - Weights can be looked at, and gradients by the *image* as well, as the exercises show.
#
# ## Exercises
#
# Each cell holds an attempt that is wrong. Change it until the check below it says *right*.


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
# **1.** Which pixels matter? Compute the derivative of the logit of `digit` by each pixel of the
# image, an array of the image's shape. (What is computed with the network is a node, since the
# network's parameters are tracked; `.numpy()` gives its numbers.)


# %%
def influence(image, digit):
    return image


# %%
with judged():
    image = test_x[0].astype(float)
    slopes = jacobian(network)(image)
    for digit in range(10):
        found = influence(image, digit)
        assert np.allclose(found, slopes[digit], atol=1e-6), f"not so for the logit of {digit}"

# %% [markdown]
# **2.** Change no pixel by more than `most`, and make the network misread at least half of the
# images. The attempt shakes all pixels at random, which networks hardly mind. Which direction
# raises the cost fastest, if each pixel may move by the same small amount? (Goodfellow, Shlens and
# Szegedy 2015)

# %%
most = 0.1 if name == "MNIST" else 0.2


def disturb(images, labels):
    return images + most * np.random.default_rng(0).choice([-1, 1], images.shape)


# %%
with judged():
    images, labels = test_x[:200], test_y[:200]
    disturbed = disturb(images, labels)
    assert abs(disturbed - images).max() <= most + 1e-6, "a pixel moves too far"
    wrong = nn.metrics.error_rate(nn.predict(network, disturbed), labels)
    assert wrong >= 0.5, f"only {wrong:.0%} are misread"

# %% [markdown]
# **3.** *Balanced accuracy* is the mean of recall and specificity, so that who always gives the same
# answer has ½. Write it for arrays of zeros and ones.


# %%
def balanced_accuracy(says, truth):
    return np.mean(says == truth)


# %%
with judged():
    for who, says in detectors.items():
        says = np.asarray(says, dtype=int)
        recall = nn.metrics.recall(says, is_eight)
        wanted = (recall + nn.metrics.specificity(says, is_eight)) / 2
        found = balanced_accuracy(says, is_eight)
        assert np.isclose(found, wanted), f"{who}: {found:.4f} instead of {wanted:.4f}"
