"""The log-mel spectrogram against librosa's, and the parameters that are refused."""

import numpy as np
import pytest
from conftest import sound

from raymer.errors import UsageError
from raymer.features.audio import read_audio
from raymer.features.logmel import LogMel, log_mel


def reference(samples: np.ndarray, p: LogMel) -> np.ndarray:
    import librosa

    power = librosa.feature.melspectrogram(
        y=samples,
        sr=p.sample_rate,
        n_fft=p.n_fft,
        hop_length=p.hop_length,
        win_length=p.frame_length,
        n_mels=p.n_bins,
        fmin=p.fmin,
        fmax=p.fmax,
        pad_mode="constant",
    )
    return librosa.power_to_db(power, ref=1.0, top_db=None).T


@pytest.mark.parametrize(
    "parameters",
    [
        LogMel(),
        LogMel(n_bins=64, frame_ms=20, hop_ms=10, n_fft=1024, fmin=50, fmax=8000),
        LogMel(frame_ms=50, n_fft=1102),
        LogMel(sample_rate=16000, frame_ms=31.3, hop_ms=12.1),
    ],
    ids=lambda p: f"{p.n_bins}-{p.frame_length}-{p.n_fft}",
)
@pytest.mark.parametrize("seconds", [0.05, 0.31, 3.0])
def test_equals_librosa(parameters, seconds):
    samples = sound(seconds, rate=parameters.sample_rate)
    made = log_mel(samples, parameters)
    assert made.dtype == np.float32
    assert made.shape == (1 + len(samples) // parameters.hop_length, parameters.n_bins)
    assert np.abs(made - reference(samples, parameters)).max() < 1e-4


def test_equals_librosa_where_a_frame_is_loud_and_quiet_at_once():
    samples = sound(2.0)
    samples[:22050] = 0.9 * np.sin(2 * np.pi * 100 * np.arange(22050) / 22050)
    assert np.abs(log_mel(samples, LogMel()) - reference(samples, LogMel())).max() < 1e-4


def test_loudness_is_kept():
    quiet, loud = (log_mel(gain * sound(1.0), LogMel()) for gain in (0.1, 1.0))
    assert np.median(loud - quiet) == pytest.approx(20.0, abs=1e-3)


def test_float16_is_the_rounded_float32(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "x.wav", sound(1.0), 22050)
    wide, narrow = (LogMel(dtype=dtype).extract(tmp_path / "x.wav") for dtype in ("float32", "float16"))
    assert narrow.dtype == np.float16
    assert np.array_equal(narrow, wide.astype(np.float16))
    assert np.abs(narrow - wide).max() < 0.04


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dtype": "int8"}, "dtype 'int8' is unknown"),
        ({"n_fft": 512}, "n_fft 512 is shorter than a frame of 1102"),
        ({"fmin": 9000, "fmax": 8000}, "fmin 9000, fmax 8000"),
        ({"fmax": 12000}, "half the sample rate"),
        ({"hop_ms": 0.01}, "must be positive"),
        ({"n_bins": 0}, "must be positive"),
        ({"n_bins": 1000}, "too many"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        LogMel(**given)


@pytest.mark.real
def test_equals_librosa_on_real_audio(real_data):
    path = sorted((real_data / "four_quadrants_sample" / "audio").glob("*.mp3"))[0]
    samples = read_audio(path)
    assert np.abs(log_mel(samples, LogMel()) - reference(samples, LogMel())).max() < 1e-4
