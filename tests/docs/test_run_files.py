"""The numbers that the docs show of the second paper's runs are those of the files in docs/runs."""

import pandas as pd
import pytest
from docs.commands import ROOT

from benchmarks import emotify_docs
from benchmarks.emotify_docs import BLOCK, BLOCKS, filled

PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_the_files_say(page):
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, "run python -m benchmarks.emotify_docs"


def test_every_block_stands_on_a_page():
    shown = [match[1] for page in PAGES for match in BLOCK.findall(page.read_text(encoding="utf-8"))]
    assert sorted(shown) == sorted(BLOCKS)


def test_a_changed_score_changes_the_page(tmp_path, monkeypatch):
    scores = pd.read_csv(emotify_docs.RUNS / "emotify-splits.csv")
    scores.loc[scores["target"] == "power", "RBF-SL"] += 0.2
    scores.to_csv(tmp_path / "emotify-splits.csv", index=False)
    before = BLOCKS["claims"]()
    monkeypatch.setattr(emotify_docs, "RUNS", tmp_path)
    assert BLOCKS["claims"]() != before


def test_the_splits_are_whole():
    scores = pd.read_csv(emotify_docs.RUNS / "emotify-splits.csv")
    counts = scores.groupby("target").size()
    assert len(counts) == 9
    assert set(counts) == {100}
    assert scores.notna().all().all()
