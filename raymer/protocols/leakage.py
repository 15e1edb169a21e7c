"""How many test clips have their group (artist, song) in the train part, protocol by protocol."""

from collections.abc import Iterable

import numpy as np

from raymer.corpora.base import Corpus
from raymer.protocols.clips import Clips
from raymer.protocols.splits import GroupKFold, KFold


def group_leakage(corpus: Corpus, folds: int = 10) -> dict[str, float]:
    """Return the share of test clips whose group is in train too, for shuffled, contiguous and grouped k-fold.

    Clips whose group is unknown are groups of their own and never count.
    """
    groups = corpus.clips["group"].to_numpy(dtype=object).astype(str)
    clips = Clips(np.arange(len(groups)), groups)
    protocols = {
        f"shuffled {folds}-fold": KFold(folds),
        f"contiguous {folds}-fold": KFold(folds, shuffle=False, seed=None),
    }
    if len(np.unique(groups)) >= folds:
        protocols[f"grouped {folds}-fold"] = GroupKFold(folds)  # type: ignore[assignment]
    return {
        name: leaked_share(groups, [(split.train, split.test) for split in protocol.splits(clips)])
        for name, protocol in protocols.items()
    }


def leaked_share(groups: np.ndarray, divisions: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the share of test clips, over all `divisions` (rows of train, rows of test), with their group in train."""
    leaked = total = 0
    for train, test in divisions:
        leaked += int(np.isin(groups[test], groups[train]).sum())
        total += len(test)
    return leaked / total
