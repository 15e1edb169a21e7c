"""Classes with fewer clips, or fewer groups, than there are folds, and classes under two spellings."""

from raymer.audits.finding import CHANGES, WORTH, CannotSay, Finding, Kind
from raymer.audits.groups import spelt_twice
from raymer.audits.rows import group_word, groups_given
from raymer.corpora.base import Corpus, Target

FOLDS = 10
KIND = Kind(
    "small-class",
    "A class is too small for the folds",
    WORTH,
    "take fewer folds, put small classes together, or leave them out",
)
SPELT = Kind(
    "class-spelling",
    "A class stands under two spellings",
    CHANGES,
    "write it alike and import again: what is one class is learnt and scored as two",
)


def look(corpus: Corpus, folds: int = FOLDS) -> list[Finding]:
    """Find classes with fewer clips than folds; a class of one clip or one group can never be learnt and tested."""
    findings = []
    for target in _class_targets(corpus):
        clips = corpus.clips[corpus.clips[target.name].notna()]
        by_class = clips.groupby(clips[target.name].astype(str))["group"]
        counts, groups = by_class.size(), by_class.nunique()
        small = sorted(counts.index[counts < folds], key=lambda name: counts[name])
        alone = [name for name in counts.index if counts[name] < 2 or (groups_given(corpus) and groups[name] < 2)]
        if alone and len(alone) < len(counts):
            word = "clip" if counts[alone[0]] < 2 else group_word(corpus)
            message = f"class {alone[0]} of {target.name} has one {word}: it is never in both train and test part"
            named = [f"{name} ({counts[name]})" for name in alone]
            findings.append(KIND.found(len(alone), len(counts), message, named, severity=CHANGES))
        if small:
            message = f"class {small[0]} of {target.name} has {counts[small[0]]} clips, fewer than {folds} folds"
            findings.append(
                KIND.found(len(small), len(counts), message, [f"{name} ({counts[name]})" for name in small])
            )
    return findings


def look_at_spelling(corpus: Corpus) -> list[Finding]:
    """Find classes that differ in case, accents, blanks, punctuation or a leading "the" only."""
    findings = []
    for target in _class_targets(corpus):
        names = sorted(set(corpus.clips[target.name].dropna().astype(str)))
        if pairs := spelt_twice(names):
            message = f"classes {pairs[0]} of {target.name} differ in spelling only"
            findings.append(SPELT.found(len(pairs), len(names), message, pairs))
    return findings


def _class_targets(corpus: Corpus) -> list[Target]:
    targets = [target for target in corpus.targets if target.kind == "class"]
    if not targets:
        raise CannotSay("no target is a class")
    return targets
