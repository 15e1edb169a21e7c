"""Emotify: 400 clips of a minute, nine induced emotions (GEMS), each the share of raters who felt it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from raymer.corpora.audio_files import corpus_with_audio, find_audio
from raymer.corpora.base import Corpus, Target
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.inputs import read_any_features
from raymer.corpora.tables import numbers, read_table, require_columns
from raymer.errors import RaymerError, UsageError

INFO = CorpusInfo(
    name="emotify",
    title="Emotify (400 clips; nine GEMS emotions, the share of raters who felt each)",
    where="www.projects.science.uu.nl/memotion/emotifydata",
    licence="research only; clips from Magnatune",
    layout="data.csv (a row a rating), audio/GENRE/N.mp3 with N from 1 to 100 (also .ogg, .wav, .flac)",
    faults=(
        "the emotions are those induced: raters disagree much, amazement can hardly be predicted",
        "track ids count through the genres (classical 1-100, rock 101-200, ...), file names start at 1 in each",
        "the number of raters a clip varies from 11 to 59",
        "four recordings are there twice, rated apart (pop_59 = pop_66, ...; found by the spectrograms, borne out by "
        "the waveforms' correlation of 0.96 and more): each pair is one group",
    ),
    options=("features_table",),
)

GENRES = ("classical", "rock", "electronic", "pop")  # in the order of their track ids
CLIPS_A_GENRE = 100
EMOTIONS = (
    "amazement",
    "solemnity",
    "tenderness",
    "nostalgia",
    "calmness",
    "power",
    "joyful_activation",
    "tension",
    "sadness",
)
SAME_RECORDING = {"pop_66": "pop_59", "rock_66": "rock_63", "rock_75": "rock_72", "rock_76": "rock_70"}
TARGETS = tuple(Target(name, low=0.0, high=1.0) for name in EMOTIONS)


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read data.csv and find the audio; a clip is called GENRE_N, a group is a recording.

    `options.features_table` adds a ready table of features (clip_id GENRE_N) as the input "features".

    Raises
    ------
    UsageError
        When `src` is not Emotify's folder.
    RaymerError
        When a rating is neither 0 nor 1, a track id does not fit its genre, or no audio is found.
    """
    path = src / "data.csv"
    if not path.is_file():
        raise UsageError(f"{src} is not Emotify's folder: {path.name} is missing")
    clips = mean_ratings(path)
    raters = clips.pop("raters")
    clips["audio"] = [find_audio(src, [f"audio/{clip.replace('_', '/')}"]) for clip in clips["clip_id"]]
    notes = {
        "ratings": int(raters.sum()),
        "raters_a_clip": {"least": int(raters.min()), "median": float(raters.median()), "most": int(raters.max())},
    }
    inputs = {}
    if options.features_table is not None:
        with_audio = clips["clip_id"][clips["audio"].notna()].tolist()
        inputs["features"] = read_any_features(options.features_table, with_audio, "features")
    clips["genre"] = [clip.rpartition("_")[0] for clip in clips["clip_id"]]
    made = corpus_with_audio("emotify", src, clips, TARGETS, notes, layout="audio/GENRE/N.mp3", inputs=inputs)
    return replace(made, group_name="recording")


def mean_ratings(path: Path) -> pd.DataFrame:
    """Return a row a track, in the order of track ids: clip_id, group, the mean of each emotion, and `raters`."""
    frame = read_table(path)
    require_columns(frame, ["track id", "genre", *EMOTIONS], path)
    if frame.empty:
        raise RaymerError(f"{path} holds no rating")
    track = numbers(frame, ["track id"], path)[:, 0]
    ratings = numbers(frame, EMOTIONS, path)
    wrong = np.argwhere((ratings != 0) & (ratings != 1))
    if len(wrong):
        row, column = wrong[0]
        raise RaymerError(f"{path}: line {row + 2}, {EMOTIONS[column]}: {ratings[row, column]:g} is neither 0 nor 1")
    names = [_clip_name(path, row + 2, value, frame["genre"].iloc[row]) for row, value in enumerate(track)]
    table = pd.DataFrame(ratings, columns=list(EMOTIONS))
    groups = table.assign(track=track.astype(int), clip_id=names).groupby("track", sort=True)
    means = groups[list(EMOTIONS)].mean()
    ids = groups["clip_id"].first()
    columns = {"clip_id": ids, "group": ids.replace(SAME_RECORDING), **means, "raters": groups.size()}
    return pd.DataFrame(columns).reset_index(drop=True)


def _clip_name(path: Path, line: int, track: float, genre: str) -> str:
    """Return GENRE_N of a track id, which the genre's column must agree with."""
    block, place = divmod(int(track) - 1, CLIPS_A_GENRE)
    if track != int(track) or not 0 <= block < len(GENRES):
        raise RaymerError(f"{path}: line {line}: track id {track:g} is none of 1 to {CLIPS_A_GENRE * len(GENRES)}")
    if genre != GENRES[block]:
        raise RaymerError(f"{path}: line {line}: track {int(track)} is {GENRES[block]} by its id, but says {genre!r}")
    return f"{genre}_{place + 1}"
