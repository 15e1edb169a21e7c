"""Numbers that stand for a missing value: -999 among labels of 1 to 9, or among a feature's cells."""

import numpy as np

from raymer.audits.finding import CHANGES, WORTH, Finding, Kind
from raymer.audits.rows import filled, labels_of, names_of
from raymer.corpora.base import Corpus

ADVICE = "write an empty cell where a value is missing, and import again: it is left out, or filled inside the fold"
LABEL = Kind("missing-code-label", "A label stands for a missing one", CHANGES, ADVICE)
FEATURE = Kind("missing-code-feature", "A feature's number stands for a missing one", WORTH, ADVICE)

LEAST_ROWS = 12
LEAST_VALUES = 10
"""Different values that the other rows must have: of few, any may lie apart."""
APART = 2.0
"""How many times the span of all other values the number must lie away from them."""


def look_at_labels(corpus: Corpus) -> list[Finding]:
    """Find targets with one number, in two clips or more, far away from all others."""
    findings = []
    for target in corpus.targets:
        if target.kind != "number":
            continue
        y, present = labels_of(corpus, target)
        for _, code in _apart(y[present][:, None]):
            clips = corpus.clips["clip_id"].astype(str)[y == code].tolist()
            others = y[present & (y != code)]
            message = (
                f"{target.name} is {code:g} in {len(clips)} clips, in all others {others.min():g} to {others.max():g}"
            )
            findings.append(LABEL.found(len(clips), int(present.sum()), message, clips))
    return findings


def look_at_features(corpus: Corpus) -> list[Finding]:
    """Find features with one number, in two clips or more, far away from all others."""
    findings = []
    for item in corpus.inputs.values():
        X = filled(item.values)
        found = _apart(X)
        if not found:
            continue
        at = np.array([column for column, _ in found])
        named = zip(names_of(item, at), found, strict=True)
        examples = [f"{name} ({code:g} in {int((X[:, column] == code).sum())})" for name, (column, code) in named]
        message = f"{len(found)} features of input {item.name} have a number apart from all others, in some clips each"
        findings.append(FEATURE.found(len(found), len(item.columns), message, examples))
    return findings


def _apart(X: np.ndarray) -> list[tuple[int, float]]:
    """Return (column, number) where the lowest or the highest number of a column (n, p) stands for a missing one.

    It is shared by two rows or more, half of them at most, and lies away from all others by more than APART times
    their span.
    """
    n = len(X)
    if n < LEAST_ROWS:
        return []
    found = []
    for sign in (1.0, -1.0):
        values = X if sign == 1.0 else -X
        lowest = values.min(axis=0)
        is_lowest = values == lowest
        count = is_lowest.sum(axis=0)
        next_lowest = np.where(is_lowest, np.inf, values).min(axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            span = values.max(axis=0) - next_lowest
            is_apart = (span > 0) & np.isfinite(span) & (next_lowest - lowest > APART * span)
        for column in np.flatnonzero(is_apart & (count >= 2) & (2 * count <= n)):
            if len(np.unique(values[:, column])) > LEAST_VALUES:
                found.append((int(column), sign * float(lowest[column])))
    return sorted(found)
