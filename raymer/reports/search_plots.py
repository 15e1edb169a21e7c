"""What a search found, drawn: which parameters matter, the score along each, and along the two that matter most."""

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import optuna
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.tri import Triangulation
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from scipy.spatial import Delaunay, QhullError

from raymer.protocols.scoring import find_metric
from raymer.reports.plot import Panel, Plot, write_plot
from raymer.reports.style import INK, OKABE_ITO, RULE, Series
from raymer.reports.table import axis_words

STEPS = ("reducer.", "predictor.")
TRIALS = {
    "whole": Series("scored on all folds", OKABE_ITO[0], "none", "o"),
    "stopped": Series("stopped early", OKABE_ITO[0], "none", "o", is_hollow=True),
}
BEST = Series("the best of all folds", OKABE_ITO[1], "none", "x")
TRIAL = Series("a trial", INK, "none", "o", is_hollow=True)
NEAREST = 4
"""Trials that a contour needs: fewer span no plane worth drawing."""


def parameters(trials: pd.DataFrame) -> list[str]:
    """Return the parameters that a search varied: columns `reducer.*` and `predictor.*` with more than one value."""
    return [name for name in trials.columns if name.startswith(STEPS) and trials[name].nunique() > 1]


def importances(trials: pd.DataFrame, log: Collection[str] = ()) -> dict[str, float]:
    """Return the share of the score's variance that each parameter explains by itself, largest first.

    fANOVA (Hutter, Hoos, Leyton-Brown 2014, ICML) on a random forest, by Optuna, seeded. Stopped trials count with
    the value they have beside whole ones; failed ones do not. Empty where there is nothing to explain.

    Parameters
    ----------
    trials : DataFrame
        A row a trial: `number`, `state` ("whole", "stopped", "failed"), `value`, and a column a parameter.
    log : collection of str
        Parameters that were searched on a logarithmic scale.
    """
    scored, names = _scored(trials), parameters(_scored(trials))
    if not names or scored["value"].nunique() < 2:
        return {}
    ranges = {name: _distribution(scored[name], name in log) for name in names}
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would announce a study that nobody asked for
    study = optuna.create_study(direction="maximize")
    optuna.logging.set_verbosity(before)
    study.add_trials(
        [
            optuna.trial.create_trial(value=float(row["value"]), params=_plain(row[names]), distributions=ranges)
            for _, row in scored.iterrows()
        ]
    )
    return get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))


def search_plots(trials: pd.DataFrame, *, metric: str, log: Collection[str] = ()) -> list[Plot]:
    """Return the plots `importances`, `slices` and `contour`; those that the trials do not suffice for are left out.

    `trials` and `log` are as in `importances`; `metric` names the axis of values, and says which of them is best.
    """
    shares, scored = importances(trials, log), _scored(trials)
    if not shares:
        return []
    names = list(shares)
    plots = [_importance_plot(shares, len(scored)), _slice_plot(scored, names, metric, log)]
    numeric = [name for name in names if pd.api.types.is_numeric_dtype(scored[name].infer_objects())][:2]
    if len(numeric) == 2 and len(scored) >= NEAREST:
        plots.append(_contour_plot(scored, (numeric[0], numeric[1]), metric, log))
    return plots


def write_search_plots(trials: pd.DataFrame, folder: Path, *, metric: str, log: Collection[str] = ()) -> list[Path]:
    """Write each of `search_plots` into `folder`, as PNG to look at and PDF for papers, and return the paths."""
    paths = []
    for plot in search_plots(trials, metric=metric, log=log):
        for ending in (".png", ".pdf"):
            paths.append(folder / f"{plot.name}{ending}")
            write_plot(plot, paths[-1])
    return paths


def _scored(trials: pd.DataFrame) -> pd.DataFrame:
    return trials[(trials["state"] != "failed") & np.isfinite(trials["value"].astype(np.float64))].infer_objects()


def _plain(row: "pd.Series[object]") -> dict[str, object]:
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in row.items()}


