"""A plugin with honest and dishonest classes, let in for a test and put out again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from components.planted import TEXT

from raymer.components.plugins import PLUGINS, bring_files


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "planted_classes.py"
    path.write_text(TEXT)
    bring_files([path])
    yield path
    PLUGINS.drop("planted_classes")
