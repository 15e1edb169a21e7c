"""Classes with fewer clips, or fewer groups, than there are folds."""

from raymer.audits.finding import CHANGES, WORTH, CannotSay, Finding, Kind
from raymer.audits.rows import group_word, groups_given
from raymer.corpora.base import Corpus

FOLDS = 10
KIND = Kind(
    "small-class",
    "A class is too small for the folds",
    WORTH,
    "take fewer folds, put small classes together, or leave them out",
)


def look(corpus: Corpus, folds: int = FOLDS) -> list[Finding]:
    """Find classes with fewer clips than folds; a class of one clip or one group can never be learnt and tested."""
    targets = [target for target in corpus.targets if target.kind == "class"]
    if not targets:
        raise CannotSay("no target is a class")
    findings = []
    for target in targets:
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
