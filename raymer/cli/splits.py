"""raymer splits: the splits of an experiment as a file, for other tools and for another day."""

from pathlib import Path
from typing import Annotated

import typer

from raymer.cli.options import CorpusOption, ExperimentArgument
from raymer.cli.output import err
from raymer.cli.verb import verb


@verb
def splits(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="The CSV: id, repeat, fold, part.")],
    protocol: Annotated[
        str | None, typer.Option(help="One of the experiment's, where it has several.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
) -> None:
    """Write the splits of an experiment: a row a clip and split. A protocol of kind `given` reads them again."""
    from raymer.corpora.folder import load_corpus
    from raymer.errors import UsageError
    from raymer.experiments.loading import load_experiment
    from raymer.plain import csv_frame
    from raymer.protocols.split_files import split_frame
    from raymer.studies.comparison import choose_protocol
    from raymer.studies.study import make_study, splits_of
    from raymer.whole import written

    if output.exists() and not force:
        raise UsageError(f"{output} exists already: --force replaces it")
    spec = load_experiment(experiment)
    name, _ = choose_protocol(spec, protocol)
    study = make_study(spec, load_corpus(corpus))
    made = splits_of(study, name)
    with written(output) as path:
        csv_frame(split_frame(made)).to_csv(path, index=False)
    err.print(f"{len(made)} splits of {len(study.plan.samples.clip_ids)} clips: {output}")
    for note in study.clip_notes():
        err.print(note)
