"""Small tables as people have them, made by code."""

from pathlib import Path

import numpy as np
import pandas as pd

N = 60


def plain_frame(seed: int = 0, n: int = N) -> pd.DataFrame:
    """A sound table: song, artist, five features, valence, arousal."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5)).round(4)
    frame = pd.DataFrame({"song": [f"c{k:03d}" for k in range(n)], "artist": [f"artist {k % 20}" for k in range(n)]})
    for k in range(5):
        frame[f"f{k}"] = X[:, k]
    frame["valence"] = (5 + X[:, 0] + 0.5 * rng.normal(size=n)).round(3)
    frame["arousal"] = (5 - X[:, 1] + 0.5 * rng.normal(size=n)).round(3)
    return frame


def written(folder: Path, frame: pd.DataFrame, name: str = "mine.csv", **how) -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        frame.to_parquet(path, **how)
    else:
        frame.to_csv(path, **{"index": False, **how})
    return path
