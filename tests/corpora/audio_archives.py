"""Tiny archives in each corpus' own layout, written by code: very short wav files and CSVs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from raymer.corpora import ballroom, emotify
from raymer.corpora.info import ImportOptions


@dataclass(frozen=True)
class Archive:
    """How to write an archive, and what its import must give."""

    write: Callable[[Path], None]
    clips: tuple[str, ...]
    targets: tuple[str, ...]
    labels: dict[str, tuple] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    options: Callable[[Path], ImportOptions] = lambda src: ImportOptions()


def tone(path: Path, frequency: float = 440.0, seconds: float = 0.1, rate: int = 8000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(seconds * rate)) / rate
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * frequency * time), rate)


def table(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def write_emotify(src: Path) -> None:
    header = ",".join(["track id", "genre", *emotify.EMOTIONS, "mood"])
    table(
        src / "data.csv",
        header,
        "1,classical,1,0,0,0,0,0,0,0,0,3",
        "1,classical,0,0,1,0,0,0,0,0,0,2",
        "101,rock,0,0,0,0,0,1,0,0,0,2",
        "301,pop,0,0,0,0,0,0,1,0,0,2",
    )
    tone(src / "audio/classical/1.wav")
    tone(src / "audio/rock/1.ogg", rate=22050)


def write_gtzan(src: Path) -> None:
    for genre in ("blues", "jazz"):
        for number in range(2):
            tone(src / f"genres/{genre}/{genre}.{number:05d}.wav")
    (src / "genres/jazz/._jazz.00000.wav").write_bytes(b"what a Mac leaves")


def write_ballroom(src: Path) -> None:
    names = {"ChaChaCha": ["Albums-Fire-08", "Media-103402"], "Samba": ["Albums-Fire-09"], "Waltz": ["Media-104705"]}
    for style, clips in names.items():
        for clip in clips:
            tone(src / f"BallroomData/{style}/{clip}.wav")


def write_lastfm(src: Path) -> None:
    table(src / "labels.csv", "id,label,artist", "7,happy,A", "8,Sad,A", "9,angry,B")
    tone(src / "audio/7.wav")
    tone(src / "audio/sad/8.wav")


def write_four_quadrants(src: Path) -> None:
    table(src / "panda_dataset_taffc_annotations.csv", "Song,Quadrant", "MT01,Q1", "MT02,Q4", "MT03,Q2")
    table(src / "panda_dataset_taffc_metadata.csv", "Song,Artist,Title", "MT01,A,x", "MT02,A,y")
    tone(src / "Q1/MT01.wav")
    tone(src / "Q4/MT02.mp3", rate=22050)


def write_mediaeval2013(src: Path) -> None:
    table(
        src / "annotations/static_annotations.csv",
        "song_id,mean_arousal,std_arousal,mean_valence,std_valence",
        "2,3.1,1,3.0,1",
        "3,3.5,1,3.3,1",
        "9,5,1,6,1",
    )
    table(src / "annotations/songs_info.csv", "song_id,file_name,Artist", "2,2.mp3,\tA\t", "3,3.mp3,\tA", "9,9.mp3,B")
    tone(src / "clips_45seconds/2.mp3", rate=22050)
    tone(src / "clips_45seconds/3.mp3", rate=22050)


def write_pmemo(src: Path) -> None:
    table(
        src / "PMEmo2019/annotations/static_annotations.csv",
        "musicId,Arousal(mean),Valence(mean)",
        "1,0.4,0.575",
        "4,0.2625,0.2875",
        "5,0.1,0.9",
    )
    table(src / "PMEmo2019/metadata.csv", "musicId,fileName,title,artist", "1,1.mp3,x,A", "4,4.mp3,y,A")
    tone(src / "PMEmo2019/chorus/1.wav")
    tone(src / "PMEmo2019/chorus/4.flac")


def write_audio_folder(src: Path) -> None:
    tone(src / "calm/a.wav")
    tone(src / "calm/more/b.wav")
    tone(src / "wild/c.flac")


def write_labelled_folder(src: Path) -> None:
    write_audio_folder(src)
    table(
        src / "labels.csv",
        "file,energy,mood,band",
        "calm/a.wav,0.5,soft,X",
        "wild/c.flac,2,hard,Y",
        "gone.wav,1,soft,X",
    )


FIRE = ballroom.TWO_LABELS
ARCHIVES = {
    "emotify": Archive(
        write_emotify,
        clips=("classical_1", "rock_1"),
        targets=emotify.EMOTIONS,
        labels={"amazement": (0.5, 0.0), "tenderness": (0.5, 0.0), "power": (0.0, 1.0)},
        left_out=("pop_1",),
    ),
    "gtzan": Archive(
        write_gtzan,
        clips=("blues.00000", "blues.00001", "jazz.00000", "jazz.00001"),
        targets=("genre",),
        labels={"genre": ("blues", "blues", "jazz", "jazz")},
    ),
    "ballroom": Archive(
        write_ballroom,
        clips=(FIRE[0], "Media-103402", "Media-104705"),
        targets=("style",),
        labels={"style": ("ChaChaCha", "ChaChaCha", "Waltz")},
        groups={FIRE[0]: "Albums-Fire", "Media-103402": "Media-1034"},
    ),
    "lastfm": Archive(
        write_lastfm,
        clips=("7", "8"),
        targets=("emotion",),
        labels={"emotion": ("happy", "sad")},
        groups={"7": "A", "8": "A"},
        left_out=("9",),
    ),
    "four_quadrants": Archive(
        write_four_quadrants,
        clips=("MT01", "MT02"),
        targets=("quadrant",),
        labels={"quadrant": ("Q1", "Q4")},
        groups={"MT01": "A", "MT02": "A"},
        left_out=("MT03",),
    ),
    "mediaeval2013": Archive(
        write_mediaeval2013,
        clips=("2", "3"),
        targets=("valence", "arousal"),
        labels={"valence": (3.0, 3.3), "arousal": (3.1, 3.5)},
        groups={"2": "A", "3": "A"},
        left_out=("9",),
    ),
    "pmemo": Archive(
        write_pmemo,
        clips=("1", "4"),
        targets=("valence", "arousal"),
        labels={"valence": (0.575, 0.2875), "arousal": (0.4, 0.2625)},
        groups={"1": "A"},
        left_out=("5",),
    ),
    "audio_folder": Archive(
        write_audio_folder,
        clips=("calm/a", "calm/more/b", "wild/c"),
        targets=("class",),
        labels={"class": ("calm", "calm", "wild")},
    ),
    "audio_folder with labels": Archive(
        write_labelled_folder,
        clips=("calm/a", "wild/c"),
        targets=("energy", "mood"),
        labels={"energy": (0.5, 2.0), "mood": ("soft", "hard")},
        groups={"calm/a": "X", "wild/c": "Y"},
        left_out=("gone",),
        options=lambda src: ImportOptions(labels=src / "labels.csv", group_column="band"),
    ),
}
