"""Song, Dixon and Pearce's Last.fm corpus (2012): about 2,900 songs, four emotions from listeners' tags."""

from pathlib import Path

from raymer.corpora.base import Corpus
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.labelled_audio import read_labels

LABELS = ("happy", "sad", "angry", "relaxed")

INFO = CorpusInfo(
    name="lastfm",
    title="Last.fm emotion tags (Song, Dixon, Pearce 2012; about 2,900 songs; happy, sad, angry, relaxed)",
    where="code.soundsoftware.ac.uk/projects/emotion-recognition (labels); previews were 7digital's",
    licence="labels for research; the recordings are commercial and not part of it",
    layout="labels.csv (id, label, perhaps artist), audio/ID.mp3 or audio/LABEL/ID.mp3",
    faults=(
        "labels are tags of listeners, unverified: 54 % accuracy was the best in print",
        "audio is not distributed: this layout is raymer's, put your files into it",
        "without a column artist a clip is its own group, and folds divide artists",
    ),
)


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read labels.csv and find the audio.

    Raises
    ------
    UsageError
        When labels.csv is missing.
    RaymerError
        When a label is none of the four, an id stands twice, or no audio is found.
    """
    return read_labels(
        "lastfm", src, src / "labels.csv", id_column="id", label_column="label", labels=LABELS, target="emotion"
    )
