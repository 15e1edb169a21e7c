"""What the verbs share: errors as one line, JSON records, tables and progress."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from raymer.errors import RaymerError

if TYPE_CHECKING:
    from raymer.engine.queue import Progress
    from raymer.engine.run import RunSummary
    from raymer.reports.curves import CurvePoint
    from raymer.reports.table import Row

LINE_SECONDS = 10.0

out = Console(width=None if sys.stdout.isatty() else 150)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def say(text: str, *, style: str | None = None) -> None:
    """Print a line on stdout as it is: no markup, no wrapping."""
    out.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what raymer refuses into one line and an exit code: 2 for wrong use, 1 for failed work."""
    try:
        yield
    except RaymerError as error:
        err.print(f"raymer: {error}", style="red", markup=False)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt:
        err.print("raymer: stopped; the same command goes on from here")
        raise typer.Exit(130) from None


def print_json(value: Any) -> None:
    """Print one JSON value; a list gets a line a record."""
    if isinstance(value, list):
        print("[" + ",\n ".join(json.dumps(item, allow_nan=False) for item in value) + "]")
    else:
        print(json.dumps(value, allow_nan=False, indent=2))


@contextlib.contextmanager
def progress_display(label: str) -> "Iterator[Callable[[Progress], None]]":
    """Yield what shows progress: a bar on a terminal, a line every ten seconds elsewhere; always on stderr."""
    started = time.monotonic()
    if err.is_terminal:
        with _bar(label, started) as show:
            yield show
        return
    last = started

    def line(progress: "Progress") -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_SECONDS:
            last = time.monotonic()
            err.print(f"{label}: {_words(progress, last - started)}")

    yield line


@contextlib.contextmanager
def _bar(label: str, started: float) -> "Iterator[Callable[[Progress], None]]":
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    with Bars(TextColumn(label), BarColumn(), TextColumn("{task.fields[words]}"), console=err, transient=True) as bars:
        task = bars.add_task(label, total=None, words="starting")

        def show(progress: "Progress") -> None:
            finished = progress.done + len(progress.failed)
            words = _words(progress, time.monotonic() - started)
            bars.update(task, total=progress.total or None, completed=finished, words=words)

        yield show


def _words(progress: "Progress", seconds: float) -> str:
    finished = progress.done + len(progress.failed)
    parts = [f"{finished} of {progress.total} fits", f"{progress.running} running"]
    if progress.failed:
        parts.append(f"{len(progress.failed)} failed")
    if finished:
        parts.append(f"about {seconds / finished * (progress.total - finished):.0f} s left")
    return ", ".join(parts)


def print_rows(title: str, rows: "Sequence[Row]", notes: Sequence[str] = ()) -> None:
    """Print the table of an experiment: a line a system and protocol, its targets side by side."""
    targets = list(dict.fromkeys(row.target for row in rows))
    protocols = list(dict.fromkeys(row.protocol for row in rows))
    has_published = any(row.published_mean is not None for row in rows)
    table = Table(title=title, title_justify="left")
    for name in ("system", "features", *(["protocol"] if len(protocols) > 1 else [])):
        table.add_column(name)
    for target in targets:
        table.add_column(target, justify="right")
        if has_published:
            table.add_column("published", justify="right", style="dim")
            table.add_column("difference", justify="right")
    table.add_column("s a fit", justify="right")
    for start in range(0, len(rows), len(targets)):
        table.add_row(*_cells(rows[start : start + len(targets)], len(protocols) > 1, has_published))
    out.print(table)
    for note in notes:
        say(f"- {note}")


def print_points(title: str, points: "Sequence[CurvePoint]", notes: Sequence[str] = ()) -> None:
    """Print the last epoch as a table, a line a target, and below it the average at every scored epoch."""
    methods = list(dict.fromkeys((point.method, point.protocol) for point in points))
    last = max((point.epoch for point in points), default=0)
    at = {(point.target, point.epoch, point.method, point.protocol): point for point in points}
    targets = list(dict.fromkeys(point.target for point in points))
    table = Table(title=f"{title}, epoch {last}", title_justify="left")
    table.add_column("target")
    for method, _ in methods:
        table.add_column(method, justify="right")
        table.add_column("published", justify="right", style="dim")
    for target in targets:
        row = [at[target, last, *method] for method in methods]
        table.add_row(target, *(cell for point in row for cell in (_curve_cell(point), _plain(point.published))))
    out.print(table)
    whole = targets[-1]  # the average where there are several targets
    for epoch in sorted({point.epoch for point in points}):
        cells = [f"{method[0]} {_curve_cell(at[whole, epoch, *method])}" for method in methods]
        say(f"  epoch {epoch:4}, {whole}: {', '.join(cells)}")
    for note in notes:
        say(f"- {note}")


def _curve_cell(point: "CurvePoint") -> str:
    return _plus_minus(point.mean, point.sd) if point.mean is not None else "incomplete"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _cells(group: "Sequence[Row]", with_protocol: bool, with_published: bool) -> list[str]:
    first = group[0]
    cells = [first.system.replace("[", r"\["), str(first.n_features)]
    if with_protocol:
        cells.append(first.protocol)
    for row in group:
        cells.append(_plus_minus(row.mean, row.sd) if row.missing == 0 else f"{row.missing} folds missing")
        if with_published:
            cells.append(_plus_minus(row.published_mean, row.published_sd))
            cells.append("" if row.difference is None else f"{row.difference:+.3f}")
    seconds = [row.seconds for row in group if row.seconds is not None]
    cells.append(f"{sum(seconds) / len(seconds):.2f}" if seconds else "")
    return cells


def _plus_minus(mean: float | None, sd: float | None) -> str:
    if mean is None:
        return ""
    return f"{mean:.3f}" if sd is None else f"{mean:.3f} ± {sd:.3f}"


def print_summary(summary: "RunSummary", failures: Sequence[dict[str, Any]]) -> None:
    """Say on stderr what a run did, and name every failed fit with its one-line reason."""
    err.print(
        f"{summary.ran} fits run, {summary.reused} found done, {len(summary.failed)} failed, {summary.seconds:.1f} s"
    )
    for failure in failures:
        fit = failure["fit"]
        err.print(
            f"failed: fit {failure['id']} ({fit['method']['name']}, {', '.join(fit['targets'])}): {failure['message']}",
            style="red",
            markup=False,
        )


def exit_if_failed(summary: "RunSummary") -> None:
    """Leave with 1 when a fit failed: a table with holes is no success."""
    if summary.failed:
        sys.stdout.flush()
        raise typer.Exit(1)
