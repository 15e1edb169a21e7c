"""raymer audit: what of a corpus would fool you, and the clips that it shares with another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import one_line_errors, print_json, say

if TYPE_CHECKING:
    from raymer.audits import Audit
    from raymer.audits.overlap import Overlap


def audit(
    folder: Annotated[Path, typer.Argument(help="Corpus folder, made by `raymer import`.")],
    other: Annotated[Path | None, typer.Argument(help="A second corpus folder: which clips do both have?")] = None,
    folds: Annotated[int, typer.Option(help="Folds of the protocols that are checked for groups on both sides.")] = 10,
    splits: Annotated[
        Path | None,
        typer.Option(
            help="Fixed splits of the corpus: a folder of train.txt, test.txt ..., or a table of id and part."
        ),
    ] = None,
    other_splits: Annotated[Path | None, typer.Option(help="The same of the second corpus.")] = None,
    json: JsonOption = False,
) -> None:
    """Look for what would fool you in a corpus; finding something is no error, the exit code stays 0."""
    with one_line_errors():
        from raymer.audits import audit as run_audit
        from raymer.audits.given import read_splits
        from raymer.corpora.folder import load_corpus
        from raymer.errors import UsageError

        if other_splits is not None and other is None:
            raise UsageError("--other-splits would have no effect: name a second corpus")
        made = run_audit(
            load_corpus(folder),
            None if other is None else load_corpus(other),
            splits=None if splits is None else read_splits(splits),
            other_splits=None if other_splits is None else read_splits(other_splits),
            folds=folds,
        )
        if json:
            print_json(made.to_record())
            return
        _print(made)


def _print(made: "Audit") -> None:
    rest = len(made.findings) - len(made.serious)
    counts = f"{len(made.serious)} findings would change a score, {rest} are worth knowing"
    say(f"{made.corpus}: {made.clips} clips; {counts}")
    for finding in made.findings:
        mark = "!" if finding in made.serious else "-"
        say(f"{mark} {finding.code}: {finding.message}")
        if finding.examples:
            more = " ..." if finding.count > len(finding.examples) else ""
            say(f"    such as {', '.join(finding.examples)}{more}")
        say(f"    {finding.advice}")
    if made.overlap is not None:
        _print_overlap(made.overlap)
    for name, share in (made.group_leakage or {}).items():
        say(f"{name}: {share:.0%} of test clips have their {made.group} in the train part")
    say(f"passed: {', '.join(made.passed) or 'none'}")
    for code, reason in made.not_applicable.items():
        say(f"cannot say {code}: {reason}")


def _print_overlap(overlap: "Overlap") -> None:
    say(f"{overlap.first} and {overlap.second} share {len(overlap.pairs)} clips")
    for way, count in overlap.ways.items():
        say(f"    by {way}: {count}")
    for way, reason in overlap.not_applicable.items():
        say(f"    by {way}: cannot say, {reason}")
    for name, row in overlap.agreement.items():
        say(f"    r of {overlap.first}'s {name}: {', '.join(f'{r:.3f} with {other}' for other, r in row.items())}")
