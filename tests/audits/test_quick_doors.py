"""The quick checks stand at the doors: at import, and before a run."""

import json

import numpy as np
import pandas as pd
import pytest

import raymer
from raymer.audits.report import quick_findings
from raymer.corpora.base import Input


@pytest.fixture
def leaky(tmp_path):
    rng = np.random.default_rng(0)
    y = rng.normal(size=40)
    table = pd.DataFrame({"song": [f"s{k}" for k in range(40)], "valence": y, "a": rng.normal(size=40), "b": y * 2 + 1})
    table.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


EXPERIMENT = (
    "name: e\ntitle: e\ncorpus: t\ntargets: [valence]\nprotocols: {p: {kind: kfold, folds: 3}}\n"
    "systems: [{system: S, method: ridge}]\n"
)


def test_an_import_and_a_run_say_what_would_change_a_score(leaky, tmp_path, cli):
    words = ["import", "table", leaky, "-o", tmp_path / "C", "--id", "song", "--target", "valence", "--feature", "b"]
    made = cli(*words)
    assert made.exit_code == 0, made.stderr
    assert "! label-copy: b" in made.stdout
    assert f"raymer audit {tmp_path / 'C'}" in made.stdout
    record = json.loads(cli(*words, "--force", "--json").stdout)
    assert "label-copy" in [finding["code"] for finding in record["findings"]]
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    ran = cli("run", tmp_path / "e.yaml", "-c", tmp_path / "C", "-s", tmp_path / "S", "--serial", "--json")
    assert ran.exit_code == 0
    assert "! label-copy: b" in ran.stderr
    assert json.loads(ran.stdout), "stdout is the records alone"


def test_only_inputs_that_are_used_are_looked_at():
    rng = np.random.default_rng(0)
    y = rng.normal(size=40)
    corpus = raymer.Corpus.from_arrays(rng.normal(size=(40, 3)), y, targets="v")
    ids = corpus.clips["clip_id"].to_numpy(dtype=str)
    both = corpus.with_input(Input("leak", ids, y[:, None] * 3, ("copy",)))
    assert "label-copy" in {finding.code for finding in quick_findings(both)}
    assert "label-copy" not in {finding.code for finding in quick_findings(both, ["features"])}


def test_an_input_too_large_for_a_quick_look_is_left_to_the_whole_audit(monkeypatch):
    rng = np.random.default_rng(0)
    y = rng.normal(size=40)
    corpus = raymer.Corpus.from_arrays(np.c_[y, rng.normal(size=(40, 3))], y, targets="v", feature="f0")
    assert "label-copy" in {finding.code for finding in quick_findings(corpus)}
    monkeypatch.setattr("raymer.audits.report.QUICK_CELLS", 100)
    assert "label-copy" not in {finding.code for finding in quick_findings(corpus)}
