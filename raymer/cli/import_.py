"""raymer import: an original download, or your own table or folder, becomes a checked corpus folder."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.flags import FLAGS, in_flags
from raymer.cli.options import (
    AnyCaseOption,
    DecimalOption,
    EncodingOption,
    JsonOption,
    SeparatorOption,
    StemOption,
    StripZerosOption,
)
from raymer.cli.output import err, one_line_errors, print_json, say, serious_lines

if TYPE_CHECKING:
    from raymer.corpora.door.questions import Questions

Words = list[str] | None


def import_(
    context: typer.Context,
    corpus: Annotated[str, typer.Argument(help="Name of the corpus; `raymer corpora` lists them.")],
    src: Annotated[
        Path | None, typer.Argument(help="The original folder (or, for `table`, the CSV or Parquet file).")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to make.")] = None,
    features_table: Annotated[
        Path | None, typer.Option(help="Ready song-level features (CSV or Parquet), instead of the original files.")
    ] = None,
    repair: Annotated[
        str | None, typer.Option(help="deam: songs whose swapped columns are put right: 2013_only, none, all.")
    ] = None,
    id: Annotated[Words, typer.Option(help="table: the column with the clip's id; again for ids of several.")] = None,
    target: Annotated[Words, typer.Option(help="table, audio_folder: a column to predict; again for more.")] = None,
    classes: Annotated[
        Words, typer.Option("--class", help="A column to predict that is classes, numbers or not.")
    ] = None,
    numbers: Annotated[Words, typer.Option("--number", help="A column to predict that is a scale.")] = None,
    group: Annotated[
        str | None, typer.Option(help="table, audio_folder: the column with the artist or song, never divided.")
    ] = None,
    feature: Annotated[Words, typer.Option(help="table: a column (or pattern) that is a feature all the same.")] = None,
    keep: Annotated[Words, typer.Option(help="table: a column (or pattern) kept beside the clips, no feature.")] = None,
    ignore: Annotated[Words, typer.Option(help="table: a column (or pattern) to leave out.")] = None,
    labels: Annotated[
        Path | None, typer.Option(help="A table with the labels (audio_folder: instead of a folder a class).")
    ] = None,
    features: Annotated[Words, typer.Option(help="table: FILE or NAME=FILE with features of the same clips.")] = None,
    missing: Annotated[str | None, typer.Option(help="table: missing cells: keep, drop-rows, drop-columns.")] = None,
    mean_over: Annotated[
        str | None, typer.Option(help="table: the column of raters, where a clip has many rows.")
    ] = None,
    group_from: Annotated[
        str | None, typer.Option(help="table: a pattern over ids whose brackets hold the group: '(.*)[.][0-9]+'.")
    ] = None,
    number_rows: Annotated[bool, typer.Option("--number-rows", help="table: call the clips 1, 2, 3 ...")] = False,
    strip_zeros: StripZerosOption = False,
    stem: StemOption = False,
    any_case: AnyCaseOption = False,
    encoding: EncodingOption = None,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    file_column: Annotated[
        str | None, typer.Option(help="audio_folder: the labels' column of files [default: file].")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a corpus folder that exists, built features and all.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Read a corpus from its original files, check and repair it, and write it as a folder of Parquet files.

    Of a table every column gets a role, which the summary says; doubtful columns are asked about, all at once.
    """
    with one_line_errors(in_flags):
        from raymer.audits import quick_findings
        from raymer.audits.finding import CHANGES
        from raymer.corpora.door.questions import Questions
        from raymer.corpora.folder import check_place, write_corpus
        from raymer.corpora.info import ImportOptions
        from raymer.corpora.registry import import_corpus
        from raymer.errors import UsageError

        if output is None:
            raise UsageError("say which folder to make: -o DIR")
        src = src or labels
        if src is None:
            raise UsageError("say what to read: a folder or a table, or for labels alone --labels FILE")
        check_place(output, replace_existing=force)
        options = ImportOptions(
            features_table=features_table,
            repair=repair,
            id_column=_one_or_more(id),
            group_column=group,
            targets=_tuple(target),
            labels=labels,
            classes=_tuple(classes),
            numbers=_tuple(numbers),
            feature=_tuple(feature),
            keep=_tuple(keep),
            ignore=_tuple(ignore),
            features=_tuple(features),
            missing=missing,
            mean_over=mean_over,
            group_from=group_from,
            number_rows=number_rows or None,
            strip_zeros=strip_zeros or None,
            stem=stem or None,
            any_case=any_case or None,
            encoding=encoding,
            separator=separator,
            decimal=decimal,
            file_column=file_column,
        )
        try:
            made = import_corpus(corpus, src, options)
        except Questions as asked:
            ask(asked, command("import", context.params), json=json)
            raise typer.Exit(asked.exit_code) from asked
        write_corpus(made, output, replace_existing=force)
        found = quick_findings(made)
        if json:
            origin = {"importer": made.origin.importer, "sources": list(made.origin.sources)}
            findings = [finding.to_record() for finding in found]
            record = {"corpus": made.name, **made.notes, "origin": origin, "fingerprint": made.fingerprint}
            print_json({**record, "findings": findings})
            return
        say(f"{made.name}: {len(made.clips)} clips -> {output}")
        for line in summary(made.notes):
            say(f"  {line}")
        if corpus == "table" and not made.inputs:
            say(f"  no features yet: raymer add {shlex.quote(str(output))} FILE --name NAME")
        for line in serious_lines(found):
            say(line)
        if found:
            rest = sum(finding.severity != CHANGES for finding in found)
            say(
                f"quick audit: {len(found) - rest} would change a score, {rest} worth knowing: raymer audit "
                f"{shlex.quote(str(output))}"
            )


