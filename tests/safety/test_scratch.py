"""Temporary folders end with their owner: at once, or, where it was killed, with the next run."""

import ast
import errno
import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import raymer
from raymer.errors import RaymerError
from raymer.scratch import Scratch, scratch

CODE = """
import sys, time
from raymer.scratch import scratch
with scratch("fits") as folder:
    (folder / "inputs").write_text("large")
    print(folder.name, flush=True)
    time.sleep(300)
"""


def test_the_next_run_deletes_what_a_killed_one_left_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "raymer-fits-foreign").mkdir()  # of nobody that is known
    owners = [subprocess.Popen([sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        killed, living = (owner.stdout.readline().strip() for owner in owners)
        owners[0].kill()
        owners[0].wait()
        assert (tmp_path / killed / "inputs").exists(), "a killed process deletes nothing"
        with scratch("train") as own:
            assert {path.name for path in tmp_path.iterdir()} == {living, own.name, "raymer-fits-foreign"}
            assert (tmp_path / living / "inputs").read_text() == "large"
        assert not own.exists()
    finally:
        for owner in owners:
            owner.kill()
            owner.wait()


def test_what_is_made_beside_its_place_is_cleared_there(tmp_path):
    code = CODE.replace('scratch("fits")', 'scratch("corpus", beside=Path(sys.argv[1]))').replace(
        "import sys, time", "import sys, time\nfrom pathlib import Path"
    )
    place, other = tmp_path / "C", tmp_path / "D"
    owner = subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE, text=True)
    try:
        left = tmp_path / owner.stdout.readline().strip()
        assert left.name.startswith(".C.")
        owner.kill()
        owner.wait()
        with scratch("corpus", beside=other):
            assert left.exists(), "what is for another place is left to whoever makes that"
        with scratch("corpus", beside=place):
            assert not left.exists()
    finally:
        owner.kill()
        owner.wait()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_goes_with_the_last_reference_and_not_with_a_fork(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Scratch("study")
    child = os.fork()
    if child == 0:
        made.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert made.path.is_dir()
    del made
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("left", "line"), [(3 << 10, "has 3 kB left for temporary files"), (1 << 30, None)])
def test_a_full_disk_of_temporary_files_is_named(tmp_path, monkeypatch, left, line):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=left))
    with pytest.raises(RaymerError if line else OSError, match=line or "No space left on device$"), scratch("fits"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_no_module_makes_temporary_folders_that_a_kill_would_leave():
    makers = {"mkdtemp", "TemporaryDirectory", "mkstemp", "NamedTemporaryFile"}
    found = {}
    for path in sorted(Path(raymer.__file__).parent.rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text()))
        found[path.name] = {getattr(node, "attr", getattr(node, "id", "")) for node in nodes} & makers
    assert [name for name, made in found.items() if made] == ["scratch.py"], "the others take raymer.scratch"
