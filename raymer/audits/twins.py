"""Clips that are there twice: the very same features, or features much nearer than those of any neighbour."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from raymer.audits.finding import CHANGES, WORTH, CannotSay, Finding, Kind, Severity
from raymer.audits.rows import filled, group_word, groups_given, standardised
from raymer.corpora.base import Corpus, Input
from raymer.identity import array_hash

SAME = Kind(
    "same-features",
    "Clips have the very features of another",
    CHANGES,
    "put each pair into one group, or leave one of the two out",
)
NEAR = Kind(
    "near-features",
    "Clips are nearly the same as another",
    CHANGES,
    "listen to the pairs; put those that are one recording into one group, or leave one of the two out",
)
NEIGHBOURS = 10
CHANCE = 1e-4
NEAREST = 0.35
SURE = 0.1
"""Distance over that of the tenth neighbour up to which a pair is said to change a score."""
MOST_CLIPS = 20_000
LEAST_CLIPS = 30


def look(corpus: Corpus) -> list[Finding]:
    """Find clips whose features equal another's to the bit; said to change a score where no group holds the pair."""
    return [finding for item in corpus.inputs.values() for finding in _findings(SAME, corpus, item, same_rows(item))]


def look_near(corpus: Corpus) -> list[Finding]:
    """Find clips whose nearest neighbour is far nearer than the others around them."""
    findings = []
    for item in corpus.inputs.values():
        if len(item.clip_ids) > MOST_CLIPS:
            raise CannotSay(f"more than {MOST_CLIPS:,} clips: distances between all would take too long")
        same = {tuple(pair) for pair in same_rows(item)}
        near = {pair: ratio for pair, ratio in near_rows(filled(item.values)).items() if pair not in same}
        sure = {pair for pair, ratio in near.items() if ratio <= SURE}
        findings += _findings(NEAR, corpus, item, list(near), sure)
    return findings


def same_rows(item: Input) -> list[tuple[int, int]]:
    """Return pairs (first row, later row) of equal features."""
    first: dict[str, int] = {}
    pairs = []
    for row in range(len(item.values)):
        before = first.setdefault(array_hash(item.values[row]), row)
        if before != row:
            pairs.append((before, row))
    return pairs


def near_rows(X: np.ndarray) -> dict[tuple[int, int], float]:
    """Return pairs of rows of X (n, p) that are nearer to each other than chance allows, with how near that is.

    The distance to the nearest neighbour over that to the tenth has a law that depends on the number of directions
    in which the clips really spread, which is estimated from these very distances (Levina and Bickel, 2005). A pair
    is told where the ratio is so small that less than one in 10,000 corpora would have it, and at most 0.35.
    """
    if len(X) < LEAST_CLIPS:
        return {}
    Z = standardised(X, 5.0)
    search = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(Z) - 1) + 1, algorithm="brute").fit(Z)
    distances, places = search.kneighbors(Z)
    own = places[:, 0] != np.arange(len(Z))  # an equal row may stand before the row itself
    nearest, place = distances[:, 1], np.where(own, places[:, 0], places[:, 1])
    around = np.maximum(distances[:, -1], 1e-12)
    inner = np.maximum(distances[:, 2:-1], 1e-12)
    dimension = 1.0 / max(float(np.median(np.log(around[:, np.newaxis] / inner).mean(axis=1))), 1e-3)
    limit = min(NEAREST, (CHANCE / (len(Z) * NEIGHBOURS)) ** (1.0 / dimension))
    found = np.flatnonzero((nearest < limit * around) & (place != np.arange(len(Z))))
    ratio = nearest / around
    pairs = {(min(int(row), int(place[row])), max(int(row), int(place[row]))): float(ratio[row]) for row in found}
    return dict(sorted(pairs.items()))


def _findings(
    kind: Kind, corpus: Corpus, item: Input, pairs: list[tuple[int, int]], sure: set[tuple[int, int]] | None = None
) -> list[Finding]:
    if not pairs:
        return []
    group = dict(zip(corpus.clips["clip_id"].astype(str), corpus.clips["group"].astype(str), strict=True))
    ids = item.clip_ids.astype(str).tolist()
    apart = [(a, b) for a, b in pairs if group[ids[a]] != group[ids[b]]]
    shown = apart or pairs
    names = [f"{ids[a]} = {ids[b]}" for a, b in shown]
    differ = _other_labels(corpus, [(ids[a], ids[b]) for a, b in pairs])
    is_sure = sure is None or any(pair in sure for pair in apart)
    severity: Severity = CHANGES if apart and is_sure else WORTH
    word = group_word(corpus)
    where = (
        f"{len(apart)} of them in different {word}s" if groups_given(corpus) else "and no groups keep them on one side"
    )
    message = f"{len(pairs)} pairs in input {item.name}, {where if apart else f'all within one {word}'}; {differ}"
    advice = None if apart else f"nothing under folds by {word}; random folds put one of a pair on each side"
    return [kind.found(len(pairs), len(ids), message, names, severity=severity, advice=advice)]


def _other_labels(corpus: Corpus, pairs: list[tuple[str, str]]) -> str:
    labels = corpus.clips.set_index(corpus.clips["clip_id"].astype(str))[[target.name for target in corpus.targets]]
    first = labels.loc[[a for a, _ in pairs]].reset_index(drop=True)
    second = labels.loc[[b for _, b in pairs]].reset_index(drop=True)
    differ = int((~((first == second) | (first.isna() & second.isna()))).any(axis=1).sum())
    return f"{differ} with different labels" if differ else "their labels are the same"
