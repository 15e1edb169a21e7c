"""Faults of a corpus that no reader can repair: they are told, with numbers, and the user decides."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus, Input


@dataclass(frozen=True)
class Finding:
    """One thing an audit found: what, how often, and the first clips or names it concerns."""

    check: str
    count: int
    message: str
    examples: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


def audit_corpus(corpus: Corpus) -> list[Finding]:
    """Look at labels, groups and every input of `corpus`; an empty list means that nothing was found."""
    findings = [*_label_ranges(corpus), *_swapped(corpus.notes)]
    for item in corpus.inputs.values():
        findings += [*_duplicates(item), *_constant_features(item), *_without_features(corpus, item)]
    return findings


def leaked_share(groups: np.ndarray, divisions: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the share of test clips, over all `divisions` (rows of train, rows of test), with their group in train."""
    leaked = total = 0
    for train, test in divisions:
        leaked += int(np.isin(groups[test], groups[train]).sum())
        total += len(test)
    return leaked / total


def _label_ranges(corpus: Corpus) -> list[Finding]:
    findings = []
    for target in corpus.targets:
        if target.low is None or target.high is None:
            continue
        values = corpus.clips[target.name].to_numpy(dtype=np.float64)
        outside = (values < target.low) | (values > target.high)
        if outside.any():
            examples = tuple(corpus.clips["clip_id"][outside].head(5))
            message = f"{target.name} lies outside its scale of {target.low:g} to {target.high:g}"
            findings.append(Finding("label range", int(outside.sum()), message, examples))
    return findings


def _swapped(notes: Mapping[str, Any]) -> list[Finding]:
    agreement = notes.get("agreement", {})
    blocks = {name: block for name, block in agreement.items() if isinstance(block, dict) and not block["agrees"]}
    return [
        Finding(
            "swapped columns",
            block["songs"],
            f"song ids {name}: the dynamic annotations agree with valence and arousal exchanged "
            f"(r {block['crossed']:.2f}, as they stand {block['straight']:.2f})",
        )
        for name, block in blocks.items()
    ]


def _duplicates(item: Input) -> list[Finding]:
    _, first, inverse, counts = np.unique(
        item.values, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    copies = np.flatnonzero((counts[inverse] > 1) & (first[inverse] != np.arange(len(inverse))))
    if len(copies) == 0:
        return []
    pairs = tuple(f"{item.clip_ids[first[inverse[row]]]} = {item.clip_ids[row]}" for row in copies[:5])
    return [Finding("duplicates", len(copies), f"clips with the very features of another ({item.name})", pairs)]


def _constant_features(item: Input) -> list[Finding]:
    constant = np.ptp(item.values, axis=0) == 0
    if not constant.any():
        return []
    names = tuple(np.array(item.columns)[constant][:5].tolist())
    return [Finding("constant features", int(constant.sum()), f"features that never vary ({item.name})", names)]


def _without_features(corpus: Corpus, item: Input) -> list[Finding]:
    missing = ~np.isin(corpus.clips["clip_id"].to_numpy(dtype=str), item.clip_ids)
    if not missing.any():
        return []
    examples = tuple(corpus.clips["clip_id"][missing].head(5))
    return [Finding("without features", int(missing.sum()), f"annotated clips that lack {item.name}", examples)]
