"""A browser for tests of the page."""

from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser():
    """Return Chromium, or skip the test where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser test")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: no browser test")
    with sync_api.sync_playwright() as made:
        opened = made.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()
