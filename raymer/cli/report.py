"""raymer report: the tables and figures of an experiment, in the terminal, as files and as one page."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import (
    CorpusOption,
    EpochsOption,
    EveryOption,
    ExperimentArgument,
    FoldsOption,
    JsonOption,
    StoreOption,
)
from raymer.cli.output import err, one_line_errors, print_json, print_table

if TYPE_CHECKING:
    from raymer.corpora.base import Corpus
    from raymer.engine.study import Study
    from raymer.reports.plot import Plot
    from raymer.reports.report import Report
    from raymer.reports.scatter import Predictions
    from raymer.results.store import ResultStore


def report(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    store: StoreOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page and the files.")],
    epochs: EpochsOption = None,
    every: EveryOption = None,
    folds: FoldsOption = None,
    png: Annotated[bool, typer.Option("--png", help="Also write each figure as PNG.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also write each figure as PDF, for papers.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also write the numbers as results.csv.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Also write the tables as results.tex (booktabs).")] = False,
    json: JsonOption = False,
) -> None:
    """Print the tables of an experiment and write OUTPUT/index.html: one page that needs no network.

    Nothing is run: results that are missing leave a partial page, which says so.
    """
    with one_line_errors():
        from raymer.corpora.base import load_corpus
        from raymer.engine.study import make_study
        from raymer.experiments.spec import load_experiment
        from raymer.results.store import ResultStore

        spec = load_experiment(experiment)
        loaded = load_corpus(corpus)
        study = make_study(spec.with_changes(epochs=epochs, every=every, folds=folds), loaded)
        results = ResultStore(store)
        results.check_exists()
        results.claim(loaded.name, loaded.fingerprint, study.plan.input_fingerprint)
        made = gather(study, loaded, results, spec.epochs)
        endings = [ending for ending, wanted in ((".png", png), (".pdf", pdf)) if wanted]
        with _writing(output):
            plots = write_page(made, output)
            files = ["index.html", *_write_figures(plots, output, endings), *_write_tables(made, output, csv, latex)]
        _show(made, output, files, json)


def write_page(made: "Report", output: Path) -> "list[Plot]":
    """Write OUTPUT/index.html and return its figures."""
    from raymer.reports.page import make_page

    plots = made.plots()
    output.mkdir(parents=True, exist_ok=True)
    (output / "index.html").write_text(make_page(made, plots), encoding="utf-8")
    return plots


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
    err.print(f"report: {output / 'index.html'}", markup=False)


@contextlib.contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Turn a folder that cannot be written into one line."""
    from raymer.errors import UsageError

    try:
        yield
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}") from error


def _write_figures(plots: "list[Plot]", output: Path, endings: list[str]) -> list[str]:
    from raymer.reports.plot import write_plot

    names = [f"figures/{plot.name}{ending}" for plot in plots for ending in endings]
    for plot in plots:
        for ending in endings:
            write_plot(plot, output / "figures" / f"{plot.name}{ending}")
    return names


def _write_tables(made: "Report", output: Path, csv: bool, latex: bool) -> list[str]:
    import pandas as pd

    from raymer.reports.latex import latex as to_latex

    if csv:
        pd.DataFrame([one.to_record() for one in made.results]).to_csv(output / "results.csv", index=False)
    if latex:
        (output / "results.tex").write_text("\n".join(to_latex(table) for table in made.tables()), encoding="utf-8")
    return [name for name, wanted in (("results.csv", csv), ("results.tex", latex)) if wanted]


def gather(study: "Study", corpus: "Corpus", store: "ResultStore", published_epoch: int | None) -> "Report":
    """Read what the report is made of: it knows of no store, no corpus and no learner."""
    from raymer.engine.embeddings import embed
    from raymer.engine.naming import system_labels
    from raymer.reports.report import Report, file_urls

    scores = study.scores(store)
    planned, done = {fit.id for fit in study.plan.fits}, store.done()
    failures = store.failures(planned - done)
    clips = corpus.clips[corpus.clips["clip_id"].isin(study.plan.samples.clip_ids.tolist())]
    scales = {t.name: (t.low, t.high) for t in corpus.targets if t.low is not None and t.high is not None}
    return Report(
        spec=study.spec,
        published_epoch=published_epoch,
        systems=study.systems,
        labels=system_labels(study.spec.systems) * len(study.spec.protocols),
        scores=scores,
        planned=len(planned),
        missing=len(planned - done) - len(failures),
        failures=failures,
        clips=clips,
        scales=scales,
        audio=file_urls(clips, corpus.audio_root),
        predictions=_predictions(study, corpus, store, scores),
        embedded=embed(study) if len(scores) else None,
        facts=_facts(study, corpus, store, scores),
    )


def _predictions(study: "Study", corpus: "Corpus", store: "ResultStore", scores: Any) -> "list[Predictions]":
    from raymer.engine.naming import system_labels
    from raymer.engine.predictions import read_predictions
    from raymer.reports.report import best_systems
    from raymer.reports.scatter import Predictions

    spec = study.spec
    labels = system_labels(spec.systems)
    numbers = [target for target in spec.targets if corpus.target(target).kind == "number"]
    return [
        Predictions(
            labels[number % len(labels)], target, spec.metric, mean, read_predictions(study, store, number, target)
        )
        for target, (number, mean) in best_systems(study.systems, scores, numbers, spec.metric).items()
    ]


def _facts(study: "Study", corpus: "Corpus", store: "ResultStore", scores: Any) -> dict[str, str]:
    from raymer.engine.predictions import read_versions
    from raymer.reports.facts import made_here, protocol_words, time_spent

    spec = study.spec
    facts = {f"protocol {name}": protocol_words(rule.build().to_dict()) for name, rule in spec.protocols.items()}
    facts["seed"] = f"{spec.seed}; the seed of every fit derives from it and from what is fitted"
    if spec.is_curve:
        facts["epochs"] = f"{spec.epochs}, scored at every {spec.every}th and the last"
    samples = study.plan.samples
    facts["input"] = f"{samples.input} of corpus {corpus.name}, fingerprint {samples.fingerprint}"
    facts["time spent"] = time_spent(scores)
    versions = read_versions(study.systems, store)
    facts["versions"] = ", ".join(f"{name} {' or '.join(found)}" for name, found in versions.items())
    facts["page"] = made_here()
    return facts
