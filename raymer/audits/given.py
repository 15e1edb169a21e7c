"""Fixed splits as lists of ids: reading them, and what they put on both sides."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from raymer.audits.finding import CHANGES, Finding, Kind
from raymer.audits.rows import group_word, groups_given
from raymer.corpora.base import Corpus
from raymer.errors import RaymerError, UsageError
from raymer.protocols.split_files import read_lists

GivenSplits = Mapping[str, tuple[str, ...]]
"""Clip ids by part: {"train": (...), "validation": (...), "test": (...)}."""

KIND = Kind(
    "given-split",
    "A given split has clips or groups on both sides",
    CHANGES,
    "score the test clips that share nothing with the train part, or make folds by group",
)
PARTS = ("split", "part", "set", "fold", "subset")


def read_splits(path: Path) -> GivenSplits:
    """Read a folder with one list of ids a part (train.txt, test.txt ...), or a table with an id and a part.

    Raises
    ------
    UsageError
        When `path` is missing.
    RaymerError
        When it holds no list, or the table has no two columns.
    """
    if path.is_dir():
        return read_lists(path)
    if not path.is_file():
        raise UsageError(f"{path} is missing")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, sep="\t" if path.suffix == ".tsv" else ",")
    except (ValueError, OSError) as error:
        raise RaymerError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from error
    named = [column for column in table.columns if column.strip().lower() in PARTS]
    if len(table.columns) < 2:
        raise RaymerError(f"{path} needs two columns: the clip's id and its part (train, test ...)")
    part = named[0] if named else table.columns[1]
    ids = next(column for column in table.columns if column != part)
    found: dict[str, tuple[str, ...]] = {}
    for name, rows in table[table[part] != ""].groupby(part, sort=True):
        found[str(name)] = tuple(rows[ids].str.strip())
    return found


def look_at_splits(corpus: Corpus, splits: GivenSplits) -> list[Finding]:
    """Find test clips that are in the train part too, or whose group is; and ids that are no clips."""
    group = dict(zip(corpus.clips["clip_id"].astype(str), corpus.clips["group"].astype(str), strict=True))
    findings = []
    unknown = sorted({clip for ids in splits.values() for clip in ids if clip not in group})
    if unknown:
        total = sum(map(len, splits.values()))
        message = f"{len(unknown)} ids of the splits are no clips of {corpus.name}"
        advice = "compare how the ids are written (leading zeros, endings), or import the missing clips"
        findings.append(KIND.found(len(unknown), total, message, unknown, advice=advice))
    train = [clip for clip in splits.get("train", ()) if clip in group]
    groups = {group[clip] for clip in train}
    for part, ids in splits.items():
        if part == "train" or not train:
            continue
        both = [clip for clip in ids if clip in set(train)]
        if both:
            findings.append(KIND.found(len(both), len(ids), f"{len(both)} {part} clips are in train too", both))
        shared = [clip for clip in ids if clip in group and group[clip] in groups and clip not in set(train)]
        if shared and groups_given(corpus):
            message = f"{len(shared)} of {len(ids)} {part} clips have their {group_word(corpus)} in train"
            findings.append(KIND.found(len(shared), len(ids), message, shared))
    return findings
