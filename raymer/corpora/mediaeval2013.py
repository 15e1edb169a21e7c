"""emoMusic, the data of MediaEval 2013: 744 excerpts of 45 seconds, valence and arousal on a scale from 1 to 9."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from raymer.corpora.audio_files import corpus_with_audio, find_audio, unannotated
from raymer.corpora.base import Corpus, Input, Target
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.is13 import read_ready_features
from raymer.corpora.known import add_known, known_of
from raymer.corpora.tables import clip_ids, numbers, read_table, require_columns
from raymer.errors import RaymerError, UsageError

INFO = CorpusInfo(
    name="mediaeval2013",
    title="emoMusic / MediaEval 2013 (744 songs; valence, arousal)",
    where="cvml.unige.ch/databases/emoMusic",
    licence="research only; clips under Creative Commons",
    layout="static_annotations.csv, songs_info.csv (or both in annotations/), clips_45seconds/ID.mp3",
    faults=(
        "all its songs are in DEAM too: the two corpora are not independent",
        "411 artists: under random folds most test songs have their artist in the train part",
        "cells of songs_info.csv hold tabs",
    ),
    options=("features_table",),
)

TARGETS = (Target("valence", low=1.0, high=9.0), Target("arousal", low=1.0, high=9.0))


CLIPS = "clips_45seconds"


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read static_annotations.csv and songs_info.csv, the audio in clips_45seconds/, and `options.features_table`.

    Without a folder of clips the features table is needed; with both, songs without audio are left out.

    Raises
    ------
    UsageError
        When a file is missing, or there is neither a folder of clips nor a features table.
    RaymerError
        When a table has a missing column or a cell that is no number, or no audio is found.
    """
    folder = src / "annotations" if (src / "annotations").is_dir() else src
    path = folder / "static_annotations.csv"
    if not path.is_file():
        raise UsageError(f"{src} is not emoMusic's folder: {path.name} is missing")
    songs = _read_songs(path, folder / "songs_info.csv")
    if (src / CLIPS).is_dir():
        songs["audio"] = [find_audio(src, [f"{CLIPS}/{clip}"]) for clip in songs["clip_id"]]
    elif options.features_table is None:
        raise UsageError(f"mediaeval2013 needs the audio in {src / CLIPS}, or ready features: give --features-table")
    notes: dict[str, Any] = {"artists": int(songs["group"].nunique())}
    inputs = {}
    if options.features_table is not None:
        item, taken = _read_features(options.features_table, songs)
        inputs[item.name] = item
        notes |= taken
    if "audio" not in songs:
        notes = {"annotated": len(songs), **notes}
        return Corpus("mediaeval2013", songs, TARGETS, inputs, notes, group_name="artist")
    notes["audio_without_annotation"] = unannotated(src, songs)
    layout = f"{CLIPS}/ID.mp3"
    made = corpus_with_audio("mediaeval2013", src, songs, TARGETS, notes, layout=layout, inputs=inputs)
    return replace(made, group_name="artist")


def _read_features(path: Path, songs: pd.DataFrame) -> tuple[Input, dict[str, Any]]:
    """Return the features of the songs (of those with audio, where there is any), and what to note of the table."""
    wanted = songs["clip_id"][songs["audio"].notna()] if "audio" in songs else songs["clip_id"]
    ready = read_ready_features(path, wanted.tolist())
    has_row = wanted.isin(ready.input.clip_ids.tolist())
    missing = wanted[~has_row].tolist()
    left_out = {"reason": f"no row in {path.name}", "count": len(missing), "first": missing[:5]}
    return ready.input, {
        "with_features": int(has_row.sum()),
        "left_out": [left_out] if missing else [],
        "features_of_no_song": ready.unknown_clips,
        "ignored_columns": list(ready.ignored_columns),
    }


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
    songs = pd.DataFrame(
        {"clip_id": ids, "group": [artist[clip] for clip in ids], "valence": values[:, 0], "arousal": values[:, 1]}
    )
    add_known(songs, known_of(info, clip_ids(info, "song_id", info_path).tolist()))
    return songs
