"""What is quickly done is done at once: no Ray, no torch, nothing that takes seconds to load."""

import json
import subprocess
import sys

HEAVY = ("ray", "torch", "skops", "baycomp", "matplotlib")
CODE = """
import contextlib, json, sys

from raymer.cli.main import app

with contextlib.suppress(SystemExit):
    app(json.loads(sys.argv[1]))
print(json.dumps([name for name in json.loads(sys.argv[2]) if name in sys.modules]), file=sys.stderr)
"""
TINY = """
name: tiny
title: tiny
corpus: synthetic
targets: [valence]
protocols: {folds: {kind: kfold, folds: 2, shuffle: true, seed: 0}}
systems:
  - {system: SVR, method: svr}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 4}}
"""


def test_four_tiny_fits_load_nothing_heavy(corpus_folder, tmp_path):
    (tmp_path / "tiny.yaml").write_text(TINY)
    words = ["run", str(tmp_path / "tiny.yaml"), "-c", str(corpus_folder), "-s", str(tmp_path / "S"), "--json"]
    command = [sys.executable, "-c", CODE, json.dumps(words), json.dumps(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert len(json.loads(done.stdout)) == 2
    assert "4 fits run" in done.stderr
    assert json.loads(done.stderr.strip().splitlines()[-1]) == []
