"""The page of corpora says what their importers say of themselves."""

from docs.commands import ROOT

from benchmarks.corpora_docs import filled
from raymer.corpora.registry import IMPORTERS


def test_the_table_is_made_from_the_importers():
    text = (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
    assert filled(text) == text, "run python -m benchmarks.corpora_docs"
    assert all(f"| `{name}` |" in text for name in IMPORTERS)


def test_a_changed_page_is_seen():
    text = (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
    assert filled(text.replace("`emotify`", "`emotiphy`")) == text
