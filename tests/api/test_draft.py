"""raymer draft: the experiment it writes runs as it stands, whatever the corpus is made of."""

import json

import numpy as np
import pytest

from raymer.corpora.base import Corpus, Input
from raymer.corpora.folder import write_corpus
from raymer.errors import UsageError
from raymer.experiments.loading import parse_experiment
from raymer.studies.draft import draft


def corpus_of(kind="number", groups=None, wide=False, missing=False, second=False, keep=None):
    rng = np.random.default_rng(0)
    n = 40
    X = rng.normal(size=(n, 60 if wide else 6))
    if missing:
        X[3, 2] = np.nan
    y = np.nan_to_num(X[:, 0]) + 0.3 * rng.normal(size=n)
    labels = y if kind == "number" else np.where(y > 0, "glad", "sad")
    made = Corpus.from_arrays(X, labels, groups=groups, targets="mood: 1", name="mine")
    if keep is not None:
        made = Corpus(made.name, made.clips.assign(**keep), made.targets, made.inputs, group_name=made.group_name)
    if second:
        ids = made.clips["clip_id"].to_numpy(dtype=str)
        made = made.with_input(Input("other one", ids, rng.normal(size=(n, 4)), ("a", "b", "c", "d")))
    return made


CORPORA = {
    "numbers": {},
    "classes": {"kind": "class"},
    "grouped": {"groups": np.repeat(np.arange(10), 4).astype(str)},
    "grouped classes": {"kind": "class", "groups": np.repeat(np.arange(10), 4).astype(str)},
    "wide with gaps": {"wide": True, "missing": True},
    "two inputs and a genre": {"second": True, "keep": {"genre": np.tile(["pop", "rock"], 20)}},
}


@pytest.mark.parametrize("how", CORPORA.values(), ids=CORPORA)
def test_a_draft_runs_as_it_stands(how, cli, tmp_path):
    corpus = corpus_of(**how)
    write_corpus(corpus, tmp_path / "C")
    written = cli("draft", tmp_path / "C")
    assert written.exit_code == 0, written.stderr
    (tmp_path / "mine.yaml").write_text(written.stdout)
    spec = parse_experiment(written.stdout, "draft")
    result = cli("run", tmp_path / "mine.yaml", "-c", tmp_path / "C", "-s", tmp_path / "S", "--serial", "--json")
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert len(rows) == len(spec.systems)
    assert all(row["mean"] is not None for row in rows)
    assert rows[0]["method"] == "no_information"
    best = max(row["mean"] for row in rows)
    assert best > rows[0]["mean"] + 0.1, "what can be learnt is learnt"


def test_a_draft_heeds_what_the_corpus_has():
    text = draft(corpus_of(**CORPORA["grouped"]))
    assert "kind: group_kfold" in text
    text = draft(corpus_of(**CORPORA["wide with gaps"]))
    assert "{use: impute}, {use: clip, sd: 5}, scale" in text
    text = draft(corpus_of(**CORPORA["two inputs and a genre"]))
    assert "inputs: all" in text
    assert "group: genre" in text
    assert 'input: "other one"' in text or "input: other one" in text


def test_what_cannot_be_drafted_is_one_line(cli, tmp_path):
    bare = corpus_of()
    with pytest.raises(UsageError, match="has no input"):
        draft(Corpus(bare.name, bare.clips, bare.targets, {}))
    write_corpus(bare, tmp_path / "C")
    result = cli("draft", tmp_path / "C", "--target", "arousal")
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
