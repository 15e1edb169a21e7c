"""Features that look like a second label: the label under noise, its spread over raters, another scale of the form."""

import numpy as np

from raymer.audits.associations import correlations, explained, partial_correlations
from raymer.audits.finding import WORTH, Finding, Kind
from raymer.audits.rows import MOST_ROWS, names_of, rows_of
from raymer.corpora.base import Corpus, Input, Target

KIND = Kind(
    "second-label",
    "A feature looks like a second label",
    WORTH,
    "ask where the column comes from; what raters gave is no feature",
)
LEAST_ROWS = 50
LEAST_FEATURES = 8
LEAST_R = 0.3
LEAST_PARTIAL = 0.1
TIMES = 2.0
MOST = 3
DECIMALS = 3


def look(corpus: Corpus) -> list[Finding]:
    """Find features that tell of a label what no other feature does, or that are written like one.

    Three signs: the correlation with the label that is left when all other features are known stands far above all
    others'; the same for the label's squared distance from its mean (what the spread of raters follows, least at the
    ends of a scale); and values on the label's own grid and scale where the other features have many decimals.
    """
    findings = []
    for item in corpus.inputs.values():
        for target in corpus.targets:
            if target.kind == "number":
                findings += _of_target(corpus, item, target)
    return findings


def _of_target(corpus: Corpus, item: Input, target: Target) -> list[Finding]:
    rows = rows_of(corpus, item, target, MOST_ROWS)
    X, y = rows.X, rows.y
    if len(y) < LEAST_ROWS or np.ptp(y) == 0:
        return []
    found: dict[int, str] = {}
    if X.shape[1] >= LEAST_FEATURES:
        for words, label in ((f"{target.name}", y), (f"how far {target.name} lies from its mean", (y - y.mean()) ** 2)):
            for column in _stands_alone(X, label):
                found.setdefault(column, f"tells {words} as no other feature does")
    for column in _written_alike(X, y):
        found.setdefault(column, f"has values on the grid and scale of {target.name}, unlike the other features")
    return [
        KIND.found(1, X.shape[1], f"{item.columns[column]} of input {item.name} {words}", [item.columns[column]])
        for column, words in found.items()
    ]


def _stands_alone(X: np.ndarray, y: np.ndarray) -> list[int]:
    """Return up to three columns whose correlation with y, given all others, is twice that of the next."""
    alone = np.abs(partial_correlations(X, y))
    order = np.argsort(-alone)
    for count in range(MOST, 0, -1):
        if count < len(order) and alone[order[count - 1]] >= max(TIMES * alone[order[count]], _chance(X, y)):
            chosen = [int(column) for column in order[:count]]
            return [column for column in chosen if abs(correlations(X[:, [column]], y)[0]) >= LEAST_R]
    return []


def _chance(X: np.ndarray, y: np.ndarray) -> float:
    """Return what a partial correlation must exceed: five standard errors, less where features outnumber clips."""
    n, p = X.shape
    return 5.0 / np.sqrt(n) if n > 2 * p else LEAST_PARTIAL


def _written_alike(X: np.ndarray, y: np.ndarray) -> list[int]:
    grid = next((d for d in range(1, DECIMALS + 1) if np.array_equal(np.round(y, d), y)), None)
    if grid is None:
        return []
    on_grid = np.isclose(np.round(X, grid), X, rtol=0, atol=1e-9).all(axis=0)
    whole = np.isclose(np.round(X), X, rtol=0, atol=1e-9).all(axis=0)
    inside = (X.min(axis=0) >= min(0.0, y.min())) & (X.max(axis=0) <= y.max() + np.ptp(y) / 4)
    spread = np.array([len(np.unique(X[:, column])) > 5 for column in range(X.shape[1])])
    alike = on_grid & ~whole & inside & spread
    rare = on_grid.mean() <= 0.34 and alike.any()
    return [int(column) for column in np.flatnonzero(alike)] if rare else []


LIKE = Kind(
    "label-like",
    "A feature is more alike to a target than any other",
    WORTH,
    "see whether a measure of sound can be that good; if not, it may have been made from the labels",
)
LEAST_ALIKE = 0.16
LEAST_GAP = 0.25
GAP_ERRORS = 5.0


def look_alike(corpus: Corpus) -> list[Finding]:
    """Find up to three features that are far more alike to a target than all the others, be it along a curve."""
    findings = []
    for item in corpus.inputs.values():
        for target in corpus.targets:
            rows = rows_of(corpus, item, target, MOST_ROWS)
            if len(rows.y) < LEAST_ROWS or np.ptp(rows.y) == 0 or rows.X.shape[1] < 3:
                continue
            share = explained(rows.X, rows.y, is_class=target.kind == "class")
            order = np.argsort(-share)
            alike = np.arctanh(np.sqrt(np.minimum(share[order[: MOST + 1]], 0.9999)))
            gaps = alike[:-1] - alike[1:]
            count = int(np.argmax(gaps)) + 1
            gap = gaps[count - 1]
            if share[order[count - 1]] < LEAST_ALIKE or gap < LEAST_GAP or gap * np.sqrt(len(rows.y)) < GAP_ERRORS:
                continue
            names = names_of(item, order[:count])
            message = (
                f"{', '.join(names)} of input {item.name}: {share[order[count - 1]]:.0%} of the variance of "
                f"{target.name} follows it, {share[order[count]]:.0%} the next of {rows.X.shape[1]} features"
            )
            findings.append(LIKE.found(count, rows.X.shape[1], message, names))
    return findings
