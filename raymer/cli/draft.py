"""raymer draft: an experiment to begin with, as YAML."""

from typing import Annotated

import typer

from raymer.cli.output import one_line_errors


def draft(
    folder: Annotated[str, typer.Argument(help="Corpus: a folder or a URI (s3://...).")],
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="What is predicted; again for more [default: numbers]."),
    ] = None,
) -> None:
    """Write an experiment on a corpus to standard output: raymer draft C > mine.yaml."""
    with one_line_errors():
        from raymer.corpora.folder import load_corpus
        from raymer.studies.draft import draft as make_draft

        typer.echo(make_draft(load_corpus(folder), target or ()), nl=False)
