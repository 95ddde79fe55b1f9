"""Whether a loss is the mean or the sum over the examples."""

from __future__ import annotations

import numpy as np

from autograd import no_grad
from nn.data import Array
from nn.diagnosis.nonfinite import explain
from nn.evaluation import Loss, Target, take
from nn.modules.module import Module, mode


def is_sum_over_examples(model: Module, loss: Loss, x: Array, y: Target) -> bool:
    """Return True if the loss is a sum over the examples, False if it is a mean.

    The loss of some examples is compared with the losses of two parts of them: it must be their sum
    or their weighted mean, and only roughly so if the model draws random numbers. Raises
    ``ValueError`` if it is neither.
    """
    count = min(len(x), 64)
    first = -(-count // 3)
    if count == 1:
        return False
    generators = model.named_generators().values()
    before = [generator.bit_generator.state for generator in generators]
    with mode(model, training=False), no_grad(), np.errstate(all="ignore"):
        whole, one, two = (
            float(loss(model(x[rows]), take(y, rows)))
            for rows in (slice(count), slice(first), slice(first, count))
        )
        is_random = before != [generator.bit_generator.state for generator in generators]
        for generator, state in zip(generators, before, strict=True):
            generator.bit_generator.state = state
        if not np.isfinite([whole, one, two]).all():
            raise explain(model, loss, x[:count], take(y, slice(count)), step=1, epoch=1)
    mean = (first * one + (count - first) * two) / count
    scale = abs(one) + abs(two)
    tolerance = (0.4 if is_random else 1e-3) * scale
    if scale and abs(whole - mean) <= tolerance / 2:
        return False
    if scale and abs(whole - one - two) <= tolerance:
        return True
    raise ValueError(
        f"with shards the loss must be the mean or the sum over the examples: for the first "
        f"{first} examples it is {one:.6g}, for the next {count - first} {two:.6g}, and for all "
        f"of these {whole:.6g}"
    )
