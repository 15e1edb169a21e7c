"""raymer init: a folder with an experiment to begin with, which knows where its corpus and its store lie."""

import os
from pathlib import Path
from typing import Annotated

import typer

from raymer.cli.output import err, one_line_errors, say

NAME = "mine.yaml"
CORPUS, STORE = "corpus", "store"
BLANK = f"""\
# An experiment to begin with: it wants a corpus in the folder `{CORPUS}` beside this file, made of a table or of audio:
#   raymer import table mine.csv -o {CORPUS} --id ID --target valence --group artist
#   raymer import audio_folder CLIPS -o {CORPUS} --labels labels.csv --target valence
# Then put your own names below, and:
#   raymer run {NAME}
name: mine
title: My features
corpus: mine  # the table's name
places: {{corpus: {CORPUS}, store: {STORE}}}  # from the folder of this file
targets: [valence]
protocols:
  folds: {{kind: kfold, folds: 5, seed: 0}}  # group_kfold where the corpus has groups
systems:
  - {{system: No information, method: no_information}}
  - {{system: SVR, method: svr}}
"""


def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make, or one that has no mine.yaml yet.")],
    corpus: Annotated[
        str | None,
        typer.Option("--corpus", "-c", help="Draft the experiment for this corpus: a folder or a URI (s3://...)."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="What is predicted; again for more [default: numbers]; with --corpus."),
    ] = None,
) -> None:
    """Make FOLDER/mine.yaml, an experiment that says where its corpus and store are: raymer run FOLDER/mine.yaml."""
    with one_line_errors():
        from raymer.errors import RaymerError, UsageError
        from raymer.whole import written

        path = folder / NAME
        if path.exists():
            raise UsageError(f"{path} exists already: choose another folder")
        if target and corpus is None:
            raise UsageError("--target would have no effect without --corpus")
        text = BLANK if corpus is None else _drafted(folder, corpus, target or [])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with written(path) as new:
                new.write_text(text)
        except OSError as error:
            raise RaymerError(f"{path} cannot be written: {error.strerror or error}") from error
        say(str(path))
        if corpus is None:
            err.print(f"it wants a corpus in {folder / CORPUS}: raymer import, see the lines at its top")


def _drafted(folder: Path, corpus: str, targets: list[str]) -> str:
    from raymer.corpora.folder import load_corpus
    from raymer.studies.draft import draft

    place = corpus if "://" in corpus or Path(corpus).is_absolute() else os.path.relpath(corpus, folder)
    return draft(load_corpus(corpus), targets, {"corpus": place, "store": STORE})
