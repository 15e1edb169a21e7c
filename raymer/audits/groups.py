"""Groups: whether any were given, how large they are, whether folds can be made of them, how they are spelt."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import GroupKFold

from raymer.audits.finding import CHANGES, WORTH, CannotSay, Finding, Kind
from raymer.audits.rows import group_word, groups_given, labels_of, need_groups
from raymer.corpora.base import Corpus

FOLDS = 10
NONE = Kind(
    "no-groups",
    "No groups were given",
    WORTH,
    "say at import which column holds the artist or the song; without it nobody can say what random folds leak",
)
GIANT = Kind(
    "giant-group",
    "One group holds much of the corpus",
    CHANGES,
    "take fewer folds, test on the giant by itself, or leave part of it out",
)
SIZES = Kind(
    "fold-sizes",
    "Folds by group are of very different size",
    WORTH,
    "take fewer folds, or pool the predictions of all folds before scoring",
)
SPELT = Kind(
    "group-spelling",
    "Groups whose names differ in spelling only",
    WORTH,
    "spell them alike before the import, so that they are one group",
)
CLASSES = Kind(
    "group-is-class",
    "The groups are the classes",
    CHANGES,
    "give another column as the group: folds by these groups test on classes that were never seen",
)


def look_for_none(corpus: Corpus) -> list[Finding]:
    """Find a corpus whose clips are each their own group."""
    if groups_given(corpus):
        return []
    message = "every clip is its own group: how many artists or songs random folds put on both sides, raymer cannot say"
    return [NONE.found(len(corpus.clips), len(corpus.clips), message)]


def look_for_giant(corpus: Corpus) -> list[Finding]:
    """Find a group with more than a fifth of the clips; from a half on it would change a score."""
    names, counts = np.unique(need_groups(corpus), return_counts=True)
    share = counts.max() / counts.sum()
    if share <= 0.2:
        return []
    name = str(names[counts.argmax()])
    message = f"{group_word(corpus)} {name} holds {share:.0%} of the clips"
    return [
        GIANT.found(int(counts.max()), int(counts.sum()), message, [name], severity=CHANGES if share >= 0.5 else WORTH)
    ]


def look_at_sizes(corpus: Corpus, folds: int = FOLDS) -> list[Finding]:
    """Find folds by group of which the least has less than half the clips of the largest."""
    groups = need_groups(corpus)
    number = len(np.unique(groups))
    word = group_word(corpus)
    if number < folds:
        message = f"{number} {word}s: {folds} folds by {word} cannot be made"
        return [SIZES.found(number, folds, message)]
    maker = GroupKFold(folds)
    sizes = sorted((len(test) for _, test in maker.split(groups, groups=groups)), reverse=True)
    if sizes[-1] >= 0.5 * sizes[0]:
        return []
    message = f"{folds} folds by {word} hold {', '.join(map(str, sizes))} clips at best"
    return [SIZES.found(sum(size < 0.5 * sizes[0] for size in sizes), folds, message)]


def look_at_spelling(corpus: Corpus) -> list[Finding]:
    """Find groups that differ in case, accents, blanks, punctuation or a leading "the" only."""
    names = sorted(set(need_groups(corpus).tolist()))
    pairs = spelt_twice(names)
    if not pairs:
        return []
    message = f"{len(pairs)} {group_word(corpus)}s stand under two spellings: folds take them for different ones"
    return [SPELT.found(len(pairs), len(names), message, pairs)]


def look_for_classes(corpus: Corpus) -> list[Finding]:
    """Find groups that are one to one with the classes of a target."""
    groups = need_groups(corpus)
    targets = [target for target in corpus.targets if target.kind == "class"]
    if not targets:
        raise CannotSay("no target is a class")
    findings = []
    for target in targets:
        y, present = labels_of(corpus, target)
        pairs = {(group, label) for group, label in zip(groups[present].tolist(), y[present].tolist(), strict=True)}
        if len(pairs) == len(np.unique(groups[present])) == len(np.unique(y[present])) > 1:
            message = f"each {group_word(corpus)} is one class of {target.name}"
            findings.append(CLASSES.found(len(pairs), len(pairs), message))
    return findings


def spelt_twice(names: Sequence[str]) -> list[str]:
    """Return the pairs of names that differ in spelling only, in words."""
    first: dict[str, str] = {}
    before = [(first.setdefault(plain(name) or name, name), name) for name in names]
    return [f"{one!r} and {name!r}" for one, name in before if one != name]


def plain(name: str) -> str:
    """Return a name without case, accents, blanks, punctuation and a leading "the"."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    words = re.findall(r"[^\W_]+", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    return "".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)
