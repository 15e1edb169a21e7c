"""A real S3 server on loopback (moto's), and a cable to it that can be pulled."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyarrow import fs

BUCKET = "raymer-tests"
KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Server:
    """Where the server listens, and what it wrote of every request."""

    port: int
    log: Path

    @property
    def uri(self) -> str:
        return uri(self.port)

    def requests(self) -> list[str]:
        """Return all requests so far, as `METHOD /path`."""
        lines = [line for line in self.log.read_text().splitlines() if '"' in line and "HTTP/" in line]
        return [" ".join(line.split('"')[1].split()[:2]) for line in lines]


def uri(port: int, path: str = "") -> str:
    return f"s3://{BUCKET}/{path}?scheme=http&endpoint_override=127.0.0.1:{port}"


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[Server]:
    """Yield a server with one empty bucket; the environment holds keys meanwhile."""
    pytest.importorskip("moto.server", reason="moto[server] is not installed")
    port, log = free_port(), folder / "s3.log"
    with log.open("w") as out, pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | KEYS)
        try:
            _wait(port, process)
            store, _ = fs.FileSystem.from_uri(f"{uri(port)}&allow_bucket_creation=true")
            store.create_dir(BUCKET)
            yield Server(port, log)
        finally:
            process.kill()
            process.wait()


def _wait(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Cable:
    """A port of this machine that leads to `server`, until it is pulled: then nothing listens and all hang up.

    moto keeps everything in memory, so stopping its own process would lose what it holds.
    """

    def __init__(self, server: int) -> None:
        self._server = server
        self.port = free_port()
        self._open: list[socket.socket] = []
        self.plug()

    def plug(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def pull(self) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._server))
            self._open += [near, far]
            threading.Thread(target=_carry, args=(near, far), daemon=True).start()


def _carry(near: socket.socket, far: socket.socket) -> None:
    other = {near: far, far: near}
    with contextlib.suppress(OSError, ValueError):
        while True:
            for one in select.select([near, far], [], [])[0]:
                data = one.recv(1 << 16)
                if not data:
                    raise OSError
                other[one].sendall(data)
    for one in other:
        one.close()
