"""Log-mel spectrograms (paper B, 2.6: 40 bins, frames of 50 ms every 25 ms), in dB with a fixed reference."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view

from raymer.errors import UsageError
from raymer.features.audio import audio_blocks, decoder_versions, longest_samples

FLOOR = 1e-10  # power below which dB are not told apart: -100 dB
BLOCK = 64  # frames at once: their windowed samples and spectra stay in the cache
MOST = 1 << 20  # Hz, and samples of a transform: beyond it no sound is, only memory
DTYPES = ("float32", "float16")


@dataclass(frozen=True)
class LogMel:
    """Parameters of a log-mel spectrogram; equal parameters and decoders give equal values.

    Attributes
    ----------
    sample_rate : int
        Hz; clips are resampled to it.
    n_bins : int
        Mel bands from `fmin` to `fmax` Hz (None: half the sample rate), Slaney's scale and area, as in librosa.
    frame_ms, hop_ms : float
        A Hann window of frame_ms (rounded down to samples) around every hop_ms; the first frame is centred on the
        first sample, with zeros before it.
    n_fft : int
        Length of the transform, at least a frame; 2048 is twice as fast as the 1102 samples of 50 ms.
    dtype : str
        "float32", or "float16" (0.06 dB at -100 dB) for half the memory.
    """

    kind: ClassVar[str] = "logmel"
    shard_size: ClassVar[int] = 16
    is_spectrogram: ClassVar[bool] = True

    sample_rate: int = 22050
    n_bins: int = 40
    frame_ms: float = 50.0
    hop_ms: float = 25.0
    n_fft: int = 2048
    fmin: float = 0.0
    fmax: float | None = None
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise UsageError(f"dtype {self.dtype!r} is unknown: choose one of {', '.join(DTYPES)}")
        if max(self.sample_rate, self.n_fft) > MOST or self.n_bins > self.n_fft:
            raise UsageError(f"sample rate and n_fft are at most {MOST}, and bins at most n_fft")
        if min(self.sample_rate, self.n_bins, self.frame_length, self.hop_length) < 1:
            raise UsageError("sample rate, bins, frame and hop must be positive, and a frame and a hop hold a sample")
        if self.n_fft < self.frame_length:
            raise UsageError(f"n_fft {self.n_fft} is shorter than a frame of {self.frame_length} samples")
        if not 0 <= self.fmin < self.highest <= self.sample_rate / 2:
            raise UsageError(f"fmin {self.fmin:g}, fmax {self.highest:g}: 0 <= fmin < fmax <= half the sample rate")
        if not _mel_weights(self).any(axis=0).all():
            raise UsageError(f"{self.n_bins} bins are too many for n_fft {self.n_fft}: some would always be empty")

    @property
    def frame_length(self) -> int:
        """Samples of a frame."""
        return int(self.sample_rate * self.frame_ms / 1000)

    @property
    def hop_length(self) -> int:
        """Samples from a frame to the next."""
        return int(self.sample_rate * self.hop_ms / 1000)

    @property
    def highest(self) -> float:
        """The upper edge of the last mel band, Hz."""
        return self.sample_rate / 2 if self.fmax is None else self.fmax

    @property
    def width(self) -> int:
        """Number of columns of what `extract` returns."""
        return self.n_bins

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(f"mel_{k}" for k in range(self.n_bins))

    def parameters(self) -> dict[str, Any]:
        """Return the parameters, JSON-ready."""
        return {**asdict(self), "fmax": self.highest}

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that take part."""
        return {**decoder_versions(), "scipy": version("scipy"), "librosa": version("librosa")}

    def longest(self, path: Path) -> int:
        """Return an upper bound of the number of frames of a file, from its header alone."""
        return 1 + longest_samples(path, self.sample_rate) // self.hop_length

    def extract(self, path: Path) -> np.ndarray:
        """Return the spectrogram (n_frames, n_bins) of a file, in `dtype`; raises AudioError."""
        return log_mel_of_blocks(audio_blocks(path, self.sample_rate), self).astype(self.dtype, copy=False)


def log_mel(samples: np.ndarray, parameters: LogMel) -> np.ndarray:
    """Return the log-mel spectrogram of `samples`.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
        Mono, at parameters.sample_rate.
    parameters : LogMel

    Returns
    -------
    ndarray of shape (1 + n_samples // hop_length, n_bins), float32
        10 log10(max(power, 1e-10)), dB; equal to librosa's melspectrogram (hann, power 2, centred, zeros at the ends)
        through power_to_db(ref=1.0, top_db=None).
    """
    return log_mel_of_blocks([samples], parameters)


def log_mel_of_blocks(blocks: Iterable[np.ndarray], parameters: LogMel) -> np.ndarray:
    """Return the `log_mel` of samples that come in blocks; no more of them is kept than a few frames need.

    The same bits as of one block: frames are transformed by BLOCK from the first on, wherever samples are cut.
    """
    length, hop = parameters.frame_length, parameters.hop_length
    # librosa centres the window in n_fft samples. A shift of the frame changes phases only, so the frame alone is cut
    # out and the transform adds the zeros behind it.
    before = parameters.n_fft // 2 - (parameters.n_fft - length) // 2
    kept, made, count = np.zeros(before, dtype=np.float32), [], 0
    for samples in blocks:
        count += len(samples)
        kept = np.concatenate([kept, samples])
        whole = max(0, min((len(kept) - length) // hop + 1, len(kept) // hop)) // BLOCK * BLOCK
        if whole:
            made.append(_mel_power(kept, whole, parameters))
            kept = kept[whole * hop :].copy()
    left = 1 + count // hop - sum(map(len, made))
    if left:
        behind = np.zeros(max(0, (left - 1) * hop + length - len(kept)), dtype=np.float32)
        made.append(_mel_power(np.concatenate([kept, behind]), left, parameters))
    mel = np.concatenate(made)
    np.maximum(mel, np.float32(FLOOR), out=mel)
    np.log10(mel, out=mel)
    mel *= 10
    return mel


def _mel_power(samples: np.ndarray, n_frames: int, parameters: LogMel) -> np.ndarray:
    """Return the power (n_frames, n_bins), float32, in the mel bands of the first frames of `samples`."""
    frames = sliding_window_view(samples, parameters.frame_length)[:: parameters.hop_length]
    window, weights = _window(parameters.frame_length), _mel_weights(parameters)
    mel = np.empty((n_frames, parameters.n_bins), dtype=np.float32)
    for start in range(0, n_frames, BLOCK):
        block = slice(start, min(start + BLOCK, n_frames))
        # float64: in float32 the rounding of a frame's loudest bin moves its quiet ones by as much as 0.03 dB
        spectrum = scipy.fft.rfft(frames[block] * window, n=parameters.n_fft, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        np.matmul(power.astype(np.float32), weights, out=mel[block])
    return mel


@cache
def _window(length: int) -> np.ndarray:
    """Return the periodic Hann window (length,), float64."""
    hann: np.ndarray = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return hann


@cache
def _mel_weights(parameters: LogMel) -> np.ndarray:
    """Return the weights (n_fft // 2 + 1, n_bins), float32, of the mel bands."""
    import warnings

    from librosa.filters import mel  # half a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty bands, which LogMel refuses in its own words
        bands = mel(
            sr=parameters.sample_rate,
            n_fft=parameters.n_fft,
            n_mels=parameters.n_bins,
            fmin=parameters.fmin,
            fmax=parameters.highest,
        )
    return np.ascontiguousarray(bands.T, dtype=np.float32)
