"""An experiment after a run, as an object that prints its table."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from raymer.engine.run import RunSummary
from raymer.reports.standing import has_inputs, standing_tables, standings
from raymer.reports.table import Row, make_rows
from raymer.reports.text_table import TextTable, best_words, metric_words, result_tables
from raymer.results.store import ResultStore
from raymer.studies.naming import system_labels
from raymer.studies.remarks import remarks
from raymer.studies.study import Study


@dataclass(frozen=True, eq=False)
class Ran:
    """An experiment after a run: its plan, its store and what the run did."""

    study: Study
    store: ResultStore
    summary: RunSummary

    def rows(self) -> list[Row]:
        """Return the records of its table: one a system, target, metric and epoch."""
        return self._rows(self.study.scores(self.store))

    def _rows(self, scores: pd.DataFrame) -> list[Row]:
        return make_rows(self.study.systems, scores, self.study.metrics, self.study.spec.aggregate)

    def tables(self) -> list[TextTable]:
        """Return its tables, in words."""
        spec = self.study.spec
        words = metric_words(self.study.metrics, spec.aggregate)
        title = f"{spec.title} ({len(self.study.plan.samples.clip_ids)} clips, {words})"
        scores = self.study.scores(self.store)
        notes = [*self.study.clip_notes(), *remarks(self.study, self.store, scores), *spec.notes]
        notes += [f"{key}: {text}" for key, text in spec.not_mentioned.items()]
        rows = self._rows(scores)
        notes += best_words(rows)
        return [*result_tables(title, spec.title, rows, notes), *self._standings(scores)]

    def _standings(self, scores: pd.DataFrame) -> list[TextTable]:
        """Return where each row stands, where representations are compared."""
        study, spec = self.study, self.study.spec
        if spec.aggregate == "pooled" or not has_inputs(study.systems):
            return []
        labels = system_labels(spec.systems) * len(spec.protocols)
        return standing_tables(standings(study.systems, labels, scores, study.metrics, spec.baseline))

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a frame."""
        return pd.DataFrame([row.to_record() for row in self.rows()])

    def plot(self) -> Any:
        """Return a matplotlib figure of the scores over splits."""
        from raymer.api.scores import Scores

        frame = self.study.scores(self.store)
        metric = next(iter(self.study.metrics.values()))[0]
        return Scores.of(frame.assign(method=frame["system"]), metric).plot(self.study.spec.title)

    def __repr__(self) -> str:
        return "\n\n".join(plain_table(table) for table in self.tables())

    def _repr_html_(self) -> str:
        return "".join(
            pd.DataFrame(table.rows, columns=[column.name for column in table.columns]).to_html(index=False)
            for table in self.tables()
        )


def plain_table(table: TextTable) -> str:
    """Return a table as lines of text."""
    rows = [[column.name for column in table.columns], *map(list, table.rows)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(table.columns))]
    lines = [
        "  ".join(
            cell.rjust(width) if column.is_number else cell.ljust(width)
            for cell, width, column in zip(row, widths, table.columns, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([table.title, *lines, *(f"- {note}" for note in table.notes)])
