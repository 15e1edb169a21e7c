"""A golden feature: one column alone tells a target nearly as well as all columns together."""

import numpy as np

from raymer.audits.associations import correlations, explained
from raymer.audits.finding import CHANGES, WORTH, Finding, Kind, Severity
from raymer.audits.predictability import score_of_all, score_of_one
from raymer.audits.rows import MOST_ROWS, rows_of
from raymer.corpora.base import Corpus, Input, Target

KIND = Kind(
    "golden-feature",
    "One feature alone predicts a target nearly as well as all",
    CHANGES,
    "ask where the column comes from; if it was made from the labels, leave it out",
)
LEAST_SCORE = 0.5
SURE = 0.75
"""Score of the feature alone from which it is said to change a score: below, few honest features may do it too."""
LEAST_SHARE = 0.85
LEAST_LEAD = 0.1
LEAST_ROWS = 30
TRIED = 4
ALIKE = 0.95


def look(corpus: Corpus) -> list[Finding]:
    """Find features whose cross-validated score alone is 85 % of the whole input's, and far above the next one's."""
    found = (_golden(corpus, item, target) for item in corpus.inputs.values() for target in corpus.targets)
    return [finding for finding in found if finding is not None]


def _golden(corpus: Corpus, item: Input, target: Target) -> Finding | None:
    rows = rows_of(corpus, item, target, MOST_ROWS)
    is_class = target.kind == "class"
    if len(rows.y) < LEAST_ROWS or np.ptp(rows.y) == 0 or rows.X.shape[1] < 2:
        return None
    best = np.argsort(-explained(rows.X, rows.y, is_class=is_class))[:TRIED]
    scores = {int(column): score_of_one(rows.X[:, column], rows.y, is_class=is_class) for column in best}
    first = max(scores, key=lambda column: scores[column])
    alike = np.abs(correlations(rows.X[:, best], rows.X[:, first])) > ALIKE
    others = [scores[int(column)] for column, is_alike in zip(best, alike, strict=True) if not is_alike]
    lead = scores[first] - max([0.0, *others])
    if scores[first] < LEAST_SCORE or lead < LEAST_LEAD:
        return None
    whole = score_of_all(corpus, item, target)
    if scores[first] < LEAST_SHARE * whole:
        return None
    names = [item.columns[int(column)] for column, is_alike in zip(best, alike, strict=True) if is_alike]
    measure = "balanced accuracy above chance" if is_class else "R2"
    message = (
        f"{item.columns[first]} of input {item.name} alone predicts {target.name} with {measure} {scores[first]:.2f}, "
        f"all {rows.X.shape[1]} features with {whole:.2f}, the next feature with {max([0.0, *others]):.2f}: "
        "is it the label?"
    )
    severity: Severity = CHANGES if scores[first] >= SURE else WORTH
    return KIND.found(len(names), rows.X.shape[1], message, names, severity=severity)
