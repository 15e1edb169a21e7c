"""Nodes with and without GPUs side by side: what wants a GPU goes where one is, and the other node is not idle."""

import subprocess
import sys

import pytest
from beds.bed import two_nodes
from model_corpus import make_audio_corpus

from raymer.files import Files
from raymer.results.runs import read_fit_lines, read_runs

pytestmark = pytest.mark.bed

EXPERIMENT = """
name: mixed
title: mixed
corpus: small
input: logmel
targets: [valence, arousal]
epochs: 60
every: 60
protocols: {folds: {folds: 6}}
systems:
  - {system: GPU, method: nn, reducer: {hidden: [8, 4], excerpt: 10, device: cuda}}
  - {system: CPU, method: rbf-sl, reducer: {hidden: [8, 4], excerpt: 10}}
"""


def test_each_unit_finds_its_kind_of_worker(tmp_path):
    """The GPU of the second node is only said to be there, so what is sent to it fails, with torch's reason."""
    corpus = make_audio_corpus(tmp_path)
    (tmp_path / "mixed.yaml").write_text(EXPERIMENT)
    command = [sys.executable, "-m", "raymer.cli.main", "run", str(tmp_path / "mixed.yaml"), "--corpus", str(corpus)]
    command += ["--store", str(tmp_path / "S"), "--gpus-per-fit", "0.5"]
    with two_nodes(cpus=2, gpus_of_second=1) as bed:
        done = subprocess.run(
            [*command, "--address", bed.address], env=bed.env, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 1, done.stderr
    files = Files(tmp_path / "S")
    lines = read_fit_lines(files, read_runs(files)[0].id)
    nodes = {outcome: {line["node"] for line in lines if line["outcome"] == outcome} for outcome in ("done", "failed")}
    assert (
        sorted((line["method"], line["outcome"]) for line in lines) == [("nn", "failed")] * 6 + [("rbf-sl", "done")] * 6
    )
    assert all("CUDA" in line["message"] for line in lines if line["outcome"] == "failed")
    assert len(nodes["failed"]) == 1, "only one node has a GPU"
    assert nodes["done"] - nodes["failed"], "the other did what needs none"
