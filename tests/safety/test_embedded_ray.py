"""The Ray inside `raymer run` is for this machine: every socket that any of its processes listens on is on loopback."""

import contextlib
import json
import subprocess
import sys
import time

import psutil
import pytest

pytestmark = pytest.mark.slow

CODE = """
import json, sys, time
import psutil
from raymer.engine.cluster import connected

with connected("local", 1):
    import ray

    actor = ray.remote(type("Idle", (), {"ready": lambda self: True})).remote()
    assert ray.get(actor.ready.remote())
    time.sleep(2)  # the agents open theirs a moment later
    listening = {}
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        for one in process.net_connections("inet"):
            if one.status == "LISTEN":
                listening.setdefault(one.laddr.ip, []).append(process.name())
print(json.dumps(listening))
"""
LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_it_listens_on_loopback_alone():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=300)
    listening = json.loads(done.stdout.strip().splitlines()[-1])
    assert sum(map(len, listening.values())) >= 5, "the list service, the raylet, agents and workers were seen"
    assert set(listening) <= LOOPBACK, listening


BESIDE = """
import signal, sys, threading, time
from raymer.ending import ENDING, LINE, Told
from raymer.engine.cluster import connected


def stop(number, frame):
    raise Told(number)


if sys.argv[1] == "command":
    ENDING.begin()
else:
    signal.signal(signal.SIGTERM, stop)
is_up = threading.Event()


def beside():
    with connected("local", 1):
        is_up.set()
        time.sleep(300)


threading.Thread(target=beside, daemon=True).start()
try:
    is_up.wait()
    print("ready", file=sys.__stdout__, flush=True)
    time.sleep(300)
except Told as told:
    print(LINE, file=sys.stderr)
    ENDING.was_said = True
    sys.exit(told.exit_code)
"""


@pytest.mark.parametrize("whose", ["command", "program"])
def test_told_to_end_it_says_one_line_though_ray_was_started_in_another_thread(whose):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", BESIDE, whose], text=True, **pipes)
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (143, "", "raymer: stopped; the same command goes on from here\n")


EXPERIMENT = """
name: small
title: small
corpus: synthetic
targets: [valence]
protocols: {folds: {folds: 3}}
systems:
  - {system: SVR, method: svr}
search: {system: SVR, objectives: [valence], trials: 4, space: {predictor: {C: {}}}}
"""


@pytest.mark.bed
def test_a_search_listens_on_loopback_alone_from_beginning_to_end(corpus_folder, tmp_path):
    (tmp_path / "x.yaml").write_text(EXPERIMENT)
    words = ["tune", str(tmp_path / "x.yaml"), "--corpus", str(corpus_folder), "--store", str(tmp_path / "S")]
    command = [sys.executable, "-m", "raymer.cli.main", *words, "--address", "local", "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    seen: set[str] = set()
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            for one in family:
                seen |= {at.laddr.ip for at in one.net_connections("inet") if at.status == "LISTEN"}
        time.sleep(0.1)
    assert process.returncode == 0, process.stderr.read()
    assert seen, "Ray was called"
    assert seen <= LOOPBACK
