"""A feature that counts the rows: an index, whatever it is called, wherever it starts, shuffled or not."""

import re

import numpy as np

from raymer.audits.associations import rank_correlations
from raymer.audits.finding import CHANGES, Finding, Kind
from raymer.audits.rows import filled, names_of
from raymer.corpora.base import Corpus, Input

KIND = Kind(
    "row-counter",
    "A feature counts the rows",
    CHANGES,
    "leave it out: where rows lie in the order of labels or groups, their number tells them",
)
LEAST_ROWS = 12
ORDERED = 0.999
CHANCE = 14.0
"""exp(-14): how unlikely it must be that so many whole numbers from so narrow a range never meet."""


def look(corpus: Corpus) -> list[Finding]:
    """Find features with another whole number for every clip out of a narrow range, or that rise with row or id."""
    findings = []
    for item in corpus.inputs.values():
        if len(item.clip_ids) < LEAST_ROWS:
            continue
        X = filled(item.values)
        rising = [np.arange(len(X), dtype=np.float64), *_id_numbers(item)]
        ordered = np.zeros(X.shape[1], dtype=bool)
        varies = np.flatnonzero([len(np.unique(X[:, column])) > len(X) // 2 for column in range(X.shape[1])])
        for order in rising:
            ordered[varies] |= np.abs(rank_correlations(X[:, varies], order)) >= ORDERED
        at = np.array([k for k in range(X.shape[1]) if ordered[k] or _counts(X[:, k])], dtype=np.int64)
        if len(at):
            names = names_of(item, at)
            reason = "rises with the rows or the ids" if ordered[at[0]] else "has another whole number for every clip"
            message = f"{names[0]} of input {item.name} {reason}"
            findings.append(KIND.found(len(at), X.shape[1], message, names))
    return findings


def _counts(x: np.ndarray) -> bool:
    """Whether all values are distinct multiples of one step, from a range too narrow for that to be chance."""
    values = np.sort(x)
    steps = np.diff(values)
    least = steps.min() if len(steps) else 0.0
    if least <= 0:
        return False
    multiples = steps / least
    if not np.allclose(multiples, np.round(multiples), atol=1e-3, rtol=1e-6):
        return False
    spread = (values[-1] - values[0]) / least + 1
    return bool(len(x) ** 2 / (2 * spread) > CHANCE)


def _id_numbers(item: Input) -> list[np.ndarray]:
    found = [re.findall(r"\d+", clip) for clip in item.clip_ids.astype(str).tolist()]
    if not all(found):
        return []
    numbers = np.array([float(numbers[-1]) for numbers in found])
    return [numbers] if len(np.unique(numbers)) == len(numbers) else []
