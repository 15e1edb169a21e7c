"""The bed of two nodes: both are used, a lost one is made up for, one that joins is used, the token is asked for."""

import itertools
import subprocess
import sys
import time
from collections import Counter

import pytest
from beds.bed import two_nodes
from beds.faults import FITS, PLUGIN, Range, rounds

from raymer.files import Files
from raymer.results.runs import read_fit_lines, read_runs

pytestmark = pytest.mark.bed

LONG = """
name: long
title: long
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 10}}
systems:
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 20, steps: 40000}}
"""


@pytest.fixture(scope="module")
def bed():
    with two_nodes() as bed:
        yield bed


@pytest.fixture(scope="module")
def field(bed, tmp_path_factory):
    return Range(tmp_path_factory.mktemp("range"), bed)


def start_long(field, store):
    (field.root / "long.yaml").write_text(LONG)
    words = [sys.executable, "-m", "raymer.cli.main", "run", "long.yaml", "--corpus", "C", "--store", store]
    log = (field.root / f"{store}.log").open("a")
    return subprocess.Popen(
        [*words, "--json", "--address", field.bed.address], cwd=field.root, env=field.bed.env, stdout=log, stderr=log
    )


def workers(field, store):
    """The cluster's nodes that fits run on, as the run says in its store."""
    runs = read_runs(Files(field.root / store))
    return in_gangs({worker["node"] for worker in runs[0].workers}) if runs else set()


def in_gangs(nodes):
    """Those of the cluster, with their addresses: the driver begins by itself, and goes by its host's bare name."""
    return {node for node in nodes if "(" in node}


def wait_for(field, store, process, condition, seconds):
    start = time.monotonic()
    while not condition(workers(field, store)):
        assert process.poll() is None, field.said(store)
        assert time.monotonic() - start < seconds, field.said(store)
        time.sleep(0.2)
    return time.monotonic() - start


def test_both_nodes_do_fits_and_the_bits_are_those_of_one(field):
    process = field.start("both", "--address", field.bed.address)
    assert process.wait(timeout=600) == 0, field.said("both")
    assert field.bits("both") == field.expected
    files = Files(field.root / "both")
    nodes = Counter(line["node"] for line in read_fit_lines(files, read_runs(files)[0].id))
    assert len(in_gangs(nodes)) == 2, nodes
    assert sum(nodes.values()) == FITS


def test_a_lost_node_and_one_that_joins(field, record_property):
    """What a lost node held goes back to the list: nobody is seen at work, then the node that is left, then both."""
    process = start_long(field, "nodes")
    wait_for(field, "nodes", process, lambda nodes: len(nodes) == 2, 300)
    field.bed.kill_second()
    lost = wait_for(field, "nodes", process, lambda nodes: len(nodes) == 1, 40)
    field.bed.start_second()
    joined = wait_for(field, "nodes", process, lambda nodes: len(nodes) == 2, 30)
    record_property("lost_seconds", lost)
    record_property("joined_seconds", joined)
    print(f"fits of a lost node ran elsewhere after {lost:.1f} s; a joined node was used after {joined:.1f} s")
    process.kill()
    process.wait()


@pytest.mark.parametrize("token", ["f" * 64, None])
def test_without_the_token_nothing_is_run(field, tmp_path, token):
    env = {name: value for name, value in field.bed.env.items() if not name.startswith("RAY_AUTH")}
    if token is None:
        env["RAY_AUTH_MODE"] = "disabled"
    else:
        (tmp_path / "token").write_text(token)
        env |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}
    store = f"refused{len(token or '')}"
    words = [sys.executable, "-m", "raymer.cli.main", "run", "killed.yaml", "--corpus", "C", "--store", store]
    words += ["--plugin", PLUGIN, "--address", field.bed.address]
    done = subprocess.run(words, cwd=field.root, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "token" in done.stderr.splitlines()[-1]
    files = Files(field.root / store)
    lines = read_fit_lines(files, read_runs(files)[0].id)
    assert in_gangs({line["node"] for line in lines}) == set(), "what the driver did meanwhile is its own"


@pytest.mark.parametrize("number", [0, 1])
def test_kills_lose_nothing(field, number):
    """Two rounds kill each kind of process once."""
    shots = list(itertools.islice(rounds(seed=1), 2))[number]
    outcome = field.play(f"shot{number}", shots)
    assert outcome.is_clean, outcome
    assert [kill.kind for kill in outcome.kills] == [kind for kind, *_ in shots]
