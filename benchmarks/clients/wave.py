"""A wave on a square that closes on itself, by Fourier transforms: which speeds explain the end?"""

import autograd.numpy as np
import autograd.numpy.random as npr

rs = npr.RandomState(0)
size, steps, dt = 32, 20, 0.02
frequencies = 2 * np.pi * np.fft.fftfreq(size, 1 / size)
minus_squares = -(frequencies[:, None] ** 2 + frequencies**2)
rows, columns = np.meshgrid(np.arange(size) / size, np.arange(size) / size, indexing="ij")
source = np.exp(-((rows - 0.5) ** 2 + (columns - 0.4) ** 2) / 0.01)


def end(speed):
    """The wave that is `source` at rest at the beginning."""
    before = now = source
    for _ in range(steps):
        spread = np.real(np.fft.ifft2(minus_squares * np.fft.fft2(now)))
        before, now = now, 2 * now - before + (dt * speed) ** 2 * spread
    return now


goal = end(0.4 + 0.1 * np.exp(-((rows - 0.3) ** 2 + (columns - 0.7) ** 2) / 0.02))


def objective(speed):
    return np.sum((end(speed) - goal) ** 2)


start = 0.4 + 0.01 * rs.rand(size, size)
