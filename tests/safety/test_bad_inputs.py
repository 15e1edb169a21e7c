"""A sample of the bed of bad inputs: `make fuzz` runs all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.bed
def test_three_hundred_bad_inputs_are_refused_in_one_line_or_accepted_rightly():
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = {**os.environ, **threads, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    words = (sys.executable, "-m", "beds.fuzz", "--cases", "300", "--json")
    ended = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    verdicts = json.loads(ended.stdout)
    assert len(verdicts) == 300
    assert [one for one in verdicts if one["verdict"] not in ("refused", "accepted")] == []
