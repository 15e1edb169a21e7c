"""Columns that do no work or too much of it: dead ones, one clip's outliers, the same one twice, holes."""

import numpy as np

from raymer.audits.finding import WORTH, Finding, Kind
from raymer.audits.rows import filled, names_of
from raymer.corpora.base import Corpus
from raymer.identity import array_hash

DEAD = Kind("dead-column", "Features never vary", WORTH, "leave them out; they carry nothing")
OUTLIER = Kind(
    "outlier-column",
    "A feature's variance is one clip's",
    WORTH,
    "clip inside the fold with the step {use: clip, sd: 5}, or leave the feature out: a linear predictor follows it",
)
TWICE = Kind("same-column", "A feature stands twice", WORTH, "leave one of the two out; it counts double in distances")
MISSING = Kind(
    "missing-values",
    "Features have holes",
    WORTH,
    "fill them inside the fold with the step {use: impute}, or leave the columns or clips out at import",
)
SHARE = 0.5
LEAST_ROWS = 12


def look_for_dead(corpus: Corpus) -> list[Finding]:
    """Find features with one value for all clips, or with none at all."""
    findings = []
    for item in corpus.inputs.values():
        if len(item.values) < 2:
            continue
        at = np.flatnonzero(np.ptp(filled(item.values), axis=0) == 0)
        if len(at):
            message = f"{len(at)} features of input {item.name}"
            findings.append(DEAD.found(len(at), len(item.columns), message, names_of(item, at)))
    return findings


def look_for_outliers(corpus: Corpus) -> list[Finding]:
    """Find features half of whose squared deviations from the median, or more, are a single clip's."""
    findings = []
    for item in corpus.inputs.values():
        if len(item.values) < LEAST_ROWS:
            continue
        X = filled(item.values)
        squares = (X - np.median(X, axis=0)) ** 2
        total = squares.sum(axis=0)
        largest = squares.max(axis=0)
        at = np.flatnonzero((largest > SHARE * total) & (total > 0))
        if len(at) == 0:
            continue
        at = at[np.argsort(-largest[at] / total[at], kind="stable")]
        clips = item.clip_ids[squares[:, at].argmax(axis=0)].astype(str)
        names = [f"{name} (clip {clip})" for name, clip in zip(names_of(item, at), clips, strict=True)]
        share = largest[at[0]] / total[at[0]]
        message = f"{share:.0%} of the variance of {item.columns[at[0]]} in input {item.name} is clip {clips[0]}'s"
        findings.append(OUTLIER.found(len(at), len(item.columns), message, names))
    return findings


def look_for_twice(corpus: Corpus) -> list[Finding]:
    """Find features whose values are another's to the bit."""
    findings = []
    for item in corpus.inputs.values():
        first: dict[str, int] = {}
        pairs = []
        for column in np.flatnonzero(np.ptp(filled(item.values), axis=0) > 0) if len(item.values) > 1 else ():
            before = first.setdefault(array_hash(np.ascontiguousarray(item.values[:, column])), int(column))
            if before != column:
                pairs.append(f"{item.columns[before]} = {item.columns[int(column)]}")
        if pairs:
            message = f"{len(pairs)} features of input {item.name}"
            findings.append(TWICE.found(len(pairs), len(item.columns), message, pairs))
    return findings


def look_for_holes(corpus: Corpus) -> list[Finding]:
    """Find cells without a number, and say in which features."""
    findings = []
    for item in corpus.inputs.values():
        holes = ~np.isfinite(item.values)
        at = np.flatnonzero(holes.any(axis=0))
        if len(at):
            at = at[np.argsort(-holes[:, at].sum(axis=0), kind="stable")]
            names = [
                f"{name} ({count})" for name, count in zip(names_of(item, at), holes[:, at].sum(axis=0), strict=True)
            ]
            clips = int(holes.any(axis=1).sum())
            message = f"{int(holes.sum())} cells of input {item.name}, in {len(at)} features and {clips} clips"
            findings.append(MISSING.found(int(holes.sum()), holes.size, message, names))
    return findings
