"""Ids that differ in a last number only: slices of one song, perhaps, and no group says so."""

import re
from collections import Counter

import numpy as np

from raymer.audits.finding import CHANGES, CannotSay, Finding, Kind
from raymer.audits.rows import groups_given
from raymer.corpora.base import Corpus

KIND = Kind(
    "slices",
    "Ids differ in a last number only, and no groups were given",
    CHANGES,
    "if they are slices of one song, import again with the song as the group: --group-from says how",
)
LEAST_SONGS = 5
MOST_SLICES = 50


def look(corpus: Corpus) -> list[Finding]:
    """Find ids such as song7.0, song7.1, song7.2 in a corpus whose clips are each their own group."""
    if groups_given(corpus):
        raise CannotSay("groups were given")
    ids = corpus.clips["clip_id"].astype(str).tolist()
    stems = [stem for clip in ids if (stem := stem_of(clip)) is not None]
    counts = Counter(stems)
    several = {stem: count for stem, count in counts.items() if count > 1}
    sliced = sum(several.values())
    if len(several) < LEAST_SONGS or sliced < 0.5 * len(ids) or np.median(list(several.values())) > MOST_SLICES:
        return []
    if _are_classes(corpus, ids, counts):
        return []
    sizes = sorted(several.values())
    each = f"{sizes[0]}" if sizes[0] == sizes[-1] else f"{sizes[0]} to {sizes[-1]}"
    message = (
        f"{sliced} ids are {len(several)} names with {each} numbers each: are they slices of one song? "
        f"(--group-from '{_pattern(ids)}')"
    )
    first = next(iter(several))
    examples = [clip for clip in ids if stem_of(clip) == first]
    return [KIND.found(sliced, len(ids), message, examples)]


def _pattern(ids: list[str]) -> str:
    """Return a pattern whose brackets hold the name of an id, with or without the number after it."""
    for mark in "._-":
        if all(re.fullmatch(rf".+[{mark}][0-9]+", clip) for clip in ids):
            return rf"(.*)[{mark}][0-9]+"
    return r"(.*?)(?:[._-][0-9]+)?"


def stem_of(clip: str) -> str | None:
    """Return an id without its last number and what parts them, or None where nothing of a name is left."""
    match = re.fullmatch(
        r"(.*\w)[ ._\-#:/]+(?:(?:seg|segment|slice|part|clip|excerpt)[ ._\-]*)?\d+", clip, re.IGNORECASE
    )
    return match[1] if match else None


def _are_classes(corpus: Corpus, ids: list[str], counts: "Counter[str]") -> bool:
    """Whether the names are those of a class target: blues.00001 is no slice of blues."""
    for target in corpus.targets:
        if target.kind == "class":
            label = dict(zip(ids, corpus.clips[target.name].astype(str), strict=True))
            named = [clip for clip in ids if (stem_of(clip) or "").lower() == label[clip].lower()]
            if len(named) > 0.5 * sum(counts.values()):
                return True
    return False
