"""raymer features: the audio of a corpus becomes shards of spectrograms, or a table that is added to the corpus."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import JsonOption, PoolOption
from raymer.cli.output import LINE_SECONDS, err, out, print_json
from raymer.cli.verb import WithoutGPU, verb
from raymer.engine.machine import LOCAL
from raymer.errors import UsageError
from raymer.plain import visible

if TYPE_CHECKING:
    from raymer.corpora.base import Corpus
    from raymer.engine.data import BuildProgress, BuildSummary
    from raymer.features.extractor import Extractor

SUMMARY = "logmel-summary"
KINDS = ("logmel", SUMMARY, "opensmile-is13", "opensmile-compare")


@verb
def features(
    folder: Annotated[Path, typer.Argument(help="Corpus folder with audio, made by `raymer import`.")],
    kind: Annotated[str, typer.Option(help=f"What to compute: {', '.join(KINDS)}.")] = KINDS[0],
    use: Annotated[
        str | None,
        typer.Option(help="Instead: an extractor of an installed package, or module:Class of a --plugin file."),
    ] = None,
    onnx: Annotated[
        Path | None, typer.Option(help="Instead: a model in an ONNX file; MODEL.yaml beside it may describe it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the input is called in experiments.")] = None,
    pool: PoolOption = None,
    rate: Annotated[
        int | None, typer.Option("--sample-rate", "--rate", help="Hz that clips are brought to [default: 22050].")
    ] = None,
    window: Annotated[int | None, typer.Option(help="onnx: samples (of log-mel, frames) that the model takes.")] = None,
    hop: Annotated[int | None, typer.Option(help="onnx: from a window to the next [default: a window].")] = None,
    output: Annotated[str | None, typer.Option(help="onnx: which output is wanted.")] = None,
    bins: Annotated[int | None, typer.Option(help="logmel: mel bands [default: 40].")] = None,
    frame_ms: Annotated[float | None, typer.Option(help="logmel: length of a frame [default: 50].")] = None,
    hop_ms: Annotated[float | None, typer.Option(help="logmel: from a frame to the next [default: 25].")] = None,
    n_fft: Annotated[int | None, typer.Option(help="logmel: length of the transform [default: 2048].")] = None,
    fmin: Annotated[float | None, typer.Option(help="logmel: lowest frequency, Hz [default: 0].")] = None,
    fmax: Annotated[float | None, typer.Option(help="logmel: highest [default: half the sample rate].")] = None,
    dtype: Annotated[str | None, typer.Option(help="logmel: float32 or float16 [default: float32].")] = None,
    json: JsonOption = False,
    machine: WithoutGPU = LOCAL,
) -> None:
    """Build the features of every clip; the same command resumes after any stop, and does nothing when all is done."""
    from raymer.corpora.folder import load_corpus
    from raymer.corpora.inputs import add_input
    from raymer.engine.data import build_features
    from raymer.features.tables import SUMMARY as SUMMARY_POOL
    from raymer.features.tables import table_of

    logmel = {"n_bins": bins, "frame_ms": frame_ms, "hop_ms": hop_ms, "n_fft": n_fft, "fmin": fmin, "fmax": fmax}
    asked = _given({"sample_rate": rate, **logmel, "dtype": dtype})
    model = _given({"rate": rate, "window": window, "hop": hop, "output": output})
    others = sorted({*asked, *model} - {"sample_rate", "rate"})
    if use is not None and (asked or model or onnx or kind != KINDS[0]):
        raise UsageError("--use names an extractor with parameters of its own: --kind and its options would be ignored")
    if onnx is None and use is None and set(others) & {"window", "hop", "output"}:
        raise UsageError("--window, --hop and --output describe a model: give its file with --onnx")
    if onnx is not None and (kind != KINDS[0] or dtype is not None):
        raise UsageError("--onnx names a model with parameters of its own: --kind and --dtype would be ignored")
    corpus, revision = load_corpus(folder), ""
    if onnx is not None:
        parameters = _open_onnx(onnx, {**model, "logmel": _given(logmel)})
    elif use is not None:
        parameters, use, revision = find_extractor(use)
    else:
        parameters = make_extractor(kind, asked)
    is_row = kind == SUMMARY or getattr(parameters, "input_name", None) is not None
    if pool is not None:
        check_pooling(pool, is_row=is_row)
    called = name or (onnx.stem if onnx is not None else "")
    title = called or (SUMMARY if kind == SUMMARY else getattr(parameters, "input_name", parameters.kind))
    if pool is not None and name is None:
        title = f"{title}-{pool.replace('+', '-')}"  # + joins inputs
    check_title(corpus, title)
    with _progress(f"features {title}") as show:
        summary = build_features(
            corpus, parameters, folder / "features", called="" if is_row else called, use=use or "",
            revision=revision, machine=machine, on_progress=show,
        )  # fmt: skip
    table = None
    if is_row or pool is not None:
        table = table_of(summary.folder, title, SUMMARY_POOL if kind == SUMMARY else pool)
        known = corpus.inputs.get(title)
        if known is None or (known.fingerprint, known.made_by) != (table.fingerprint, table.made_by):
            add_input(folder, table)
    _print(summary, table.name if table else None, json)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def check_pooling(pool: str, *, is_row: bool) -> None:
    """Raise UsageError for a pool that is none, or where there are no frames."""
    from raymer.features.pooling import check_pool

    check_pool(pool)
    if is_row:
        raise UsageError(f"these features are one row a clip: there is nothing to pool, leave --pool {pool} out")


def check_title(corpus: "Corpus", title: str) -> None:
    """Raise UsageError where `title` is no name of an input, or that of one that was not computed here."""
    from raymer.corpora.door.build import check_input_name

    check_input_name(title)
    known = corpus.inputs.get(title)
    is_added = corpus.folder is not None and (corpus.folder / "features" / title).exists()
    if is_added or (known is not None and "file" in known.made_by):
        raise UsageError(f"{corpus.folder} has an input {title!r} from a file: another --name")


def find_extractor(use: str) -> "tuple[Extractor, str, str]":
    """Return a new extractor of a class that somebody brought, with its defaults, its name and its revision.

    Of raymer's own the name and the revision are empty.
    """
    import json

    from raymer.features.catalogue import EXTRACTORS

    component = EXTRACTORS[use]
    try:
        made: Extractor = component.cls()
        json.dumps(made.parameters())
    except UsageError:
        raise
    except Exception as error:  # somebody else's code may raise anything
        first = next(iter(str(error).splitlines()), "")
        raise UsageError(f"{use} cannot be made as it is: {type(error).__name__}: {first}") from error
    return (made, component.name, component.revision) if component.is_foreign else (made, "", "")


def _open_onnx(path: Path, given: dict[str, Any]) -> "Extractor":
    from raymer.features.onnx_description import describe_model
    from raymer.features.onnx_file import check_installed
    from raymer.features.onnx_model import open_model

    check_installed()
    return open_model(path, describe_model(path, given))


def make_extractor(kind: str, given: dict[str, Any]) -> "Extractor":
    """Return the extractor of a kind with the parameters that were given; UsageError for one it would ignore."""
    from dataclasses import fields

    from raymer.features.logmel import LogMel
    from raymer.features.opensmile import OpenSmileCompare, OpenSmileIs13
    from raymer.nearest import unknown

    extractors: dict[str, Any] = {made.kind: made for made in (LogMel, OpenSmileIs13, OpenSmileCompare)}
    extractors[SUMMARY] = LogMel
    if kind not in extractors:
        raise UsageError(unknown("kind", kind, KINDS))
    heeded = {field.name for field in fields(extractors[kind])}
    ignored = [name for name in given if name not in heeded]
    if ignored:
        option = {"n_bins": "bins"}.get(ignored[0], ignored[0]).replace("_", "-")
        raise UsageError(f"--kind {kind} would ignore --{option}: leave it out")
    extractor: Extractor = extractors[kind](**given)
    return extractor


def _print(summary: "BuildSummary", input_name: str | None, json: bool) -> None:
    from dataclasses import asdict

    for item in summary.broken:
        err.print(visible(f"broken: {item.clip_id} ({item.file}): {item.reason}", lines=False), style="red")
    if json:
        print_json({**asdict(summary), "folder": str(summary.folder), "input": input_name})
        return
    made = f"{summary.built} of {summary.shards} shards built now" if summary.built else "all was there"
    broken = f", {len(summary.broken)} broken" if summary.broken else ""
    frames = "" if input_name else f", {summary.frames} frames"
    out.print(f"{summary.kind}: {summary.clips} clips{frames}{broken}; {made}, {summary.seconds:.1f} s")
    out.print(f"  {f'input {input_name} of the corpus' if input_name else summary.folder}")


@contextlib.contextmanager
def _progress(label: str) -> "Iterator[Callable[[BuildProgress], None]]":
    """Yield what shows a build's progress on stderr: a line that is rewritten on a terminal, else one in ten s."""
    last = time.monotonic()
    first: tuple[float, int] | None = None  # time and clips of the first report: before it, Ray and its workers start

    def show(progress: "BuildProgress") -> None:
        nonlocal last, first
        now = time.monotonic()
        first = first or (now, progress.done)
        if not err.is_terminal and now - last < LINE_SECONDS:
            return
        last = now
        text = f"{label}: {progress.done} of {progress.total} clips"
        if progress.broken:
            text += f", {len(progress.broken)} broken"
        if progress.done > first[1]:
            left = (now - first[0]) / (progress.done - first[1]) * (progress.total - progress.done)
            text += f", about {left:.0f} s left"
        if err.is_terminal:
            err.print(f"{text:79}", end="\r")
        else:
            err.print(text)

    yield show
    if err.is_terminal:
        err.print(" " * 79, end="\r")
