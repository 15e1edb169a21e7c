"""Temporary folders end with their owner: at once, or, where it was killed, with the next run."""

import subprocess
import sys
import tempfile

from raymer.scratch import scratch

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
