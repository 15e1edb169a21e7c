"""Names are data: what a person named is shown as text, and nothing that shows it takes it for more."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's control and format characters, halves of pairs, and ends of lines: what moves, hides or breaks text."""
_JOINERS = "\u200c\u200d"  # letters of Persian and Hindi and many emoji are written with them
_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def visible(text: str, *, lines: bool = True) -> str:
    r"""Return text whose control characters can be seen: the escape character is \x1b.

    Parameters
    ----------
    text : str
    lines : bool
        Whether the text may have several lines; else an end of line is seen as \n.
    """
    kept = "\n\t" if lines else ""
    if text.isascii() and text.isprintable():
        return text
    return "".join(mark if mark in kept or _is_shown(mark) else _escaped(mark) for mark in text)


def _is_shown(mark: str) -> bool:
    return mark in _JOINERS or unicodedata.category(mark) not in _HIDDEN


def _escaped(mark: str) -> str:
    return mark.encode("unicode_escape").decode("ascii")


def csv_text(text: str) -> str:
    """Return text that a spreadsheet takes for text: what begins as a formula does is quoted, till `csv_said`.

    The quote is the apostrophe that spreadsheets know; what begins with one and a formula gets one more.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def csv_said(text: str) -> str:
    """Return the text of which `csv_text` made `text`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def csv_frame(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table as it is written for people: texts quoted out of harm, numbers as they are."""
    made = frame.rename(columns=lambda name: csv_text(name) if isinstance(name, str) else name)
    for place, kind in enumerate(frame.dtypes):
        if kind.kind not in "fiub":
            made.isetitem(place, frame.iloc[:, place].map(_cell))
    return made


def _cell(value: Any) -> Any:
    return csv_text(value) if isinstance(value, str) else value


def markdown(text: object) -> str:
    """Return text that Markdown shows as it is: no link, no heading, no HTML, no cell of a table."""
    return _MARKDOWN.sub(r"\\\1", visible(str(text), lines=False))
