"""Two corpora side by side: the clips they share, whether their labels agree, and fixed splits across them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raymer.audits import matching
from raymer.audits.finding import CHANGES, WORTH, CannotSay, Finding, Kind
from raymer.audits.given import GivenSplits
from raymer.audits.matching import Pairs
from raymer.audits.rows import labels_of
from raymer.corpora.base import Corpus

SHARED = Kind(
    "shared-clips",
    "Two corpora share clips",
    CHANGES,
    "do not train on one and test on the other, nor count them as two corpora, without leaving the shared clips out",
)
EXCHANGED = Kind(
    "exchanged-labels",
    "Two corpora have the labels of shared clips exchanged",
    CHANGES,
    "find out which of the two is right (`raymer corpora` tells known faults) and import that one with its repair",
)
DISAGREE = Kind(
    "labels-disagree",
    "Shared clips have other labels in the other corpus",
    WORTH,
    "find out who rated what; one of the two may be wrong",
)
ACROSS = Kind(
    "split-across",
    "Test clips of one corpus are train clips of the other",
    CHANGES,
    "take them out of the train part before anything is trained on both",
)
SAME_IDS = Kind(
    "same-ids",
    "Two corpora use the same ids for different clips",
    WORTH,
    "do not join the two by id",
)
WAYS: dict[str, Callable[[Corpus, Corpus], Pairs]] = {
    "id": matching.by_id,
    "title and artist": matching.by_title,
    "features": matching.by_features,
    "sound": matching.by_sound,
}
LEAST_PAIRS = 5
AGREE = 0.5


@dataclass(frozen=True)
class Overlap:
    """The clips that two corpora share.

    Attributes
    ----------
    first, second : str
        Names of the corpora.
    ways : mapping
        How many clips were matched by id, by title and artist, by features and by sound.
    not_applicable : mapping
        The ways that had nothing to go by, and why.
    pairs : tuple of (str, str)
        The shared clips, an id of each corpus.
    agreement : mapping
        Pearson's r over the shared clips of each target of the first corpus with each of the second.
    findings : tuple of Finding
    """

    first: str
    second: str
    ways: dict[str, int] = field(default_factory=dict)
    not_applicable: dict[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    agreement: dict[str, dict[str, float]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data; its findings stand among the audit's."""
        return {
            "first": self.first,
            "second": self.second,
            "ways": self.ways,
            "not_applicable": self.not_applicable,
            "shared": len(self.pairs),
            "pairs": [list(pair) for pair in self.pairs],
            "agreement": self.agreement,
        }


def find_overlap(
    first: Corpus, second: Corpus, *, splits: GivenSplits | None = None, other_splits: GivenSplits | None = None
) -> Overlap:
    """Match the clips of two corpora in four ways, compare their labels, and look across their fixed splits."""
    found: dict[str, Pairs] = {}
    not_applicable = {}
    for way, match in WAYS.items():
        try:
            found[way] = match(first, second)
        except CannotSay as reason:
            not_applicable[way] = str(reason)
    findings = []
    by_content = {pair for way, pairs in found.items() if way != "id" for pair in pairs}
    ids = found["id"]
    if ids and not _ids_mean_the_same(first, second, ids, by_content):
        message = (
            f"{len(ids)} ids stand in both, but neither labels nor anything else says that they are the same clips"
        )
        findings.append(SAME_IDS.found(len(ids), len(first.clips), message, [a for a, _ in ids]))
        ids = []
    partner: dict[str, str] = {}
    for pairs in (ids, *(found.get(way, []) for way in ("sound", "features", "title and artist"))):
        for a, b in pairs:
            partner.setdefault(a, b)
    shared = tuple(partner.items())
    ways = {way: len(pairs) for way, pairs in found.items()}
    agreement = label_agreement(first, second, shared)
    if shared:
        seen = ", ".join(f"{count} by {way}" for way, count in ways.items() if count)
        message = f"{len(shared)} of {len(first.clips)} clips are in {second.name} too ({seen})"
        names = [f"{a} = {b}" for a, b in shared]
        findings.append(SHARED.found(len(shared), len(first.clips), message, names))
        findings += [
            *_exchanged(first, second, shared, agreement),
            *_across(first, second, shared, splits, other_splits),
        ]
    return Overlap(first.name, second.name, ways, not_applicable, shared, agreement, tuple(findings))


