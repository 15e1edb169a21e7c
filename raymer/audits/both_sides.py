"""Groups on both sides of random folds: how many test clips have their artist in the train part."""

from raymer.audits.finding import WORTH, Finding, Kind
from raymer.audits.rows import group_word, need_groups
from raymer.corpora.base import Corpus
from raymer.protocols.leakage import group_leakage

KIND = Kind(
    "both-sides",
    "Random folds put groups on both sides",
    WORTH,
    "make the folds by group (group_kfold), and report both",
)
LEAST_SHARE = 0.05


def look(corpus: Corpus, folds: int = 10) -> list[Finding]:
    """Find a share of test clips above 5 % whose group is in the train part under shuffled folds."""
    need_groups(corpus)
    number = len(corpus.clips)
    folds = min(folds, number)
    if folds < 2:
        return []
    share = group_leakage(corpus, folds)[f"shuffled {folds}-fold"]
    if share <= LEAST_SHARE:
        return []
    word = group_word(corpus)
    message = f"under shuffled {folds}-fold {share:.0%} of test clips have their {word} in the train part"
    return [KIND.found(round(share * number), number, message)]
