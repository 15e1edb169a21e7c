"""Links of README, docs, CHANGELOG and CONTRIBUTING lead to files and headings that are there."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from docs.commands import PAGES, ROOT
from markdown.extensions.toc import slugify

WRITTEN = (*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md")


def prose(text: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def links(text: str) -> list[str]:
    """Return where the links and images of a page lead; those in code are none."""
    return re.findall(r"\]\(<?([^)\s>]+)[^)]*\)", re.sub(r"`[^`\n]*`", "", prose(text)))


def anchors(text: str) -> set[str]:
    """Return the headings of a page as links name them."""
    headings = re.findall(r"^#{1,6} +(.+?) *#*$", prose(text), flags=re.MULTILINE)
    return {slugify(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", one).replace("`", ""), "-") for one in headings}


def broken(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead nowhere, and addresses that cannot be any."""
    found = []
    for link in links(text):
        parts = urlsplit(link)
        if parts.scheme:
            holds = parts.scheme in ("http", "https", "mailto") and (parts.scheme == "mailto" or "." in parts.netloc)
        else:
            target = page.parent / parts.path if parts.path else page
            within = (
                text if target == page else target.read_text() if target.suffix == ".md" and target.exists() else ""
            )
            holds = target.exists() and (not parts.fragment or parts.fragment in anchors(within))
        if not holds:
            found.append(link)
    return found


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_links_hold(page):
    assert broken(page, page.read_text()) == []


def test_a_link_that_leads_nowhere_is_seen():
    page = ROOT / "docs" / "index.md"
    text = (
        "# Here `it` is\n[a](nowhere.md) [b](search.md#nowhere) [c](#here-it-is) [d](#there) [e](https://host/x) "
        "`[f](code.md)`\n```\n[g](code.md)\n```\n![h](figures/none.png) [i](../README.md)\n"
    )
    assert broken(page, text) == ["nowhere.md", "search.md#nowhere", "#there", "https://host/x", "figures/none.png"]
