"""Jobs on a real Ray head with its token: sent, followed, stopped; and refused in one clear line."""

import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from beds.bed import Bed, two_nodes
from components.own import REDUCER

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.results.store import ResultStore

pytestmark = pytest.mark.slow

EXPERIMENT = """
name: sent
title: sent
corpus: synthetic
targets: [valence]
protocols: {folds: {kind: kfold, folds: 3, shuffle: true, seed: 0}}
systems:
  - {system: SVR, method: svr}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 20}}
  - {system: Mine, steps: [{use: "mine_classes:MyReducer", width: 3}, ridge]}
"""
FITS = 9


class Desk:
    """A corpus, an experiment and the command line of somebody who has the token."""

    def __init__(self, root: Path, bed: Bed) -> None:
        self.root, self.bed = root, bed
        write_corpus(make_synthetic(60, 12, seed=1), root / "C")
        (root / "sent.yaml").write_text(EXPERIMENT)
        (root / "mine_classes.py").write_text(REDUCER)

    def run(self, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "raymer.cli.main", *words]
        env = {**(env or self.bed.env), "RAY_API_SERVER_ADDRESS": self.bed.dashboard}
        return subprocess.run(command, env=env, capture_output=True, text=True, cwd=self.root, timeout=300)

    def verb(self, store: str, corpus: str = "C") -> list[str]:
        where = ["--corpus", str(self.root / corpus), "--store", str(self.root / store)]
        return ["run", "sent.yaml", *where, "--plugin", "mine_classes.py", "--json"]

    def bits(self, store: str) -> dict[str, bytes]:
        results = ResultStore(str(self.root / store))
        return {
            fit: (results.get(fit).clip_ids.tolist(), results.get(fit).predicted.tobytes()) for fit in results.done()
        }


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with two_nodes(cpus=2, second=False) as bed:
        yield Desk(tmp_path_factory.mktemp("jobs"), bed)


def test_a_job_is_followed_and_gives_the_same_bits(desk):
    sent = desk.run("submit", *desk.verb("sent"))
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert f"{FITS} fits run, 0 found done" in sent.stdout
    rays = ("INFO ", "Running entrypoint", "Ray cluster", "Runtime env")
    assert not [line for line in sent.stdout.splitlines() if any(word in line for word in rays)]
    job_id = sent.stderr.split("job ")[1].split()[0]
    assert desk.run("jobs", "logs", job_id).stdout == sent.stdout
    here = desk.run(*desk.verb("here"), "--serial")
    assert here.returncode == 0, here.stderr
    assert json.loads(here.stdout)[0]["mean"] is not None
    assert desk.bits("sent") == desk.bits("here")
    assert len(desk.bits("here")) == FITS


def test_a_job_that_fails_is_one_line_and_its_exit_code(desk):
    sent = desk.run("submit", *desk.verb("S", corpus="nowhere"), "--serial")
    assert sent.returncode == 2
    assert "is no folder" in sent.stdout
    last = sent.stderr.strip().splitlines()[-1]
    assert last.startswith("raymer: job raysubmit_")
    assert " failed: " in last


@pytest.mark.bed
def test_jobs_are_listed_read_and_stopped(desk):
    started = desk.run("submit", "--no-wait", *desk.verb("stopped", corpus="C"))
    job_id = started.stdout.strip()
    assert started.returncode == 0, started.stderr
    stopped = desk.run("jobs", "stop", job_id)
    assert f"job {job_id} is being stopped" in stopped.stdout
    followed = desk.run("jobs", "logs", job_id, "--follow")
    assert followed.returncode == 1
    assert f"job {job_id} stopped" in followed.stderr
    listed = json.loads(desk.run("jobs", "list", "--json").stdout)
    assert {job["id"]: job["state"] for job in listed}[job_id] == "STOPPED"
    unknown = desk.run("jobs", "logs", "raysubmit_none")
    assert unknown.returncode == 1
    assert "raysubmit_none" in unknown.stderr
    assert len(unknown.stderr.strip().splitlines()) == 1


def test_without_the_token_nothing_is_answered(desk):
    for path in ("/api/jobs/", "/api/version", "/nodes?view=summary", "/api/packages/gcs/x.zip", "/logical/actors"):
        assert status_of(desk.bed.dashboard + path) == 401
    assert status_of(desk.bed.dashboard + "/api/jobs/", "not the token") == 403
    assert status_of(desk.bed.dashboard + "/api/jobs/", desk.bed.token) == 200


def status_of(url: str, token: str | None = None) -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        return urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code


def test_without_the_token_a_job_is_refused(desk, tmp_path):
    bare = {name: value for name, value in desk.bed.env.items() if not name.startswith("RAY_AUTH")}
    bare["HOME"] = str(tmp_path)  # Ray looks for a token there
    (tmp_path / "wrong").write_text("f" * 64)
    wrong = bare | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(tmp_path / "wrong")}
    for env, words in ((bare | {"RAY_AUTH_MODE": "disabled"}, "wants a token"), (wrong, "refuses the token")):
        refused = desk.run("submit", *desk.verb("refused"), env=env)
        assert refused.returncode == 1
        assert f"the cluster at {desk.bed.dashboard} {words}: set RAY_AUTH_MODE=token" in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert not (desk.root / "refused").exists()


@pytest.mark.bed
def test_without_the_token_no_driver_joins(desk):
    """`--address` without a job: Ray's own port refuses too."""
    env = {name: value for name, value in desk.bed.env.items() if not name.startswith("RAY_AUTH")}
    refused = desk.run(*desk.verb("joined"), "--address", desk.bed.address, env=env | {"RAY_AUTH_MODE": "disabled"})
    assert refused.returncode == 1
    assert "raymer: no Ray at" in refused.stderr.strip().splitlines()[-1]
    assert ResultStore(str(desk.root / "joined")).done() == set()


class _Old(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"version": "4", "ray_version": "2.31.0", "ray_commit": "x"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_cluster_of_an_untried_version_is_said_and_asked_all_the_same(cli, caplog):
    with http.server.HTTPServer(("127.0.0.1", 0), _Old) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        result = cli("jobs", "list", "--address", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert [one.getMessage() for one in caplog.records] == ["raymer was tried with Ray 2.58 to 2.60, not with 2.31.0"]
    assert result.exit_code == 1
    assert "answers what this machine's Ray does not understand" in result.stderr  # it has no list of jobs
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_wrong_address_is_one_line_within_seconds(cli):
    start = time.monotonic()
    result = cli("jobs", "list", "--address", "http://127.0.0.1:9")
    assert time.monotonic() - start < 10
    assert result.exit_code == 1
    assert "no jobs server at http://127.0.0.1:9" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert cli("jobs", "list", "--address", "head:8265").exit_code == 2
