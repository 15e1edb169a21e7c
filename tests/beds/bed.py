"""A bed for tests: a real Ray cluster of two nodes on this machine, started and stopped by pid alone.

Where root and `ip netns` allow it the second node stands in a network namespace of its own, joined by a veth pair;
elsewhere both nodes are on 127.0.0.1. Nothing listens on any address but the pair's and loopback.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

START_SECONDS = 120.0
TRIES = 3
STARTED = "Ray runtime started"


@dataclass
class Link:
    """Where the nodes stand: their addresses, and the words that start a process at the second one's place."""

    head: str
    second: str
    prefix: tuple[str, ...] = ()


@dataclass
class Bed:
    """A running cluster of two nodes.

    Attributes
    ----------
    address : str
        HOST:PORT for `--address`.
    dashboard : str
        http://127.0.0.1:PORT, the jobs API.
    env : dict
        What a client's environment must hold: the token (if any), and the project's Python first on the path.
    token : str
        Empty without one.
    """

    address: str
    dashboard: str
    env: dict[str, str]
    token: str
    link: Link
    cpus: int
    root: Path
    gpus_of_second: int = 0
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start_second(self) -> None:
        """Start the second node (again) and return when the cluster knows it."""
        words = ["--address", self.address, "--node-ip-address", self.link.second]
        words = [*self.link.prefix, *_ray(), *words, "--num-cpus", str(self.cpus)]
        words += ["--num-gpus", str(self.gpus_of_second)]
        self._persist("second", lambda: [*words, *_ports()], nodes=2)

    def kill_second(self) -> None:
        """Kill the second node's raylet (kill -9): its workers die with it, and the cluster has lost a node."""
        raylets = self.find("raylet/raylet", second_only=True)
        assert raylets, "the second node runs"
        family = _descendants(self.processes["second"].pid)
        for raylet in raylets:
            raylet.kill()
        self._end("second", family)

    def find(self, word: str, *, second_only: bool = False) -> list[psutil.Process]:
        """Return the processes whose title holds `word`: "raylet/raylet", "RayTrainWorker", "TrainController"."""
        pids = [process.pid for name, process in self.processes.items() if name == "second" or not second_only]
        return [one for pid in pids for one in _descendants(pid) if word in _title(one)]

    def alive_nodes(self) -> int:
        """Return the number of nodes that the cluster holds for alive."""
        request = urllib.request.Request(f"{self.dashboard}/nodes?view=summary")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                nodes = json.load(answer)["data"]["summary"]
        except OSError:  # the dashboard is busy: asked again by whoever waits
            return 0
        return sum(node["raylet"].get("state") == "ALIVE" for node in nodes)

    def stop(self) -> None:
        """End every process of both nodes."""
        for name in ("second", "head"):
            if name in self.processes:
                self._end(name)

    def start_head(self) -> None:
        """Start the first node and return when its jobs API answers."""

        def words() -> list[str]:
            port, board = _free_port(), _free_port()
            self.address, self.dashboard = f"{self.link.head}:{port}", f"http://127.0.0.1:{board}"
            where = ["--port", str(port), "--node-ip-address", self.link.head, "--temp-dir", str(self.root / "ray")]
            jobs = ["--include-dashboard", "true", "--dashboard-host", "127.0.0.1", "--dashboard-port", str(board)]
            client = ["--ray-client-server-port", str(_free_port()), "--disable-usage-stats"]
            return [*_ray(), "--head", *where, *jobs, *client, "--num-cpus", str(self.cpus), *_ports()]

        self._persist("head", words, nodes=1)

    def _persist(self, name: str, words: Callable[[], list[str]], nodes: int) -> None:
        """Start a node until the cluster knows it: on a busy machine Ray gives up a start after half a minute."""
        for _ in range(TRIES):
            log = self.root / f"{name}.log"
            with log.open("w") as file:
                process = subprocess.Popen(words(), env=self.env, stdout=file, stderr=file, start_new_session=True)
            self.processes[name] = process
            deadline = time.monotonic() + START_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                if STARTED in log.read_text() and self.alive_nodes() == nodes:
                    return
                time.sleep(0.2)
            self._end(name)
        raise AssertionError(f"the {name} node does not start: {log.read_text()[-2000:]}")

    def _end(self, name: str, family: Sequence[psutil.Process] = ()) -> None:
        """End a node with all that it started, `family` being what is known of that already."""
        process = self.processes.pop(name)
        family = [*family, *_descendants(process.pid)]
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        process.kill()
        process.wait()
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(family, timeout=15)


@contextlib.contextmanager
def two_nodes(*, token: bool = True, cpus: int = 1, second: bool = True, gpus_of_second: int = 0) -> Iterator[Bed]:
    """Yield a cluster of two nodes with `cpus` CPUs each, with token authentication unless `token` is False.

    GPUs of the second node are only said to be there: Ray gives them out, and nothing can be computed on them.
    `second=False` leaves the second node to `start_second`. Skips the test where Ray cannot be started this way.
    """
    if sys.platform != "linux" or not Path(_ray()[0]).exists():
        pytest.skip("the bed of two nodes needs Linux and the `ray` command beside this Python")
    root = Path(tempfile.mkdtemp(prefix="bed-", dir="/tmp"))  # Ray's sockets lie below: their paths must be short
    with _link() as link:
        secret = secrets.token_hex(32) if token else ""
        bed = Bed("", "", _environment(root, secret), secret, link, cpus, root, gpus_of_second)
        try:
            bed.start_head()
            if second:
                bed.start_second()
            yield bed
        finally:
            bed.stop()
            shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def _link() -> Iterator[Link]:
    """Yield a network namespace for the second node, or loopback for both where that is not to be had."""
    number = os.getpid() % 200 + 20
    space, inner, outer = f"bed{os.getpid()}", f"bi{os.getpid()}", f"bo{os.getpid()}"
    head, second = f"10.213.{number}.1", f"10.213.{number}.2"
    steps = [
        f"netns add {space}",
        f"link add {outer} type veth peer name {inner}",
        f"link set {inner} netns {space}",
        f"addr add {head}/24 dev {outer}",
        f"link set {outer} up",
        f"-n {space} addr add {second}/24 dev {inner}",
        f"-n {space} link set {inner} up",
        f"-n {space} link set lo up",
    ]
    if shutil.which("ip") is None or os.geteuid() != 0 or not all(_ip(step) for step in steps):
        _ip(f"netns del {space}")
        yield Link("127.0.0.1", "127.0.0.1")
        return
    try:
        yield Link(head, second, ("ip", "netns", "exec", space))
    finally:
        _ip(f"netns del {space}")
        _ip(f"link del {outer}")


def _ip(step: str) -> bool:
    return shutil.which("ip") is not None and subprocess.run(["ip", *step.split()], capture_output=True).returncode == 0


def _environment(root: Path, secret: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"  # a job's `python` is the head's
    env["RAY_USAGE_STATS_ENABLED"] = "0"
    env["RAY_AUTH_MODE"] = "token" if secret else "disabled"
    if secret:
        path = root / "token"
        path.write_text(secret)
        path.chmod(0o600)
        env["RAY_AUTH_TOKEN_PATH"] = str(path)
    return env


def _ray() -> list[str]:
    return [str(Path(sys.executable).parent / "ray"), "start", "--block"]


def _ports() -> list[str]:
    """Let the system choose: the defaults are the same for every cluster of a machine."""
    return ["--min-worker-port", "0", "--max-worker-port", "0", "--dashboard-agent-listen-port", str(_free_port())]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _title(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline()[:1])
    return ""