def _tuple(words: Words) -> tuple[str, ...] | None:
    return tuple(words) if words else None


def _one_or_more(words: Words) -> str | tuple[str, ...] | None:
    return words[0] if words and len(words) == 1 else _tuple(words)


def ask(asked: "Questions", words: Sequence[str], *, json: bool) -> None:
    """Print every question, and the command that answers them all, ready to paste."""
    from raymer.corpora.door.questions import choices

    answers = [
        part for field, columns in asked.answers.items() for column in columns for part in (FLAGS[field], column)
    ]
    ready = shlex.join([*words, *answers])
    if json:
        print_json({"questions": [question.to_record() for question in asked.questions], "command": ready})
    count = len(asked.questions)
    title = (
        f"raymer: {asked.source}: nothing was written; {count} column{'s' if count > 1 else ''} must be answered for:"
    )
    err.print(title, style="red")
    for question in asked.questions:
        err.print(f"  {question.column}: {question.why} ({in_flags(choices(question))})")
    for remark in asked.remarks:
        err.print(f"  {in_flags(remark)}")
    err.print(f"this takes what is likely:\n  {ready}")


def command(verb: str, given: Mapping[str, Any]) -> list[str]:
    """Return the command that was given, word by word."""
    names = {"output": "-o", "target": "--target", "classes": "--class", "numbers": "--number"}
    places = ("corpus", "src", "folder", "file")
    words = ["raymer", verb, *(str(given[name]) for name in places if given.get(name) is not None)]
    for name, value in given.items():
        if name in places or value is None or value is False or value == []:
            continue
        flag = names.get(name, f"--{name.replace('_', '-')}")
        if value is True:
            words.append(flag)
            continue
        for each in value if isinstance(value, list | tuple) else [value]:
            words += [flag, str(each)]
    return words


