"""The versions of Ray that were tried: the same in pyproject.toml, said in one line where another is met."""

import importlib
import tomllib
from pathlib import Path

import pytest
import ray
from packaging.requirements import Requirement

from raymer.engine import cluster
from raymer.engine.ray_versions import FIRST, LAST, inside, say_if_untried, standing_for, untried
from raymer.errors import RaymerError

ROOT = Path(__file__).parents[2]


def test_what_was_tried_is_what_is_asked_for():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    of_ray = next(one for one in map(Requirement, wanted) if one.name == "ray")
    versions = [f"2.{minor}.{patch}" for minor in range(90) for patch in range(3)]
    assert [one for one in versions if one in of_ray.specifier] == [one for one in versions if untried(one) is None]
    assert untried(f"{FIRST[0]}.{FIRST[1]}.0") is None
    assert untried(f"{LAST[0]}.{LAST[1]}.9") is None


def test_the_table_of_what_was_tried_has_every_minor():
    page = (ROOT / "docs" / "cluster.md").read_text()
    for minor in range(FIRST[1], LAST[1] + 1):
        assert f"| {FIRST[0]}.{minor}." in page


def test_another_is_said_once(caplog):
    for _ in range(2):
        say_if_untried("9.1.0")
        say_if_untried(ray.__version__)
    assert [one.getMessage().split(", ")[1] for one in caplog.records] == ["not with 9.1.0"]
    assert "not with own-build" in str(untried("own-build"))


def test_what_this_ray_lacks_is_done_without():
    assert inside("_private.node", "no_such_name") is None
    assert inside("no_such_module", "name") is None
    with standing_for("_private.node", "no_such_name", 1):
        assert inside("_private.node", "no_such_name") is None
    with standing_for("_private.node", "random", "other"):
        assert inside("_private.node", "random") == "other"
    assert inside("_private.node", "random") != "other"


def test_a_ray_that_others_could_reach_is_taken_down(monkeypatch):
    """As one would be that no longer has the constant that keeps it on this machine."""
    ended = []
    monkeypatch.setattr(ray, "init", lambda **_: None)
    monkeypatch.setattr(ray, "shutdown", lambda: ended.append(True))
    monkeypatch.setattr(ray.util, "get_node_ip_address", lambda: "10.0.0.7")
    with (
        pytest.raises(RaymerError, match="10.0.0.7, where others could reach it"),
        cluster.connected("local"),
    ):
        pass
    assert ended == [True]


def test_what_ray_says_of_itself_goes_to_stderr_until_it_is_down(monkeypatch, capsys):
    """Of an actor that died it printed a line below the table as it was taken down, and `--json` was no JSON."""
    worker = importlib.import_module("ray._private.worker")
    before = worker.print_to_stdstream

    def say(what):
        worker.print_to_stdstream({"lines": [what], "pid": "raylet", "is_err": False}, ignore_prefix=False)

    monkeypatch.setattr(ray, "init", lambda **_: None)
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 2.0})
    monkeypatch.setattr(ray.util, "get_node_ip_address", lambda: "127.0.0.1")
    monkeypatch.setattr(ray, "shutdown", lambda: say("The second died."))
    with cluster.connection("local"):
        say("The first was retried.")
    told = capsys.readouterr()
    assert told.out == ""
    assert "The first was retried." in told.err
    assert "The second died." in told.err
    assert worker.print_to_stdstream is before
