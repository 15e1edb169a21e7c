"""A search in MLflow: one parent run, and a child run a trial."""

import math
import time
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import pandas as pd

from raymer.errors import RaymerError, UsageError
from raymer.reports.search_plots import STEPS

SEARCH, TRIAL = "raymer.search", "raymer.trial"


def check_mlflow() -> None:
    """Raise UsageError when MLflow is not installed: to be known before a search is run, not after."""
    if find_spec("mlflow") is None:
        raise UsageError("--mlflow needs MLflow: pip install 'raymer[mlflow]'")


def log_search(
    trials: pd.DataFrame,
    uri: str,
    *,
    experiment: str,
    search: str,
    about: Mapping[str, Any] | None = None,
    higher_is_better: bool = True,
) -> str:
    """Log a search to the MLflow at `uri` and return the id of its parent run.

    Logging again adds the trials that are new to the same parent, so a search that was carried on stays one run.

    Parameters
    ----------
    trials : DataFrame
        As `SearchOutcome.trials`: `number`, `state`, `value`, `folds`, `seconds`, and a column a parameter.
    uri : str
        A server, or a database such as "sqlite:///runs.db".
    experiment : str
        Name of MLflow's experiment; made if it is not there.
    search : str
        Identity of the search.
    about : mapping, optional
        What else the parent run says of the search, as parameters.
    higher_is_better : bool
        Which value is best.

    Raises
    ------
    UsageError
        When MLflow is not installed.
    RaymerError
        When it refuses or is not reached.
    """
    check_mlflow()
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        client = MlflowClient(uri)
        known = client.get_experiment_by_name(experiment)
        place = known.experiment_id if known else client.create_experiment(experiment)
        values = trials.loc[trials["state"] == "whole", "value"]
        best = values.max() if higher_is_better else values.min()  # NaN of none
        parent = _parent(client, place, search, len(trials), best, about or {})
        query = f"tags.`mlflow.parentRunId` = '{parent}'"
        there = {run.data.tags.get(TRIAL) for run in _search_all(client, place, query)}
        for _, trial in trials.iterrows():
            if str(trial["number"]) not in there:
                _log_trial(client, place, parent, trial)
    except MlflowException as error:
        raise RaymerError(f"MLflow at {uri}: {' '.join(str(error).split())}") from error
    return parent


def _parent(client: Any, place: str, search: str, n_trials: int, best: float, about: Mapping[str, Any]) -> str:
    from mlflow.entities import Param

    found = client.search_runs([place], f"tags.`{SEARCH}` = '{search}'", max_results=1)
    if found:
        run_id: str = found[0].info.run_id
    else:
        run_id = client.create_run(place, run_name=search, tags={SEARCH: search}).info.run_id
        client.log_batch(run_id, params=[Param(name, str(value)) for name, value in about.items()])
    if math.isfinite(best):
        client.log_metric(run_id, "best_value", float(best), step=n_trials)
    client.log_metric(run_id, "trials", n_trials, step=n_trials)
    client.set_terminated(run_id)
    return run_id


def _search_all(client: Any, place: str, query: str) -> list[Any]:
    runs: list[Any] = []
    token = None
    while True:
        page = client.search_runs([place], query, max_results=1000, page_token=token)
        runs, token = [*runs, *page], page.token
        if not token:
            return runs


def _log_trial(client: Any, place: str, parent: str, trial: "pd.Series[Any]") -> None:
    from mlflow.entities import Metric, Param

    number, now = int(trial["number"]), int(1000 * time.time())
    tags = {"mlflow.parentRunId": parent, TRIAL: str(number), "state": str(trial["state"])}
    run = client.create_run(place, run_name=f"trial {number}", tags=tags)
    numbers = {str(name): float(trial[name]) for name in trial.index if str(name).partition(".")[0] in _MEASURED}
    client.log_batch(
        run.info.run_id,
        metrics=[Metric(name, value, now, 0) for name, value in numbers.items() if math.isfinite(value)],
        params=[Param(str(name), str(trial[name])) for name in trial.index if str(name).startswith(STEPS)],
    )
    client.set_terminated(run.info.run_id, "FAILED" if trial["state"] == "failed" else "FINISHED")


_MEASURED = ("value", "folds", "seconds")
