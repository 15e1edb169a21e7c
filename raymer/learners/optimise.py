"""Adam on plain arrays and the one-cycle learning rate."""

import math

import numpy as np

from raymer.learners.compiled import compiled

BETA_1, BETA_2 = 0.9, 0.999
EPSILON = 1e-7  # Keras' default, which the authors of paper A used


@compiled(error_model="numpy")  # no check for zero division, so that the loop vectorises
def _update(
    parameter: np.ndarray,
    gradient: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    rate: float,
    correction: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> None:
    one = np.float32(1.0)
    for i in range(parameter.shape[0]):
        g = gradient[i]
        mean[i] = beta_1 * mean[i] + (one - beta_1) * g
        square[i] = beta_2 * square[i] + (one - beta_2) * g * g
        parameter[i] -= rate * mean[i] / (np.sqrt(square[i] * correction) + epsilon)


class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1) over one float32 array, in place and in one pass."""

    def __init__(self, parameter: np.ndarray) -> None:
        self._parameter = parameter.reshape(-1)  # a view: the caller's array is what moves
        self._mean = np.zeros_like(self._parameter)
        self._square = np.zeros_like(self._parameter)
        self._step = 0

    def update(self, gradient: np.ndarray, rate: float) -> None:
        """Take one step against `gradient` (the parameter's shape, float32) at learning rate `rate`."""
        self._step += 1
        _update(
            self._parameter,
            gradient.reshape(-1),
            self._mean,
            self._square,
            np.float32(rate / (1.0 - BETA_1**self._step)),
            np.float32(1.0 / (1.0 - BETA_2**self._step)),
            np.float32(BETA_1),
            np.float32(BETA_2),
            np.float32(EPSILON),
        )


def one_cycle(step: int, n_steps: int, peak: float) -> float:
    """Return the learning rate of `step` of `n_steps`: a cosine up to `peak` over 30 %, then down to nearly nothing.

    The shape of Smith and Topin (2018) with the usual constants: from peak / 25 to peak to peak / 250,000.
    """
    rise = max(0.3 * n_steps, 1.0)
    if step < rise:
        low, high, share = peak / 25, peak, 1.0 - step / rise
    else:
        low, high, share = peak / 250_000, peak, (step - rise) / max(n_steps - 1 - rise, 1.0)
    return low + (high - low) * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))
