"""Audio: files that are cut, packed, mislabelled or none, beside whole ones: each is named, and the others are used."""

import json
import os
import random
import shutil
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from beds.fuzz.case import Case
from beds.fuzz.families import models
from beds.fuzz.spoil import spoil_bytes

SIZE = 234
RATE = 22050
SOUND = np.sin(np.arange(RATE) / 9) * np.linspace(0.1, 0.6, RATE)
WHOLE = ("clip03", "clip17", "clip20", "clip21")
NAMES = ("bad", "[x]", "=cmd|x", "a\nb", "\x1b[31mred", "b" * 200, "-x", "é", "%s", "<script>")
Way = Callable[[Path, random.Random], None]


def _sound(path: Path, samples: np.ndarray = SOUND, **how: object) -> bytes:
    soundfile.write(path, samples, RATE, **how)
    return path.read_bytes()


def _cut(kind: str) -> Way:
    def way(path: Path, rng: random.Random) -> None:
        data = _sound(path, format=kind)
        path.write_bytes(data[: rng.randrange(1, len(data))])

    return way


def _spoilt(kind: str) -> Way:
    return lambda path, rng: (path.write_bytes(spoil_bytes(_sound(path, format=kind), rng)[1]), None)[1]


def _bytes(make: Callable[[random.Random], bytes]) -> Way:
    return lambda path, rng: (path.write_bytes(make(rng)), None)[1]


def _flac(samples: int, rate: int = RATE, channels: int = 1) -> bytes:
    """Return a FLAC file of a header alone, which promises samples."""
    packed = rate << 44 | (channels - 1) << 41 | 15 << 36 | samples
    return b"fLaC\x80\x00\x00\x22" + struct.pack(">HH6xQ16x", 4096, 4096, packed)


def _wav(channels: int = 1, rate: int = RATE, size: int = 40_000, bits: int = 16, code: int = 1) -> bytes:
    """Return a wav file with 40,000 bytes of samples, whatever its header says."""
    step = channels * bits // 8
    head = struct.pack("<HHIIHH", code, channels, rate, rate * step % 2**32, step % 2**16, bits)
    samples = (SOUND[:20_000] * 2**14).astype("<i2").tobytes()
    return (
        b"RIFF"
        + struct.pack("<I", 0xFFFFFFFF)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + head
        + (b"data" + struct.pack("<I", size) + samples)
    )


def _promise(path: Path, rng: random.Random) -> None:
    """Write a whole FLAC file whose header promises 2^36 - 1 samples."""
    data = bytearray(_sound(path, format="FLAC"))
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(data))


def _values(value: float) -> Way:
    samples = np.where(np.arange(len(SOUND)) == 7, value, SOUND)
    return lambda path, rng: (_sound(path, samples, format="WAV", subtype="FLOAT"), None)[1]


def _folder(path: Path, rng: random.Random) -> None:
    path.mkdir()


def _socket(path: Path, rng: random.Random) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path has 107 bytes at most
        made.bind(path.name[:100])
        os.chdir(here)
    if path.name[:100] != path.name:
        path.with_name(path.name[:100]).rename(path)


UNREAD: dict[str, Way] = {
    "a pipe": lambda path, rng: os.mkfifo(path),
    "a folder": _folder,
    "a socket": _socket,
    "a link to nothing": lambda path, rng: path.symlink_to("nothing.wav"),
    "a link to itself": lambda path, rng: path.symlink_to(path.name),
    "a link to a device": lambda path, rng: path.symlink_to("/dev/zero"),
    "no bytes": _bytes(lambda rng: b""),
    "a byte": _bytes(lambda rng: rng.randbytes(1)),
    "zeros": _bytes(lambda rng: bytes(5000)),
    "text": _bytes(lambda rng: b"no audio\n" * 40),
    "noise of bytes": _bytes(lambda rng: rng.randbytes(9000)),
    "a packed file": _bytes(lambda rng: b"PK\x03\x04" + rng.randbytes(3000)),
    "2^36 samples": _promise,
    "a FLAC header alone": _bytes(lambda rng: _flac(2**36 - 1)),
    "a FLAC rate of 0": _bytes(lambda rng: _flac(9000, rate=0)),
    "1,000 channels": lambda path, rng: (_sound(path, np.full((2000, 1000), 0.1), format="WAV"), None)[1],
    "1,000 channels promised": _bytes(lambda rng: _wav(channels=1000)),
    "no channel": _bytes(lambda rng: _wav(channels=0)),
    "a rate of 0": _bytes(lambda rng: _wav(rate=0)),
    "a rate of 1": _bytes(lambda rng: _wav(rate=1)),
    "a rate of 2^32 - 1": _bytes(lambda rng: _wav(rate=2**32 - 1)),
    "samples of 1,000 bits": _bytes(lambda rng: _wav(bits=1000)),
    "an unknown code": _bytes(lambda rng: _wav(code=0x7777)),
    "more samples promised": _bytes(lambda rng: _wav(size=2**31)),
    "NaN": _values(np.nan),
    "infinity": _values(np.inf),
    "silence": lambda path, rng: (_sound(path, 0 * SOUND, format="WAV"), None)[1],
    "a tag of 256 MB": _bytes(lambda rng: b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + rng.randbytes(500)),
}
"""What cannot be used as audio, whatever reads it."""
READ: dict[str, Way] = {
    "another ending": lambda path, rng: (_sound(path, format=rng.choice(("WAV", "FLAC", "OGG", "MP3"))), None)[1],
    "an aiff": lambda path, rng: (_sound(path, format="AIFF"), None)[1],
    **{f"a cut {kind}": _cut(kind) for kind in ("WAV", "MP3", "FLAC", "OGG")},
    **{f"a spoilt {kind}": _spoilt(kind) for kind in ("WAV", "MP3", "FLAC", "OGG")},
    "1e30": _values(1e30),
}
"""What may be used as audio, or not."""
KINDS = {**UNREAD, **READ}
DOORS = ("predict", "features", "import")


