"""emoMusic, the data of MediaEval 2013: 744 excerpts of 45 seconds, valence and arousal on a scale from 1 to 9."""

from pathlib import Path

import pandas as pd

from raymer.corpora.base import Corpus, Target
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.is13 import read_ready_features
from raymer.corpora.tables import clip_ids, numbers, read_table, require_columns
from raymer.errors import RaymerError, UsageError

INFO = CorpusInfo(
    name="mediaeval2013",
    title="emoMusic / MediaEval 2013 (744 songs; valence, arousal)",
    where="cvml.unige.ch/databases/emoMusic",
    licence="research only; clips under Creative Commons",
    layout="static_annotations.csv, songs_info.csv",
    faults=(
        "all its songs are in DEAM too: the two corpora are not independent",
        "411 artists: under random folds most test songs have their artist in the train part",
        "cells of songs_info.csv hold tabs",
    ),
    options=("features_table",),
)

TARGETS = (Target("valence", low=1.0, high=9.0), Target("arousal", low=1.0, high=9.0))


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read static_annotations.csv and songs_info.csv; features come from `options.features_table`.

    Raises
    ------
    UsageError
        When a file is missing or no features table is given.
    RaymerError
        When a table has a missing column or a cell that is no number.
    """
    path = src / "static_annotations.csv"
    if not path.is_file():
        raise UsageError(f"{src} is not emoMusic's folder: {path.name} is missing")
    if options.features_table is None:
        raise UsageError("mediaeval2013 has no features of its own here: give --features-table")
    songs = _read_songs(path, src / "songs_info.csv")
    ready = read_ready_features(options.features_table, songs["clip_id"].tolist())
    missing = [clip for clip in songs["clip_id"] if clip not in set(ready.input.clip_ids.tolist())]
    reason = f"no row in {options.features_table.name}"
    notes = {
        "annotated": len(songs),
        "with_features": len(ready.input.clip_ids),
        "artists": int(songs["group"].nunique()),
        "left_out": [{"reason": reason, "count": len(missing), "first": missing[:5]}] if missing else [],
        "features_of_no_song": ready.unknown_clips,
        "ignored_columns": list(ready.ignored_columns),
    }
    return Corpus("mediaeval2013", songs, TARGETS, {ready.input.name: ready.input}, notes)


def _read_songs(path: Path, info_path: Path) -> pd.DataFrame:
    frame = read_table(path)
    require_columns(frame, ["song_id", "mean_valence", "mean_arousal"], path)
    ids = clip_ids(frame, "song_id", path)
    values = numbers(frame, ["mean_valence", "mean_arousal"], path, ids.tolist())
    info = read_table(info_path)
    require_columns(info, ["song_id", "Artist"], info_path)
    info = info[info["song_id"] != ""]
    artist = dict(zip(clip_ids(info, "song_id", info_path), info["Artist"], strict=True))
    unknown = [clip for clip in ids if not artist.get(clip)]
    if unknown:
        raise RaymerError(f"{info_path}: song {unknown[0]} has no artist ({len(unknown)} in all)")
    return pd.DataFrame(
        {"clip_id": ids, "group": [artist[clip] for clip in ids], "valence": values[:, 0], "arousal": values[:, 1]}
    )
