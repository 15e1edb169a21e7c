"""All that a report says of an experiment, as plain data; figures and tables are made of it here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from raymer.audits import Finding
from raymer.experiments.spec import Experiment
from raymer.protocols.scoring import find_metric
from raymer.reports.claims import ClaimTest, claim_tests, claims_plot, claims_table
from raymer.reports.comparison import published_claim
from raymer.reports.confusion import confusion_plot
from raymer.reports.contrasts import contrasts
from raymer.reports.curves_plot import by_target, curves_plot
from raymer.reports.forest import forest_plot
from raymer.reports.plot import Plot
from raymer.reports.scatter import Predictions, embeddings_plot, plane_plot, predicted_plot
from raymer.reports.searched import Searched
from raymer.reports.standing import Standings, standing_tables, standings
from raymer.reports.summary import Verdict, make_verdict
from raymer.reports.table import PlannedSystem, Row, make_rows
from raymer.reports.text_table import TextTable, best_words, metric_words, result_tables
from raymer.reports.widths import has_widths, make_width_points, widths_plot
from raymer.results.frame import Metrics
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
    metrics : mapping of target to names of metrics
        Study.metrics.
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
        Of numbers and of classes.
    embedded : (DataFrame, str) or None
        As `embeddings_plot` takes them.
    facts : mapping
        How it was run, a line each: protocol, seed, versions, machine, time.
    remarks : sequence of str
        What the means would hide: values chosen inside fits, folds far outside the others.
    findings : sequence
        What the quick checks of the audit found in the corpus.
    inputs : mapping of input to str
        Width, origin and coverage of each, in words.
    searched : Searched, optional
        What the experiment's search found, where the store holds one.
    """

    spec: Experiment
    published_epoch: int | None
    systems: Sequence[PlannedSystem]
    labels: Sequence[str]
    scores: pd.DataFrame
    metrics: Metrics
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
    findings: Sequence[Finding] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    searched: Searched | None = None

    @property
    def is_partial(self) -> bool:
        """Whether fits are missing or failed."""
        return bool(self.missing or self.failures)

    @property
    def title(self) -> str:
        """The experiment's title with clips and metrics."""
        return f"{self.spec.title} ({len(self.clips)} clips, {self.metric_words})"

    @property
    def metric_words(self) -> str:
        """The metrics, which are better low, and what a score is of."""
        return metric_words(self.metrics, self.spec.aggregate)

    @property
    def results(self) -> list[Row]:
        """The numbers, a record a system, target, metric and epoch."""
        return make_rows(self.systems, self.scores, self.metrics, self.spec.aggregate)

    @property
    def commands(self) -> list[str]:
        """What makes the report anew, once `experiment_yaml` is a file."""
        where = f"{self.spec.name}.yaml --corpus CORPUS --store STORE"
        return [f"raymer run {where}", f"raymer report {where} --output REPORT"]

    @property
    def experiment_yaml(self) -> str:
        """The experiment as it was run, all changes in it, as a YAML file says it."""
        data = self.spec.model_dump(mode="json", exclude_defaults=True)
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)

    def tables(self) -> list[TextTable]:
        """Return the tables: one of results, and where systems are trained by epochs one by epoch."""
        claims = self.claim_tests()
        notes = self.remarks if self._standings else [*self.remarks, *best_words(self.results)]
        results = result_tables(self.title, self.spec.title, self.results, notes)
        return [*results, *([claims_table(claims)] if claims else []), *self.standings()]

    def claim_tests(self) -> list[ClaimTest]:
        """Return what these scores say of each published verdict; none of pooled ones, which allow no test."""
        if self.spec.aggregate == "pooled":
            return []
        return claim_tests(self.spec, self.systems, self.labels, self.scores, self.metrics)

    def standings(self) -> list[TextTable]:
        """Return where each row stands against the best and the baseline, with the intervals of both."""
        return standing_tables(self._standings, self.inputs)

    def verdicts(self) -> list[Verdict]:
        """Return the best row of each protocol and target, and what may be claimed of it."""
        return [make_verdict(one) for one in self._standings]

    @cached_property
    def _standings(self) -> list[Standings]:
        """Where all rows stand; pooled scores allow no test, and nothing is said of them."""
        if self.spec.aggregate == "pooled":
            return []
        return standings(self.systems, self.labels, self.scores, self.metrics, self.spec.baseline)

    def plots(self) -> list[Plot]:
        """Return the figures that the results suffice for."""
        spec = self.spec
        plots = []
        points = [row for row in self.results if row.epoch]
        if any(row.folds for row in points):
            plots.append(curves_plot(by_target(points), published_epoch=self.published_epoch))
        widths = make_width_points(self.systems, self.scores, self.metrics, spec.aggregate)
        if has_widths(widths) and any(point.mean is not None for point in widths):
            plots.append(widths_plot(widths))
        if tests := self.claim_tests():
            plots.append(claims_plot(tests))
        for number, (about, made) in enumerate(self._contrasts(), 1):
            plots.append(replace(forest_plot(made, name=f"forest-{number}"), title=f"Differences: {about}"))
        numbers = [one for one in self.predictions if not one.are_classes]
        if numbers:
            plots.append(predicted_plot(numbers, self.audio))
        if len(numbers) < len(self.predictions):
            plots.append(confusion_plot([one for one in self.predictions if one.are_classes]))
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
        """Yield comparisons with what they are about, no more at once than one plot can show.

        Pooled scores have none: repeats share all their clips, and no test is made on them.
        """
        if self.spec.aggregate == "pooled":
            return
        found = contrasts(self.systems, self.labels, self.scores, self.metrics)
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
    systems: Sequence[PlannedSystem], scores: pd.DataFrame, metrics: Metrics
) -> dict[str, tuple[int, float]]:
    """Return for each target the system with the best mean by the metric that decides, and that mean.

    Of those that have all their scores, none of them undefined; of methods trained by epochs the last epoch counts.
    The best is the lowest where lower is better. Targets without such a system are left out.
    """
    found = {}
    for target, (metric, *_) in metrics.items():
        chosen = scores[(scores["metric"] == metric) & (scores["target"] == target)]
        chosen = chosen[chosen["epoch"] == chosen.groupby("row")["epoch"].transform("max")]
        means = {}
        for number, mine in chosen.groupby("row"):
            if mine["value"].count() == systems[int(number)].n_scores:
                means[int(number)] = float(mine["value"].mean())
        if means:
            choose = max if find_metric(metric).higher_is_better else min
            best = choose(means, key=lambda number: means[number])
            found[target] = (best, means[best])
    return found


def file_urls(clips: pd.DataFrame, audio_root: str | None) -> dict[str, str]:
    """Return the file URL of every clip whose audio lies below `audio_root` on this machine."""
    if audio_root is None or "audio" not in clips:
        return {}
    paths = {row.clip_id: (Path(audio_root) / str(row.audio)).absolute() for row in clips.itertuples(index=False)}
    return {clip: path.as_uri() for clip, path in paths.items() if path.is_file()}
