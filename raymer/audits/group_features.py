"""Features that name the group: constant within each, another in each, so that random folds can look it up."""

import numpy as np

from raymer.audits.finding import CHANGES, Finding, Kind
from raymer.audits.rows import filled, group_word, names_of, need_groups
from raymer.corpora.base import Corpus

KIND = Kind(
    "group-feature",
    "A feature names the group",
    CHANGES,
    "leave it out: it says who plays, not how it sounds",
)
LEAST_GROUPS = 8
LEAST_SHARE = 0.3


def look(corpus: Corpus) -> list[Finding]:
    """Find features with one value a group, and nearly as many values as there are groups of several clips."""
    group = dict(zip(corpus.clips["clip_id"].astype(str), need_groups(corpus), strict=True))
    findings = []
    for item in corpus.inputs.values():
        _, codes, counts = np.unique(
            [group[clip] for clip in item.clip_ids.astype(str).tolist()], return_inverse=True, return_counts=True
        )
        several = counts[codes] > 1
        number = len(np.unique(codes[several]))
        if number < LEAST_GROUPS or several.mean() < LEAST_SHARE:
            continue
        X = filled(item.values)[several]
        _, first, inner = np.unique(codes[several], return_index=True, return_inverse=True)
        steady = (X[first][inner] == X).all(axis=0) & (np.ptp(X, axis=0) > 0)
        at = np.array([k for k in np.flatnonzero(steady) if len(np.unique(X[first, k])) > number / 2], dtype=np.int64)
        if len(at):
            called = names_of(item, at)
            message = f"{called[0]} of input {item.name} has one value for each {group_word(corpus)}"
            findings.append(KIND.found(len(at), len(item.columns), message, called))
    return findings
