"""What a corpus module says of itself, and what a user may ask of an import."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CorpusInfo:
    """Where a corpus is had and what is known of it; `options` names the fields of ImportOptions it heeds."""

    name: str
    title: str
    where: str
    licence: str
    layout: str
    faults: tuple[str, ...]
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportOptions:
    """Choices of an import; what a corpus does not heed is refused before its reader is called."""

    features_table: Path | None = None
    repair: str | None = None
    id_column: str | None = None
    group_column: str | None = None
    targets: tuple[str, ...] | None = None
    labels: Path | None = None
