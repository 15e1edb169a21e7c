"""The page on the audit has one paragraph for each code, with the title that the findings bear."""

import re
from pathlib import Path

from raymer.audits.checks import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()


def test_each_code_has_one_paragraph():
    told = re.findall(r"^\*\*`([a-z-]+)`\*\* ", PAGE, flags=re.MULTILINE)
    assert sorted(told) == sorted(kind.code for kind in KINDS)


def test_codes_are_unique_and_each_says_what_to_do():
    assert len({kind.code for kind in KINDS}) == len(KINDS)
    assert all(kind.title and kind.advice for kind in KINDS)
