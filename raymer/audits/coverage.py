"""Inputs: which clips lack one, and one that tells the labels too well to be a representation of sound."""

import numpy as np

from raymer.audits.finding import CHANGES, WORTH, Finding, Kind
from raymer.audits.predictability import score_of_all
from raymer.corpora.base import Corpus

COVERAGE = Kind(
    "coverage",
    "Clips lack an input",
    WORTH,
    "compare inputs on the clips that all of them have, or add the rows that are missing",
)
STRONG = Kind(
    "strong-input",
    "A whole input predicts a target too well to be one",
    CHANGES,
    "ask what the input was made from: a model trained on these clips' labels carries them",
)
NUMBER, CLASS = 0.9, 0.97
LEAST_ROWS = 50


def look(corpus: Corpus) -> list[Finding]:
    """Find inputs that some annotated clips lack."""
    findings = []
    ids = corpus.clips["clip_id"].to_numpy(dtype=object).astype(str)
    for item in corpus.inputs.values():
        missing = ~np.isin(ids, item.clip_ids.astype(str))
        if missing.any():
            message = f"{int(missing.sum())} of {len(ids)} annotated clips lack {item.name}"
            findings.append(COVERAGE.found(int(missing.sum()), len(ids), message, ids[missing].tolist()))
    return findings


def look_for_strong(corpus: Corpus) -> list[Finding]:
    """Find inputs with a cross-validated R2 of 0.9, for classes 0.97 of the way from chance to perfect."""
    findings = []
    for item in corpus.inputs.values():
        for target in corpus.targets:
            labels = corpus.clips[target.name].dropna()
            if len(item.clip_ids) < LEAST_ROWS or labels.nunique() < 2:
                continue
            score = score_of_all(corpus, item, target)
            if score >= (CLASS if target.kind == "class" else NUMBER):
                measure = "balanced accuracy above chance" if target.kind == "class" else "R2"
                message = f"input {item.name} predicts {target.name} with {measure} {score:.2f} in five shuffled folds"
                findings.append(STRONG.found(len(item.columns), len(item.columns), message))
    return findings
