"""raymer audit: duplicates, swapped columns, artists on both sides of a split, labels off their scale."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import one_line_errors, out, print_json, say

if TYPE_CHECKING:
    from raymer.corpora.audit import Finding


def audit(
    folder: Annotated[Path, typer.Argument(help="Corpus folder, made by `raymer import`.")],
    folds: Annotated[int, typer.Option(help="Folds of the protocols that are checked for artists on both sides.")] = 10,
    json: JsonOption = False,
) -> None:
    """Look for faults in a corpus; finding some is no error, the exit code stays 0."""
    with one_line_errors():
        from raymer.corpora.audit import audit_corpus
        from raymer.corpora.base import load_corpus
        from raymer.protocols.leakage import group_leakage

        corpus = load_corpus(folder)
        findings = [*audit_corpus(corpus), *_same_sounds(folder)]
        leakage = group_leakage(corpus, folds)
        if json:
            print_json(
                {
                    "corpus": corpus.name,
                    "clips": len(corpus.clips),
                    "findings": [finding.to_record() for finding in findings],
                    "group_leakage": leakage,
                }
            )
            return
        say(f"{corpus.name}: {len(corpus.clips)} clips, {len(findings)} findings")
        for finding in findings:
            examples = f" ({', '.join(finding.examples)} ...)" if finding.examples else ""
            say(f"  {finding.check}: {finding.count} {finding.message}{examples}")
        for name, share in leakage.items():
            out.print(
                f"  {name}: {share:.0%} of test clips have their group (artist) in the train part",
                markup=False,
                soft_wrap=True,
            )


def _same_sounds(folder: Path) -> "list[Finding]":
    """Return the pairs of clips that sound alike, where log-mel features have been built."""
    from raymer.corpora.audit import Finding
    from raymer.features.duplicates import find_duplicates
    from raymer.features.store import load_spectrograms

    findings = []
    for manifest in sorted((folder / "features").glob("logmel-*/manifest.json")):
        found = find_duplicates(load_spectrograms(manifest.parent))
        for kind in ("exact", "near"):
            pairs = [pair for pair in found if pair.kind == kind]
            if pairs:
                examples = tuple(f"{pair.first} = {pair.second} ({pair.similarity:.2f})" for pair in pairs[:10])
                message = f"pairs of clips that sound the same ({manifest.parent.name})"
                findings.append(Finding(f"{kind} duplicates", len(pairs), message, examples))
    return findings
