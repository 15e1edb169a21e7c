"""Reading the tidy frame of scores: its columns, its names, and the nearest name when one is wrong."""

from collections.abc import Iterable
from difflib import get_close_matches

import pandas as pd

COLUMNS = ("method", "target", "metric", "epoch", "repeat", "fold", "value", "n_train", "n_test")


def check_columns(scores: pd.DataFrame) -> None:
    """Refuse a frame that is empty or lacks a column of the tidy layout.

    Parameters
    ----------
    scores : DataFrame, one row a fit score, with at least the columns in ``COLUMNS``

    Raises
    ------
    ValueError
        names every missing column, or says that there are no rows.
    """
    missing = [column for column in COLUMNS if column not in scores.columns]
    if missing:
        present = ", ".join(map(str, scores.columns))
        raise ValueError(f"scores lack the column(s) {', '.join(missing)}; present: {present or 'none'}")
    if scores.empty:
        raise ValueError("scores hold no rows")


def check_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that the scores do not hold, and offer the nearest that they do.

    Parameters
    ----------
    kind : str
        What is named ("method", "target", "metric"), for the message.
    name : str
        The name asked for.
    known : sequence of str
        The names the scores hold.

    Raises
    ------
    ValueError
        names what was asked, the nearest valid name, and all valid names.
    """
    names = sorted(set(map(str, known)))
    if name in names:
        return
    nearest = get_close_matches(str(name), names, n=1, cutoff=0.0)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"unknown {kind} {name!r}{hint} (known: {', '.join(names) or 'none'})")


def only_metric(scores: pd.DataFrame, metric: str | None) -> str:
    """Return the metric to compare by: the one asked for, or the only one there is.

    Raises
    ------
    ValueError
        when `metric` is unknown, or is not given although the scores hold several.
    """
    known = sorted(set(map(str, scores["metric"].unique())))
    if metric is None:
        if len(known) > 1:
            raise ValueError(f"scores hold several metrics, name one of: {', '.join(known)}")
        return known[0]
    check_known("metric", metric, known)
    return metric


def narrow(scores: pd.DataFrame, target: str, metric: str) -> pd.DataFrame:
    """Return the rows of one target scored by one metric.

    Raises
    ------
    ValueError
        when either name is unknown, or the two never occur together.
    """
    check_known("target", target, scores["target"].unique())
    check_known("metric", metric, scores["metric"].unique())
    rows = scores[(scores["target"] == target) & (scores["metric"] == metric)]
    if rows.empty:
        raise ValueError(f"no scores of target {target!r} by metric {metric!r}")
    return rows
