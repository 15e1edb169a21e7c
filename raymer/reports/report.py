"""All that a report says of an experiment, as plain data; figures and tables are made of it here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from raymer.experiments.spec import Experiment
from raymer.reports.comparison import published_claim
from raymer.reports.contrasts import contrasts
from raymer.reports.curves_plot import by_target, curves_plot
from raymer.reports.forest import forest_plot
from raymer.reports.plot import Plot
from raymer.reports.scatter import Predictions, embeddings_plot, plane_plot, predicted_plot
from raymer.reports.table import PlannedSystem, Row, make_rows
from raymer.reports.text_table import TextTable, result_tables
from raymer.reports.widths import has_widths, make_width_points, widths_plot
from raymer.stats import Comparison

MOST_ROWS = 32
"""Rows of one forest plot: among more a pair would not be found."""


@dataclass(frozen=True, eq=False)
class Report:
    """An experiment with what is stored of it.

    Attributes
    ----------
    spec : Experiment
    published_epoch : int or None
        The number of epochs that the published numbers belong to.
    systems, labels : sequence
        Study.systems, and a short name for each, unique within a protocol.
    scores : DataFrame
        Study.scores.
    planned, missing : int
        Fits; those that failed are not among the missing.
    failures : sequence of mapping
        ResultStore.failures of the planned fits.
    clips : DataFrame
        `clip_id`, `group` and a column a target, of the clips that took part.
    scales : mapping of target to (low, high)
        Of targets whose scale is known.
    audio : mapping of clip id to file URL
        Of clips whose file is on this machine.
    predictions : sequence of Predictions
    embedded : (DataFrame, str) or None
        As `embeddings_plot` takes them.
    facts : mapping
        How it was run, a line each: protocol, seed, versions, machine, time.
    remarks : sequence of str
        What the means would hide: values chosen inside fits, folds far outside the others.
    """

    spec: Experiment
    published_epoch: int | None
    systems: Sequence[PlannedSystem]
    labels: Sequence[str]
    scores: pd.DataFrame
    planned: int
    missing: int
    failures: Sequence[Mapping[str, Any]]
    clips: pd.DataFrame
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    audio: Mapping[str, str] = field(default_factory=dict)
    predictions: Sequence[Predictions] = ()
    embedded: tuple[pd.DataFrame, str] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    @property
    def is_partial(self) -> bool:
        """Whether fits are missing or failed."""
        return bool(self.missing or self.failures)

    @property
    def title(self) -> str:
        """The experiment's title with clips and metric."""
        return f"{self.spec.title} ({len(self.clips)} clips, {self.spec.metric})"

    @property
    def results(self) -> list[Row]:
        """The numbers, a record a system, target and epoch."""
        return make_rows(self.systems, self.scores, self.spec.targets, self.spec.metric)

    def tables(self) -> list[TextTable]:
        """Return the tables: one of results, and where systems are trained by epochs one by epoch."""
        return result_tables(self.title, self.spec.title, self.results, self.remarks)

    def plots(self) -> list[Plot]:
        """Return the figures that the results suffice for."""
        spec = self.spec
        plots = []
        points = [row for row in self.results if row.epoch]
        if any(row.folds for row in points):
            plots.append(curves_plot(by_target(points), published_epoch=self.published_epoch))
        widths = make_width_points(self.systems, self.scores, spec.targets, spec.metric)
        if has_widths(widths) and any(point.mean is not None for point in widths):
            plots.append(widths_plot(widths))
        for number, (about, made) in enumerate(self._contrasts(), 1):
            plots.append(replace(forest_plot(made, name=f"forest-{number}"), title=f"Differences: {about}"))
        if self.predictions:
            plots.append(predicted_plot(self.predictions, self.audio))
        if {"valence", "arousal"} <= set(self.scales):
            plots.append(plane_plot(self.clips, self.scales, self.audio))
        if self.embedded:
            plots.append(embeddings_plot(*self.embedded))
        return plots

    def claims(self) -> list[str]:
        """Return what was published of differences between systems, a line each."""
        lines = []
        for one in self.spec.published_verdicts:
            a, b = (
                next(s for s in self.spec.systems if (s.method or s.system) == name)
                for name in (one.method, one.baseline)
            )
            for target in [one.target] if one.target else [*self.spec.targets, "average"]:
                claim = published_claim(self.spec, a, b, target)
                if claim and claim.verdict:
                    lines.append(f"{target}: {claim.verdict}")
        return list(dict.fromkeys(lines))

    def _contrasts(self) -> Iterator[tuple[str, list[Comparison]]]:
        """Yield comparisons with what they are about, no more at once than one plot can show."""
        found = contrasts(self.systems, self.labels, self.scores, self.spec.targets, self.spec.metric)
        for about, made in found.items():
            parts = list(batched(made, MOST_ROWS))
            for k, part in enumerate(parts, 1):
                yield f"{about} ({k} of {len(parts)})" if len(parts) > 1 else about, part


def batched(items: Sequence[Comparison], size: int) -> Iterator[list[Comparison]]:
    """Yield `items` in parts of nearly equal size, none longer than `size`."""
    count = -(-len(items) // size)
    for k in range(count):
        yield list(items[k * len(items) // count : (k + 1) * len(items) // count])


def best_systems(
    systems: Sequence[PlannedSystem], scores: pd.DataFrame, targets: Sequence[str], metric: str
) -> dict[str, tuple[int, float]]:
    """Return for each target the system with the highest mean among those that have all their fits, and that mean.

    Of methods trained by epochs the last counts. Targets without such a system are left out.
    """
    chosen = scores[scores["metric"] == metric]
    chosen = chosen[chosen["epoch"] == chosen.groupby("row")["epoch"].transform("max")]
    found = {}
    for target in targets:
        means = {}
        for number, mine in chosen[chosen["target"] == target].groupby("row"):
            if len(mine) == sum(target in fit.targets for fit in systems[int(number)].fits):
                means[int(number)] = float(mine["value"].mean())
        if means:
            best = max(means, key=lambda number: means[number])
            found[target] = (best, means[best])
    return found


def file_urls(clips: pd.DataFrame, audio_root: str | None) -> dict[str, str]:
    """Return the file URL of every clip whose audio lies below `audio_root` on this machine."""
    if audio_root is None or "audio" not in clips:
        return {}
    paths = {row.clip_id: (Path(audio_root) / str(row.audio)).absolute() for row in clips.itertuples(index=False)}
    return {clip: path.as_uri() for clip, path in paths.items() if path.is_file()}
