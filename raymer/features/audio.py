"""Audio files to samples: any rate, mono or stereo, to mono float32 at one rate; what cannot be used is named."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import soundfile
import soxr

from raymer.errors import RaymerError
from raymer.features.intact import missing_part

MAX_CHANNELS = 2  # a clip with more is a surround mix or a multitrack: its mean over channels is nobody's recording
MIN_SECONDS = 0.05
SILENT_BELOW = 1e-5  # -100 dB of full scale: below half a step of 16 bits
RESAMPLING_QUALITY = "HQ"
_START = 512


class AudioError(RaymerError):
    """An audio file that cannot be used; the message says why, without the file's name."""


@cache
def decoder_versions() -> dict[str, str]:
    """Return the versions of what turns a file into samples."""
    return {
        "soundfile": version("soundfile"),
        "libsndfile": soundfile.__libsndfile_version__,
        "soxr": version("soxr"),
        "numpy": np.__version__,
    }


def read_audio(path: Path, sample_rate: int = 22050) -> np.ndarray:
    """Return the samples (n_samples,), float32 and mono, of a wav, flac, ogg or mp3 file at `sample_rate` Hz.

    Stereo is averaged; samples may lie a little beyond +-1, as decoders and resampling leave them.

    Raises
    ------
    AudioError
        For a file that is missing, empty, cut off, no audio, shorter than 0.05 s, of more than two channels or silent,
        or that holds NaN or infinite samples.
    """
    samples, rate = _decode(path)
    if samples.shape[1] > MAX_CHANNELS:
        raise AudioError(f"{samples.shape[1]} channels: only mono and stereo are read")
    if len(samples) < MIN_SECONDS * rate:
        raise AudioError(f"{len(samples) / rate:.3f} s long: at least {MIN_SECONDS} s are needed")
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)
    peak = float(np.abs(mono).max())
    if not np.isfinite(peak):
        raise AudioError(f"{int((~np.isfinite(mono)).sum())} samples are NaN or infinite")
    if peak < SILENT_BELOW:
        raise AudioError("silent: no sample reaches -100 dB")
    if rate != sample_rate:
        mono = soxr.resample(mono, rate, sample_rate, quality=RESAMPLING_QUALITY)
    return np.ascontiguousarray(mono, dtype=np.float32)


def longest_samples(path: Path, sample_rate: int) -> int:
    """Return an upper bound of len(read_audio(path, sample_rate)) from the file's header; 0 for what has none."""
    try:
        with path.open("rb") as file:
            if _is_text(file.read(_START)):
                return 0
        info = soundfile.info(str(path))
    except (OSError, soundfile.LibsndfileError):
        return 0
    return int(np.ceil(info.frames * sample_rate / info.samplerate)) + 1


def _decode(path: Path) -> tuple[np.ndarray, int]:
    """Return the samples (n_samples, n_channels), float32, and their rate in Hz."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AudioError(f"cannot be opened: {error.strerror}") from error
    if not data:
        raise AudioError("empty: 0 bytes")
    if _is_text(data[:_START]):  # asked first: the mp3 decoder writes to stderr what it thinks of text
        raise AudioError("no audio: it is a text file")
    if (missing := missing_part(data)) is not None:
        raise AudioError(f"cut off: {missing}")
    try:
        samples, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, MemoryError, ValueError) as error:  # headers can promise anything
        raise AudioError(_why_not_decoded(error)) from error
    return samples, int(rate)


def _why_not_decoded(error: Exception) -> str:
    text = str(getattr(error, "error_string", error)).strip().rstrip(".")
    # libsndfile says "does not exist" of a file whose format it does not know.
    return "no audio: its format is unknown" if "does not exist" in text else f"cannot be decoded: {text}"


def _is_text(start: bytes) -> bool:
    text = start.decode("utf-8", errors="replace").rstrip("\ufffd")  # the last character may be cut
    return all(character.isprintable() or character.isspace() for character in text)
