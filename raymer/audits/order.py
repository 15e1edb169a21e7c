"""Rows that lie in the order of labels or groups: folds that are not shuffled then test on what they never saw."""

import numpy as np
from scipy.stats import spearmanr

from raymer.audits.finding import WORTH, Finding, Kind
from raymer.audits.rows import group_word, labels_of, need_groups
from raymer.corpora.base import Corpus

LABELS = Kind(
    "label-order",
    "Rows lie in the order of a target",
    WORTH,
    "shuffle the folds, and leave out every feature that counts or dates the rows",
)
GROUPS = Kind(
    "group-order",
    "Rows lie in the order of the groups",
    WORTH,
    "make the folds by group; folds in the order of rows are grouped by accident, shuffled ones are not",
)
SORTED = 0.6
LEAST_ROWS = 12


def look(corpus: Corpus) -> list[Finding]:
    """Find targets that rise or fall with the rows, or that stand together class by class."""
    findings = []
    for target in corpus.targets:
        y, present = labels_of(corpus, target)
        y = y[present]
        if len(y) < LEAST_ROWS or np.ptp(y) == 0:
            continue
        if target.kind == "class":
            blocks, classes = int((np.diff(y) != 0).sum()) + 1, len(np.unique(y))
            if blocks < 0.2 * _expected_blocks(y):
                message = f"{target.name} changes {blocks - 1} times over {len(y)} rows ({classes} classes)"
                findings.append(LABELS.found(len(y), len(corpus.clips), message))
            continue
        r = float(spearmanr(np.arange(len(y)), y).statistic)
        if abs(r) >= SORTED:
            message = f"{target.name} {'rises' if r > 0 else 'falls'} with the rows (rank correlation {r:.2f})"
            findings.append(LABELS.found(len(y), len(corpus.clips), message))
    return findings


def look_at_groups(corpus: Corpus) -> list[Finding]:
    """Find groups whose clips stand together."""
    groups = need_groups(corpus)
    _, codes = np.unique(groups, return_inverse=True)
    blocks, expected = int((np.diff(codes) != 0).sum()) + 1, _expected_blocks(codes)
    shared = len(groups) - len(np.unique(groups))
    together = (len(groups) - blocks) / shared if shared else 0.0
    if blocks >= 0.9 * expected or together < 0.5:
        return []
    message = f"{together:.0%} of the clips that could follow another of their {group_word(corpus)} do"
    return [GROUPS.found(len(groups) - blocks, shared, message)]


def _expected_blocks(codes: np.ndarray) -> float:
    """Return how many runs of equal values shuffled rows would have."""
    share = np.unique(codes, return_counts=True)[1] / len(codes)
    return float(1 + (len(codes) - 1) * (1 - (share**2).sum()))
