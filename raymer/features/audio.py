"""Audio files to samples: any rate, mono or stereo, to mono float32 at one rate; what cannot be used is named."""

import mmap
import stat
from collections.abc import Iterator
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
MAX_SECONDS = 6 * 3600  # what a header promises is no bound: a packed silence of a few kB decodes to days
RATES = (1000, 768_000)
SAMPLES_A_BYTE = 8192  # more than any decoder here makes of a byte; FLAC packs silence up to 65,535 samples in 10 bytes
SILENT_BELOW = 1e-5  # -100 dB of full scale: below half a step of 16 bits
RESAMPLING_QUALITY = "HQ"
BLOCK = 1 << 16
"""Samples that are decoded at once."""
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
        For a file that is missing, no regular file, empty, cut off, no audio, shorter than 0.05 s or longer than six
        hours, of more than two channels or silent, or that holds NaN or infinite samples.
    """
    made = np.empty(longest_samples(path, sample_rate), dtype=np.float32)  # no memory is taken until it is written to
    count = 0
    for block in audio_blocks(path, sample_rate):
        if count + len(block) > len(made):
            made = np.concatenate([made[:count], np.empty(len(made) + len(block), dtype=np.float32)])
        made[count : count + len(block)] = block
        count += len(block)
    return made[:count]


def audio_blocks(path: Path, sample_rate: int = 22050) -> Iterator[np.ndarray]:
    """Yield the samples of `read_audio`, the same bits, in blocks as they are decoded.

    What is wrong with the whole of a file, such as silence, is raised behind its last block.
    """
    _check_file(path)
    try:
        with _Forward(str(path)) as sound:
            yield from _resampled(_mono_blocks(sound), int(sound.samplerate), sample_rate)
    except (soundfile.LibsndfileError, RuntimeError, MemoryError, ValueError) as error:  # headers can promise anything
        raise AudioError(_why_not_decoded(error)) from error


class _Forward(soundfile.SoundFile):  # type: ignore[misc]  # it comes without types
    """A file that is read forward in blocks, with the bits that reading it at once gives.

    soundfile seeks behind every block, and a decoder of mp3 then begins anew. Once, at the begin, it seeks here too, as
    it does before it reads a file at once.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.seek(0)
        self._may_seek = False

    def seekable(self) -> bool:
        """Say that it cannot be sought in, once it is open."""
        return getattr(self, "_may_seek", True) and bool(super().seekable())


def longest_samples(path: Path, sample_rate: int) -> int:
    """Return an upper bound of len(read_audio(path, sample_rate)) from the file's header; 0 for what has none."""
    try:
        if not path.is_file():
            return 0
        with path.open("rb") as file:
            if _is_text(file.read(_START)):
                return 0
        with soundfile.SoundFile(str(path)) as sound:
            _check_header(sound, path.stat().st_size)
            return int(np.ceil(sound.frames * sample_rate / sound.samplerate)) + 1
    except (OSError, ValueError, RuntimeError, AudioError):  # libsndfile's errors are RuntimeErrors
        return 0


def _check_file(path: Path) -> None:
    """Raise AudioError for what is no regular file, and for one that says itself that it is no audio or cut off."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # asked first: opening a pipe waits for whoever writes to it
            raise AudioError("no regular file: a folder, pipe or device is not read")
        if status.st_size == 0:
            raise AudioError("empty: 0 bytes")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if _is_text(data[:_START]):  # asked first: the mp3 decoder writes to stderr what it thinks of text
                raise AudioError("no audio: it is a text file")
            missing = missing_part(data)
    except OSError as error:
        raise AudioError(f"cannot be opened: {error.strerror}") from error
    if missing is not None:
        raise AudioError(f"cut off: {missing}")


def _check_header(sound: soundfile.SoundFile, size: int) -> None:
    """Raise AudioError for a header that `size` bytes cannot keep, or that says what is not read."""
    if not 1 <= sound.channels <= MAX_CHANNELS:
        raise AudioError(f"{sound.channels} channels: only mono and stereo are read")
    if not RATES[0] <= sound.samplerate <= RATES[1]:
        raise AudioError(f"a rate of {sound.samplerate} Hz: {RATES[0]} to {RATES[1]} Hz are read")
    if sound.frames > size * SAMPLES_A_BYTE:
        raise AudioError(f"its header promises {sound.frames} samples, which its {size} bytes cannot hold")
    if sound.frames > MAX_SECONDS * sound.samplerate:
        raise AudioError(f"{sound.frames / sound.samplerate / 3600:.1f} hours long: at most 6 are read")


def _mono_blocks(sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    """Yield a file's samples (n,), float32 and mono, at its own rate; raise AudioError where they are of no use."""
    _check_header(sound, Path(sound.name).stat().st_size)
    count, strange, peak = 0, 0, 0.0
    while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
        mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
        count += len(mono)
        if count > MAX_SECONDS * sound.samplerate:
            raise AudioError(f"longer than {MAX_SECONDS // 3600} hours")
        highest = float(np.abs(mono).max())
        strange += 0 if np.isfinite(highest) else int((~np.isfinite(mono)).sum())
        peak = max(peak, highest) if not strange else peak
        yield mono
    if count < MIN_SECONDS * sound.samplerate:
        raise AudioError(f"{count / sound.samplerate:.3f} s long: at least {MIN_SECONDS} s are needed")
    if strange:
        raise AudioError(f"{strange} samples are NaN or infinite")
    if peak < SILENT_BELOW:
        raise AudioError("silent: no sample reaches -100 dB")


def _resampled(blocks: Iterator[np.ndarray], rate: int, wanted: int) -> Iterator[np.ndarray]:
    """Yield blocks at another rate: the bits of resampling them as one."""
    if rate == wanted:
        yield from (np.ascontiguousarray(block) for block in blocks)
        return
    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality=RESAMPLING_QUALITY)
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block))
    yield stream.resample_chunk(np.empty(0, dtype=np.float32), last=True)


def _why_not_decoded(error: Exception) -> str:
    text = str(getattr(error, "error_string", error)).strip().rstrip(".")
    # libsndfile says "does not exist" of a file whose format it does not know.
    return "no audio: its format is unknown" if "does not exist" in text else f"cannot be decoded: {text}"


def _is_text(start: bytes) -> bool:
    text = start.decode("utf-8", errors="replace").rstrip("\ufffd")  # the last character may be cut
    return all(character.isprintable() or character.isspace() for character in text)
