"""Faults to plant in a corpus, each by the code under which the audit must find it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from raymer.corpora.base import Corpus, Input, Target

Plant = Callable[[Corpus, np.random.Generator], Corpus]


def labels(corpus: Corpus) -> np.ndarray:
    """Return the first target's labels of the input's clips."""
    clips = corpus.clips.set_index("clip_id")
    return clips.loc[_item(corpus).clip_ids, corpus.targets[0].name].to_numpy(dtype=float)


def with_column(corpus: Corpus, values: np.ndarray, name: str = "x7") -> Corpus:
    """Return the corpus with one more feature, in the middle."""
    item = _item(corpus)
    place = len(item.columns) // 2
    columns = (*item.columns[:place], name, *item.columns[place:])
    return corpus.with_input(Input(item.name, item.clip_ids, np.insert(item.values, place, values, axis=1), columns))


def _item(corpus: Corpus) -> Input:
    return next(iter(corpus.inputs.values()))


def _values(corpus: Corpus, change: Callable[[np.ndarray], None]) -> Corpus:
    item = _item(corpus)
    values = item.values.copy()
    change(values)
    return corpus.with_input(Input(item.name, item.clip_ids, values, item.columns))


def _clips(corpus: Corpus, **columns: object) -> Corpus:
    return replace(corpus, clips=corpus.clips.assign(**columns))


def _ordered(corpus: Corpus, order: np.ndarray) -> Corpus:
    item = _item(corpus)
    place = {clip: row for row, clip in enumerate(item.clip_ids.tolist())}
    clips = corpus.clips.iloc[order].reset_index(drop=True)
    rows = [place[clip] for clip in clips["clip_id"] if clip in place]
    moved = Input(item.name, item.clip_ids[rows], item.values[rows], item.columns)
    return replace(corpus, clips=clips, inputs={item.name: moved})


def _copied(corpus: Corpus, rng: np.random.Generator, noise: float) -> Corpus:
    far = len(_item(corpus).values) - 1

    def change(values: np.ndarray) -> None:
        spread = values.std(axis=0) * noise
        for row in (1, 5, 9):
            values[far - row] = values[row] + spread * rng.normal(size=values.shape[1])

    return _values(corpus, change)


def _classes(corpus: Corpus, codes: np.ndarray) -> Corpus:
    clips = corpus.clips.drop(columns=[target.name for target in corpus.targets]).assign(mood=codes)
    return replace(corpus, clips=clips, targets=(Target("mood", kind="class"),))


def _moods(corpus: Corpus) -> np.ndarray:
    first = corpus.targets[0].name
    return (corpus.clips[first] > corpus.clips[first].median()).map({True: "glad", False: "sad"}).to_numpy(dtype=object)


def _mood_numbers(corpus: Corpus) -> np.ndarray:
    made = _classes(corpus, _moods(corpus)).clips.set_index("clip_id")
    return (made.loc[_item(corpus).clip_ids, "mood"] == "glad").to_numpy(dtype=float)


def _rare(corpus: Corpus, count: int) -> np.ndarray:
    moods = _moods(corpus)
    moods[:count] = "odd"
    return moods


def _spelt_moods(corpus: Corpus) -> np.ndarray:
    moods = _moods(corpus)
    moods[:40] = [mood.upper() for mood in moods[:40]]
    return moods


def _slices(corpus: Corpus, between: str) -> Corpus:
    names = np.array([f"song{row // 3}{between}{row % 3}" for row in range(len(corpus.clips))])
    new = dict(zip(corpus.clips["clip_id"], names, strict=True))
    item = _item(corpus)
    moved = Input(item.name, np.array([new[clip] for clip in item.clip_ids.tolist()]), item.values, item.columns)
    clips = corpus.clips.assign(clip_id=names, group=names)
    return replace(corpus, clips=clips, inputs={item.name: moved})


def _spread_of_raters(corpus: Corpus, rng: np.random.Generator) -> np.ndarray:
    y = labels(corpus)
    far = (y - y.mean()) / y.std()
    return 2.0 - 0.4 * far**2 + 0.3 * rng.normal(size=len(y))


def _rotated_labels(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    y = labels(corpus)
    hidden = np.column_stack([(y - y.mean()) / y.std(), rng.normal(size=(len(y), 15))])
    hidden[:, 0] += 0.1 * rng.normal(size=len(y))
    turn, _ = np.linalg.qr(rng.normal(size=(16, 16)))
    made = Input("embedding", _item(corpus).clip_ids, hidden @ turn, tuple(f"e{k}" for k in range(16)))
    return corpus.with_input(made)


def _order_of_labels(corpus: Corpus) -> Corpus:
    return _ordered(corpus, np.argsort(corpus.clips[corpus.targets[0].name].to_numpy(dtype=float)))


def _scale_off(corpus: Corpus) -> Corpus:
    name = corpus.targets[0].name
    y = corpus.clips[name].to_numpy(dtype=float).copy()
    y[7] = 12.0
    return _clips(corpus, **{name: y})


def _in_block(corpus: Corpus, share: float) -> np.ndarray:
    groups = np.array([f"group {row // 3}" for row in range(len(corpus.clips))], dtype=object)
    groups[: int(share * len(groups))] = "everyone"
    return groups


def _equal_fold(corpus: Corpus) -> Corpus:
    count = len(corpus.clips)
    group = np.array([f"g{10 * row // count}" for row in range(count)])
    name = corpus.targets[0].name
    y = corpus.clips[name].to_numpy(dtype=float).copy()
    y[group == "g3"] = 5.0
    return _clips(corpus, group=group, **{name: y})


def _code_of_group(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    count = len(corpus.clips)
    group = np.array([f"g{row // 5}" for row in range(count)])
    made = _clips(corpus, group=group)
    of = dict(zip(made.clips["clip_id"], rng.permutation(count // 5 + 1)[np.arange(count) // 5], strict=True))
    return with_column(made, np.array([of[clip] for clip in _item(made).clip_ids.tolist()], dtype=float))


def _length(corpus: Corpus) -> int:
    return len(_item(corpus).clip_ids)


def _spelt(corpus: Corpus) -> Corpus:
    group = [f"{'The Band' if row % 2 else 'the  band'} {row // 4}" for row in range(len(corpus.clips))]
    return _clips(corpus, group=group)


def _holes(corpus: Corpus) -> Corpus:
    """Return a corpus with holes, past the check of cells that a corpus may still make."""
    item = _item(corpus)
    item.values.setflags(write=True)
    item.values[3, 1] = item.values[4, 1] = np.nan
    return corpus


def _fresh(corpus: Corpus) -> Corpus:
    return _values(corpus, lambda values: None)


def _dead(values: np.ndarray) -> None:
    values[:, 2] = 1.0


def _one_clip(values: np.ndarray) -> None:
    values[:, 2] = 0.0
    values[4, 2] = 1e4


def _coded(values: np.ndarray) -> None:
    values[5:9, 3] = 99.0


def _coded_labels(corpus: Corpus) -> Corpus:
    name = corpus.targets[0].name
    y = corpus.clips[name].to_numpy(dtype=float).copy()
    y[[7, 20, 31]] = -999.0
    return _clips(corpus, **{name: y})


def _shorter(corpus: Corpus) -> Corpus:
    item = _item(corpus)
    return corpus.with_input(Input(item.name, item.clip_ids[:-9], item.values[:-9], item.columns))


FAULTS: dict[str, tuple[str, Plant]] = {
    "the target as a feature": ("label-copy", lambda c, r: with_column(c, labels(c))),
    "the target on another scale": ("label-copy", lambda c, r: with_column(c, 3.0 - 0.1 * labels(c))),
    "the target bent": ("label-copy", lambda c, r: with_column(c, np.exp(labels(c)))),
    "the class as a number": (
        "label-copy",
        lambda c, r: _classes(with_column(c, _mood_numbers(c)), _moods(c)),
    ),
    "target plus noise, r .98": (
        "golden-feature",
        lambda c, r: with_column(c, labels(c) + 0.2 * labels(c).std() * r.normal(size=_length(c))),
    ),
    "target plus noise, r .93": (
        "golden-feature",
        lambda c, r: with_column(c, labels(c) + 0.4 * labels(c).std() * r.normal(size=_length(c))),
    ),
    "class plus noise": (
        "golden-feature",
        lambda c, r: _classes(with_column(c, _mood_numbers(c) + 0.15 * r.normal(size=_length(c))), _moods(c)),
    ),
    "target folded at its mean": (
        "label-like",
        lambda c, r: with_column(c, np.abs(labels(c) - labels(c).mean()) * 2 - labels(c)),
    ),
    "target plus noise, r .82": (
        "second-label",
        lambda c, r: with_column(c, labels(c) + 0.7 * labels(c).std() * r.normal(size=_length(c))),
    ),
    "target plus noise, r .71": (
        "second-label",
        lambda c, r: with_column(c, labels(c) + labels(c).std() * r.normal(size=_length(c))),
    ),
    "the raters' spread": ("second-label", lambda c, r: with_column(c, _spread_of_raters(c, r))),
    "a column named for the target": (
        "label-name",
        lambda c, r: with_column(c, r.normal(size=_length(c)), f"{c.targets[0].name}_std"),
    ),
    "row numbers": ("row-counter", lambda c, r: with_column(c, np.arange(_length(c)) + 0.0)),
    "row numbers from 1000, shuffled": (
        "row-counter",
        lambda c, r: with_column(c, 1000.0 + r.permutation(_length(c))),
    ),
    "row numbers with gaps, scaled": (
        "row-counter",
        lambda c, r: with_column(c, 0.5 * np.sort(r.choice(2 * _length(c), _length(c), replace=False))),
    ),
    "a clock": ("row-counter", lambda c, r: with_column(c, np.cumsum(r.exponential(size=_length(c))))),
    "a fold number": ("bookkeeping-name", lambda c, r: with_column(c, np.arange(_length(c)) % 5 + 0.0, "fold")),
    "the artist's number": ("group-feature", _code_of_group),
    "an input made from the labels": ("strong-input", _rotated_labels),
    "clips copied": ("same-features", lambda c, r: _copied(c, r, 0.0)),
    "clips nearly copied": ("near-features", lambda c, r: _copied(c, r, 0.02)),
    "rows in the order of a label": ("label-order", lambda c, r: _order_of_labels(c)),
    "rows in the order of classes": (
        "label-order",
        lambda c, r: _classes(_order_of_labels(c), _moods(_order_of_labels(c))),
    ),
    "rows in the order of groups": (
        "group-order",
        lambda c, r: _clips(c, group=[f"g{row // 5}" for row in range(len(c.clips))]),
    ),
    "slices, a dot": ("slices", lambda c, r: _slices(c, ".")),
    "slices, an underscore": ("slices", lambda c, r: _slices(c, "_")),
    "slices, a word": ("slices", lambda c, r: _slices(c, "-seg")),
    "no groups": ("no-groups", lambda c, r: _clips(c, group=c.clips["clip_id"])),
    "one giant group": ("giant-group", lambda c, r: _clips(c, group=_in_block(c, 0.8))),
    "folds of unequal size": ("fold-sizes", lambda c, r: _clips(c, group=_in_block(c, 0.3))),
    "a group spelt twice": ("group-spelling", lambda c, r: _spelt(c)),
    "groups that are classes": ("group-is-class", lambda c, r: _clips(_classes(c, _moods(c)), group=_moods(c))),
    "a class of three": ("small-class", lambda c, r: _classes(c, _rare(c, 3))),
    "a class of one": ("small-class", lambda c, r: _classes(c, _rare(c, 1))),
    "a constant target": ("constant-target", lambda c, r: _clips(c, **{c.targets[0].name: 4.0})),
    "a target of four values": (
        "few-values",
        lambda c, r: _clips(c, **{c.targets[0].name: np.arange(len(c.clips)) % 4 + 1.0}),
    ),
    "a fold of equal labels": ("equal-fold", lambda c, r: _equal_fold(c)),
    "a label off its scale": ("label-range", lambda c, r: _scale_off(c)),
    "missing labels as -999": ("missing-code-label", lambda c, r: _coded_labels(c)),
    "a class spelt twice": ("class-spelling", lambda c, r: _classes(c, _spelt_moods(c))),
    "exchanged columns": (
        "swapped-columns",
        lambda c, r: replace(
            c, notes={"agreement": {"all": {"songs": 3, "straight": 0.1, "crossed": 0.9, "agrees": False}}}
        ),
    ),
    "random folds over artists": (
        "both-sides",
        lambda c, r: _clips(c, group=[f"g{row % 20}" for row in range(len(c.clips))]),
    ),
    "one clip's outlier": ("outlier-column", lambda c, r: _values(c, _one_clip)),
    "missing cells as 99": ("missing-code-feature", lambda c, r: _values(c, _coded)),
    "a dead column": ("dead-column", lambda c, r: _values(c, _dead)),
    "a column twice": ("same-column", lambda c, r: with_column(c, _item(c).values[:, 1])),
    "holes": ("missing-values", lambda c, r: _holes(_fresh(c))),
    "clips without features": ("coverage", lambda c, r: _shorter(c)),
    "one file for two clips": (
        "same-file",
        lambda c, r: _clips(c, audio=["one.wav", "one.wav", *(f"{row}.wav" for row in range(2, len(c.clips)))]),
    ),
}
