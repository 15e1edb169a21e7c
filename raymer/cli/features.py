"""raymer features: the audio of a corpus becomes shards of spectrograms, or a table that is added to the corpus."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import LINE_SECONDS, err, out, print_json
from raymer.cli.verb import WithoutGPU, verb
from raymer.engine.machine import LOCAL
from raymer.errors import UsageError

if TYPE_CHECKING:
    from raymer.corpora.base import Input
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
    sample_rate: Annotated[int | None, typer.Option(help="Hz that clips are brought to [default: 22050].")] = None,
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
    from raymer.corpora.base import load_corpus
    from raymer.corpora.inputs import add_input
    from raymer.engine.data import build_features

    names = ("sample_rate", "n_bins", "frame_ms", "hop_ms", "n_fft", "fmin", "fmax", "dtype")
    values = (sample_rate, bins, frame_ms, hop_ms, n_fft, fmin, fmax, dtype)
    given = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    if use is not None and (given or kind != KINDS[0]):
        raise UsageError("--use names an extractor with parameters of its own: --kind and its options would be ignored")
    parameters = make_extractor(kind, given) if use is None else find_extractor(use)
    corpus = load_corpus(folder)
    with _progress(f"features {use or kind}") as show:
        summary = build_features(corpus, parameters, folder / "features", machine=machine, on_progress=show)
    table = _table(kind, parameters, summary.folder)
    if table and (table.name not in corpus.inputs or corpus.inputs[table.name].fingerprint != table.fingerprint):
        add_input(folder, table)
    _print(summary, table.name if table else None, json)


def _table(kind: str, parameters: "Extractor", folder: Path) -> "Input | None":
    """Return the built features as an input of the corpus, for kinds that are one row a clip."""
    from raymer.features.store import load_spectrograms, load_table
    from raymer.features.summary import summarise

    if kind == SUMMARY:
        return summarise(load_spectrograms(folder))
    name: str | None = getattr(parameters, "input_name", None)
    return load_table(folder, name) if name else None


def find_extractor(use: str) -> "Extractor":
    """Return a new extractor of a class that somebody brought, with its defaults."""
    from raymer.features.catalogue import EXTRACTORS

    made: Extractor = EXTRACTORS[use].cls()
    return made


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
        err.print(f"broken: {item.clip_id} ({item.file}): {item.reason}", style="red", markup=False)
    if json:
        print_json({**asdict(summary), "folder": str(summary.folder), "input": input_name})
        return
    made = f"{summary.built} of {summary.shards} shards built now" if summary.built else "all was there"
    broken = f", {len(summary.broken)} broken" if summary.broken else ""
    frames = "" if input_name else f", {summary.frames} frames"
    out.print(f"{summary.kind}: {summary.clips} clips{frames}{broken}; {made}, {summary.seconds:.1f} s", markup=False)
    out.print(f"  {f'input {input_name} of the corpus' if input_name else summary.folder}", markup=False)


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
            err.print(f"{text:79}", end="\r", markup=False)
        else:
            err.print(text, markup=False)

    yield show
    if err.is_terminal:
        err.print(" " * 79, end="\r")
