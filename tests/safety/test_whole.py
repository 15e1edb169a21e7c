"""Files that somebody asked for: whole or not at all, through links, and to what is no file."""

import os

import pytest

from raymer.errors import RaymerError
from raymer.whole import written


def test_a_file_is_there_once_it_is_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with written(path) as new:
        assert new.suffix == ".csv"
        new.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def half(path, error):
    with written(path) as new:
        new.write_text("half")
        raise error


def test_what_fails_leaves_the_old_and_nothing_else(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        half(path, ZeroDivisionError())
    with pytest.raises(RaymerError, match=r"a\.csv cannot be written: No space left on device$"):
        half(path, OSError(28, "Error writing bytes to file. Detail: [errno 28]"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_and_leads_to_what_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    link = tmp_path / "a.csv"
    link.symlink_to(tmp_path / "far" / "b.csv")
    with written(link) as new:
        new.write_text("x")
    assert link.is_symlink()
    assert (tmp_path / "far" / "b.csv").read_text() == "x"


def test_a_pipe_is_written_as_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with written(pipe) as new:
        assert new == pipe
        new.write_text("x")
    assert os.read(reader, 9) == b"x"
    os.close(reader)
