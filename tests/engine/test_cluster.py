"""Connecting to Ray: what cannot be reached is refused in one line."""

import socket

import pytest

from raymer.engine import cluster
from raymer.errors import RaymerError, UsageError

VERSIONS = """Version mismatch: The cluster was started with:
    Ray: 2.60.0
    Python: 3.11.7
This process on node 10.0.0.1 was started with:
    Ray: 2.59.0
    Python: 3.11.7
"""


class AuthenticationError(Exception):
    """As Ray's own is called."""


@pytest.fixture
def listener():
    """What answers on a port and is no Ray."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def refused(monkeypatch, address, error):
    def start(address, workers):
        raise error

    monkeypatch.setattr(cluster, "_start", start)
    with pytest.raises(RaymerError) as caught, cluster.connected(address):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_wrong_version_names_both(monkeypatch, listener):
    message = refused(monkeypatch, listener, RuntimeError(VERSIONS))
    assert "Ray: 2.60.0" in message
    assert "Ray: 2.59.0" in message


def test_a_wrong_token_is_not_taken_for_a_wrong_address(monkeypatch, listener):
    error = ConnectionError("Failed to connect to Ray cluster")
    error.__cause__ = RuntimeError("Failed to connect to GCS")
    error.__cause__.__cause__ = AuthenticationError("RPC error: InvalidAuthToken")
    assert "the token is missing or wrong" in refused(monkeypatch, listener, error)


def test_a_wrong_address_is_told_within_seconds(listener):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(RaymerError, match="no Ray at"), cluster.connected(nobody):
            pass
    with pytest.raises(UsageError, match="none of here, local, auto"), cluster.connected("nowhere"):
        pass
