"""Features whose names say that they are none: a target's name in them, a rating, a fold, an index."""

import re

from raymer.audits.finding import CHANGES, WORTH, Finding, Kind
from raymer.corpora.base import Corpus

KIND = Kind(
    "label-name",
    "A feature bears the name of a label",
    CHANGES,
    "leave it out, or rename it if it is measured from the sound",
)
BOOKKEEPING = Kind(
    "bookkeeping-name",
    "A feature bears the name of bookkeeping",
    WORTH,
    "leave out what numbers, divides or dates the clips; it says nothing of their sound",
)
LABELS = frozenset("valence arousal dominance mood emotion label labels rating ratings annotation genre".split())
BOOKS = frozenset("unnamed index idx fold folds split partition row rownum id year timestamp".split())


def look(corpus: Corpus) -> list[Finding]:
    """Find features with a target's name, or a word for a label, as a whole word of their own."""
    targets = [_words(target.name) for target in corpus.targets]
    findings = []
    for item in corpus.inputs.values():
        named = [name for name in item.columns if LABELS & set(_words(name)) or _holds(_words(name), targets)]
        if named and len(named) < len(item.columns):
            message = f"{named[0]} of input {item.name} is named like a label"
            findings.append(KIND.found(len(named), len(item.columns), message, named))
    return findings


def look_for_bookkeeping(corpus: Corpus) -> list[Finding]:
    """Find features that are called index, fold, split, row, id, year or have no name."""
    findings = []
    for item in corpus.inputs.values():
        named = [name for name in item.columns if BOOKS & set(_words(name)) or not name.strip()]
        if named:
            message = f"{named[0] or 'a nameless column'} of input {item.name} is named like bookkeeping"
            findings.append(BOOKKEEPING.found(len(named), len(item.columns), message, named))
    return findings


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()) if word]


def _holds(words: list[str], targets: list[list[str]]) -> bool:
    joined = " ".join(words)
    return any(target and re.search(rf"\b{re.escape(' '.join(target))}\b", joined) for target in targets)
