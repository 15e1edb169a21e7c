"""The corpora raymer can import, by name."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from raymer.corpora import (
    audio_folder,
    ballroom,
    deam,
    emotify,
    four_quadrants,
    gtzan,
    lastfm,
    mediaeval2013,
    pmemo,
    table,
)
from raymer.corpora.base import Corpus
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.errors import UsageError
from raymer.nearest import unknown


@dataclass(frozen=True)
class Importer:
    """What is known of a corpus, and its reader."""

    info: CorpusInfo
    read: Callable[[Path, ImportOptions], Corpus]


_MODULES = (deam, mediaeval2013, emotify, pmemo, four_quadrants, lastfm, gtzan, ballroom, audio_folder, table)
IMPORTERS = {module.INFO.name: Importer(module.INFO, module.read) for module in _MODULES}


def import_corpus(name: str, src: Path, options: ImportOptions | None = None) -> Corpus:
    """Read the corpus called `name` from its original files at `src`.

    Raises
    ------
    UsageError
        For an unknown name, a missing `src`, or an option that this corpus would ignore.
    RaymerError
        From the corpus' reader: what it found in the files.
    """
    options = options or ImportOptions()
    if name not in IMPORTERS:
        raise UsageError(unknown("corpus", name, IMPORTERS))
    importer = IMPORTERS[name]
    for field in fields(options):
        if getattr(options, field.name) is not None and field.name not in importer.info.options:
            raise UsageError(f"the import of {name} would ignore {field.name.replace('_', ' ')}: leave it out")
    if not src.exists():
        raise UsageError(f"{src} does not exist")
    return importer.read(src, options)
