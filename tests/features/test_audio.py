"""Audio in, samples out; and every kind of broken file named."""

import numpy as np
import pytest
import soundfile

from raymer.features.audio import AudioError, longest_samples, read_audio


def chord(seconds=1.0, rate=22050):
    time = np.arange(int(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * 330 * time) + 0.2 * np.sin(2 * np.pi * 1500 * time)).astype(np.float32)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("rate", [16000, 22050, 44100])
@pytest.mark.parametrize("channels", [1, 2])
def test_formats_rates_and_channels(tmp_path, suffix, rate, channels):
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, np.stack([chord(1.0, rate)] * channels, axis=1), rate)
    samples = read_audio(path)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert abs(len(samples) - 22050) <= 2
    assert len(samples) <= longest_samples(path, 22050)
    inner = slice(4000, 18000)
    assert np.abs(samples[inner] - chord()[inner]).max() < (0.05 if suffix in ("ogg", "mp3") else 2e-3)


def test_stereo_is_averaged(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.stack([chord(), np.zeros_like(chord())], axis=1), 22050, subtype="FLOAT")
    assert np.allclose(read_audio(tmp_path / "x.wav"), chord() / 2, atol=1e-6)


def broken(path, kind):
    samples = chord()
    match kind:
        case "missing":
            return
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("this is no audio\n" * 40)
        case "garbage":
            path.write_bytes(bytes(range(1, 256)) * 20)
        case "short":
            soundfile.write(path, samples[:220], 22050)
        case "eight":
            soundfile.write(path, np.stack([samples] * 8, axis=1), 22050)
        case "nan":
            soundfile.write(path, np.where(np.arange(len(samples)) == 7, np.nan, samples), 22050, subtype="FLOAT")
        case "silent":
            soundfile.write(path, 0 * samples, 22050)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("x.wav", "missing", "cannot be opened"),
        ("x.mp3", "empty", "empty: 0 bytes"),
        ("x.mp3", "text", "no audio: it is a text file"),
        ("x.mp3", "garbage", "no audio: its format is unknown"),
        ("x.wav", "short", "0.010 s long: at least 0.05 s"),
        ("x.mp3", "short", "0.010 s long"),
        ("x.wav", "eight", "8 channels"),
        ("x.wav", "nan", "1 samples are NaN or infinite"),
        ("x.wav", "silent", "silent"),
        ("x.ogg", "silent", "silent"),
        ("x.mp3", "silent", "silent"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, kind, message):
    broken(tmp_path / name, kind)
    with pytest.raises(AudioError) as caught:
        read_audio(tmp_path / name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_named(tmp_path, suffix, share):
    whole = tmp_path / f"whole.{suffix}"
    soundfile.write(whole, np.random.default_rng(0).normal(0, 0.1, 60000), 22050)
    read_audio(whole)
    data = whole.read_bytes()
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(AudioError, match="cut off|cannot be decoded"):
        read_audio(cut)


@pytest.mark.real
def test_no_real_file_is_called_broken(real_data):
    files = sorted((real_data / "four_quadrants_sample" / "audio").glob("*.mp3"))[:12]
    files += sorted((real_data / "gtzan_sample").glob("genres/*/*.wav"))[:3]
    files += sorted((real_data / "emotify").glob("audio/*/1.ogg"))
    for path in files:
        assert 8 * 22050 < len(read_audio(path)) <= longest_samples(path, 22050)
