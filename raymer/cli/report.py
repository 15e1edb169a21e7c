"""raymer report: the tables and figures of an experiment, in the terminal, as files and as one page."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raymer.cli.options import CorpusOption, ExperimentArgument, JsonOption, StoreOption
from raymer.cli.output import err, print_json, print_table
from raymer.cli.verb import ChangesOptions, verb

if TYPE_CHECKING:
    from raymer.reports.plot import Plot
    from raymer.reports.report import Report


@verb
def report(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    store: StoreOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page and the files.")],
    changes: ChangesOptions,
    png: Annotated[bool, typer.Option("--png", help="Also write each figure as PNG.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also write each figure as PDF, for papers.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also write the numbers as results.csv.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Also write the tables as results.tex (booktabs).")] = False,
    json: JsonOption = False,
) -> None:
    """Print the tables of an experiment and write OUTPUT/index.html: one page that needs no network.

    Nothing is run: results that are missing leave a partial page, which says so.
    """
    from raymer.api.gathering import gather, write_report
    from raymer.api.study import open_study

    study = open_study(experiment, corpus, store, **changes)
    study.claim()
    made = gather(study.planned, study.corpus, study.store, study.published.epochs)
    endings = [ending for ending, wanted in ((".png", png), (".pdf", pdf)) if wanted]
    with _writing(output):
        plots = write_report(made, output)
        files = ["index.html", *_write_figures(plots, output, endings), *_write_tables(made, output, csv, latex)]
    _show(made, output, files, json)


def _show(made: "Report", output: Path, files: list[str], json: bool) -> None:
    if json:
        state = {"planned": made.planned, "missing": made.missing, "failed": len(made.failures)}
        results = [one.to_record() for one in made.results]
        print_json({"output": str(output), "files": files, "partial": made.is_partial, **state, "results": results})
        return
    for table in made.tables():
        print_table(table)
    if made.is_partial:
        text = f"partial: {made.missing} of {made.planned} fits missing, {len(made.failures)} failed"
        err.print(text, style="yellow")
    err.print(f"report: {output / 'index.html'}")


@contextlib.contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Turn a folder that cannot be written into one line."""
    from raymer.errors import RaymerError

    try:
        yield
    except OSError as error:
        raise RaymerError(f"{output} cannot be written: {error.strerror or error}") from error


def _write_figures(plots: "list[Plot]", output: Path, endings: list[str]) -> list[str]:
    from raymer.reports.plot import write_plot

    names = [f"figures/{plot.name}{ending}" for plot in plots for ending in endings]
    for plot in plots:
        for ending in endings:
            write_plot(plot, output / "figures" / f"{plot.name}{ending}")
    return names


def _write_tables(made: "Report", output: Path, csv: bool, latex: bool) -> list[str]:
    import pandas as pd

    from raymer.plain import csv_frame
    from raymer.reports.latex import latex as to_latex
    from raymer.whole import written

    if csv:
        with written(output / "results.csv") as path:
            csv_frame(pd.DataFrame([one.to_record() for one in made.results])).to_csv(path, index=False)
    if latex:
        with written(output / "results.tex") as path:
            path.write_text("\n".join(to_latex(table) for table in made.tables()), encoding="utf-8")
    return [name for name, wanted in (("results.csv", csv), ("results.tex", latex)) if wanted]
