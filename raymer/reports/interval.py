"""The interval of a mean over splits that share songs."""

import numpy as np
import pandas as pd

from raymer.stats import nadeau_bengio, pairs_from_arrays


def corrected_interval(scores: pd.DataFrame, reference: float = 0.0) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean of `value` less `reference`, None for fewer than two splits.

    The splits' overlap is allowed for as in the corrected resampled t-test (Nadeau and Bengio 2003); `reference` is
    taken as exact. `scores` has a row a split with `value`, `n_train`, `n_test`.
    """
    if len(scores) < 2:
        return None
    values = scores["value"].to_numpy(dtype=np.float64)
    pairs = pairs_from_arrays(
        values, np.full(len(values), reference), n_train=scores["n_train"], n_test=scores["n_test"]
    )
    return nadeau_bengio(pairs).interval