def label_agreement(first: Corpus, second: Corpus, pairs: tuple[tuple[str, str], ...]) -> dict[str, dict[str, float]]:
    """Return r of each target of numbers of `first` with each of `second` over `pairs`; empty for fewer than five."""
    if len(pairs) < LEAST_PAIRS:
        return {}
    table: dict[str, dict[str, float]] = {}
    for name in _numbers(first):
        for other in _numbers(second):
            a, b = _labels(first, name, [p for p, _ in pairs]), _labels(second, other, [p for _, p in pairs])
            both = np.isfinite(a) & np.isfinite(b)
            if both.sum() >= LEAST_PAIRS and np.ptp(a[both]) > 0 and np.ptp(b[both]) > 0:
                table.setdefault(name, {})[other] = round(float(np.corrcoef(a[both], b[both])[0, 1]), 4)
    return table


def _ids_mean_the_same(first: Corpus, second: Corpus, ids: Pairs, by_content: set[tuple[str, str]]) -> bool:
    """Whether equal ids are equal clips: other evidence says so of half of them, or the labels go together."""
    if sum(pair in by_content for pair in ids) >= 0.5 * len(ids):
        return True
    if by_content and not any(pair in by_content for pair in ids):
        return False
    agreement = label_agreement(first, second, tuple(ids))
    best = [max(row.values(), key=abs) for row in agreement.values() if row]
    if best:
        return float(np.mean(np.abs(best))) >= AGREE
    same = [target.name for target in first.targets if target.name in {other.name for other in second.targets}]
    if not same:
        return False
    one, two = (corpus.clips.set_index(corpus.clips["clip_id"].astype(str)) for corpus in (first, second))
    names = [a for a, _ in ids]
    return bool(
        np.mean([(one.loc[names, name].astype(str) == two.loc[names, name].astype(str)).mean() for name in same])
        > AGREE
    )


def _exchanged(
    first: Corpus, second: Corpus, pairs: tuple[tuple[str, str], ...], agreement: dict[str, dict[str, float]]
) -> list[Finding]:
    findings = []
    same = [name for name in _numbers(first) if name in agreement and name in agreement[name]]
    explained: set[str] = set()
    for k, one in enumerate(same):
        for two in same[k + 1 :]:
            straight, crossed = agreement[one][one], agreement[one].get(two, 0.0)
            if not (crossed > straight and agreement[two].get(one, 0.0) > agreement[two][two]):
                continue
            explained |= {one, two}
            nearer = _nearer_crosswise(first, second, pairs, one, two)
            message = (
                f"{one} and {two} are exchanged: over {len(pairs)} shared clips r({one}, {two}) is {crossed:.3f} and "
                f"r({two}, {one}) {agreement[two][one]:.3f}, as they stand {straight:.3f} and {agreement[two][two]:.3f}"
                f"; {nearer} of the clips agree better crosswise"
            )
            findings.append(EXCHANGED.found(nearer, len(pairs), message))
    for name in same:
        if name not in explained and agreement[name][name] < 0.9:
            message = (
                f"{name} of {first.name} and of {second.name} have r {agreement[name][name]:.2f} over shared clips"
            )
            findings.append(DISAGREE.found(len(pairs), len(pairs), message))
    return findings


def _nearer_crosswise(first: Corpus, second: Corpus, pairs: tuple[tuple[str, str], ...], one: str, two: str) -> int:
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    a1, a2 = _labels(first, one, left), _labels(first, two, left)
    b1, b2 = _labels(second, one, right), _labels(second, two, right)
    return int((np.abs(a1 - b2) + np.abs(a2 - b1) < np.abs(a1 - b1) + np.abs(a2 - b2)).sum())


def _across(
    first: Corpus,
    second: Corpus,
    pairs: tuple[tuple[str, str], ...],
    splits: GivenSplits | None,
    other_splits: GivenSplits | None,
) -> list[Finding]:
    """Find clips held out in one corpus (all parts but train) that lie in the other's train part."""
    if not splits or not other_splits:
        return []
    findings = []
    there, back = dict(pairs), {b: a for a, b in pairs}
    for name, held, other, trained, partner in (
        (first.name, splits, second.name, other_splits, there),
        (second.name, other_splits, first.name, splits, back),
    ):
        train = set(trained.get("train", ()))
        for part, ids in held.items():
            inside = [clip for clip in ids if part != "train" and partner.get(clip) in train]
            if inside:
                message = f"{len(inside)} of {len(ids)} {part} clips of {name} lie in {other}'s train list"
                findings.append(ACROSS.found(len(inside), len(ids), message, inside))
    return findings


def _numbers(corpus: Corpus) -> list[str]:
    return [target.name for target in corpus.targets if target.kind == "number"]


def _labels(corpus: Corpus, name: str, clips: list[str]) -> np.ndarray:
    place = {clip: row for row, clip in enumerate(corpus.clips["clip_id"].astype(str))}
    return labels_of(corpus, corpus.target(name))[0][[place[clip] for clip in clips]]
