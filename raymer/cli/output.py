"""What the verbs share: errors as one line, JSON records, tables and progress."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from raymer.ending import ENDING, LINE, Told
from raymer.errors import RaymerError
from raymer.plain import visible

if TYPE_CHECKING:
    from raymer.audits import Finding
    from raymer.engine.carriers.queue import Progress
    from raymer.engine.run import RunSummary
    from raymer.reports.text_table import TextTable

LINE_SECONDS = 10.0
LONGEST = 900
"""Characters of an error's line."""
SLOW_SECONDS = 1.0
"""Slowest fits are named when they took longer."""


class PlainConsole(Console):
    """A console for which all text is text: no markup, no emoji, and control characters are seen, not sent."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **settings)

    def render_str(self, text: str, **settings: Any) -> Text:
        """Return text as it is shown, in lines and in the cells, heads and titles of tables alike."""
        return super().render_str(visible(text), **settings)


out = PlainConsole(width=None if sys.stdout.isatty() else 150)
err = PlainConsole(stderr=True, soft_wrap=True)


def say(text: str, *, style: str | None = None) -> None:
    """Print a line on stdout as it is: no markup, no wrapping."""
    out.print(text, style=style, soft_wrap=True)


@contextlib.contextmanager
def one_line_errors(worded: Callable[[str], str] = str) -> Iterator[None]:
    """Turn what raymer refuses into one line and an exit code: 2 for wrong use, 1 for failed work.

    `worded` puts a message into the words of the command line.
    """
    try:
        with ENDING.unwinding():
            yield
    except RaymerError as error:
        err.print(f"raymer: {_one_line(worded(str(error)))}", style="red")
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as told:
        err.print(LINE)
        ENDING.was_said = True
        raise typer.Exit(told.exit_code if isinstance(told, Told) else 130) from None
    except BrokenPipeError:
        raise
    except (OSError, UnicodeError) as error:
        err.print(f"raymer: {_one_line(_of_system(error))}", style="red")
        raise typer.Exit(1) from error


def _of_system(error: OSError | UnicodeError) -> str:
    """Return what the machine refuses: a name that cannot be one, a disk that is full, a file that may not be read."""
    if isinstance(error, UnicodeError):
        return f"text that is no Unicode: {error}"
    named = f"{error.filename}: " if error.filename is not None else ""
    return f"{named}{error.strerror or error or type(error).__name__}"


def _one_line(text: str) -> str:
    """Return a message as it is shown; of a long one, which repeats a long name, begin and end."""
    line = visible(text, lines=False)
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


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

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[words]}", markup=False),
    )
    with Bars(*columns, console=err, transient=True) as bars:
        task = bars.add_task(visible(label, lines=False), total=None, words="starting")

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


def serious_lines(findings: "Iterable[Finding]") -> list[str]:
    """Return a line a finding of an audit that would change a score."""
    return [
        f"! {finding.code}: {finding.message}" for finding in findings if finding.severity == "would change a score"
    ]


def print_table(table: "TextTable") -> None:
    """Print a table on stdout, in parts where it is wider than the terminal, and its remarks below it."""
    from raymer.cli.parts import parts

    for k, numbers in enumerate(parts(table, out.width)):
        shown = Table(title=table.title if k == 0 else None, title_justify="left")
        for column in (table.columns[number] for number in numbers):
            shown.add_column(
                column.name,
                justify="right" if column.is_number else "left",
                style="dim" if column.is_published else None,
            )
        for row in table.rows:
            shown.add_row(*(row[number] for number in numbers))
        out.print(shown)
    for note in table.notes:
        say(f"- {note}")


def print_summary(summary: "RunSummary", failures: Sequence[dict[str, Any]]) -> None:
    """Say on stderr what a run did, and name every failed fit with its one-line reason."""
    err.print(
        f"{summary.ran} fits run, {summary.reused} found done, {len(summary.failed)} failed, {summary.seconds:.1f} s"
    )
    if summary.slowest and summary.slowest[0].seconds > SLOW_SECONDS:
        slow = ", ".join(f"{fit.method} {fit.id} {fit.seconds:.1f} s" for fit in summary.slowest)
        err.print(f"slowest: {slow}")
    from raymer.learners.system import steps_name

    for failure in failures:
        fit = failure["fit"]
        name, targets = steps_name(fit["system"]["steps"]), ", ".join(fit["targets"])
        err.print(f"failed: fit {failure['id']} ({name}, {targets}): {failure['message']}", style="red")


def exit_if_failed(summary: "RunSummary") -> None:
    """Leave with 1 when a fit failed: a table with holes is no success."""
    if summary.failed:
        sys.stdout.flush()
        raise typer.Exit(1)
