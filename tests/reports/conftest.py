"""Scores made up for systems of an experiment, without any fit being run."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from raymer.results.frame import COLUMNS
from raymer.studies.study import Study


def made_up_scores(study: Study, *, epochs: tuple[int, ...] = (0,), seed: int = 0) -> pd.DataFrame:
    """Return Study.scores as if every fit were done; means differ by system, target and epoch."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, system in enumerate(study.systems):
        for fit in system.fits:
            split = study.plan.splits[fit.split]
            for target in fit.targets:
                for epoch in epochs:
                    value = 0.3 + 0.02 * number + 0.001 * epoch + 0.03 * rng.normal()
                    score = (
                        fit.id,
                        fit.system.name,
                        target,
                        epoch,
                        study.metrics[target][0],
                        split.repeat,
                        split.fold,
                        value,
                    )
                    rows.append((number, system.name, system.protocol, *score, 1, 40, 20, 0.1, 0.2, 0.3, fit.split))
    return pd.DataFrame(rows, columns=["row", "system", "protocol", *COLUMNS])


@pytest.fixture
def scores_of() -> Callable[..., pd.DataFrame]:
    return made_up_scores


def made_up_trials(n: int = 40, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "number": range(n),
            "state": ["whole", "stopped"] * (n // 2),
            "folds": [10, 3] * (n // 2),
            "seconds": 1.0,
            "reducer.d_p": rng.uniform(0.02, 0.3, n),
            "reducer.width": rng.integers(2, 100, n),
            "predictor.C": np.exp(rng.uniform(-3, 3, n)),
            "reducer.mining": rng.choice(["exact", "paper"], n),
            "predictor.kernel": "rbf",
        }
    )
    frame["value"] = 0.4 - (frame["reducer.d_p"] - 0.1) ** 2 * 8 + 0.0001 * frame["reducer.width"]
    frame.loc[3, ["state", "value"]] = ["failed", np.nan]
    return frame


@pytest.fixture
def trials() -> Callable[..., pd.DataFrame]:
    return made_up_trials
