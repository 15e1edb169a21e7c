"""raymer add: one more representation of the clips of a corpus; raymer inputs: those there are."""

from pathlib import Path
from typing import Annotated, Any

import typer

from raymer.cli.flags import in_flags
from raymer.cli.import_ import Words, ask, command, of_input
from raymer.cli.options import (
    AnyCaseOption,
    DecimalOption,
    EncodingOption,
    JsonOption,
    PoolOption,
    SeparatorOption,
    StemOption,
    StripZerosOption,
)
from raymer.cli.output import one_line_errors, print_json, say


def add(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Corpus folder, made by `raymer import`.")],
    file: Annotated[
        Path,
        typer.Argument(help="CSV, Parquet; .npz or HDF5 (ids and an array, or an array an id); a folder of .npy."),
    ],
    name: Annotated[str, typer.Option(help="What the input is called in experiments.")],
    id: Annotated[Words, typer.Option(help="The column with the clip's id; again for ids of several.")] = None,
    feature: Annotated[Words, typer.Option(help="A column (or pattern) that is a feature all the same.")] = None,
    ignore: Annotated[Words, typer.Option(help="A column (or pattern) to leave out.")] = None,
    missing: Annotated[str | None, typer.Option(help="Missing cells: keep, drop-rows, drop-columns.")] = None,
    strip_zeros: StripZerosOption = False,
    stem: StemOption = False,
    any_case: AnyCaseOption = False,
    encoding: EncodingOption = None,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    pool: PoolOption = None,
    replace: Annotated[bool, typer.Option("--replace", "--force", help="Replace an input of that name.")] = False,
    json: JsonOption = False,
) -> None:
    """Add features from a file to a corpus, by the clips' ids; what else the folder holds stays as it is.

    Arrays of one vector a clip make a table, those of a vector a frame make frames.
    """
    with one_line_errors(in_flags):
        from raymer.corpora.door.ids import Matching
        from raymer.corpora.door.questions import Questions
        from raymer.corpora.door.reading import Reading
        from raymer.corpora.door.roles import RoleOptions
        from raymer.features.adding import add_file

        options = RoleOptions(id=tuple(id or ()), feature=tuple(feature or ()), ignore=tuple(ignore or ()))
        try:
            notes = add_file(
                folder,
                file,
                name,
                options,
                how=Matching(strip_zeros, stem, any_case),
                reading=Reading(encoding, separator, decimal),
                missing=missing,
                pool=pool,
                replace_existing=replace,
            )
        except Questions as asked:
            ask(asked, command("add", context.params), json=json)
            raise typer.Exit(asked.exit_code) from asked
        if json:
            print_json(notes)
            return
        say(f"{file} -> {folder}")
        for line in of_input(", ".join(notes["inputs"]), notes):
            say(f"  {line}")


def inputs(
    folder: Annotated[str, typer.Argument(help="Corpus: a folder or a URI (s3://...).")], json: JsonOption = False
) -> None:
    """List the representations that a corpus has: name, shape, what each was made by, clips covered, hash."""
    with one_line_errors():
        from raymer.corpora.folder import load_corpus
        from raymer.features.listing import describe_inputs

        corpus = load_corpus(folder)
        found = describe_inputs(corpus)
        if json:
            print_json(found)
            return
        say(f"{corpus.name}: {len(corpus.clips)} clips, {len(found)} inputs")
        for record in found:
            missing = f", {record['missing']} missing cells" if record["missing"] else ""
            say(
                f"  {record['name']}: {record['kind']} {record['shape'][0]} x {record['shape'][1]} {record['dtype']}, "
                f"{record['clips']} of {record['of']} clips{missing}, {made_by(record['made_by'])}, {record['hash']}"
            )


def made_by(record: dict[str, Any]) -> str:
    """Return where an input comes from in a few words."""
    if not record:
        return "origin unknown"
    pool = f", {record['pool']} of frames" if "pool" in record else ""
    if "file" in record:
        column = f", column {record['column']}" if "column" in record else ""
        digits = f" (sha256 {record['sha256'][:12]})" if "sha256" in record else ""
        return f"from {record['file']}{column}{digits}{pool}"
    if "extractor" in record:
        return f"made by {record.get('use', record['extractor'])}{pool}"
    return ", ".join(f"{key} {value}" for key, value in record.items())
