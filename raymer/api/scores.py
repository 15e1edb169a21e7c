"""Scores as an object that prints as a table."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from raymer.protocols.scoring import metric_names
from raymer.reports.table import axis_words
from raymer.results.frame import at_epoch, last_epoch


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of some methods; printed: mean ± standard deviation over splits of each target, by the first metric.

    Where a score is undefined (NaN in the frame), so are the mean and the deviation: nothing is averaged past it.

    Attributes
    ----------
    frame : DataFrame
        A row a score, as `read_scores` documents.
    metric : str
        That is shown.
    """

    frame: pd.DataFrame
    metric: str

    @classmethod
    def of(cls, frame: pd.DataFrame, metric: str | None = None) -> "Scores":
        """Return the scores of a frame; the metric is by default the first that it has."""
        known = metric_names()
        have = set(frame["metric"]) if len(frame) else set()
        return cls(frame, metric or next((name for name in known if name in have), known[0]))

    def to_frame(self) -> pd.DataFrame:
        """Return the tidy frame, a row a score."""
        return self.frame

    def table(self) -> pd.DataFrame:
        """Return means and standard deviations over splits: a row a method, columns by target."""
        chosen = self.frame[self.frame["metric"] == self.metric]
        chosen = at_epoch(chosen, last_epoch(chosen, self.metric)) if len(chosen) else chosen
        order = list(dict.fromkeys(chosen["method"]))
        grouped = chosen.groupby(["method", "target"], sort=False)["value"]
        made = pd.DataFrame({"mean": grouped.mean(), "sd": grouped.std(ddof=0)})
        made = made.where(grouped.count() == grouped.size(), axis=0).unstack("target")
        return made.reindex(order)

    def plot(self, title: str = "") -> Any:
        """Return a matplotlib figure: each method's scores over splits, a panel a target."""
        from matplotlib.figure import Figure

        chosen = self.frame[self.frame["metric"] == self.metric]
        targets = list(dict.fromkeys(chosen["target"]))
        figure = Figure(figsize=(4 * max(1, len(targets)), 3), layout="constrained")
        for axes, target in zip(figure.subplots(1, max(1, len(targets)), squeeze=False)[0], targets, strict=True):
            own = chosen[chosen["target"] == target]
            own = at_epoch(own, last_epoch(own, self.metric))
            own = own.dropna(subset="value")
            names = list(dict.fromkeys(own["method"]))
            axes.boxplot([own.loc[own["method"] == name, "value"] for name in names], orientation="horizontal")
            axes.set_yticklabels(names)
            axes.set_title(target)
            axes.set_xlabel(axis_words(self.metric))
        figure.suptitle(title)
        return figure

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        table = self.table()
        lines = [f"{self.metric}, mean ± standard deviation over splits"]
        targets = list(dict.fromkeys(table.columns.get_level_values(1))) if len(table) else []
        width = max([len(str(name)) for name in table.index], default=6)
        lines.append(" " * width + "".join(f"  {target:>15}" for target in targets))
        for name in table.index:
            cells = [f"{table.loc[name, ('mean', t)]:.3f} ± {table.loc[name, ('sd', t)]:.3f}" for t in targets]
            lines.append(f"{name:<{width}}" + "".join(f"  {cell:>15}" for cell in cells))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.table().to_html(float_format="%.3f"))
