"""raymer demo: a complete small experiment, from audio that is made up on the spot to tables and a report."""

from pathlib import Path
from typing import Annotated

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import err
from raymer.cli.verb import HereOnly, verb
from raymer.engine.machine import LOCAL, Machine

EXPERIMENT = "demo"
FOLDER = Path("demo")


@verb
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for audio, corpus and results.")] = FOLDER,
    clips: Annotated[int, typer.Option(help="Number of clips to synthesise.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the clips.")] = 0,
    json: JsonOption = False,
    machine: HereOnly = LOCAL,
) -> None:
    """Synthesise clips, build their spectrograms, run methods on tables and on sequences, and report what they score.

    The same command resumes after any stop.
    """
    from raymer.cli.run import run_experiment, show
    from raymer.engine.cluster import one_connection

    folder, store = output / "corpus", str(output / "store")
    _import_clips(output / "synthetic", folder, clips, seed)
    with one_connection():
        _build(folder, machine)
        study, ran = run_experiment(EXPERIMENT, folder, store, machine)
    if not ran.summary.failed:
        study.report(output / "report")
        err.print(f"report: {output / 'report' / 'index.html'}")
    show(ran, json)


def _import_clips(audio: Path, folder: Path, clips: int, seed: int) -> None:
    """Write the clips and import them as anyone's would be; what is there already is left alone."""
    from raymer.corpora.folder import load_corpus, write_corpus
    from raymer.corpora.info import ImportOptions
    from raymer.corpora.manifest import MANIFEST
    from raymer.corpora.registry import import_corpus
    from raymer.corpora.synthetic_audio import LABELS, write_audio

    write_audio(audio, clips, seed=seed)
    options = ImportOptions(labels=audio / LABELS, targets=("valence", "arousal"), group_column="artist")
    made = import_corpus("audio_folder", audio, options)
    if (folder / MANIFEST).is_file():
        known = load_corpus(folder)
        if (known.fingerprint, known.audio_root) == (made.fingerprint, made.audio_root):
            return
    write_corpus(made, folder, replace_existing=True)
    err.print(f"{clips} clips in {audio} -> {folder}")


def _build(folder: Path, machine: Machine) -> None:
    """Build the spectrograms of the corpus, and add their summaries to it as a table."""
    from raymer.corpora.folder import load_corpus
    from raymer.corpora.inputs import add_input
    from raymer.corpora.synthetic_audio import SAMPLE_RATE
    from raymer.engine.data import build_features
    from raymer.features.logmel import LogMel
    from raymer.features.summary import INPUT_NAME
    from raymer.features.tables import SUMMARY, table_of

    extractor = LogMel(sample_rate=SAMPLE_RATE)
    summary = build_features(load_corpus(folder), extractor, folder / "features", machine=machine)
    add_input(folder, table_of(summary.folder, INPUT_NAME, SUMMARY))
    err.print(f"log-mel: {summary.frames} frames, {summary.seconds:.1f} s")
