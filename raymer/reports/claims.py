"""Published verdicts beside what these splits say: Welch's test, what holds, and what could have been seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from raymer.experiments.spec import Experiment
from raymer.protocols.scoring import find_metric
from raymer.reports.comparison import PublishedClaim, about, agreement, published_claim
from raymer.reports.forest import forest_plot
from raymer.reports.plot import Plot
from raymer.reports.table import PlannedSystem, one_metric
from raymer.reports.text_table import Column, TextTable
from raymer.results.frame import AVERAGE, Metrics, at_epoch, average_over_targets, last_epoch
from raymer.stats import Comparison, adjust, compare_pairs, pair
from raymer.stats.shortfall import POWER, detectable, power_for, wanted_clips
from raymer.stats.verdict import EQUAL, IDENTICAL, NO_CLAIM

ALPHA = 0.05
NOTES = (
    "published: whether A improved on B, and by how much. Welch: what the published test says; it takes the splits "
    "for independent and decides nothing",
    "p: the corrected test's; a single target's is Holm's over the targets of a pair. power: in how many cases these "
    "splits would show the published difference of means. least seen: the smallest true difference that they show in "
    f"{POWER:.0%} of cases. clips: how many it would take to find, as often, a difference as large as the one seen, or "
    "as the region of practical equivalence where that is larger",
)


@dataclass(frozen=True)
class ClaimTest:
    """What was published of two systems on a target, and what these splits say.

    Attributes
    ----------
    published : PublishedClaim or None
        None of a single target of which nothing was published, where the claim is on the mean over all.
    comparison : Comparison
    agreement : str or None
        As `raymer.reports.comparison.agreement` says it; None where no verdict was published.
    """

    published: PublishedClaim | None
    comparison: Comparison
    agreement: str | None


def claim_tests(
    spec: Experiment,
    systems: Sequence[PlannedSystem],
    labels: Sequence[str],
    scores: pd.DataFrame,
    metrics: Metrics,
) -> list[ClaimTest]:
    """Return for each published verdict the comparison it is on, and where that is the mean, those of all targets.

    Only of pairs that have all their scores on the same splits. Parameters as for `contrasts`.
    """
    found: list[ClaimTest] = []
    for protocol in dict.fromkeys(system.protocol for system in systems):
        rows = [k for k, system in enumerate(systems) if system.protocol == protocol]
        for claim in spec.published_verdicts:
            names = [s.method or s.system for s in spec.systems]
            a, b = (next(k for k in rows if names[k % len(names)] == name) for name in (claim.method, claim.baseline))
            first, second = (spec.systems[k % len(names)] for k in (a, b))
            targets = [claim.target] if claim.target else _targets(metrics)
            made = list(_comparisons(systems, (a, b), labels, scores, metrics, targets))
            for one in _adjusted(made):
                published = published_claim(spec, first, second, one.target)
                found.append(ClaimTest(published, one, agreement(published, one)))
    return found


def claims_table(tests: Sequence[ClaimTest]) -> TextTable:
    """Return a line a test: what was published, what Welch's test says here, and what holds."""
    texts = ("target", "A less B", "published", "Welch here", "what holds")
    numbers = ("difference [95 %]", "p", "power", "least seen", "clips")
    columns = [Column(name, is_number=False, is_published=name == "published") for name in texts]
    columns += [Column(name) for name in numbers]
    columns.append(Column("against the paper", is_number=False))
    lines = tuple(tuple(_cells(test)) for test in tests)
    return TextTable("What was published, and what these splits say", tuple(columns), lines, NOTES)


def claims_plot(tests: Sequence[ClaimTest]) -> Plot:
    """Return the forest of the differences, the published ones marked beside ours."""
    published = [test.published.difference if test.published else None for test in tests]
    words = [_words(test) for test in tests]
    title = "What was published, and what these splits say"
    return forest_plot([test.comparison for test in tests], title, "claims", published=published, words=words)


