"""Which clips of two corpora are the same: by id, by title and artist, by features, by sound."""

import re

import numpy as np
from sklearn.neighbors import NearestNeighbors

from raymer.audits.finding import CannotSay
from raymer.audits.groups import plain
from raymer.audits.rows import filled, standardised
from raymer.audits.sounds import built_spectrograms
from raymer.corpora.base import Corpus, Input
from raymer.features.duplicates import find_duplicates
from raymer.features.store import Spectrograms

Pairs = list[tuple[str, str]]
TITLES = ("title", "song title", "song_title", "track_title", "track_name", "song_name")
ARTISTS = ("artist", "artist_name", "performer")
LEAST_COLUMNS = 3
NEARER = 0.1
MOST_CLIPS = 20_000


def by_id(first: Corpus, second: Corpus) -> Pairs:
    """Return the clips whose ids are the same text."""
    known = set(second.clips["clip_id"].astype(str))
    return [(clip, clip) for clip in first.clips["clip_id"].astype(str) if clip in known]


def by_title(first: Corpus, second: Corpus) -> Pairs:
    """Return the clips with one title and one artist, whatever their case, accents and punctuation."""
    one, two = _titles(first), _titles(second)
    place: dict[tuple[str, str], str] = {}
    for clip, name in two.items():
        place.setdefault(name, clip)
    return [(clip, place[name]) for clip, name in one.items() if name in place]


def _titles(corpus: Corpus) -> dict[str, tuple[str, str]]:
    columns = {re.sub(r"\s+", " ", str(column).lower()): column for column in corpus.clips.columns}
    title = next((columns[name] for name in TITLES if name in columns), None)
    artist = next((columns[name] for name in ARTISTS if name in columns), None)
    if artist is None and getattr(corpus, "group_name", None) == "artist":
        artist = "group"
    if title is None or artist is None:
        raise CannotSay(f"{corpus.name} keeps no title and artist")
    clips = corpus.clips[corpus.clips[title].notna() & corpus.clips[artist].notna()]
    named = zip(clips["clip_id"].astype(str), clips[title].astype(str), clips[artist].astype(str), strict=True)
    return {clip: (plain(name), plain(who)) for clip, name, who in named if plain(name) and plain(who)}


def by_features(first: Corpus, second: Corpus) -> Pairs:
    """Return the clips that lie ten times nearer to one clip of the other corpus than to any other of it.

    Inputs are compared that share three names of features or more.
    """
    pairs: dict[str, str] = {}
    compared = False
    for one in first.inputs.values():
        for two in second.inputs.values():
            columns = [name for name in one.columns if name in set(two.columns)]
            if len(columns) < LEAST_COLUMNS or not len(one.clip_ids) or len(two.clip_ids) < 2:
                continue
            if max(len(one.clip_ids), len(two.clip_ids)) > MOST_CLIPS:
                continue
            compared = True
            for a, b in _nearest(one, two, columns):
                pairs.setdefault(a, b)
    if not compared:
        raise CannotSay("no input of the two has the same features")
    return list(pairs.items())


def _nearest(one: Input, two: Input, columns: list[str]) -> Pairs:
    at_one, at_two = ([item.columns.index(name) for name in columns] for item in (one, two))
    Z = standardised(np.vstack([filled(one.values[:, at_one]), filled(two.values[:, at_two])]), 5.0)
    distances, places = (
        NearestNeighbors(n_neighbors=2, algorithm="brute").fit(Z[len(one.values) :]).kneighbors(Z[: len(one.values)])
    )
    near = distances[:, 0] <= np.maximum(NEARER * distances[:, 1], 1e-6)
    return [(str(one.clip_ids[row]), str(two.clip_ids[places[row, 0]])) for row in np.flatnonzero(near)]


def by_sound(first: Corpus, second: Corpus) -> Pairs:
    """Return the clips whose spectrograms are the same recording, where both corpora have the same kind built."""
    one, two = built_spectrograms(first), built_spectrograms(second)
    kinds = [name for name in one if name in two]
    if not kinds:
        raise CannotSay("the two have no spectrograms of one kind")
    pairs: dict[str, str] = {}
    for name in kinds:
        for pair in find_duplicates(_joined(one[name], two[name])):
            a, b = sorted((pair.first, pair.second))
            if a.startswith("1 ") and b.startswith("2 "):
                pairs.setdefault(a[2:], b[2:])
    return list(pairs.items())


def _joined(one: Spectrograms, two: Spectrograms) -> Spectrograms:
    ids = [*(f"1 {clip}" for clip in one.clip_ids.tolist()), *(f"2 {clip}" for clip in two.clip_ids.tolist())]
    offsets = np.concatenate([one.offsets, one.offsets[-1] + two.offsets[1:]])
    return Spectrograms(np.array(ids), offsets, np.concatenate([one.frames, two.frames]), "")
