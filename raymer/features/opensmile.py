"""openSMILE's packaged feature sets: the 260 features of DEAM (IS13) and the 6,373 functionals of ComParE 2016.

An optional extra, `pip install raymer[opensmile]`: openSMILE is free for research, not for products.
"""

from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from raymer.corpora.is13 import FEATURES
from raymer.corpora.is13 import INPUT_NAME as IS13_NAME
from raymer.errors import UsageError
from raymer.features.audio import AudioError, decoder_versions, read_audio

COMPARE_NAME = "compare-6373"
WINDOW, HOP = 100, 50  # frames of 10 ms: a second, every half second, as in DEAM's files
SHARD_SIZE = 4  # a clip of a minute takes seconds
DTYPE = "float32"  # what openSMILE computes in


@dataclass(frozen=True)
class _Functionals:
    """What openSMILE's sets share: a clip is one row of numbers."""

    shard_size: ClassVar[int] = SHARD_SIZE
    dtype: ClassVar[str] = DTYPE

    sample_rate: int = 22050

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that take part; UsageError without openSMILE."""
        return _versions()

    def longest(self, path: Path) -> int:
        """Return 1: a clip is one row."""
        return 1


@dataclass(frozen=True)
class OpenSmileIs13(_Functionals):
    """260 features a clip: 65 descriptors and their first differences, mean and standard deviation over a second.

    The mean over a clip's seconds is what DEAM's per-frame files average to. `sample_rate` matters (some descriptors
    look at the whole spectrum): one rate for all clips of a corpus; DEAM's own files were made from 44100 Hz.
    """

    kind: ClassVar[str] = "opensmile-is13"
    input_name: ClassVar[str] = IS13_NAME
    width: ClassVar[int] = len(FEATURES)
    columns: ClassVar[tuple[str, ...]] = FEATURES

    def parameters(self) -> dict[str, Any]:
        """Return the parameters, JSON-ready."""
        return {**asdict(self), "window": WINDOW, "hop": HOP}

    def extract(self, path: Path) -> np.ndarray:
        """Return the features (1, 260), float32, of a file; raises AudioError."""
        samples = _clipped(path, self.sample_rate)
        steps = [_process("IS13", level, samples, self.sample_rate) for level in _LEVELS]
        return summarise_is13(*steps).astype(DTYPE)[np.newaxis]


@dataclass(frozen=True)
class OpenSmileCompare(_Functionals):
    """6,373 functionals a clip: the ComParE 2016 set, as packaged. `sample_rate` as in OpenSmileIs13."""

    kind: ClassVar[str] = "opensmile-compare"
    input_name: ClassVar[str] = COMPARE_NAME
    width: ClassVar[int] = 6373

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the functionals, in openSMILE's order."""
        return tuple(_smile("ComParE_2016", "Functionals").feature_names)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters, JSON-ready."""
        return asdict(self)

    def extract(self, path: Path) -> np.ndarray:
        """Return the features (1, 6373), float32, of a file; raises AudioError."""
        samples = _clipped(path, self.sample_rate)
        return _process("ComParE_2016", "Functionals", samples, self.sample_rate)


def summarise_is13(descriptors: np.ndarray, differences: np.ndarray) -> np.ndarray:
    """Return the 260 song-level features of frames of 10 ms.

    Parameters
    ----------
    descriptors, differences : ndarray of shape (n_frames, 65)
        openSMILE drops a frame or two of one of them; the longer is cut.

    Returns
    -------
    ndarray of shape (260,), float64
        In the order of raymer.corpora.is13.FEATURES: the population standard deviation and the mean of each within
        windows of 100 frames every 50, averaged over the windows. Fewer than 100 frames are one window.
    """
    n_frames = min(len(descriptors), len(differences))
    frames = np.concatenate([descriptors[:n_frames], differences[:n_frames]], axis=1).astype(np.float64)
    starts = range(0, max(n_frames - WINDOW, 0) + 1, HOP)
    windows = [frames[start : start + WINDOW] for start in starts]
    deviation = np.mean([window.std(axis=0) for window in windows], axis=0)
    mean = np.mean([window.mean(axis=0) for window in windows], axis=0)
    song: np.ndarray = np.stack([deviation, mean], axis=1).ravel()
    return song


_LEVELS = ("LowLevelDescriptors", "LowLevelDescriptors_Deltas")


def _clipped(path: Path, sample_rate: int) -> np.ndarray:
    # openSMILE converts to 16 bits and wraps what lies beyond full scale to the other sign.
    samples: np.ndarray = np.clip(read_audio(path, sample_rate), -1.0, 1.0)
    return samples


def _process(feature_set: str, level: str, samples: np.ndarray, sample_rate: int) -> np.ndarray:
    frame = _smile(feature_set, level).process_signal(samples, sample_rate)
    values: np.ndarray = frame.to_numpy(dtype=np.float32)
    if not np.isfinite(values).all():
        raise AudioError(f"openSMILE finds {int((~np.isfinite(values)).sum())} features that are no number in it")
    return values


@cache
def _smile(feature_set: str, level: str) -> Any:
    _check_installed()
    import opensmile

    # Packaged sets only: a custom configuration file ends the process with a segmentation fault.
    return opensmile.Smile(opensmile.FeatureSet[feature_set], opensmile.FeatureLevel[level])


def _versions() -> dict[str, str]:
    _check_installed()
    return {**decoder_versions(), "opensmile": version("opensmile")}


def _check_installed() -> None:
    if find_spec("opensmile") is None:
        raise UsageError("openSMILE is not installed: pip install raymer[opensmile] (its licence is for research)")
