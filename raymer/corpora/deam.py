"""DEAM: 1,744 excerpts and 58 whole songs with valence and arousal on a scale from 1 to 9.

The archive has three traps. Its headers have leading blanks. In the averaged static file the columns of valence and
arousal are swapped for the songs that came from emoMusic (ids up to 1000) and right for the others. And the feature
files of those same songs cover the whole song, where the annotation covers 45 seconds.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from raymer.corpora.base import Corpus, Input, Target
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.is13 import FEATURES, INPUT_NAME, read_ready_features
from raymer.corpora.known import add_known, known_of
from raymer.corpora.tables import clip_ids, numbers, read_table, require_columns
from raymer.errors import RaymerError, UsageError

INFO = CorpusInfo(
    name="deam",
    title="DEAM: MediaEval Database for Emotional Analysis in Music (1,802 songs; valence, arousal)",
    where="cvml.unige.ch/databases/DEAM",
    licence="CC BY-NC",
    layout="annotations/annotations averaged per song/..., features/ID.csv, metadata/metadata_2013.csv",
    faults=(
        "valence and arousal are swapped in the averaged static file for song ids up to 1000",
        "feature files of ids up to 1000 cover whole songs, their annotations 45 s",
        "headers have leading blanks",
        "744 of its songs are those of mediaeval2013: the two corpora are not independent",
    ),
    options=("features_table", "repair"),
)

STATIC = Path("annotations/annotations averaged per song/song_level")
DYNAMIC = Path("annotations/annotations averaged per song/dynamic (per second annotations)")
METADATA = Path("metadata/metadata_2013.csv")
TARGETS = (Target("valence", low=1.0, high=9.0), Target("arousal", low=1.0, high=9.0))
LAST_OF_2013, LAST_EXCERPT = 1000, 2000
EXCERPT_FRAMES = 88  # 45 s in windows of one second that start every half second, as in the files of ids 1001 to 2000
REPAIRS = ("2013_only", "none", "all")


@dataclass(frozen=True)
class FrameFeatures:
    """What came of the per-frame files: the averaged input, and how many songs were cut or had no file."""

    input: Input
    cut: int
    without_file: int


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read DEAM from its archive's own layout.

    `options.repair` says which songs get their swapped columns put right: "2013_only" (default), "none" or "all".
    `options.features_table` takes ready song-level features instead of features/ID.csv.

    Raises
    ------
    UsageError
        When `src` is not DEAM's archive.
    RaymerError
        When a file has a missing column or a cell that is no number, or when the dynamic annotations say that the
        default repair is wrong for these files.
    """
    rule = options.repair or REPAIRS[0]
    if rule not in REPAIRS:
        raise UsageError(f"--repair {rule!r} is unknown: choose one of {', '.join(REPAIRS)}")
    songs = read_static(src)
    repaired = repair(songs, rule)
    agreement = check_repair(songs, src, default=options.repair is None)
    metadata = read_metadata(src)
    songs["group"] = [metadata["artist"].get(clip) or clip for clip in songs["clip_id"]]
    add_known(songs, metadata["known"])
    notes: dict[str, Any] = {"annotated": len(songs), "repair": rule, "repaired": repaired, "agreement": agreement}
    if options.features_table is not None:
        ready = read_ready_features(options.features_table, songs["clip_id"].tolist())
        item = ready.input
        notes |= {"cut": 0, "features_of_no_song": ready.unknown_clips, "ignored_columns": list(ready.ignored_columns)}
        reason = f"no row in {options.features_table.name}"
    else:
        frames = average_frame_files(src / "features", songs["clip_id"].tolist(), metadata["start"])
        item, reason = frames.input, "no file in features/"
        notes |= {"cut": frames.cut}
    missing = [clip for clip in songs["clip_id"] if clip not in set(item.clip_ids.tolist())]
    notes |= {
        "with_features": len(item.clip_ids),
        "left_out": [{"reason": reason, "count": len(missing), "first": missing[:5]}] if missing else [],
        "artists_known": int((songs["group"] != songs["clip_id"]).sum()),
    }
    return Corpus("deam", songs, TARGETS, {item.name: item}, notes, group_name="artist")


def read_static(src: Path) -> pd.DataFrame:
    """Return the averaged static annotations of all songs as distributed: clip_id, valence, arousal."""
    if not (src / STATIC).is_dir():
        raise UsageError(f"{src} is not DEAM's archive: folder {STATIC} is missing")
    paths = sorted((src / STATIC).glob("static_annotations_averaged_songs_*.csv"))
    if not paths:
        raise UsageError(f"{src / STATIC} holds no static_annotations_averaged_songs_*.csv")
    parts = []
    for path in paths:
        frame = read_table(path)
        require_columns(frame, ["song_id", "valence_mean", "arousal_mean"], path)
        ids = clip_ids(frame, "song_id", path)
        values = numbers(frame, ["valence_mean", "arousal_mean"], path, ids.tolist())
        parts.append(pd.DataFrame({"clip_id": ids, "valence": values[:, 0], "arousal": values[:, 1]}))
    songs = pd.concat(parts, ignore_index=True)
    return songs.iloc[np.argsort(songs["clip_id"].astype(int), kind="stable")].reset_index(drop=True)


def repair(songs: pd.DataFrame, rule: str) -> int:
    """Swap valence and arousal in place for the songs that `rule` names; return how many."""
    of_2013 = songs["clip_id"].astype(int).to_numpy() <= LAST_OF_2013
    swapped = {"2013_only": of_2013, "none": np.zeros_like(of_2013), "all": np.ones_like(of_2013)}[rule]
    songs.loc[swapped, ["valence", "arousal"]] = songs.loc[swapped, ["arousal", "valence"]].to_numpy()
    return int(swapped.sum())


