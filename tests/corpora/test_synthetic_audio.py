"""Synthetic clips: made once, whole, and sounding as their labels say without giving them away."""

import numpy as np
import pytest
import soundfile

from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import import_corpus
from raymer.corpora.synthetic_audio import CLIPS_AN_ARTIST, LABELS, SAMPLE_RATE, SECONDS, describe, write_audio
from raymer.errors import UsageError


def test_clips_are_written_once_and_import_as_anyones_do(tmp_path):
    folder = tmp_path / "synthetic"
    write_audio(folder, 20, seed=3)
    options = ImportOptions(labels=folder / LABELS, targets=("valence", "arousal"), group_column="artist")
    corpus = import_corpus("audio_folder", folder, options)
    assert len(corpus.clips) == 20
    assert set(corpus.clips["group"].value_counts()) == {CLIPS_AN_ARTIST}
    first = folder / "clip0000.wav"
    samples, rate = soundfile.read(first)
    assert (len(samples), rate) == (SECONDS * SAMPLE_RATE, SAMPLE_RATE)
    bits, changed = first.read_bytes(), first.stat().st_mtime_ns
    write_audio(folder, 20, seed=3)
    assert first.stat().st_mtime_ns == changed
    (folder / LABELS).unlink()  # as a killed process leaves it
    first.write_bytes(b"half")
    write_audio(folder, 20, seed=3)
    assert first.read_bytes() == bits
    with pytest.raises(UsageError, match="holds other clips"):
        write_audio(folder, 20, seed=4)
    with pytest.raises(UsageError, match="20 clips or more"):
        write_audio(tmp_path / "few", 19)


def test_what_is_heard_carries_the_labels_but_not_all_of_them():
    sounds = describe(2000, seed=0)
    assert sounds[["valence", "arousal"]].to_numpy().min() >= 1
    assert sounds[["valence", "arousal"]].to_numpy().max() <= 9
    is_major = (sounds["mode"] == "major").to_numpy(dtype=float)
    carriers = {
        "arousal": (np.log(sounds["tempo"]), sounds["level"], -sounds["rolloff"]),
        "valence": (is_major, -sounds["rolloff"]),
    }
    for label, heard in carriers.items():
        for values in heard:
            assert 0.2 < np.corrcoef(values, sounds[label])[0, 1] < 0.9
    assert abs(np.corrcoef(sounds["valence"], sounds["arousal"])[0, 1]) < 0.2


def test_levels_and_brightness_are_those_of_the_files(tmp_path):
    write_audio(tmp_path, 20, seed=1)
    sounds = describe(20, seed=1)
    waves = [soundfile.read(tmp_path / file)[0] for file in sounds["file"]]
    level = [10 * np.log10(np.mean(wave**2)) for wave in waves]
    assert np.allclose(level, sounds["level"], atol=0.5)
    spectra = [np.abs(np.fft.rfft(wave)) for wave in waves]
    centroid = [np.sum(np.arange(len(spectrum)) * spectrum) / spectrum.sum() for spectrum in spectra]
    assert np.corrcoef(centroid, sounds["rolloff"])[0, 1] < -0.5