def _distribution(values: "pd.Series[object]", log: bool) -> BaseDistribution:
    """Return the range that was seen: the one searched may have hung on other parameters."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return FloatDistribution(float(values.min()), float(values.max()), log=log)
    return CategoricalDistribution(sorted(values.unique(), key=str))


def _importance_plot(shares: dict[str, float], n_trials: int) -> Plot:
    caption = (
        f"Share of the score's variance over {n_trials} trials that a parameter explains by itself (fANOVA on a random "
        "forest). It speaks of the range that was searched, not of the parameter as such."
    )
    panel = Panel(partial(_draw_importances, shares=shares))
    return Plot("importances", "What matters", caption, (panel,), size=(5.5, 0.8 + 0.3 * len(shares)), columns=1)


def _draw_importances(axes: Axes, shares: dict[str, float]) -> None:
    names = list(shares)[::-1]
    axes.barh(names, [shares[name] for name in names], color=OKABE_ITO[0], height=0.6)
    for row, name in enumerate(names):
        axes.annotate(f" {shares[name]:.2f}", (shares[name], row), va="center", fontsize=8)
    axes.set_xlim(0, 1.12 * max(shares.values()))
    axes.set_xlabel("share of the variance")
    axes.tick_params(axis="y", length=0)


def _slice_plot(trials: pd.DataFrame, names: Sequence[str], metric: str, log: Collection[str]) -> Plot:
    caption = (
        "Each trial along each parameter, the most important first. A stopped trial has the value that it has beside "
        "whole ones."
    )
    panels = tuple(Panel(partial(_draw_slice, trials=trials, name=n, metric=metric, log=n in log)) for n in names)
    kinds = [name for name in TRIALS if (trials["state"] == name).any()]
    looks = [TRIALS[name] for name in kinds] + ([BEST] if "whole" in kinds else [])
    return Plot("slices", "Score along each parameter", caption, panels, tuple(looks), size=(2.9, 2.4), columns=3)


def _draw_slice(axes: Axes, trials: pd.DataFrame, name: str, metric: str, log: bool) -> None:
    whole = trials["state"] == "whole"
    is_number = pd.api.types.is_numeric_dtype(trials[name])
    along = trials[name] if is_number else trials[name].astype(str)
    axes.scatter(
        along[~whole], trials["value"][~whole], s=14, facecolors="none", edgecolors=OKABE_ITO[0], linewidths=0.8
    )
    axes.scatter(along[whole], trials["value"][whole], s=14, color=OKABE_ITO[0], alpha=0.8, linewidths=0)
    if whole.any():
        found = trials["value"][whole]
        best = found.idxmax() if find_metric(metric).higher_is_better else found.idxmin()
        axes.scatter([along[best]], [trials["value"][best]], s=60, marker="x", color=OKABE_ITO[1], linewidths=1.6)
    if log and is_number:
        axes.set_xscale("log")
    axes.set_xlabel(name)
    axes.set_ylabel(axis_words(metric))


def _contour_plot(trials: pd.DataFrame, names: tuple[str, str], metric: str, log: Collection[str]) -> Plot:
    caption = "The two parameters that matter most: the score between trials is interpolated, dots are the trials."
    panel = Panel(partial(_draw_contour, trials=trials, names=names, metric=metric, log=log))
    return Plot("contour", "Score over two parameters", caption, (panel,), (TRIAL,), size=(4.6, 3.6), columns=1)


def _draw_contour(axes: Axes, trials: pd.DataFrame, names: tuple[str, str], metric: str, log: Collection[str]) -> None:
    x, y = (trials[name].to_numpy(dtype=np.float64) for name in names)
    value = trials["value"].to_numpy(dtype=np.float64)
    for name, set_scale in zip(names, (axes.set_xscale, axes.set_yscale), strict=True):
        if name in log:
            set_scale("log")
    # Triangles are made on the axes' own scales; trials all on one line make none.
    triangles = _triangles(np.log(x) if names[0] in log else x, np.log(y) if names[1] in log else y)
    shades = mpl.colormaps["cividis"]
    if triangles is None:
        drawn: Any = axes.scatter(x, y, c=value, cmap=shades, s=24)
    else:
        drawn = axes.tricontourf(Triangulation(x, y, triangles), value, levels=12, cmap=shades)
        axes.scatter(x, y, s=8, color="1.0", edgecolors=INK, linewidths=0.5)
    axes.figure.colorbar(drawn, ax=axes, label=metric)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.tick_params(which="both", color=RULE)


def _triangles(x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    scaled = np.stack([(v - v.min()) / np.ptp(v) for v in (x, y)], axis=1)
    try:
        triangles: np.ndarray = Delaunay(scaled).simplices
    except QhullError:
        return None
    return triangles
