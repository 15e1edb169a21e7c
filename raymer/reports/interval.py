"""The interval of a mean over splits that share songs."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from raymer.stats import nadeau_bengio, pairs_from_arrays


def corrected_interval(
    values: ArrayLike, n_train: ArrayLike, n_test: ArrayLike, reference: float = 0.0
) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean of `values` less `reference`, None for fewer than two splits.

    The splits' overlap is allowed for as in the corrected resampled t-test (Nadeau and Bengio 2003); `reference` is
    taken as exact. `n_train` and `n_test` hold the clips of both parts of each split.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return None
    pairs = pairs_from_arrays(values, np.full(len(values), reference), n_train=n_train, n_test=n_test)
    return nadeau_bengio(pairs).interval


def interval_of(scores: pd.DataFrame, reference: float = 0.0) -> tuple[float, float] | None:
    """Return the interval of the scores of a frame, which has a row a split with `value`, `n_train`, `n_test`."""
    return corrected_interval(scores["value"], scores["n_train"], scores["n_test"], reference)
