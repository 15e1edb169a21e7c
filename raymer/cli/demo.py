"""raymer demo: a complete small experiment on a corpus that is made up on the spot."""

from pathlib import Path
from typing import Annotated

import typer

from raymer.cli.options import JsonOption, SerialOption, WorkersOption
from raymer.cli.output import err, one_line_errors


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the corpus and the results.")] = Path(
        "demo"
    ),
    clips: Annotated[int, typer.Option(help="Number of clips to make up.")] = 300,
    seed: Annotated[int, typer.Option(help="Seed of the corpus.")] = 0,
    workers: WorkersOption = None,
    serial: SerialOption = False,
    json: JsonOption = False,
) -> None:
    """Make up a corpus, run SVR, PCA-SVR and TNN-SVR on ten folds over Ray, and print the table."""
    with one_line_errors():
        from raymer.cli.run import run_experiment
        from raymer.corpora.base import write_corpus
        from raymer.corpora.synthetic import make_synthetic

        folder = output / "corpus"
        write_corpus(make_synthetic(clips, seed=seed), folder, replace_existing=True)
        err.print(f"{clips} clips -> {folder}", markup=False)
        run_experiment("demo", folder, str(output / "store"), json, "local", workers, serial)
