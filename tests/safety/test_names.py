"""Names are data: shown as text wherever people read them, and whole where programs do."""

import io
import json
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from raymer.cli.output import PlainConsole
from raymer.plain import csv_frame, csv_said, csv_text, markdown, visible
from raymer.reports.latex import latex
from raymer.reports.text_table import Column, TextTable
from raymer.yaml_text import read_yaml

NAMES = ("[/x]", "[v2]", ":smile:", "\x1b[31mred", "\u202eevil", "a\nb")


@pytest.mark.parametrize("name", NAMES)
def test_a_console_takes_text_as_text(name):
    file = io.StringIO()
    console = PlainConsole(file=file, width=200)
    table = Table(title=name)
    table.add_column(name)
    table.add_row(name)
    console.print(name)
    console.print(table)
    said = file.getvalue()
    assert said.count(visible(name, lines=True).splitlines()[0]) == 4
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_of_a_long_name_an_error_shows_begin_and_end(cli):
    said = cli("inputs", "C" * 5000).stderr
    assert said.startswith("raymer: CCC")
    assert len(said) < 1000


@given(st.text())
def test_what_is_shown_has_no_control_character_and_one_line(text):
    hidden = {unicodedata.category(mark) for mark in visible(text, lines=False) if mark not in "\u200c\u200d"}
    assert not hidden & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert "\n" not in visible(text, lines=False)
    assert "\x1b" not in visible(text)


@given(st.text())
def test_a_text_in_csv_begins_no_formula_and_comes_back(text):
    assert csv_text(text)[:1] not in ("=", "+", "-", "@", "\t", "\r") or not text
    assert csv_said(csv_text(text)) == text


def test_numbers_in_csv_stay_numbers():
    frame = pd.DataFrame({"=n": [-1.5, 2.0], "who": ["=cmd|x", None], "mixed": [-2.5, "@x"]})
    assert csv_frame(frame).to_csv(index=False).splitlines() == ["'=n,who,mixed", "-1.5,'=cmd|x,-2.5", "2.0,,'@x"]
    assert np.array_equal(frame["=n"], [-1.5, 2.0]), "the table itself is whole"


def test_latex_and_markdown_are_escaped():
    made = latex(TextTable("100 % [x]", (Column("a_b", is_number=False),), (("[0] \\input{x}",),)))
    assert "{[}0{]} \\textbackslash{}input\\{x\\}" in made
    assert markdown("[x](y)|<b>\n# h") == "\\[x\\]\\(y\\)\\|\\<b\\>\\\\n\\# h"


# Below 2^16: JSON writes what is above as a pair of halves, which YAML does not put together.
# And a key of YAML has 1,024 characters at most, escaped.
BELOW = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs",)), max_size=100)


@given(st.dictionaries(BELOW, st.lists(st.integers(0, 2**31) | st.booleans() | BELOW), max_size=5))
def test_plain_yaml_is_read_as_json_says_it(value):
    assert read_yaml(json.dumps(value), "x") == value
