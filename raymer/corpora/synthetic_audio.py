"""Clips that are synthesised, and their labels: audio files whose valence and arousal can be heard, and measured."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from raymer.errors import RaymerError, UsageError
from raymer.whole import written

SAMPLE_RATE = 11025
SECONDS = 6.0
CLIPS_AN_ARTIST = 4
LABELS = "labels.csv"

_NOTES = {"major": (0, 4, 7, 12), "minor": (0, 3, 7, 12)}
_HARMONICS = 11  # the highest of the highest note, 196 Hz x 2^(3/12) x 2 x 11, is below half the sample rate


def write_audio(folder: Path, n_clips: int = 200, *, seed: int = 0) -> None:
    """Write `n_clips` wav files and `labels.csv` (file, artist, valence, arousal); the same clips are not made twice.

    Arousal is carried by tempo and loudness, valence by mode (major or minor chords), brightness by both; none of them
    exactly, and raters are noisy. Each artist has a timbre and a pitch of its own. The table is written last, so that
    one that is there says that all files are.

    Parameters
    ----------
    folder : Path
    n_clips : int
        At least 20.
    seed : int

    Raises
    ------
    UsageError
        For fewer clips, or when `folder` holds others.
    """
    if n_clips < 20:
        raise UsageError(f"a corpus of synthetic audio needs 20 clips or more, not {n_clips}")
    sounds = describe(n_clips, seed)
    columns = ["file", "artist", "valence", "arousal"]
    text = sounds[columns].to_csv(index=False)
    table = folder / LABELS
    if table.is_file():
        if table.read_text() != text:
            raise UsageError(f"{folder} holds other clips (another number or seed): choose a new folder")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for number, sound in enumerate(sounds.to_dict("records")):
        samples = synthesise(sound, np.random.default_rng((seed, number)))
        try:
            soundfile.write(folder / sound["file"], samples, SAMPLE_RATE)
        except soundfile.LibsndfileError as error:
            (folder / sound["file"]).unlink(missing_ok=True)
            raise RaymerError(f"{folder / sound['file']} cannot be written: is the disk full?") from error
    with written(table) as new:
        new.write_text(text)


def describe(n_clips: int, seed: int) -> pd.DataFrame:
    """Return a row a clip: its file, artist and labels, and how it is to sound.

    Columns beside those of the labels: `tempo` (beats a minute), `mode`, `level` and `hiss` (dB), `tonic` (Hz),
    `rolloff` (the amplitude of harmonic k is k to the power of minus that) and `even` (a factor of the even ones).
    """
    rng = np.random.default_rng(seed)
    artist = np.arange(n_clips) // CLIPS_AN_ARTIST
    n_artists = int(artist.max()) + 1

    def noise(sd: float) -> np.ndarray:
        return sd * rng.normal(size=n_clips)

    def by_artist(sd: float) -> np.ndarray:
        return (sd * rng.normal(size=n_artists))[artist]

    valence, arousal = noise(1.0) + by_artist(0.3), noise(1.0) + by_artist(0.3)
    rolloff = 1.6 - 0.25 * valence - 0.2 * arousal + noise(0.2) + by_artist(0.15)
    return pd.DataFrame(
        {
            "file": [f"clip{number:04d}.wav" for number in range(n_clips)],
            "artist": [f"artist{number:03d}" for number in artist],
            "valence": _scale(valence + noise(0.5)),
            "arousal": _scale(arousal + noise(0.5)),
            "tempo": 100 * 2 ** (0.4 * arousal + noise(0.2)),
            "mode": np.where(valence + noise(0.6) > 0, "major", "minor"),
            "level": -26 + 3 * arousal + noise(2.0),
            "rolloff": np.clip(rolloff, 0.5, 3.0),
            "tonic": 196 * 2 ** (np.clip(by_artist(1.0).round(), -3, 3) / 12),
            "even": 1 / (1 + np.exp(by_artist(1.0))),
            "hiss": -60 + by_artist(3.0),
        }
    )


def _scale(value: np.ndarray) -> np.ndarray:
    """Return ratings from 1 to 9 with two decimals, as a mean over raters has."""
    scaled: np.ndarray = np.clip(5 + 1.5 * value, 1, 9).round(2)
    return scaled


def synthesise(sound: dict[str, float | str], rng: np.random.Generator) -> np.ndarray:
    """Return the samples (n_samples,), float64, within -1 and 1, of the clip of a row of `describe`.

    A broken chord, a note a beat, each with a sharp attack and a decay of half a beat.
    """
    time = np.arange(int(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    beat = 60 / float(sound["tempo"])
    place = time / beat + rng.uniform()
    number = place.astype(int)
    chord = np.array(_NOTES[str(sound["mode"])])
    pitch = float(sound["tonic"]) * 2 ** (rng.permutation(chord)[number % len(chord)] / 12)
    harmonic = np.arange(1, _HARMONICS + 1)
    amplitude = harmonic ** -float(sound["rolloff"]) * np.where(harmonic % 2, 1.0, float(sound["even"]))
    fundamental = np.exp(2j * np.pi * np.cumsum(pitch) / SAMPLE_RATE)
    tone = np.polyval([*amplitude[::-1], 0.0], fundamental).imag
    since = (place - number) * beat
    tone *= np.minimum(since / 0.01, 1) * np.exp(-2 * since / beat)
    tone *= 10 ** (float(sound["level"]) / 20) / np.sqrt(np.mean(tone**2))
    hiss = 10 ** (float(sound["hiss"]) / 20) * rng.normal(size=len(time))
    samples: np.ndarray = np.clip(tone + hiss, -1, 1)
    return samples
