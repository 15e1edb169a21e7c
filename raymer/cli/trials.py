"""The live table of a search's trials on a terminal, plain lines every ten seconds elsewhere."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.table import Table

from raymer.cli.output import LINE_SECONDS, err
from raymer.studies.search.words import params_text

if TYPE_CHECKING:
    from raymer.studies.search.trials import SearchProgress


@contextlib.contextmanager
def trials_display(name: str) -> "Iterator[Callable[[SearchProgress], None]]":
    """Yield what shows the progress of a search, always on stderr."""
    if err.is_terminal:
        from rich.live import Live

        with Live(console=err, transient=True, refresh_per_second=4) as live:
            yield lambda progress: live.update(_table(name, progress))
        return
    last = time.monotonic()

    def line(progress: "SearchProgress") -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_SECONDS:
            last = time.monotonic()
            err.print(f"{_title(name, progress)}: {_words(progress)}")

    yield line


def _title(name: str, progress: "SearchProgress") -> str:
    return f"{name}, {progress.label}" if progress.label else name


def _words(progress: "SearchProgress") -> str:
    parts = [f"{progress.done} of {progress.total} trials", f"{progress.stopped} stopped early"]
    if progress.best_value is not None:
        parts.append(f"best {progress.best_value:.4f} ({params_text(progress.best_params)})")
    if progress.left is not None:
        parts.append(f"about {progress.left:.0f} s left")
    return ", ".join(parts)


def _table(name: str, progress: "SearchProgress") -> Table:
    table = Table(title=_title(name, progress), caption=_words(progress), title_justify="left", caption_justify="left")
    for column in ("trial", "state", "value", "folds"):
        table.add_column(column, justify="left" if column == "state" else "right")
    table.add_column("parameters")
    for line in progress.lines:
        value = "" if math.isnan(line.value) else f"{line.value:.4f}"
        table.add_row(str(line.number), line.state, value, str(line.folds), params_text(line.params))
    return table
