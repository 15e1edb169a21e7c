"""How comparisons are printed: the verdicts in words, then all tests in a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from raymer.cli.output import out, say

if TYPE_CHECKING:
    from raymer.reports.comparison import PublishedClaim
    from raymer.stats.comparison import Comparison
    from raymer.stats.outcome import TTest


def print_comparisons(
    title: str,
    comparisons: "Sequence[Comparison]",
    claims: "Sequence[PublishedClaim | None]",
    endings: Sequence[str] = (),
    *,
    repeats: int,
) -> None:
    """Print verdicts with what they rest on, how looks ended, and all tests; `repeats` as welch_sentence takes it."""
    from raymer.reports.comparison import sentences, welch_sentence

    for comparison, claim in zip(comparisons, claims, strict=True):
        for line in sentences(comparison, claim):
            say(line)
    for line in endings:
        say(line)
    out.print(_table(title, comparisons))
    say(f"- {welch_sentence(comparisons, repeats)}")


def _table(title: str, comparisons: "Sequence[Comparison]") -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("target", "A", "B", "test"):
        table.add_column(name)
    for name in ("difference", "interval", "t", "p"):
        table.add_column(name, justify="right")
    for one in comparisons:
        bayes = one.correlated_bayes
        table.add_row(one.target, one.a, one.b, "corrected (decides)", *_cells(one.nadeau_bengio))
        p_a, p_b = one.p_better
        equal = f"A {p_a:.3f}, equal {bayes.p_rope:.3f}, B {p_b:.3f}"
        table.add_row("", "", "", "correlated Bayes", *_plain(bayes.difference, bayes.interval), "", equal)
        table.add_row(
            "", "", "", "paired t (not valid)" if not one.paired_t.valid else "paired t", *_cells(one.paired_t)
        )
        table.add_row("", "", "", "Welch, as published (not valid)", *_cells(one.welch), end_section=True)
    return table


def _cells(test: "TTest") -> tuple[str, ...]:
    return (*_plain(test.difference, test.interval), f"{test.statistic:.2f}", f"{test.p:.2g}")


def _plain(difference: float, interval: tuple[float, float]) -> tuple[str, str]:
    return f"{difference:+.3f}", f"{interval[0]:+.3f} to {interval[1]:+.3f}"
