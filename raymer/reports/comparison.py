"""What a comparison says, in words and as records, beside what was published."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from raymer.experiments.spec import Experiment, PublishedVerdict, SystemSpec
from raymer.results.frame import AVERAGE
from raymer.stats.bootstrap import LIMITS, SplitComparison
from raymer.stats.comparison import Comparison, Untested
from raymer.stats.shortfall import shortfall
from raymer.stats.verdict import EQUAL, IDENTICAL, NO_CLAIM

SAME, OPPOSITE, OPEN = "same", "opposite", "not decidable"


@dataclass(frozen=True)
class PublishedClaim:
    """What a paper says of A and B on one target.

    `difference` is the published mean of A less that of B, in units of the metric; `verdict` is the paper's, in words,
    `improved` whether it found an improvement, and `of_a` whether that is one of A on B or of B on A. Each is None
    where the paper is silent.
    """

    difference: float | None
    verdict: str | None
    improved: bool | None = None
    of_a: bool | None = None


def published_claim(spec: Experiment, a: SystemSpec, b: SystemSpec, target: str) -> PublishedClaim | None:
    """Return what the experiment says was published of its systems `a` and `b` on `target`; None where nothing was.

    A verdict without a target is on the mean over all, or on the only target.
    """
    means = [_published_mean(system, target, spec.targets) for system in (a, b)]
    difference = means[0] - means[1] if means[0] is not None and means[1] is not None else None
    one = next((one for one in spec.published_verdicts if _is_about(one, a, b, target, spec.targets)), None)
    if one is None:
        return None if difference is None else PublishedClaim(difference, None)
    of_a = one.method == (a.method or a.system)
    return PublishedClaim(difference, _words(one), one.verdict == "improved", of_a)


def agreement(published: PublishedClaim | None, one: Comparison) -> str | None:
    """Say whether a comparison of A and B decides as the paper did.

    ==============  ==========  =============================  =======================
    published       A better    B better or practically equal  nothing can be claimed
    ==============  ==========  =============================  =======================
    A improved      same        opposite                       not decidable
    A not improved  opposite    same                           not decidable
    ==============  ==========  =============================  =======================

    and likewise of B where the paper's claim is on B. None without a published verdict.
    """
    if published is None or published.improved is None:
        return None
    if one.verdict == NO_CLAIM:
        return OPEN
    is_equal = one.verdict in (EQUAL, IDENTICAL)
    a_is_better = (one.difference > 0) == one.higher_is_better
    seen = not is_equal and a_is_better == published.of_a
    return SAME if seen == published.improved else OPPOSITE


def record(comparison: Comparison, published: PublishedClaim | None, **more: Any) -> dict[str, Any]:
    """Return a JSON-ready record: Comparison.to_record() with `epoch`, `power`, `published` and `more`.

    `power` is what a comparison that claims nothing could have shown, else None.
    """
    claim = {**asdict(published), "agreement": agreement(published, comparison)} if published else None
    short = shortfall(comparison)
    power = short.to_record() if short else None
    return {**comparison.to_record(), "epoch": comparison.epoch, "power": power, "published": claim, **more}


def sentences(comparison: Comparison, published: PublishedClaim | None) -> list[str]:
    """Say in plain words what may be claimed, first the verdict, then what it rests on."""
    one, test, bayes = comparison, comparison.nadeau_bengio, comparison.correlated_bayes
    p_a, p_b = one.p_better
    low, high = test.interval
    p = f"p = {test.p:.2g}" if one.p_holm is None else f"p = {one.p_holm:.2g} (Holm, for all pairs)"
    at = f" at epoch {one.epoch}" if one.epoch else ""
    lines = [
        f"{one.target}: {one.verdict}",
        f"  {one.a} less {one.b}: {one.difference:+.3f} {one.metric}{at}{low_words(one)}, "
        f"{100 * test.confidence:.4g} % interval {low:+.3f} to {high:+.3f}, {p}, "
        f"by the corrected test on {one.splits} splits",
        f"  probability that {one.a} is better by more than {bayes.rope:g}: {p_a:.1%}, "
        f"that the two are within it: {bayes.p_rope:.1%}, that {one.b} is better: {p_b:.1%}",
    ]
    if short := shortfall(one):
        lines.append(
            f"  these splits would show a difference of {short.detectable:.3f} in {short.power:.0%} of cases; one of "
            f"{short.difference:.3f} would take about {about(short.clips):,} clips"
        )
    if published is not None:
        said = agreement(published, one)
        lines.append(f"  published: {_published_words(published)}" + (f"; these splits: {said}" if said else ""))
    return lines


def untested_sentences(one: Untested) -> list[str]:
    """Say that nothing was tested and why, and the difference, where there is one."""
    lines = [f"{one.target}: {one.verdict}"]
    if one.difference is not None:
        at = f" at epoch {one.epoch}" if one.epoch else ""
        lines.append(f"  {one.a} less {one.b}: {one.difference:+.3f} {one.metric}{at}{low_words(one)}")
    return lines


def low_words(comparison: Comparison | Untested | SplitComparison) -> str:
    """Say where lower is better; where higher is, nothing."""
    return "" if comparison.higher_is_better else " (lower is better)"


def split_sentences(one: SplitComparison) -> list[str]:
    """Say in plain words what the test clips of one split allow to be claimed, and what they do not."""
    low, high = one.test.interval
    at = f" at epoch {one.epoch}" if one.epoch else ""
    lines = [
        f"{one.target}: {one.verdict}",
        f"  {one.a} less {one.b}: {one.test.difference:+.3f} {one.metric}{at}{low_words(one)}, "
        f"{100 * one.test.confidence:.4g} % interval {low:+.3f} to {high:+.3f}, p = {one.test.p:.2g}, "
        f"by a {one.test.note}",
        f"  {LIMITS}",
    ]
    if one.undefined:
        lines.append(f"  {one.undefined} of {one.draws} draws have no {one.metric} and are left out")
    return lines


def about(clips: int) -> int:
    """Round to two figures: the number rests on an approximation."""
    unit: int = 10 ** max(0, len(str(clips)) - 2)
    return -(-clips // unit) * unit


def welch_sentence(comparisons: Sequence[Comparison], repeats: int) -> str:
    """Say once what Welch's test is here for.

    `repeats` is how many times clips are divided: with one, no clip is tested twice.
    """
    claimed = sum(one.welch.p < 0.05 for one in comparisons)
    said = f"Welch's test, as published, would call {claimed} of {len(comparisons)} different at 5 %"
    if repeats == 1:
        return (
            f"{said}; on one set of folds it is about right (5.9 % of equal pairs in simulation), though it does not "
            "pair them, and the corrected test is careful (1.1 %): docs/significance.md."
        )
    return (
        f"{said}; on splits that test clips again and again it does so far too often (for 56.5 % of equal pairs on 100 "
        "random splits in simulation), so it decides nothing here: docs/significance.md."
    )


def _published_words(published: PublishedClaim) -> str:
    parts = [published.verdict] if published.verdict else []
    if published.difference is not None:
        parts.append(f"difference of the means {published.difference:+.3f}")
    return "; ".join(parts)


def _published_mean(system: SystemSpec, target: str, targets: Sequence[str]) -> float | None:
    means = {name: published.mean for name, published in system.published.items()}
    if set(means) == set(targets):
        means[AVERAGE] = sum(means.values()) / len(means)
    return means.get(target)


def _is_about(one: PublishedVerdict, a: SystemSpec, b: SystemSpec, target: str, targets: Sequence[str]) -> bool:
    about = one.target or (targets[0] if len(targets) == 1 else AVERAGE)
    return {one.method, one.baseline} == {a.method or a.system, b.method or b.system} and target == about


def _words(one: PublishedVerdict) -> str:
    said = "improved on" if one.verdict == "improved" else "did not improve on"
    at = f", epoch {one.epoch}" if one.epoch else ""
    return f"{one.method} {said} {one.baseline} (Welch at 5 % over {one.splits} random splits{at})"