def _targets(metrics: Metrics) -> list[str]:
    names = list(metrics)
    return [AVERAGE, *names] if len(names) > 1 and one_metric(metrics) else names


def _comparisons(
    systems: Sequence[PlannedSystem],
    pair_of: tuple[int, int],
    labels: Sequence[str],
    scores: pd.DataFrame,
    metrics: Metrics,
    targets: Sequence[str],
) -> Iterator[Comparison]:
    a, b = (labels[k] for k in pair_of)
    mine = scores[scores["row"].isin(pair_of)]
    mine = mine.assign(method=mine["row"].map(dict(zip(pair_of, (a, b), strict=True))))
    for target in targets:
        metric = next(iter(metrics.values()))[0] if target == AVERAGE else metrics[target][0]
        own = mine[mine["metric"] == metric]
        own = at_epoch(own, last_epoch(own, metric))
        own = average_over_targets(own, len(metrics)) if target == AVERAGE else own[own["target"] == target]
        if _is_whole(own, systems, dict(zip((a, b), pair_of, strict=True))):
            asked: dict[str, Any] = {"target": target, "metric": metric, "epoch": int(own["epoch"].iloc[0])}
            yield compare_pairs(pair(own, a, b, **asked), higher_is_better=find_metric(metric).higher_is_better)


def _is_whole(scores: pd.DataFrame, systems: Sequence[PlannedSystem], row_of: dict[str, int]) -> bool:
    """Whether both methods have a defined score on each of the same splits, two at least."""
    splits = [{fit.split for fit in systems[row].fits} for row in row_of.values()]
    counts = scores.groupby("method")["value"].count()
    return splits[0] == splits[1] and len(splits[0]) > 1 and all(counts.get(m, 0) == len(splits[0]) for m in row_of)


def _adjusted(made: Sequence[Comparison]) -> list[Comparison]:
    """Adjust the single targets of a pair by Holm; the mean over all is the claim itself and stands alone."""
    whole = [one for one in made if one.target == AVERAGE]
    single = [one for one in made if one.target != AVERAGE]
    better = made[0].higher_is_better if made else True
    return [*whole, *(adjust(single, higher_is_better=better) if whole and len(single) > 1 else single)]


def _cells(test: ClaimTest) -> Iterator[str]:
    one, claim = test.comparison, test.published
    low, high = one.nadeau_bengio.interval
    yield one.target
    yield f"{one.a} less {one.b}"
    yield "" if claim is None else _published(claim)
    yield f"{_side(one) if one.welch.p < ALPHA else 'no difference'}, p = {one.welch.p:.2g}"
    yield _holds(one)
    yield f"{one.difference:+.3f} [{low:+.3f}, {high:+.3f}]"
    yield f"{one.nadeau_bengio.p if one.p_holm is None else one.p_holm:.2g}"
    difference = claim.difference if claim else None
    yield "" if not difference or (power := power_for(one, abs(difference))) is None else f"{power:.0%}"
    yield "" if (least := detectable(one)) is None else f"{least:.3f}"
    yield "" if (clips := wanted_clips(one)) is None else f"{about(clips):,}"
    yield test.agreement or ""


def _published(claim: PublishedClaim) -> str:
    said = [] if claim.improved is None else ["improved" if claim.improved else "not improved"]
    return ", ".join([*said, *([] if claim.difference is None else [f"{claim.difference:+.3f}"])])


def _words(test: ClaimTest) -> str:
    if test.published is None or test.agreement is None:
        return ""
    return f"paper: {_published(test.published)}; {test.agreement}"


def _holds(one: Comparison) -> str:
    if one.verdict in (EQUAL, IDENTICAL):
        return one.verdict
    return "no claim" if one.verdict == NO_CLAIM else _side(one)


def _side(one: Comparison) -> str:
    return "A better" if (one.difference > 0) == one.higher_is_better else "B better"
