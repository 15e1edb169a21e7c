"""GTZAN: ten genres, a hundred clips of 30 seconds each."""

from pathlib import Path

from raymer.corpora.audio_files import corpus_with_audio
from raymer.corpora.base import Corpus, Target
from raymer.corpora.class_folders import folder_of_classes, labelled_files
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.errors import RaymerError

INFO = CorpusInfo(
    name="gtzan",
    title="GTZAN (1,000 clips; ten genres)",
    where="marsyas.info/downloads/datasets.html; copies at Kaggle and Hugging Face",
    licence="none given; research use, the recordings are commercial",
    layout="genres/GENRE/GENRE.NNNNN.wav (also genres_original/, or the folder of genres itself)",
    faults=(
        "jazz.00054 cannot be decoded in the common copies: the features build names it and goes on",
        "50 exact replicas, 22 excerpts of the same recordings, over 100 contestable labels (Sturm 2013)",
        "artists are not given, and some have dozens of clips: random folds are optimistic",
        "5 seconds only of reggae.00086 are usable",
    ),
)

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
TARGET = "genre"


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read the folders of genres; a clip is its own group, since artists are not given.

    Raises
    ------
    UsageError
        When no folder of a genre is there.
    RaymerError
        When a file does not bear its genre's name, or there is no audio.
    """
    root = folder_of_classes(folder_of_classes(src, "genres_original"), "genres")
    clips = labelled_files(root, {genre: genre for genre in GENRES}, TARGET)
    for clip, genre, file in zip(clips["clip_id"], clips[TARGET], clips["audio"], strict=True):
        if not clip.startswith(f"{genre}."):
            raise RaymerError(f"{root / file}: a file of GTZAN is called {genre}.NNNNN: remove or rename it")
    clips.insert(1, "group", clips["clip_id"])
    counts = {genre: int(count) for genre, count in clips[TARGET].value_counts(sort=False).items()}
    target = Target(TARGET, kind="class")
    return corpus_with_audio("gtzan", root, clips, (target,), {"clips_a_genre": counts}, layout=INFO.layout)
