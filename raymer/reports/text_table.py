"""Tables in words: the cells that the terminal, LaTeX and the page share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from raymer.reports.table import Row, at_last_epoch, axis_words
from raymer.results.frame import Metrics


@dataclass(frozen=True)
class Column:
    """A column's head, whether it holds numbers, whether they are the published ones, and how it stands to others.

    One that `names` says what its row is, and is repeated where a table is shown in parts; one that `follows` is shown
    beside the column before it. `place` is that of the row of Study.systems that the column is of, where it is of one.
    """

    name: str
    is_number: bool = True
    is_published: bool = False
    names: bool = False
    follows: bool = False
    place: int | None = None


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are text already, with a title and remarks to stand below it.

    `places` has for each row that of the row of Study.systems that it is of; it is empty where rows are of something
    else.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    places: tuple[int, ...] = ()


def metric_words(metrics: Metrics, aggregate: str) -> str:
    """Return the metrics of an experiment for a title: their names, which are better low, and what a score is of."""
    names = dict.fromkeys(name for own in metrics.values() for name in own)
    said = ", ".join(axis_words(name) for name in names)
    return f"{said}; {'fold by fold' if aggregate == 'fold' else 'pooled over each repeat'}"


def result_tables(title: str, short_title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> list[TextTable]:
    """Return the tables of an experiment.

    One has a line a system; where all systems are trained by epochs, a line a target. A second one has the scores by
    epoch, of systems that have some.
    """
    by_epoch = [row for row in rows if row.epoch]
    if not by_epoch:
        return [rows_table(title, rows, notes)]
    first = points_table(title, rows, notes) if len(by_epoch) == len(rows) else rows_table(title, rows, notes)
    return [first, epochs_table(short_title, by_epoch)]


def rows_table(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> TextTable:
    """Return the table of an experiment: a line a system and protocol at its last epoch, its targets side by side."""
    rows = at_last_epoch(rows)
    heads = _heads(rows)
    several = {
        "protocol": len({row.protocol for row in rows}) > 1,
        "input": len({row.input for row in rows}) > 1,
        "epoch": any(row.epoch for row in rows),
    }
    published = {(row.target, row.metric) for row in rows if row.published_mean is not None}
    columns = [Column("system", is_number=False, names=True), Column("features", names=True)]
    more = [name for name in ("input", "protocol", "epoch") if several[name]]
    columns += [Column(name, is_number=name == "epoch", names=True) for name in more]
    for key, head in heads.items():
        columns.append(Column(head))
        if key in published:
            columns += [Column("published", is_published=True, follows=True), Column("difference", follows=True)]
    columns.append(Column("s a fit"))
    groups = [rows[start : start + len(heads)] for start in range(0, len(rows), len(heads))]
    lines = tuple(_line(group, several, published) for group in groups)
    return TextTable(title, tuple(columns), lines, tuple(notes), tuple(group[0].row for group in groups))


def best_words(rows: Sequence[Row]) -> list[str]:
    """Return a remark on the best mean of each target by the metric that decides, where there are rows to choose from.

    It is no verdict: whether it is the best by more than chance is for `compare` to say.
    """
    rows = at_last_epoch(rows)
    keys = {row.target: row.metric for row in reversed(rows)}  # the first of each target decides
    several = len({row.protocol for row in rows}) > 1
    lines = []
    for protocol in dict.fromkeys(row.protocol for row in rows):
        mine = [row for row in rows if row.protocol == protocol]
        best = {row.target: row for row in mine if row.best and row.metric == keys[row.target]}
        named = [best[target] for target in dict.fromkeys(row.target for row in rows) if target in best]
        if named and len({row.row for row in mine}) > 1:
            under = f" under {protocol}" if several else ""
            said = ", ".join(f"{row.target} {row.system} ({row.metric} {row.mean:.3f})" for row in named)
            lines.append(f"best means{under}, no verdict yet (that is for compare): {said}")
    return lines


def _heads(rows: Sequence[Row]) -> dict[tuple[str, str], str]:
    """Return a head for each target and metric; the metric is said where it is not the same for all."""
    keys = list(dict.fromkeys((row.target, row.metric) for row in rows))
    several = len({metric for _, metric in keys}) > 1
    return {(target, metric): f"{target} {metric}" if several else target for target, metric in keys}


def points_table(title: str, points: Sequence[Row], notes: Sequence[str] = ()) -> TextTable:
    """Return methods trained by epochs at the last scored epoch: a line a target, the average last."""
    methods = _methods(points)
    with_protocol = len({protocol for _, protocol in methods}) > 1
    last = max((point.epoch for point in points), default=0)
    at = {(point.target, point.metric, point.epoch, point.system, point.protocol): point for point in points}
    with_published = {(point.system, point.protocol) for point in points if point.published_mean is not None}
    columns = [Column("target", is_number=False, names=True)]
    for (method, protocol), place in methods.items():
        columns.append(Column(f"{method}, {protocol}" if with_protocol else method, place=place))
        if (method, protocol) in with_published:
            columns.append(Column("published (difference)", is_published=True, follows=True))
    lines = []
    for key, head in _heads(points).items():
        row = [head]
        for one in methods:
            point = at.get((*key, last, *one))
            row += [_mean(point), _published(point)] if one in with_published else [_mean(point)]
        lines.append(tuple(row))
    return TextTable(f"{title}, epoch {last}", tuple(columns), tuple(lines), tuple(notes))


def epochs_table(title: str, points: Sequence[Row]) -> TextTable:
    """Return the last target (the average where there are several) at every scored epoch, a line an epoch.

    By the metric that decides.
    """
    methods = _methods(points)
    whole = points[-1].target if points else ""
    metric = next((point.metric for point in points if point.target == whole), "")
    mine = [point for point in points if (point.target, point.metric) == (whole, metric)]
    at = {(point.epoch, point.system, point.protocol): point for point in mine}
    columns = [Column("epoch"), *(Column(method, place=place) for (method, _), place in methods.items())]
    lines = [
        (str(epoch), *(_mean(at.get((epoch, *method))) for method in methods))
        for epoch in sorted({point.epoch for point in points})
    ]
    said = f"{whole} {metric}" if len({point.metric for point in points}) > 1 else whole
    return TextTable(f"{title}: {said} by epoch", tuple(columns), tuple(lines))


def _methods(points: Sequence[Row]) -> dict[tuple[str, str], int]:
    """Return systems and protocols, in order, with their places."""
    return {(point.system, point.protocol): point.row for point in points}


def _line(group: Sequence[Row], several: Mapping[str, bool], published: Collection[tuple[str, str]]) -> tuple[str, ...]:
    first = group[0]
    cells = [first.system, str(first.n_features)]
    shown = {"input": first.input, "protocol": first.protocol, "epoch": str(first.epoch or "")}
    cells += [text for name, text in shown.items() if several[name]]
    for row in group:
        cells.append(f"{row.missing} {_parts(row)} missing" if row.missing else _mean(row))
        if (row.target, row.metric) in published:
            cells.append(_plus_minus(row.published_mean, row.published_sd))
            cells.append("" if row.difference is None else f"{row.difference:+.3f}")
    seconds = [row.seconds for row in group if row.seconds is not None]
    cells.append(f"{sum(seconds) / len(seconds):.2f}" if seconds else "")
    return tuple(cells)


def _mean(point: Row | None) -> str:
    if point is None or point.missing:
        return "incomplete"
    if point.undefined:
        return f"undefined in {point.undefined} of {point.folds} {_parts(point)}"
    return _plus_minus(point.mean, point.sd)


def _parts(row: Row) -> str:
    return "folds" if row.aggregate == "fold" else "repeats"


def _published(point: Row | None) -> str:
    if point is None or point.published_mean is None:
        return ""
    return f"{point.published_mean:.2f}" + ("" if point.difference is None else f" ({point.difference:+.3f})")


def _plus_minus(mean: float | None, sd: float | None) -> str:
    if mean is None:
        return ""
    return f"{mean:.3f}" if sd is None else f"{mean:.3f} ± {sd:.3f}"
