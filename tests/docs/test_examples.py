"""Every example runs, from an empty folder and as it stands, in a process of its own."""

import os
import subprocess
import sys

import pytest
from docs.commands import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path, tmp_path):
    told = subprocess.run(
        [sys.executable, str(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip(), "it shows something"
    assert "Traceback" not in told.stderr


def test_all_are_on_the_front_page():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert EXAMPLES
    assert [path.name for path in EXAMPLES if f"examples/{path.name}" not in text] == []
