"""Short audio files and a small corpus of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from raymer.corpora.base import Corpus, Target


def sound(seconds: float, seed: int = 0, rate: int = 22050) -> np.ndarray:
    """Return noise with a rhythm: samples (n,), float32."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * (1.5 + 0.3 * seed) * time)
    tones = sum(np.sin(2 * np.pi * f * time + k) for k, f in enumerate(rng.uniform(100, 4000, 5)))
    return (0.1 * beat * tones + 0.01 * rng.normal(size=len(time))).astype(np.float32)


@pytest.fixture
def make_corpus(tmp_path: Path) -> Callable[..., Corpus]:
    """Return what writes clips of the given seconds as wav files and returns their corpus."""

    def make(*seconds: float) -> Corpus:
        root = tmp_path / "audio"
        root.mkdir(exist_ok=True)
        names = [f"clip{k}" for k in range(len(seconds))]
        for k, name in enumerate(names):
            soundfile.write(root / f"{name}.wav", sound(seconds[k], seed=k), 22050)
        files = [f"{name}.wav" for name in names]
        clips = pd.DataFrame({"clip_id": names, "group": names, "y": np.arange(len(names)) / 10.0, "audio": files})
        return Corpus("small", clips, (Target("y"),), {}, {}, str(root))

    return make
