"""Labels: off their scale, never varying, few distinct values, equal within a fold, columns exchanged."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from raymer.audits.finding import CHANGES, WORTH, Finding, Kind
from raymer.audits.rows import group_word, labels_of, need_groups
from raymer.corpora.base import Corpus, Target

FOLDS = 10
RANGE = Kind("label-range", "A label lies off its scale", CHANGES, "correct the rows, or the scale that was given")
CONSTANT = Kind(
    "constant-target",
    "A target never varies",
    CHANGES,
    "leave the target out: nothing can be predicted and no score means anything",
)
TIES = Kind(
    "few-values",
    "A target has few distinct values",
    WORTH,
    "if they are classes, import them as a class; if a scale, expect ties and folds of equal labels",
)
EQUAL = Kind(
    "equal-fold",
    "All labels of a fold are equal",
    CHANGES,
    "pool the predictions of all folds before scoring, or take fewer folds: R2 and r of equal labels are undefined",
)
SWAPPED = Kind(
    "swapped-columns",
    "Two label columns are exchanged",
    CHANGES,
    "import again with the repair that the importer offers",
)
FEW = 10
COMMON = 0.3


def look_at_range(corpus: Corpus) -> list[Finding]:
    """Find labels outside the scale of their target."""
    findings = []
    for target in _numbers(corpus):
        if target.low is None or target.high is None:
            continue
        values = corpus.clips[target.name].to_numpy(dtype=np.float64)
        outside = (values < target.low) | (values > target.high)
        if outside.any():
            message = f"{target.name} lies outside its scale of {target.low:g} to {target.high:g}"
            examples = corpus.clips["clip_id"][outside].astype(str).tolist()
            findings.append(RANGE.found(int(outside.sum()), len(values), message, examples))
    return findings


def look_for_constant(corpus: Corpus) -> list[Finding]:
    """Find targets with one value only."""
    findings = []
    for target in corpus.targets:
        values = corpus.clips[target.name].dropna()
        if len(values) and values.nunique() == 1:
            message = f"{target.name} is {values.iloc[0]} for all clips"
            findings.append(CONSTANT.found(len(values), len(corpus.clips), message))
    return findings


def look_for_ties(corpus: Corpus) -> list[Finding]:
    """Find targets with at most ten distinct values, or with one value for more than three clips in ten."""
    findings = []
    for target in _numbers(corpus):
        values, counts = np.unique(corpus.clips[target.name].dropna().to_numpy(dtype=np.float64), return_counts=True)
        if len(values) < 2 or counts.sum() <= FEW:
            continue
        share = counts.max() / counts.sum()
        if len(values) <= FEW or share > COMMON:
            message = f"{target.name} has {len(values)} distinct values; {share:.0%} are {values[counts.argmax()]:g}"
            findings.append(TIES.found(len(values), int(counts.sum()), message))
    return findings


def look_for_equal_folds(corpus: Corpus, folds: int = FOLDS) -> list[Finding]:
    """Find folds by group (of the corpus' groups) all of whose labels of a target are one value."""
    groups = need_groups(corpus)
    folds = min(folds, len(np.unique(groups)))
    if folds < 2:
        return []
    findings = []
    for target in _numbers(corpus):
        y, present = labels_of(corpus, target)
        y, kept = y[present], groups[present]
        if len(y) == 0 or np.ptp(y) == 0 or len(np.unique(kept)) < folds:
            continue
        tests = [test for _, test in GroupKFold(folds).split(y, groups=kept)]
        equal = [k for k, test in enumerate(tests) if np.ptp(y[test]) == 0]
        if equal:
            message = f"{target.name}: {len(equal)} of {folds} folds by {group_word(corpus)} hold one value only"
            findings.append(EQUAL.found(len(equal), folds, message, [f"fold {k}" for k in equal]))
    return findings


def look_for_swapped(corpus: Corpus) -> list[Finding]:
    """Find blocks of clips whose importer saw the dynamic annotations agree with the columns exchanged."""
    agreement: Mapping[str, Any] = corpus.notes.get("agreement", {})
    blocks = {name: block for name, block in agreement.items() if isinstance(block, dict) and not block["agrees"]}
    return [
        SWAPPED.found(
            block["songs"],
            len(corpus.clips),
            f"song ids {name}: the dynamic annotations agree with valence and arousal exchanged "
            f"(r {block['crossed']:.2f}, as they stand {block['straight']:.2f})",
        )
        for name, block in blocks.items()
    ]


def _numbers(corpus: Corpus) -> list[Target]:
    return [target for target in corpus.targets if target.kind == "number"]
