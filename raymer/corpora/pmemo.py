"""PMEmo: 794 pop songs, static valence and arousal of their choruses on a scale from 0 to 1."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from raymer.corpora.audio_files import corpus_with_audio, find_audio, unannotated
from raymer.corpora.base import Corpus, Target
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.known import Known, add_known, known_of
from raymer.corpora.tables import clip_ids, numbers, read_table, require_columns
from raymer.errors import UsageError

INFO = CorpusInfo(
    name="pmemo",
    title="PMEmo (794 songs, 767 with static annotations in the release of 2019; valence, arousal)",
    where="github.com/HuiZhangDB/PMEmo",
    licence="research only; the recordings are commercial",
    layout="annotations/static_annotations.csv, chorus/ID.mp3, metadata.csv (the folder PMEmo2019 or the one above)",
    faults=(
        "27 of the 794 songs have no static annotation in the release of 2019",
        "choruses last from 11 to 88 seconds",
        "artists recur: without metadata.csv a clip is its own group, and folds divide artists",
    ),
)

TARGETS = (Target("valence", low=0.0, high=1.0), Target("arousal", low=0.0, high=1.0))
COLUMNS = ("Valence(mean)", "Arousal(mean)")


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read the static annotations, the artists and the choruses.

    Raises
    ------
    UsageError
        When `src` is not PMEmo's folder.
    RaymerError
        When a table has a missing column or a cell that is no number, or no audio is found.
    """
    root = src / "PMEmo2019" if (src / "PMEmo2019").is_dir() else src
    path = root / "annotations" / "static_annotations.csv"
    if not path.is_file():
        raise UsageError(f"{src} is not PMEmo's folder: annotations/{path.name} is missing")
    frame = read_table(path)
    require_columns(frame, ["musicId", *COLUMNS], path)
    ids = clip_ids(frame, "musicId", path)
    values = numbers(frame, COLUMNS, path, ids.tolist())
    known = _known(root / "metadata.csv")
    artist = known.get("artist", {})
    clips = pd.DataFrame(
        {
            "clip_id": ids,
            "group": [artist.get(clip) or clip for clip in ids.tolist()],
            "valence": values[:, 0],
            "arousal": values[:, 1],
            "audio": [find_audio(root, [f"chorus/{clip}"]) for clip in ids.tolist()],
        }
    )
    add_known(clips, known)
    notes = {
        "artists_known": sum(bool(artist.get(clip)) for clip in ids.tolist()),
        "audio_without_annotation": unannotated(root, clips),
    }
    made = corpus_with_audio("pmemo", root, clips, TARGETS, notes, layout="chorus/ID.mp3")
    return replace(made, group_name="artist" if artist else None)


def _known(path: Path) -> Known:
    if not path.is_file():
        return {}
    frame = read_table(path)
    require_columns(frame, ["musicId", "artist"], path)
    return known_of(frame, clip_ids(frame, "musicId", path).tolist())
