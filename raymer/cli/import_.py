"""raymer import: an original download becomes a checked corpus folder."""

from pathlib import Path
from typing import Annotated

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import one_line_errors, print_json, say


def import_(
    corpus: Annotated[str, typer.Argument(help="Name of the corpus; `raymer corpora` lists them.")],
    src: Annotated[Path, typer.Argument(help="The original folder (or, for `table`, the CSV or Parquet file).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make.")],
    features_table: Annotated[
        Path | None, typer.Option(help="Ready song-level features (CSV or Parquet), instead of the original files.")
    ] = None,
    repair: Annotated[
        str | None, typer.Option(help="deam: songs whose swapped columns are put right: 2013_only, none, all.")
    ] = None,
    id: Annotated[str | None, typer.Option(help="table: the column with the clip's id.")] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="table, audio_folder: a column to predict; again for more.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="table, audio_folder: the column with the artist or song, never divided.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="audio_folder: a CSV with the files' labels, instead of a folder a class.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a corpus folder that exists, built features and all.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Read a corpus from its original files, check and repair it, and write it as a folder of Parquet files."""
    with one_line_errors():
        from raymer.corpora.base import write_corpus
        from raymer.corpora.info import ImportOptions
        from raymer.corpora.registry import import_corpus

        options = ImportOptions(features_table, repair, id, group, tuple(target) if target else None, labels)
        made = import_corpus(corpus, src, options)
        write_corpus(made, output, replace_existing=force)
        summary = {"corpus": made.name, **made.notes, "fingerprint": made.fingerprint}
        if json:
            print_json(summary)
            return
        say(f"{made.name}: {len(made.clips)} clips -> {output}")
        for key, value in made.notes.items():
            say(f"  {key.replace('_', ' ')}: {value}")
