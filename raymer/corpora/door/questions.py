"""What an import asks instead of guessing: columns that may not be what they would be taken for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from raymer.errors import UsageError

ROLES = ("feature", "keep", "ignore")


@dataclass(frozen=True)
class Question:
    """One thing that a person must say.

    Attributes
    ----------
    code : str
        What kind of doubt: "counts-rows", "nameless", "like-target", "few-values", "like-group", "stamp", ...
    column : str
        The column it is about.
    why : str
        What was seen, in one sentence without a full stop.
    choices : tuple of str
        Fields that answer it with the column's name: "feature", "keep", "ignore", "classes", "numbers".
    proposal : str
        The one of `choices` that is most likely right.
    """

    code: str
    column: str
    why: str
    choices: tuple[str, ...]
    proposal: str

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


class Questions(UsageError):  # noqa: N818
    """Nothing was made: every doubtful column is listed in `questions`, and `answers` would settle them all."""

    def __init__(self, source: str, questions: Sequence[Question], remarks: Sequence[str] = ()) -> None:
        self.source = source
        self.questions = tuple(questions)
        self.remarks = tuple(remarks)
        parts = [f"{question.column!r} {question.why} ({choices(question)})" for question in questions]
        count = f"{len(parts)} column{'s' if len(parts) > 1 else ''}"
        super().__init__("; ".join([f"{source}: {count} must be answered for: {parts[0]}", *parts[1:], *remarks]))

    @property
    def answers(self) -> Mapping[str, tuple[str, ...]]:
        """The proposals as fields of the import: {"ignore": ("index",), "classes": ("label",)}."""
        found: dict[str, tuple[str, ...]] = {}
        for question in self.questions:
            found[question.proposal] = (*found.get(question.proposal, ()), question.column)
        return found


def choices(question: Question) -> str:
    """Return the fields that answer a question, the proposed one first: "ignore=, keep= or feature="."""
    fields = [f"{question.proposal}=", *(f"{name}=" for name in question.choices if name != question.proposal)]
    return fields[0] if len(fields) == 1 else f"{', '.join(fields[:-1])} or {fields[-1]}"
