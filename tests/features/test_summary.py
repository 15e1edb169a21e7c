"""Spectrogram summaries: plain formulas, and a table that is added to the corpus by the command line."""

import json

import numpy as np
import pytest

from raymer.corpora.folder import load_corpus, write_corpus
from raymer.features.store import Spectrograms
from raymer.features.summary import summarise


def spectrograms(*lengths: int, n_bins: int = 12) -> Spectrograms:
    frames = np.random.default_rng(0).normal(-40, 10, size=(sum(lengths), n_bins)).astype(np.float32)
    ids = np.array([f"c{k}" for k in range(len(lengths))])
    return Spectrograms(ids, np.cumsum([0, *lengths]), frames, "f")


def test_a_row_is_what_plain_formulas_give():
    made = spectrograms(9, 30)
    table = summarise(made)
    assert table.clip_ids.tolist() == ["c0", "c1"]
    column = {name: k for k, name in enumerate(table.columns)}
    assert len(column) == 3 * 12
    for row in range(2):
        for k in range(12):
            bins = made.clip(row)[:, k].astype(float)
            steps = [after - before for before, after in zip(bins[:-1], bins[1:], strict=True)]
            found = [table.values[row, column[f"logmel{k:02d}_{name}"]] for name in ("mean", "sd", "step")]
            assert found == pytest.approx([sum(bins) / len(bins), bins.std(), np.std(steps)])


def test_a_clip_of_one_frame_does_not_vary():
    table = summarise(spectrograms(1, 2))
    assert (table.values[0, 12:] == 0).all()
    assert np.isfinite(table.values).all()


def test_the_command_line_adds_the_table(cli, make_corpus, tmp_path):
    corpus = make_corpus(0.5, 0.6, 0.7)
    (tmp_path / "audio" / "clip1.wav").write_text("no audio")
    write_corpus(corpus, tmp_path / "C")
    words = ("features", tmp_path / "C", "--kind", "logmel-summary", "--bins", 20, "--serial")
    made = cli(*words, "--json")
    assert made.exit_code == 0, made.output
    assert "broken: clip1 (clip1.wav)" in made.stderr
    assert json.loads(made.stdout)["input"] == "logmel-summary"
    table = load_corpus(tmp_path / "C").input("logmel-summary")
    assert table.clip_ids.tolist() == ["clip0", "clip2"]
    assert table.values.shape == (2, 60)
    written = tmp_path / "C" / "inputs" / "logmel-summary.parquet"
    before = written.stat().st_mtime_ns
    assert "all was there" in cli(*words).stdout
    assert written.stat().st_mtime_ns == before
