"""What listens while a job is submitted: nothing here, and on the cluster what Ray opens for any driver and worker."""

import collections
import contextlib
import subprocess
import sys
import time

import psutil
import pytest
from beds.bed import Bed, two_nodes
from beds.faults import EXPERIMENT, PLUGIN
from beds.slow import SLOW

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic

pytestmark = [pytest.mark.bed, pytest.mark.slow]


def listeners(processes: list[psutil.Process]) -> dict[int, tuple[str, list[str]]]:
    """Return what the processes listen on, by pid: what each is called, and its addresses."""
    found = {}
    for one in processes:
        with contextlib.suppress(psutil.Error):
            at = [f"{one.laddr.ip}:{one.laddr.port}" for one in one.net_connections("inet") if one.status == "LISTEN"]
            if at:
                found[one.pid] = (" ".join(one.cmdline()).strip(), at)
    return found


def settled(bed: Bed) -> dict[int, tuple[str, list[str]]]:
    """Return what the cluster listens on once nothing more has come for five seconds."""
    found, since = of_cluster(bed), time.monotonic()
    while time.monotonic() - since < 5:
        time.sleep(0.5)
        if (now := of_cluster(bed)).keys() != found.keys():
            found, since = now, time.monotonic()
    return found


def of_cluster(bed: Bed) -> dict[int, tuple[str, list[str]]]:
    return listeners(bed.find(""))


def test_submitting_opens_nothing_here_and_raymer_opens_nothing_there(tmp_path):
    write_corpus(make_synthetic(200, 40, seed=2), tmp_path / "C")
    (tmp_path / "killed.yaml").write_text(EXPERIMENT)
    (tmp_path / PLUGIN).write_text(SLOW)
    words = ["submit", "run", tmp_path / "killed.yaml", "--corpus", tmp_path / "C", "--store", tmp_path / "S"]
    words += ["--plugin", tmp_path / PLUGIN, "--workers", "2"]
    with two_nodes(second=False) as bed:
        env = bed.env | {"RAY_API_SERVER_ADDRESS": bed.dashboard}
        before = settled(bed)
        assert before, "the head listens"
        command = [sys.executable, "-m", "raymer.cli.main", *map(str, words)]
        with (tmp_path / "said").open("w") as said:
            client = subprocess.Popen(command, env=env, stdout=said, stderr=said)
        here: dict = {}
        there: dict = {}
        while client.poll() is None:
            with contextlib.suppress(psutil.Error):
                own = psutil.Process(client.pid)
                here |= listeners([own, *own.children(recursive=True)])
            there |= {pid: seen for pid, seen in of_cluster(bed).items() if pid not in before}
            time.sleep(0.1)
        assert client.returncode == 0, (tmp_path / "said").read_text()
        assert here == {}, "the client listens nowhere"
        ports = collections.Counter(pid for pid, (_, at) in there.items() for _ in at)
        assert any("raymer.cli.main run" in name for name, _ in there.values()), "the job's driver was seen"
        # Ray's own gRPC, one port a driver, actor and worker: a listener of raymer's would be one more.
        assert set(ports.values()) == {1}, there
        time.sleep(2)
        assert set(of_cluster(bed)) - set(before) - set(there) == set()
