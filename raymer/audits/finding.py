"""What an audit says: a kind of fault with its code, and one finding of it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["would change a score", "worth knowing"]
CHANGES: Severity = "would change a score"
WORTH: Severity = "worth knowing"

SHOWN = 5
"""Examples that a finding keeps."""


class CannotSay(Exception):  # noqa: N818, it is an answer and no error
    """Raised by a check that has nothing to go by; its text is the reason ("no groups were given")."""


@dataclass(frozen=True)
class Finding:
    """One thing an audit found.

    Attributes
    ----------
    code : str
        Of its kind, such as "golden-feature"; docs/audit.md has a paragraph on each.
    title : str
    severity : str
        "would change a score" or "worth knowing".
    count, total : int
        How many clips, features or pairs it concerns, of how many.
    message : str
        What was found, in words, with its numbers.
    advice : str
        What to do.
    examples : tuple of str
        The first clips, features or pairs.
    """

    code: str
    title: str
    severity: Severity
    count: int
    total: int
    message: str
    advice: str
    examples: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {**asdict(self), "examples": list(self.examples)}


@dataclass(frozen=True)
class Kind:
    """A kind of fault: its code, its title, how much it weighs and what to do about it."""

    code: str
    title: str
    severity: Severity
    advice: str

    def found(
        self,
        count: int,
        total: int,
        message: str,
        examples: "list[str] | tuple[str, ...]" = (),
        *,
        severity: Severity | None = None,
        advice: str | None = None,
    ) -> Finding:
        """Return a finding of this kind; `severity` and `advice` where this one differs from the kind's."""
        kept = tuple(str(example) for example in examples[:SHOWN])
        words = advice or self.advice
        return Finding(self.code, self.title, severity or self.severity, count, total, message, words, kept)
