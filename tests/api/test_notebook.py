"""What a notebook shows of a corpus, a study and a comparison: names as text, whatever they hold."""

from dataclasses import replace

import pytest

import raymer
from raymer.corpora.synthetic import make_synthetic
from raymer.experiments.loading import parse_experiment

TEXT = """
name: n
title: n
corpus: synthetic
targets: [valence]
protocols: {folds: {kind: kfold, folds: 3}}
systems:
  - {system: <b>one</b>, method: ridge}
  - {system: two, method: svr}
"""


@pytest.fixture(scope="module")
def corpus():
    return replace(make_synthetic(40, 6), group_name="<i>artist</i>")


def test_a_corpus_shows_clips_labels_and_inputs(corpus):
    shown = corpus._repr_html_()
    assert "40 in 10 groups (&lt;i&gt;artist&lt;/i&gt;)" in shown
    assert "<th>target valence</th><td>40 labels</td>" in shown
    assert "<th>input features</th><td>6 features of 40 clips</td>" in shown


def test_a_study_and_a_comparison_show_how_far_they_are_and_what_holds(corpus, tmp_path):
    study = raymer.open_study(parse_experiment(TEXT, "n"), corpus, tmp_path / "S", machine=raymer.Machine(serial=True))
    assert study._repr_html_().count("0 of 3") == 2
    answer = study.compare("<b>one</b>", "two")
    shown = study._repr_html_()
    assert shown.count("3 of 3") == 2
    assert "&lt;b&gt;one&lt;/b&gt;" in shown
    assert "<b>" not in shown
    assert "can be claimed" in answer._repr_html_()
    text = TEXT.replace("targets:", "aggregate: pooled\ntargets:")
    text = text.replace("kind: kfold", "kind: repeated_kfold, repeats: 2")
    pooled = raymer.open_study(parse_experiment(text, "n"), corpus, tmp_path / "P", machine=raymer.Machine(serial=True))
    assert "no test is made" in pooled.compare("<b>one</b>", "two")._repr_html_()
