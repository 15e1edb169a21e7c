"""A disk that is really full, and one that is really read-only: one clear line, exit code 1, nothing half-written."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# A file system of its own, seen by this one process and gone with it.
SCRIPT = """
mount -t tmpfs -o size={size} tmpfs "$1" || exit 77
{after}
"$2" -m raymer.cli.main run "$3" --corpus "$4" --store "$1/S" --serial
code=$?
find "$1" -name "*.tmp*" | sed "s/^/left behind: /"
exit $code
"""


@pytest.mark.parametrize(
    ("size", "after", "words"),
    [
        ("100k", "", "No space left on device"),
        ("1m", 'mount -o remount,ro "$1"', "Read-only file system"),
    ],
)
def test_a_disk_that_takes_no_more(small_experiment, corpus_folder, tmp_path, size, after, words):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = SCRIPT.format(size=size, after=after)
    if shutil.which("unshare") is None:
        pytest.skip("a file system for the test alone needs `unshare`")
    command = ["unshare", "--mount", "sh", "-c", script, "sh", disk, sys.executable, small_experiment, corpus_folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("a file system for the test alone needs root")
    assert done.returncode == 1
    assert done.stdout == "", "no table, and nothing left behind"
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("raymer: store ")
    assert last.endswith(f"cannot be written: {words}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["corpora"], ["corpora", "--json"], ["components"], ["doctor"]])
def test_a_list_that_cannot_be_written(words):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "raymer.cli.main", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (1, "raymer: No space left on device\n")
