"""Whether a clip is unlike those that a model was fitted on, measured on the train clips alone."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 5
SHARE = 0.99


@dataclass(frozen=True, eq=False)
class Novelty:
    """Distance of a clip to its nearest train clips, in units of what train clips have among themselves.

    Features are scaled to mean 0 and standard deviation 1 on the train clips; a missing one (NaN) counts as the mean.
    A clip's distance is the mean Euclidean distance to its five nearest train clips. The limit is the 99 % quantile of
    the train clips' own distances, each without itself: about one in a hundred clips of the very kind trained on lies
    beyond it, and a clip within it may still be of another kind that these features do not show.

    Attributes
    ----------
    mean, sd : ndarray of shape (n_features,), float64
    points : ndarray of shape (n_clips, n_features), float32
        The scaled train clips.
    limit : float
    """

    mean: np.ndarray[Any, Any]
    sd: np.ndarray[Any, Any]
    points: np.ndarray[Any, Any]
    limit: float

    def __post_init__(self) -> None:
        """Raise ValueError where the arrays do not go together."""
        width = self.mean.shape
        fits = len(width) == 1 and self.sd.shape == width and self.points.ndim == 2 and self.points.shape[1:] == width
        if not fits or len(self.points) < 2 or not self.limit > 0:
            raise ValueError("what it keeps of the train clips does not go together")

    @classmethod
    def fit(cls, X: np.ndarray[Any, Any]) -> "Novelty":
        """Measure the train clips X (n_clips, n_features), at least two; ValueError where all are equal."""
        known = ~np.isnan(X)
        mean, sd = X.mean(axis=0, where=known), X.std(axis=0, where=known)
        sd = np.where(sd > 0, sd, 1.0)
        points = np.nan_to_num((X - mean) / sd).astype(np.float32)
        distances, _ = _search(points).kneighbors()  # of the points themselves: each leaves itself out
        limit = float(np.quantile(distances.mean(axis=1), SHARE))
        if limit == 0:
            raise ValueError("the train clips have equal features: what is unlike them cannot be told")
        return cls(mean, sd, points, limit)

    def measure(self, X: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the distances (n_clips,), float64, of clips X (n_clips, n_features) over the limit: above 1 unlike."""
        scaled = np.nan_to_num((X - self.mean) / self.sd).astype(np.float32)
        distances, _ = self._neighbours.kneighbors(scaled)
        shares: np.ndarray[Any, Any] = distances.mean(axis=1, dtype=np.float64) / self.limit
        return shares

    @cached_property
    def _neighbours(self) -> NearestNeighbors:
        return _search(self.points)


def _search(points: np.ndarray[Any, Any]) -> NearestNeighbors:
    return NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(points) - 1), algorithm="brute").fit(points)