def summary(notes: Mapping[str, Any]) -> list[str]:
    """Return what an import did, a line each."""
    lines = []
    for key, value in notes.items():
        if key in ("with_features", "features") and "inputs" in notes:
            continue  # said of each input
        if key == "columns":
            lines += columns(value)
        elif key == "inputs" and isinstance(value, dict):
            lines += [line for name, found in value.items() for line in of_input(name, found)]
        elif key == "missing_labels":
            lines.append(f"missing labels: {pairs(value)} (left out for that target only)")
        elif key == "without_group":
            what = f"{value['count']} clips have no group: each is its own"
            lines.append(f"{what} ({', '.join(value['first'])} ...)")
        elif key == "files_not_read":
            lines.append(f"files not read: {pairs(value)}")
        elif key == "broken_audio":
            lines.append(f"cannot be decoded: {value['count']} files ({'; '.join(value['first'])})")
        elif key == "dropped_rows":
            lines.append(f"dropped rows: {value['count']} with missing cells ({', '.join(value['first'])} ...)")
        elif key == "read_as":
            lines.append(f"read as: {', '.join(value)}")
        else:
            lines.append(f"{key.replace('_', ' ')}: {value}")
    return lines


def columns(roles: Mapping[str, Any]) -> list[str]:
    """Return which column has which role, a line a role."""
    ids = roles["id"]
    lines = [f"id: {ids if isinstance(ids, str) else ' + '.join(ids)}"]
    if "group_from" in roles:
        lines.append(f"group: of the ids, by {roles['group_from']}")
    else:
        lines.append(f"group: {roles['group']}" if "group" in roles else "group: none given; every clip is its own")
    if "targets" in roles:
        targets = ", ".join(f"{name} ({kind})" for name, kind in roles["targets"].items())
        lines.append(f"target: {targets}")
    return [*lines, *of_columns(roles)]


def of_columns(roles: Mapping[str, Any]) -> list[str]:
    """Return the lines on features, lists, kept and ignored columns."""
    lines = []
    if "mean_over" in roles:
        lines.append(f"mean over: {roles['mean_over']}")
    found = roles["features"]
    if found["count"]:
        lines.append(f"features: {found['count']} ({', '.join(found['names'])})")
    if "lists" in roles:
        lines.append(f"features in lists: {', '.join(roles['lists'])}")
    if "kept" in roles:
        lines.append(f"kept beside the clips: {', '.join(roles['kept'])}")
    if "ignored" in roles:
        by_reason: dict[str, list[str]] = {}
        for name, why in roles["ignored"].items():
            by_reason.setdefault(why, []).append(name)
        lines.append(f"left out: {', '.join(f'{_few(names)} ({why})' for why, names in by_reason.items())}")
    return lines


def _few(names: Sequence[str]) -> str:
    """Return names, of many the first and last."""
    shown = names if len(names) <= 6 else [*names[:3], "...", *names[-3:]]
    return ", ".join(shown) if len(names) <= 6 else f"{len(names)}: {', '.join(shown)}"


def of_input(name: str, found: Mapping[str, Any]) -> list[str]:
    """Return the lines on one input."""
    what = (
        f"{found['frames']} frames of {found['width']}"
        if "frames" in found
        else f"{found.get('features', '?')} features"
    )
    lines = [f"input {name}: {what} of {found.get('clips', '?')} clips"]
    if "columns" in found:
        lines += [f"  {line}" for line in of_columns(found["columns"])]
    for key, what in (("rows_of_no_clip", "rows of no clip"), ("clips_without_row", "clips without a row")):
        if key in found:
            lines.append(f"  {what}: {found[key]['count']} ({', '.join(found[key]['first'])} ...)")
    if "dropped_rows" in found:
        lines.append(f"  dropped rows: {found['dropped_rows']['count']} with missing cells")
    if found.get("read_as"):
        lines.append(f"  read as: {', '.join(found['read_as'])}")
    if "missing" in found:
        cells = found["missing"]
        kept = ": kept as NaN; put {use: impute} before what cannot take them, or --missing drop-rows or drop-columns"
        count = f"{cells['cells']} missing cell{'s' if cells['cells'] > 1 else ''} ({pairs(cells['by_column'])})"
        lines.append(f"  {count}{kept if cells['kept'] else ''}")
    return lines


def pairs(counts: Mapping[str, int]) -> str:
    """Return "f2 1, f4 2", the first few."""
    shown = [f"{name} {count}" for name, count in list(counts.items())[:8]]
    return ", ".join(shown) + (f" and {len(counts) - 8} more columns" if len(counts) > 8 else "")
