"""An audit: every check run over a corpus; what was found, what passed, and what could not be said."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from threadpoolctl import threadpool_limits

from raymer.audits.checks import CHECKS, Check
from raymer.audits.finding import CHANGES, CannotSay, Finding
from raymer.audits.given import GivenSplits, look_at_splits
from raymer.audits.overlap import Overlap, find_overlap
from raymer.audits.rows import group_word, groups_given
from raymer.corpora.base import Corpus
from raymer.protocols.leakage import group_leakage


@dataclass(frozen=True)
class Audit:
    """What an audit says of a corpus.

    Attributes
    ----------
    corpus : str
    clips : int
    group : str
        What a group is called.
    findings : tuple of Finding
        Those that would change a score first.
    passed : tuple of str
        Codes of the checks that found nothing.
    not_applicable : mapping
        Codes of the checks that had nothing to go by, and why.
    group_leakage : mapping
        Share of test clips with their group in the train part, by protocol; None where no groups were given.
    overlap : Overlap, optional
        Clips shared with another corpus.
    """

    corpus: str
    clips: int
    group: str
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    not_applicable: dict[str, str]
    group_leakage: dict[str, float] | None = None
    overlap: Overlap | None = None

    @property
    def serious(self) -> tuple[Finding, ...]:
        """The findings that would change a score."""
        return tuple(finding for finding in self.findings if finding.severity == CHANGES)

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "corpus": self.corpus,
            "clips": self.clips,
            "group": self.group,
            "findings": [finding.to_record() for finding in self.findings],
            "passed": list(self.passed),
            "not_applicable": self.not_applicable,
            "group_leakage": self.group_leakage,
            "overlap": self.overlap.to_record() if self.overlap else None,
        }


@dataclass
class _Outcome:
    findings: list[Finding] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    not_applicable: dict[str, str] = field(default_factory=dict)


def audit(
    corpus: Corpus,
    other: Corpus | None = None,
    *,
    splits: GivenSplits | None = None,
    other_splits: GivenSplits | None = None,
    folds: int = 10,
) -> Audit:
    """Look for what would fool you in a corpus, and for clips that it shares with another.

    Parameters
    ----------
    corpus : Corpus
    other : Corpus, optional
        A second corpus: shared clips are looked for by id, by title and artist, by features and by sound.
    splits, other_splits : mapping of part ("train", "test") to clip ids, optional
        Fixed splits that are used with either corpus.
    folds : int
        Of the protocols whose shares of groups on both sides are given.
    """
    outcome = _run(corpus, CHECKS)
    if splits:
        outcome.findings += look_at_splits(corpus, splits)
    overlap = None
    if other is not None:
        overlap = find_overlap(corpus, other, splits=splits, other_splits=other_splits)
        outcome.findings += overlap.findings
    return Audit(
        corpus=corpus.name,
        clips=len(corpus.clips),
        group=group_word(corpus),
        findings=_weighed(outcome.findings),
        passed=tuple(outcome.passed),
        not_applicable=outcome.not_applicable,
        group_leakage=_leakage(corpus, folds),
        overlap=overlap,
    )


QUICK_CELLS = 10_000_000
"""Above so many features times clips even the quick checks take many seconds: a whole audit is asked for then."""


def quick_findings(corpus: Corpus, inputs: Iterable[str] | None = None) -> list[Finding]:
    """Return what the quick checks find: nothing is trained and no distances between all clips are taken.

    Parameters
    ----------
    corpus : Corpus
    inputs : iterable of str, optional
        The inputs that matter; by default all. Those beyond `QUICK_CELLS` are left to a whole audit.
    """
    wanted = corpus.inputs if inputs is None else set(inputs)
    small = {name: item for name, item in corpus.inputs.items() if name in wanted and item.values.size <= QUICK_CELLS}
    looked_at = replace(corpus, inputs=small)
    return list(_weighed(_run(looked_at, (check for check in CHECKS if check.quick)).findings))


def _run(corpus: Corpus, checks: Iterable[Check]) -> _Outcome:
    outcome = _Outcome()
    for check in checks:
        try:
            with threadpool_limits(1):  # small products: more threads only wait for each other
                found = check.look(corpus)
        except CannotSay as reason:
            outcome.not_applicable[check.kind.code] = str(reason)
            continue
        outcome.findings += found
        if not found:
            outcome.passed.append(check.kind.code)
    return outcome


def _weighed(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.severity != CHANGES))


def _leakage(corpus: Corpus, folds: int) -> dict[str, float] | None:
    if not groups_given(corpus) or len(corpus.clips) < folds:
        return None
    return group_leakage(corpus, folds)
