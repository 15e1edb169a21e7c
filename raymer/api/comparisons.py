"""What may be claimed, as objects that print, turn into frames and draw themselves."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from raymer import stats
from raymer.api.scores import Scores
from raymer.arguments import checked
from raymer.protocols.scoring import find_metric
from raymer.reports.comparison import sentences
from raymer.reports.forest import draw_forest, forest
from raymer.stats.comparison import Comparison


class Comparisons(tuple[Comparison, ...]):
    """Comparisons, one a target (and pair). Printed: a verdict each, and what it rests on."""

    def to_frame(self) -> pd.DataFrame:
        """Return a row a comparison: target, a, b, metric, difference, interval, p, verdict, splits."""
        return pd.DataFrame([_row(one) for one in self])

    def plot(self, path: str | Path | None = None, *, title: str = "") -> Any:
        """Return the forest plot as a matplotlib figure, or write it to `path` (.svg, .png, .pdf)."""
        if path is None:
            return draw_forest(self, title)
        forest(self, Path(path), title=title)
        return None

    def __repr__(self) -> str:
        return "\n".join(line for one in self for line in sentences(one, None))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        verdicts = "".join(f"<li>{escape(one.target)}: {escape(one.verdict)}</li>" for one in self)
        return f"<ul>{verdicts}</ul>{self.to_frame().to_html(index=False, float_format='%.3f')}"


@checked
def compare(scores: Scores | pd.DataFrame, a: str, b: str, **asked: Any) -> Comparisons:
    """Compare two methods on each target, see `raymer.stats.compare`; `scores` as `cross_validate` returns them.

    Whether higher is better is for the metric to say.
    """
    return _wrapped(stats.compare(_frame(scores), a, b, **_directed(scores, asked)))


@checked
def compare_all(scores: Scores | pd.DataFrame, methods: Iterable[str] | None = None, **asked: Any) -> Comparisons:
    """Compare all pairs, p adjusted after Holm, see `raymer.stats.compare_all`."""
    frame = _frame(scores)
    names = list(methods) if methods is not None else list(dict.fromkeys(frame["method"]))
    return _wrapped(stats.compare_all(frame, names, **_directed(scores, asked)))


def _directed(scores: Scores | pd.DataFrame, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked with the metric of the scores and its direction, where they are not said."""
    names = list(dict.fromkeys(_frame(scores)["metric"])) if asked.get("metric") is None else [asked["metric"]]
    if len(names) != 1 or "higher_is_better" in asked:
        return asked  # several metrics: the tests ask for one
    return {**asked, "metric": names[0], "higher_is_better": find_metric(names[0]).higher_is_better}


def _frame(scores: Scores | pd.DataFrame) -> pd.DataFrame:
    return scores.to_frame() if isinstance(scores, Scores) else scores


def _wrapped(found: Iterable[Comparison]) -> Comparisons:
    return Comparisons(found)


def _row(one: Comparison) -> dict[str, Any]:
    test = one.nadeau_bengio
    low, high = test.interval
    return {
        "target": one.target,
        "a": one.a,
        "b": one.b,
        "metric": one.metric,
        "difference": one.difference,
        "low": low,
        "high": high,
        "p": test.p if one.p_holm is None else one.p_holm,
        "splits": one.splits,
        "verdict": one.verdict,
    }
