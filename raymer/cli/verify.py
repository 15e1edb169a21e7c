"""raymer verify: whether stores, corpora and models are whole."""

from typing import Annotated

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import print_json, say
from raymer.cli.verb import verb
from raymer.errors import RaymerError


@verb
def verify(
    paths: Annotated[list[str], typer.Argument(help="Stores of results, corpora, saved models: folders or URIs.")],
    corpus: Annotated[
        str | None,
        typer.Option("--corpus", "-c", help="Corpus whose labels the results are held against.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read every file of a store, a corpus or a model and list what is wrong; exit code 1 where anything is."""
    from raymer.api.verify import verify as look
    from raymer.corpora.folder import load_corpus

    loaded = None if corpus is None else load_corpus(corpus)
    found = [look(path, loaded) for path in paths]
    if json:
        print_json([one.to_record() for one in found])
    else:
        for one in found:
            state = "whole" if not one.faults else f"{len(one.faults)} of them wrong"
            say(f"{one.path}: {one.kind}, {one.checked} files read, {state}")
            for line in one.faults:
                say(f"  {line}", style="red")
    faults = sum(len(one.faults) for one in found)
    if faults:
        raise RaymerError(f"{faults} of {sum(one.checked for one in found)} files are not what they should be")
