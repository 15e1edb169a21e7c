"""raymer doctor, --version and the completion: what a bug report and a shell ask for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import records

import raymer


def test_it_says_what_is_here_and_nothing_of_the_user(cli, monkeypatch, tmp_path):
    home = tmp_path / "home-of-somebody"
    home.mkdir()
    (home / "doctors_own.py").write_text("class Own: pass\n")
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("RAY_AUTH_TOKEN", "sesame")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home))
    result = cli("doctor", "--plugin", home / "doctors_own.py", "--json")
    found = records(result)
    assert result.exit_code == 0, found["problems"]
    assert found["facts"]["versions"]["raymer"] == raymer.__version__
    assert found["facts"]["processor"]["cores"] == os.cpu_count()
    assert found["facts"]["plugins"]["files"] == ["doctors_own"]
    assert found["facts"]["numba"] == {"where": "NUMBA_CACHE_DIR", "writable": True, "kept": 0}
    assert found["facts"]["ray"]["version"]
    for secret in ("sesame", str(home), os.uname().nodename, str(Path.cwd())):
        assert secret not in result.stdout
    words = cli("doctor").stdout
    assert set(found["facts"]) <= {line.strip() for line in words.splitlines()}
    assert max(map(len, words.splitlines())) <= 80


def test_a_version_that_is_not_tried_is_a_problem(cli, monkeypatch):
    from importlib import metadata

    asked = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.26.4" if name == "numpy" else asked(name))
    monkeypatch.setattr(
        metadata, "requires", lambda name: ["numpy>=2.0", 'h5py>=9; extra == "hdf5"', "nowhere-at-all>=1"]
    )
    result = cli("doctor")
    assert result.exit_code == 1
    assert "! numpy 1.26.4 is installed: raymer needs numpy>=2.0" in result.stdout
    assert "! nowhere-at-all is not installed: raymer needs nowhere-at-all>=1" in result.stdout
    assert "h5py" not in result.stdout


def test_a_cluster_that_does_not_answer_is_a_problem_and_not_named(cli):
    result = cli("doctor", "--address", "127.0.0.1:9")
    assert result.exit_code == 1
    assert "! no Ray at 'the address'" in result.stdout
    assert "127.0.0.1" not in result.stdout
    assert cli("doctor", "--address", "nowhere").exit_code == 2


def test_the_version(cli):
    assert cli("--version").stdout == f"raymer {raymer.__version__}\n"


@pytest.mark.parametrize(("typed", "offered"), [("raymer dem", {"demo"}), ("raymer run --cor", {"--corpus"})])
def test_the_shell_completes_verbs_and_options(typed, offered):
    asked = {"_RAYMER_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    code = "from typer.main import get_command; from raymer.cli.main import app; get_command(app)(prog_name='raymer')"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | asked, capture_output=True, text=True)
    assert set(done.stdout.split()) == offered, done.stderr


def test_the_record_is_json(cli):
    assert json.loads(cli("doctor", "--json").stdout)["problems"] == []
