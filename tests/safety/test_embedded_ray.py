"""The Ray inside `raymer run` is for this machine: every socket that any of its processes listens on is on loopback."""

import json
import subprocess
import sys

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
