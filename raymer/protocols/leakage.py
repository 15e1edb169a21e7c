"""How many test clips have their group (artist, song) in the train part, protocol by protocol."""

import numpy as np

from raymer.corpora.audit import leaked_share
from raymer.corpora.base import Corpus
from raymer.protocols.splits import GroupKFold, KFold


def group_leakage(corpus: Corpus, folds: int = 10) -> dict[str, float]:
    """Return the share of test clips whose group is in train too, for shuffled, contiguous and grouped k-fold.

    Clips whose group is unknown are groups of their own and never count.
    """
    groups = corpus.clips["group"].to_numpy(dtype=object).astype(str)
    rows = np.arange(len(groups))
    protocols = {
        f"shuffled {folds}-fold": KFold(folds),
        f"contiguous {folds}-fold": KFold(folds, shuffle=False, seed=None),
    }
    if len(np.unique(groups)) >= folds:
        protocols[f"grouped {folds}-fold"] = GroupKFold(folds)  # type: ignore[assignment]
    return {
        name: leaked_share(groups, [(split.train, split.test) for split in protocol.splits(rows, groups)])
        for name, protocol in protocols.items()
    }
