"""What a job prints is passed on, but for what Ray says of itself, however the text is cut into pieces."""

import pytest

from raymer.engine.jobs.lines import OwnLines, own_lines

LOG = """\
2026-11-27 10:00:01,123\tINFO job_manager.py:581 -- Runtime env is setting up.
Running entrypoint for job raysubmit_X1: python -m raymer.cli.main run sent.yaml --address auto
2026-11-27 10:00:03,100\tINFO worker.py:1841 -- Connecting to existing Ray cluster at address: 10.0.0.1:6379...
2026-11-27 10:00:03,120\tINFO worker.py:2029 -- Connected to Ray cluster. View it at \x1b[1m10.0.0.1:8265\x1b[22m
  3 of 9 fits
2026-11-27 10:00:04,000\tWARNING utils.py:12 -- the disk is nearly full
INFO worker.py is a word of ours
\x1b[1msent\x1b[0m: 9 fits run

no newline"""
OURS = """\
  3 of 9 fits
2026-11-27 10:00:04,000\tWARNING utils.py:12 -- the disk is nearly full
INFO worker.py is a word of ours
\x1b[1msent\x1b[0m: 9 fits run

no newline"""


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_however_it_is_cut(size):
    kept = []
    lines = OwnLines(kept.append)
    for start in range(0, len(LOG), size):
        lines.feed(LOG[start : start + size])
    assert "no newline" not in "".join(kept), "held until it is whole"
    lines.end()
    assert "".join(kept) == OURS == own_lines(LOG)
    assert all(kept)


def test_a_last_line_of_rays_is_left_out_too():
    assert own_lines("ours\n2026-11-27 10:00:01,123 INFO worker.py:1 -- x") == "ours\n"
