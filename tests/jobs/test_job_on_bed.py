"""A job on the bed of two nodes: both do fits, and the table is that of one process, to the bit."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from beds.bed import two_nodes

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.results.store import ResultStore

pytestmark = [pytest.mark.bed, pytest.mark.slow]

EXPERIMENT = """
name: sent
title: sent
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {kind: kfold, folds: 6, shuffle: true, seed: 0}}
systems:
  - {system: SVR, method: svr}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 20, steps: 2000}}
  - {system: AE-SVR, method: ae-svr, reducer: {width: 20}}
"""


def test_both_nodes_do_fits_and_the_table_is_the_same(tmp_path):
    """RAYMER_JOB_CORPUS and RAYMER_JOB_EXPERIMENT run another experiment, such as a published table, the same way."""
    corpus, experiment = os.environ.get("RAYMER_JOB_CORPUS"), os.environ.get("RAYMER_JOB_EXPERIMENT")
    if corpus is None or experiment is None:
        corpus, experiment = str(tmp_path / "C"), str(tmp_path / "sent.yaml")
        write_corpus(make_synthetic(200, 40, seed=2), Path(corpus))
        Path(experiment).write_text(EXPERIMENT)
    raymer = [sys.executable, "-m", "raymer.cli.main"]

    def verb(store: str) -> list[str]:
        return ["run", experiment, "--corpus", corpus, "--store", str(tmp_path / store)]

    with two_nodes(cpus=1) as bed:
        env = bed.env | {"RAY_API_SERVER_ADDRESS": bed.dashboard}
        submit = [*raymer, "submit", *verb("job"), "--workers", "2"]
        refused = subprocess.run(submit, env=env | {"RAY_AUTH_MODE": "disabled"}, capture_output=True, text=True)
        assert refused.returncode == 1
        assert "wants a token" in refused.stderr
        job = subprocess.Popen(submit, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        on_second = False
        while job.poll() is None:
            on_second = on_second or bool(bed.find("RayTrainWorker", second_only=True))
            time.sleep(0.5)
        assert job.returncode == 0, job.communicate()[0]
        assert on_second, "the second node took part"
    assert subprocess.run([*raymer, *verb("here"), "--serial"], capture_output=True).returncode == 0
    tables = []
    for store in ("job", "here"):
        done = subprocess.run([*raymer, *verb(store), "--serial", "--json"], capture_output=True, text=True)
        rows = json.loads(done.stdout)
        tables.append([{key: value for key, value in row.items() if key != "seconds"} for row in rows])
    assert tables[0] == tables[1]
    job_store, here = ResultStore(str(tmp_path / "job")), ResultStore(str(tmp_path / "here"))
    assert job_store.done() == here.done()
    for fit in here.done():
        assert job_store.get(fit).predicted.tobytes() == here.get(fit).predicted.tobytes()