def check_repair(songs: pd.DataFrame, src: Path, *, default: bool) -> dict[str, Any]:
    """Compare the repaired labels with the dynamic annotations, where they are present.

    Returns, for the songs up to 1000 and for those above, Pearson's r with the mean of the same target's dynamic
    annotation (`straight`) and of the other's (`crossed`), and whether the straight one is higher.

    Raises
    ------
    RaymerError
        When the default rule is at work and the dynamic annotations contradict it.
    """
    paths = {name: src / DYNAMIC / f"{name}.csv" for name in ("valence", "arousal")}
    if not all(path.is_file() for path in paths.values()):
        return {"checked": False}
    dynamic = pd.DataFrame({f"{name}_dynamic": _dynamic_means(path) for name, path in paths.items()})
    joined = songs.set_index("clip_id").join(dynamic, how="inner")
    of_2013 = joined.index.astype(int) <= LAST_OF_2013
    blocks = {"up to 1000": joined[of_2013], "above 1000": joined[~of_2013]}
    found = {name: _agreement(block) for name, block in blocks.items() if len(block) > 2}
    wrong = [name for name, values in found.items() if not values["agrees"]]
    if wrong and default:
        raise RaymerError(
            f"{src}: the dynamic annotations contradict the repair 2013_only for song ids {wrong[0]}: "
            "name a rule with --repair"
        )
    return {"checked": True, **found}


def _agreement(block: pd.DataFrame) -> dict[str, Any]:
    r = block.corr()
    straight = float(r.loc["valence", "valence_dynamic"] + r.loc["arousal", "arousal_dynamic"]) / 2
    crossed = float(r.loc["valence", "arousal_dynamic"] + r.loc["arousal", "valence_dynamic"]) / 2
    return {
        "songs": len(block),
        "straight": round(straight, 4),
        "crossed": round(crossed, 4),
        "agrees": straight > crossed,
    }


def _dynamic_means(path: Path) -> "pd.Series[float]":
    frame = read_table(path)
    require_columns(frame, ["song_id"], path)
    values = frame.drop(columns="song_id").apply(pd.to_numeric, errors="coerce")
    return pd.Series(values.mean(axis=1).to_numpy(), index=clip_ids(frame, "song_id", path))


def read_metadata(src: Path) -> dict[str, dict[str, Any]]:
    """Return {"artist": {clip: name}, "start": {clip: seconds}, "known": texts to keep}; empty without the file."""
    path = src / METADATA
    if not path.is_file():
        return {"artist": {}, "start": {}, "known": {}}
    frame = read_table(path)
    column = "start of the segment (min.sec)"
    require_columns(frame, ["song_id", "Artist", column], path)
    frame = frame[frame["song_id"] != ""]
    ids = clip_ids(frame, "song_id", path)
    starts = {clip: parse_start(text, path, clip) for clip, text in zip(ids, frame[column], strict=True)}
    artist = dict(zip(ids, frame["Artist"], strict=True))
    return {"artist": artist, "start": starts, "known": known_of(frame, ids.tolist())}


def parse_start(text: str, path: Path, clip: str) -> int:
    """Return the seconds that "minutes.seconds" means: 1.29 is 89 s, and 1.3 is 90 s (a lost zero), not 63."""
    minutes, _, seconds = text.partition(".")
    if not (minutes.isdigit() and (seconds.isdigit() or not seconds) and len(seconds) <= 2):
        raise RaymerError(f"{path}: song {clip} starts at {text!r}, which is not min.sec")
    return int(minutes) * 60 + int(seconds.ljust(2, "0"))


def average_frame_files(folder: Path, clips: list[str], starts: dict[str, int]) -> FrameFeatures:
    """Average features/ID.csv over the annotated excerpt of every song that has a file (METHOD: DEAM features).

    Songs up to 1000 are cut to the 88 frames from their excerpt's start; the files of the others are the excerpt.

    Raises
    ------
    UsageError
        When the folder is missing.
    RaymerError
        When no song has a file, a file lacks a column or has a cell that is no number, or a song of 2013 has no start.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is missing: give the per-frame files or --features-table")
    rows, ids, cut = [], [], 0
    for clip in clips:
        path = folder / f"{clip}.csv"
        if not path.is_file():
            continue
        if int(clip) <= LAST_OF_2013 and clip not in starts:
            raise RaymerError(f"{path} covers a whole song, and {METADATA} does not say where its excerpt starts")
        start = starts[clip] if int(clip) <= LAST_OF_2013 else None
        rows.append(average_frames(path, start))
        ids.append(clip)
        cut += start is not None
    if not rows:
        raise RaymerError(f"{folder} has a file for none of the {len(clips)} annotated songs")
    item = Input(INPUT_NAME, np.array(ids, dtype=str), np.array(rows), FEATURES)
    return FrameFeatures(item, cut, len(clips) - len(ids))


def average_frames(path: Path, start: int | None) -> np.ndarray:
    """Return the mean (260,) of one song's frames, from `start` seconds on for 88 frames, or of all when None."""
    frame = read_table(path, separator=";")
    require_columns(frame, ["frameTime", *FEATURES], path)
    values = numbers(frame, ["frameTime", *FEATURES], path)
    if start is not None:
        values = values[values[:, 0] >= start][:EXCERPT_FRAMES]
    if len(values) == 0:
        raise RaymerError(f"{path} has no frame in the annotated excerpt")
    mean: np.ndarray = values[:, 1:].mean(axis=0)
    return mean
