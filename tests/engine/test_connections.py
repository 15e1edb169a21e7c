"""Connections: one is shared where that is asked for, none is made where nothing connects."""

import pytest
import ray

from raymer.engine import cluster
from raymer.engine.cluster import connected, one_connection
from raymer.errors import RaymerError


@pytest.fixture
def events(monkeypatch):
    """What would happen to Ray, which is not started."""
    seen: list[str] = []
    monkeypatch.setattr(cluster, "_start", lambda address, workers: seen.append(f"start {address}"))
    monkeypatch.setattr(ray, "shutdown", lambda: seen.append("stop"))
    monkeypatch.setattr(ray, "is_initialized", lambda: seen.count("stop") < sum(e.startswith("start") for e in seen))
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 3.0})
    return seen


def test_connections_one_after_the_other_are_each_its_own(events):
    for _ in range(2):
        with connected() as workers:
            assert workers == 3
    assert events == ["start local", "stop"] * 2


def test_one_connection_serves_all_within(events):
    with one_connection():
        assert events == []
        for asked in (None, 2):
            with connected(workers=asked) as workers:
                assert workers == (asked or 3)
        assert events == ["start local"]
    assert events == ["start local", "stop"]
    with connected(), connected():
        pass
    assert events == ["start local", "stop"] * 2


def test_it_ends_when_the_work_fails_and_is_not_made_for_none(events):
    with pytest.raises(KeyError), one_connection(), connected():
        raise KeyError
    assert events == ["start local", "stop"]
    with one_connection():
        pass
    assert events == ["start local", "stop"]


def test_a_node_that_does_not_start_is_one_line(events, monkeypatch):
    def too_slow(address, workers):
        raise Exception("The current node timed out during startup.\nThis could happen")

    monkeypatch.setattr(cluster, "_start", too_slow)
    with pytest.raises(RaymerError, match=r"^no Ray at 'local': The current node timed out during startup\."):
        connected().__enter__()
