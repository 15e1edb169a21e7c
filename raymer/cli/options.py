"""Options that several verbs share, each worded once."""

from pathlib import Path
from typing import Annotated

import typer

ExperimentArgument = Annotated[
    str, typer.Argument(help="A YAML file, or the name of an experiment that comes with raymer.")
]
CorpusOption = Annotated[Path, typer.Option("--corpus", "-c", help="Corpus folder, made by `raymer import`.")]
StoreOption = Annotated[
    str, typer.Option("--store", "-s", help="Where results are kept: a folder or a URI (s3://...).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of a table.")]
AddressOption = Annotated[
    str,
    typer.Option(help="Ray to run on: local (an embedded one), auto, or a cluster's HOST:PORT."),
]
WorkersOption = Annotated[int | None, typer.Option(help="Number of workers [default: all CPUs].", show_default=False)]
SerialOption = Annotated[bool, typer.Option("--serial", help="Run in this process, without Ray; the same bits.")]
EpochsOption = Annotated[
    int | None, typer.Option(help="Epochs of methods that are trained by epochs, instead of the experiment's.")
]
FoldsOption = Annotated[int | None, typer.Option(help="Folds, instead of the experiment's.")]