def prepare(whole: Path) -> None:
    models.prepare_kinds(whole, ("svr",))
    (whole / "labels.csv").write_text("file,mood\n" + "".join(f"{name}.wav,a{name}\n" for name in WHOLE))


def case(rng: random.Random, number: int, whole: Path) -> Case:
    kind = list(KINDS)[number // len(DOORS) % len(KINDS)]
    door = DOORS[number % len(DOORS)]
    bad = f"{rng.choice(NAMES)}{rng.choice(('.wav', '.WAV', '.mp3', '.flac', '.ogg'))}"
    own = random.Random(rng.random())
    is_named = kind in UNREAD

    def make(folder: Path) -> None:
        (folder / "W").mkdir()
        for name in WHOLE:
            shutil.copy(whole / "wav" / f"{name}.wav", folder / "W")
        path = folder / "W" / bad
        if door == "features":
            _import_with(folder, path)
        KINDS[kind](path, own)

    def is_right(folder: Path, said: str) -> bool:
        err = (folder / ".stderr").read_text(errors="replace")
        return RIGHT[door](json.loads(said), err, bad, is_named, whole)

    words = {
        "predict": ("predict", str(whole / "svr"), "W", "--serial", "--json"),
        "features": ("features", "C", "--serial", "--json"),
        "import": ("import", "audio_folder", "W", "-o", "N", "--labels", str(whole / "labels.csv"), "--json"),
    }
    return Case(f"{door}: {kind}", make, words[door], "accepted", is_right, done=(0, 1) if door == "predict" else (0,))


def _import_with(folder: Path, path: Path) -> None:
    """Make the corpus C of the audio in W, of which one file is then spoilt."""
    import pandas as pd

    from raymer.corpora.base import Corpus, Target
    from raymer.corpora.folder import write_corpus

    names = [*(f"{name}.wav" for name in WHOLE), path.name]
    clips = pd.DataFrame({"clip_id": names, "group": names, "valence": np.arange(5.0), "audio": names})
    write_corpus(Corpus("small", clips, (Target("valence"),), {}, {}, str(folder / "W")), folder / "C")


def _predicted(said: object, err: str, bad: str, is_named: bool, whole: Path) -> bool:
    """Say whether the whole clips have their predictions, and the other has one or a line."""
    from raymer.plain import visible

    rows = {Path(row["clip"]).name: row for row in said}
    known = {Path(row["clip"]).name: row for row in json.loads((whole / "svr.said").read_text())}
    wanted = {f"{name}.wav" for name in WHOLE}
    lines = [line for line in err.splitlines() if line.startswith("broken: ")]
    is_told = [f"W/{visible(bad, lines=False)}: " in line for line in lines] == [True]
    same = [models._same([rows[name]], [row]) for name, row in known.items() if name in rows]
    rest = wanted <= set(rows) and sum(same) == len(models.CLIPS)
    return rest and is_told != (bad in rows) and not (is_named and bad in rows)


def _built(said: dict, err: str, bad: str, is_named: bool, whole: Path) -> bool:
    """Say whether the features are there of all whole clips, and the other is there or named."""
    told = [item["file"] for item in said["broken"]]
    return said["clips"] + len(told) == len(WHOLE) + 1 and told in ([bad], []) and not (is_named and not told)


def _imported(said: dict, err: str, bad: str, is_named: bool, whole: Path) -> bool:
    """Say whether what can be seen to be no audio is named when it is imported."""
    found = said.get("broken_audio", {}).get("first", [])
    return not found or all(line.startswith(f"{bad}: ") for line in found)


RIGHT: dict[str, Callable[..., bool]] = {"predict": _predicted, "features": _built, "import": _imported}
