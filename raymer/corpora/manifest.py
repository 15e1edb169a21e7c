"""corpus.json: what a corpus folder says of itself, as one typed record."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from raymer.corpora.parts import Origin, Target
from raymer.records import Record, read_record, to_json

FORMAT = 2
MANIFEST = "corpus.json"
REMEDY = "import again"
NAME = r"^[^./\\\x00-\x1f][^/\\\x00-\x1f]*$"
"""Of an input: what is also the name of a file."""


class InputRecord(Record):
    """What corpus.json says of an input: the hash of its content, and what it was made by."""

    fingerprint: str
    made_by: dict[str, Any]


class CorpusRecord(Record):
    """corpus.json, whole."""

    format: int
    name: str
    targets: tuple[Target, ...]
    inputs: dict[Annotated[str, Field(pattern=NAME)], InputRecord]
    fingerprint: str
    notes: dict[str, Any]
    audio_root: str | None
    group_name: str | None
    origin: Origin


def read_corpus_record(path: Path) -> CorpusRecord:
    """Return what corpus.json says.

    Raises
    ------
    RaymerError
        In one line, for what does not fit.
    """
    return read_record(CorpusRecord, path.read_bytes(), path, REMEDY, reads=FORMAT)


def corpus_text(record: CorpusRecord) -> str:
    """Return corpus.json as it is written."""
    return to_json(record.model_dump(mode="json"), indent=2) + "\n"
