"""Write the table of corpora on docs/corpora.md from what their importers say of themselves.

python -m benchmarks.corpora_docs
"""

import re
from pathlib import Path

from raymer.corpora.registry import IMPORTERS

PAGE = Path(__file__).parents[1] / "docs" / "corpora.md"
BLOCK = re.compile(r"(<!-- made from the importers.*?-->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a page whose block holds what the importers say now."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{table()}\n\n{found[2]}", text)


def table() -> str:
    """Return a row a corpus."""
    lines = ["| corpus | what it holds | where | terms | known faults |", "|---|---|---|---|---|"]
    for info in (importer.info for importer in IMPORTERS.values()):
        cells = (f"`{info.name}`", info.title, info.where, info.licence, "; ".join(info.faults) or "none known")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
