"""Ballroom: 698 clips of 30 seconds of dance music, eight styles; thirteen of them are there twice."""

import re
from dataclasses import replace
from pathlib import Path

from raymer.corpora.audio_files import corpus_with_audio
from raymer.corpora.base import Corpus, Target
from raymer.corpora.class_folders import folder_of_classes, labelled_files
from raymer.corpora.info import CorpusInfo, ImportOptions

# the clip that is dropped: the clip of the same recording that stays (Sturm 2014, as CPJKU/BallroomAnnotations lists)
REPLICAS = {
    "Albums-Chrisanne2-12": "Albums-AnaBelen_Veneo-11",
    "Albums-Fire-09": "Albums-Fire-08",
    "Albums-Latin_Jam2-13": "Albums-Latin_Jam2-05",
    "Media-104705": "Albums-Secret_Garden-01",
    "Albums-AnaBelen_Veneo-15": "Albums-AnaBelen_Veneo-03",
    "Albums-Ballroom_Magic-18": "Albums-Ballroom_Magic-03",
    "Albums-Latin_Jam-13": "Albums-Latin_Jam-04",
    "Albums-Latin_Jam-14": "Albums-Latin_Jam-08",
    "Albums-Latin_Jam-15": "Albums-Latin_Jam-06",
    "Albums-Latin_Jam2-14": "Albums-Latin_Jam2-02",
    "Albums-Latin_Jam2-15": "Albums-Latin_Jam2-07",
    "Media-103414": "Albums-Latin_Jam3-02",
    "Media-103415": "Media-103402",
}
TWO_LABELS = ("Albums-Fire-08", "Albums-Fire-09")  # one recording, as ChaChaCha and as Samba

INFO = CorpusInfo(
    name="ballroom",
    title="Ballroom (698 clips; eight dance styles)",
    where="mtg.upf.edu/ismir2004/contest/tempoContest/node5.html (data1.tar.gz)",
    licence="none given; research use, the recordings are commercial",
    layout="BallroomData/STYLE/*.wav, or the folder of styles itself",
    faults=(
        "13 clips are replicas of another, four of them exact: the import drops them and says which",
        f"{TWO_LABELS[0]} (ChaChaCha) and {TWO_LABELS[1]} (Samba) are one recording with two labels; the first is kept",
        "the newer release has more clips and rarer styles (Pasodoble, Salsa, ...): they are left out",
        "clips come from few albums: a clip's group is its album, by the file's name",
    ),
)

STYLES = {
    "ChaChaCha": "ChaChaCha",
    "Jive": "Jive",
    "Quickstep": "Quickstep",
    "Rumba": "Rumba",
    "Rumba-American": "Rumba",
    "Rumba-International": "Rumba",
    "Rumba-Misc": "Rumba",
    "Samba": "Samba",
    "Tango": "Tango",
    "VienneseWaltz": "VienneseWaltz",
    "Viennesewaltz": "VienneseWaltz",
    "Waltz": "Waltz",
}
TARGET = "style"


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read the folders of styles and drop replicas whose original is there.

    Raises
    ------
    UsageError
        When no folder of a style is there.
    RaymerError
        When there is no audio.
    """
    root = folder_of_classes(src, "BallroomData")
    found = labelled_files(root, STYLES, TARGET)
    present = set(found["clip_id"])
    dropped = [clip for clip in found["clip_id"] if REPLICAS.get(clip) in present]
    clips = found[~found["clip_id"].isin(dropped)].reset_index(drop=True)
    clips.insert(1, "group", [album(clip) for clip in clips["clip_id"]])
    notes = {
        "replicas_dropped": [f"{clip} = {REPLICAS[clip]}" for clip in dropped],
        "two_labels": " = ".join(TWO_LABELS) if present.issuperset(TWO_LABELS) else None,
        "clips_a_style": {style: int(count) for style, count in clips[TARGET].value_counts(sort=False).items()},
    }
    made = corpus_with_audio("ballroom", root, clips, (Target(TARGET, kind="class"),), notes, layout=INFO.layout)
    return replace(made, group_name="album")


def album(clip: str) -> str:
    """Return the album of a clip: its name without the last two digits, "Albums-Fire-08" -> "Albums-Fire"."""
    return re.sub(r"-?\d\d$", "", clip)
