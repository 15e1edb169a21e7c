"""The commands that README and docs show, as they stand there."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


@dataclass(frozen=True)
class Shown:
    """A command, the words behind `raymer`, and where it stands."""

    page: str
    line: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} raymer {' '.join(self.words)}"


def shown_commands(page: Path) -> list[Shown]:
    """Return the commands in the code blocks of a page: lines indented by four, or fenced, that begin with `raymer`."""
    found, fenced = [], False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        match = re.match(r"(?:    )?raymer (.+)", line) if fenced or line.startswith("    raymer ") else None
        if match:
            found.append(Shown(page.name, number, tuple(shlex.split(match[1], comments=True))))
    return found


def shown_files(page: Path) -> dict[str, str]:
    """Return the files that a page asks to save: a comment `file: NAME` before a fenced block."""
    blocks = re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)```", page.read_text(), flags=re.DOTALL)
    return dict(blocks)
