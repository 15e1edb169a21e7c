"""The 4Q audio emotion set (Panda, Malheiro, Paiva 2018): 900 clips of about 30 seconds, four quadrants."""

from pathlib import Path

from raymer.corpora.base import Corpus
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.labelled_audio import read_labels
from raymer.errors import UsageError

LABELS = ("Q1", "Q2", "Q3", "Q4")
ANNOTATIONS, METADATA = "panda_dataset_taffc_annotations.csv", "panda_dataset_taffc_metadata.csv"

INFO = CorpusInfo(
    name="four_quadrants",
    title="4Q audio emotion (Panda et al. 2018; 900 clips; quadrants of valence and arousal)",
    where="mir.dei.uc.pt/downloads.html",
    licence="research only; clips from AllMusic",
    layout=f"{ANNOTATIONS} and Q1/ID.mp3 ... Q4/ID.mp3; or labels.csv (id, quadrant) and audio/ID.mp3",
    faults=(
        "sample rates differ from clip to clip (16,000 to 44,100 Hz): the bandwidth may tell the quadrant",
        "quadrants are made from AllMusic's mood tags, checked by one annotator",
        "some clips are much shorter than 30 seconds",
    ),
)


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read either layout; the artist of the distributed metadata, where it is there, is the group.

    Raises
    ------
    UsageError
        When `src` has neither table of labels.
    RaymerError
        When a label is none of Q1 to Q4, an id stands twice, or no audio is found.
    """
    if (src / ANNOTATIONS).is_file():
        table, id_column, label_column = src / ANNOTATIONS, "Song", "Quadrant"
    elif (src / "labels.csv").is_file():
        table, id_column, label_column = src / "labels.csv", "id", "quadrant"
    else:
        raise UsageError(f"{src} is not the 4Q set: neither {ANNOTATIONS} nor labels.csv is there")
    return read_labels(
        "four_quadrants",
        src,
        table,
        id_column=id_column,
        label_column=label_column,
        labels=LABELS,
        target="quadrant",
        artists=src / METADATA,
    )
