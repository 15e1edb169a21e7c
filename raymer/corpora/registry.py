"""The corpora raymer can import, by name."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from raymer.components.catalogue import Catalogue
from raymer.components.component import Component
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
from raymer.corpora.base import Corpus, Origin
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.sources import noted_sources, source_records
from raymer.errors import UsageError


@dataclass(frozen=True)
class Importer:
    """What is known of a corpus, and its reader."""

    info: CorpusInfo
    read: Callable[[Path, ImportOptions], Corpus]


_MODULES = (deam, mediaeval2013, emotify, pmemo, four_quadrants, lastfm, gtzan, ballroom, audio_folder, table)
IMPORTERS = {module.INFO.name: Importer(module.INFO, module.read) for module in _MODULES}


CORPORA = Catalogue(
    "corpus",
    [Component(name, "corpus", "", importer.info.title) for name, importer in IMPORTERS.items()],
    lambda cls: next((f"has no {name}" for name in ("INFO", "read") if not hasattr(cls, name)), ""),
)
"""The corpora by name. A foreign importer is a class with `INFO`, a CorpusInfo, and a static `read(src, options)`."""


def find_importer(name: str) -> Importer:
    """Return an importer by its name, raymer's or an installed package's, or "module:Class" of a file that was brought.

    Raises
    ------
    UsageError
        For an unknown name, with the nearest.
    """
    if name in IMPORTERS:
        return IMPORTERS[name]
    cls = CORPORA[name].cls
    return Importer(cls.INFO, cls.read)


def import_corpus(name: str, src: str | Path, options: ImportOptions | None = None) -> Corpus:
    """Read the corpus called `name` from its original files at `src`.

    Raises
    ------
    UsageError
        For an unknown name, a missing `src`, or an option that this corpus would ignore.
    RaymerError
        From the corpus' reader: what it found in the files.
    """
    src = Path(src)
    options = options or ImportOptions()
    importer = find_importer(name)
    for field in fields(options):
        if getattr(options, field.name) is not None and field.name not in importer.info.options:
            raise UsageError(f"the import of {name} would ignore {field.name.replace('_', ' ')}: leave it out")
    if not src.exists():
        raise UsageError(f"{src} does not exist")
    with noted_sources() as read:
        corpus = importer.read(src, options)
    origin = Origin(name, importer.info.licence, importer.info.where, tuple(source_records(read, src)))
    return replace(corpus, origin=origin)
