"""Options that several verbs share, each worded once."""

from typing import Annotated, Any

import typer

ExperimentArgument = Annotated[
    str, typer.Argument(help="A YAML file, or the name of an experiment that comes with raymer.")
]
_CORPUS = typer.Option(
    "--corpus",
    "-c",
    help="Corpus made by `raymer import`: a folder or a URI (s3://...) [default: of the YAML's places, else "
    "$RAYMER_CORPUS].",
    show_default=False,
)
_STORE = typer.Option(
    "--store",
    "-s",
    help="Where results are kept: a folder or a URI (s3://...) [default: of the YAML's places, else $RAYMER_STORE].",
    show_default=False,
)
CorpusOption = Annotated[str, _CORPUS]
StoreOption = Annotated[str, _STORE]
MaybeCorpusOption = Annotated[str | None, _CORPUS]
MaybeStoreOption = Annotated[str | None, _STORE]
CorporaOption = Annotated[
    list[str],
    typer.Option(
        "--corpus",
        "-c",
        help="Corpus made by `raymer import`; again, with a store each, for several [default: of the YAML's places, "
        "else $RAYMER_CORPUS].",
        show_default=False,
    ),
]
StoresOption = Annotated[list[str], _STORE]
PLACES: tuple[Any, ...] = (CorpusOption, StoreOption, MaybeCorpusOption, MaybeStoreOption, CorporaOption, StoresOption)
"""What may be left out where an experiment or the environment says it."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of a table.")]
JobsAddressOption = Annotated[
    str | None,
    typer.Option(
        help="Jobs server of a Ray cluster [default: $RAY_API_SERVER_ADDRESS, else http://127.0.0.1:8265].",
        show_default=False,
    ),
]
StripZerosOption = Annotated[bool, typer.Option("--strip-zeros", help="Compare ids without leading zeros.")]
StemOption = Annotated[bool, typer.Option("--stem", help="Compare ids without folder and ending.")]
AnyCaseOption = Annotated[bool, typer.Option("--any-case", help="Compare ids without regard to case.")]
EncodingOption = Annotated[str | None, typer.Option(help="Of text files: latin-1, cp1252, utf-16 ...")]
SeparatorOption = Annotated[str | None, typer.Option(help="Of columns: comma, semicolon, tab, or the mark.")]
DecimalOption = Annotated[str | None, typer.Option(help="The decimal mark: . or ,")]
PoolOption = Annotated[str | None, typer.Option(help="Make a table of frames: mean, max or mean+std of a clip's.")]
