"""Holm's adjustment of several p-values that are read together."""

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust a family of p-values so that the chance of any false claim stays below the level.

    The i-th smallest of m values is multiplied by m - i + 1, kept from falling below the one before, and
    cut at 1. Right under any dependence, which pairs that share a method have. Holm (1979), Scandinavian
    Journal of Statistics 6, 65-70.

    Parameters
    ----------
    p_values : sequence of float
        P-values of the family, in any order.

    Returns
    -------
    tuple
        adjusted p-values, in the order given

    Raises
    ------
    ValueError
        for a value outside [0, 1] or not a number.
    """
    for p in p_values:
        if math.isnan(p) or not 0 <= p <= 1:
            raise ValueError(f"a p-value lies between 0 and 1, not {p}")
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)
