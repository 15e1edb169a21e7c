"""Options that several verbs share, each worded once."""

from typing import Annotated

import typer

ExperimentArgument = Annotated[
    str, typer.Argument(help="A YAML file, or the name of an experiment that comes with raymer.")
]
CorpusOption = Annotated[
    str, typer.Option("--corpus", "-c", help="Corpus made by `raymer import`: a folder or a URI (s3://...).")
]
StoreOption = Annotated[
    str, typer.Option("--store", "-s", help="Where results are kept: a folder or a URI (s3://...).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of a table.")]
AddressOption = Annotated[
    str,
    typer.Option(help="Ray to run on: local (an embedded one), auto, or a cluster's HOST:PORT."),
]
WorkersOption = Annotated[int | None, typer.Option(help="Number of workers [default: all CPUs].", show_default=False)]
GpusPerFitOption = Annotated[
    float,
    typer.Option("--gpus-per-fit", min=0.0, help="Share of a GPU that each worker asks for; 0.1 puts ten on one."),
]
SerialOption = Annotated[bool, typer.Option("--serial", help="Run in this process, without Ray; the same bits.")]
EpochsOption = Annotated[
    int | None, typer.Option(help="Epochs of methods that are trained by epochs, instead of the experiment's.")
]
EveryOption = Annotated[
    int | None, typer.Option(help="Score them at every k-th epoch and the last, instead of the experiment's k.")
]
FoldsOption = Annotated[int | None, typer.Option(help="Folds, instead of the experiment's.")]
JobsAddressOption = Annotated[
    str | None,
    typer.Option(
        help="Jobs server of a Ray cluster [default: $RAY_API_SERVER_ADDRESS, else http://127.0.0.1:8265].",
        show_default=False,
    ),
]
